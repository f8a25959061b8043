"""A table of a bank to a question: every key checked, every problem noted at its place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, cast, get_args

from symdl.core import InputError, Question, Source
from symdl.core.questions import FORMS, KINDS, Choice, FeedbackPolicy, Form, Kind, Policy, Tolerance
from symdl.prover import ledger

from .ranges import Range, stepped
from .tables import Table

_TEXTS = ("prompt", "profile", "label", "wrt", "explanation")
_LISTS = ("given", "names", "also", "conventions", "terms", "accepted", "rejected", "settled_by")
_OTHERS = ("aliases", "tolerance", "choices", "feedback", "blanks", "points", "policy", "source", "parameters")
KEYS = ("id", "kind", "answer", "form", *_TEXTS, *_LISTS, *_OTHERS)
"""The keys of a question, in the order in which the documentation names them."""
DEFAULT_KEYS = ("profile", "given", "names", "aliases", "conventions", "points", "policy", "source")
"""The keys that ``[defaults]`` may set for all questions of a bank."""
_PROFILES = ("deep_learning", "plain")
_COLUMNS = ("student", "question", "answer", "seed")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True)
class Entry:
    """A question as it stands in a bank: its parameters are still symbols."""

    question: Question
    ranges: tuple[Range, ...]
    line: int


def read_entry(table: Table, blank: bool = False) -> Entry:
    """The question of a table. What is wrong is noted in the table's document."""
    table.only(KEYS, "a blank" if blank else "a question")
    blanks = tuple(read_entry(entry, blank=True).question for entry in table.tables("blanks"))
    choices, kind = _choices(table), _kind(table)
    answer = ",".join(table.strings("answer")) if choices else table.string("answer")
    values: dict[str, Any] = {key: table.string(key) for key in _TEXTS if key in table}
    values |= {key: table.strings(key) for key in _LISTS}
    values |= {"kind": kind, "choices": choices, "blanks": blanks, "answer": answer, "id": table.string("id")}
    values["also"] += values["conventions"]
    values["form"] = cast(Form, table.one_of("form", FORMS, "any"))
    values["points"] = table.number("points", float(len(blanks) or 1))
    values |= {"policy": _policy(table), "source": _source(table), "tolerance": _tolerance(table)}
    values["aliases"] = tuple((name, table.table("aliases").string(name)) for name in table.table("aliases").values)
    for check in (_check_names, _check_answer, _check_examples, _check_claims):
        check(table, values)
    if not blank and not values.get("prompt"):
        table.blame(None, "a question without a prompt", "write prompt = '...'")
    question = Question(**values) if _is_whole(values) else Question("")
    return Entry(question, _ranges(table), table.document.line(table.path))


def _is_whole(values: dict[str, Any]) -> bool:
    """Whether a question can be made: what forbids it has been noted."""
    return (values["kind"] != "choice" or bool(values["choices"])) and (values["kind"] == "blanks") == bool(
        values["blanks"]
    )


def _kind(table: Table) -> Kind:
    for key, kind in (("choices", "choice"), ("blanks", "blanks")):
        if key in table and "kind" not in table:
            return cast(Kind, kind)
    kind = table.one_of("kind", KINDS, "auto")
    needs = {"choice": "choices", "blanks": "blanks", "antiderivative": "wrt"}
    if kind in needs and needs[kind] not in table:
        table.blame("kind", f"the kind {kind} without {needs[kind]}", _REMEDIES[needs[kind]])
    if kind != "blanks" and "blanks" in table:
        table.blame("blanks", f"blanks in a question of the kind {kind}", "write kind = 'blanks', or no kind")
    return cast(Kind, kind)


_REMEDIES = {
    "choices": "write [question.choices] with a line a = '...' for each",
    "blanks": "write [[question.blanks]] above each blank",
    "wrt": "name the variable: wrt = 'x'",
}


def _choices(table: Table) -> tuple[Choice, ...]:
    choices, feedback = table.table("choices"), table.table("feedback")
    for key in feedback.values:
        if key not in choices.values:
            feedback.blame(key, f"feedback to {key}, which is no choice", _nearest(key, list(choices.values)))
    if "choices" in table and len(choices.values) < 2:
        table.blame("choices", "fewer than two choices", _REMEDIES["choices"])
    return tuple(Choice(key, choices.string(key), feedback.string(key)) for key in choices.values)


def _check_names(table: Table, values: dict[str, Any]) -> None:
    if not values["id"]:
        table.blame(None, "a question without an id", "write id = 'a-short-name'")
    elif not _ID.fullmatch(values["id"]):
        table.blame("id", f"{values['id']!r} is no id", "take letters, digits, '-', '_' and '.'")
    elif values["id"].casefold() in _COLUMNS:
        table.blame("id", f"answer files have a column {values['id']}", "choose another id")
    table.one_of("profile", _PROFILES, "deep_learning")


def _check_answer(table: Table, values: dict[str, Any]) -> None:
    if values["blanks"]:
        if values["answer"]:
            table.blame("answer", "an answer beside blanks", "each blank has an answer of its own")
        return
    if not values["answer"].strip():
        where = "answer" if "answer" in table else None
        table.blame(where, "a question without an answer", "write answer = '...'")
    elif values["choices"]:
        keys = [choice.key for choice in values["choices"]]
        for key in (part.strip() for part in values["answer"].split(",")):
            if key not in keys:
                remedy = f"the choices are {', '.join(keys)}"
                table.blame("answer", f"the right answer {key!r} is none of the choices", remedy)


def _check_examples(table: Table, values: dict[str, Any]) -> None:
    for number, example in enumerate(values["rejected"]):
        if example in values["accepted"] or (example == values["answer"] and example):
            where = (*table.path, "rejected", number)
            table.document.blame(where, f"{example!r} is accepted and rejected", "leave it in one of the lists")


def _check_claims(table: Table, values: dict[str, Any]) -> None:
    known = _claims() if values["settled_by"] else frozenset()
    for number, name in enumerate(values["settled_by"]):
        if name not in known:
            where = (*table.path, "settled_by", number)
            table.document.blame(where, f"the ledger has no claim {name}", _nearest(name, sorted(known)))


@cache
def _claims() -> frozenset[str]:
    return ledger.names()


def _nearest(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else "take it out"


def _policy(table: Table) -> Policy:
    policy = table.table("policy")
    policy.only(("partial", "sampling", "feedback"), "policy")
    told = policy.one_of("feedback", get_args(FeedbackPolicy), "full")
    return Policy(policy.boolean("partial", True), policy.boolean("sampling", False), cast(FeedbackPolicy, told))


def _source(table: Table) -> Source | None:
    if "source" not in table:
        return None
    if isinstance(table.values["source"], str):
        return Source(table.string("source"), "")
    source = table.table("source")
    source.only(("cite", "where"), "source")
    return Source(source.string("cite"), source.string("where"))


def _tolerance(table: Table) -> Tolerance:
    tolerance = table.table("tolerance")
    tolerance.only(("relative", "absolute", "figures"), "tolerance")
    read: dict[str, str | None] = {}
    for key in ("relative", "absolute"):
        value = tolerance.fraction(key)
        read[key] = None if value is None else str(value)
        if value is not None and value < 0:
            tolerance.blame(key, f"a tolerance of {value}", "a tolerance is at least 0")
    return Tolerance(**read, figures=tolerance.integer("figures"))


def _ranges(table: Table) -> tuple[Range, ...]:
    parameters = table.table("parameters")
    found = []
    for name in parameters.values:
        if re.search(r"[0-9]", name) or not name.isidentifier():
            parameters.blame(name, f"{name!r} is no name of a parameter", "take letters, such as a or beta")
        entry = _range(parameters, name)
        found += [entry] if entry is not None else []
    return tuple(found)


def _range(parameters: Table, name: str) -> Range | None:
    value = parameters.values[name]
    if isinstance(value, list):
        exact = [parameters.exact((name, number), entry) for number, entry in enumerate(value)]
        if not value:
            parameters.blame(name, f"{name} has no values", "write some: [2, 3, 5]")
        return Range(name, tuple(entry for entry in exact if entry is not None)) if value else None
    if not isinstance(value, dict):
        parameters.blame(name, f"{name} has no range", f"write {name} = {{ from = 2, to = 9 }} or [2, 3, 5]")
        return None
    bounds = parameters.table(name)
    bounds.only(("from", "to", "step"), "a range")
    first, last, step = (bounds.fraction(key, default) for key, default in _BOUNDS)
    if first is None or last is None or step is None:
        bounds.blame(None, f"{name} has no range", f"write {name} = {{ from = 2, to = 9 }}")
        return None
    try:
        return stepped(name, first, last, step)
    except InputError as error:
        bounds.blame(None, error.message, error.remedy)
    return None


_BOUNDS: tuple[tuple[str, Fraction | None], ...] = (("from", None), ("to", None), ("step", Fraction(1)))
