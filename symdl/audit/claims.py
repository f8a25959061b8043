"""What docstrings say of conventions in words, held against the point that the runs have found.

The phrases are data: how documentation speaks of a convention, and what must then hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import sympy as sp

from symdl.core import STEP
from symdl.library import FAMILIES
from symdl.library.optimizers.parts import HAT, OUTSIDE
from symdl.matching.variants import substituted
from symdl.testing.arguments import documented_argument

from .candidates import Candidate, candidates
from .findings import AuditFinding, finding, formula
from .optimizers import Examined, Setting
from .search import AGREEMENT, Match, compare, size_of


@dataclass(frozen=True)
class Phrase:
    """Words on the argument in a role, and the choices of an axis that they stand for."""

    role: str
    words: str
    axis: str
    means: tuple[str, ...]


PHRASES: tuple[Phrase, ...] = (
    Phrase("epsilon", r"epsilon[ -]hat", "epsilon", (HAT, OUTSIDE)),
    Phrase("epsilon", r"outside (?:of )?the (?:square )?root", "epsilon", (OUTSIDE,)),
    Phrase("epsilon", r"inside (?:of )?the (?:square )?root", "epsilon", ("inside the root",)),
)
"""Epsilon hat is added to the root of the raw moment: outside the root where nothing is corrected."""


@dataclass(frozen=True)
class Value:
    """Words on the argument in a role that say what stands in the formula for it."""

    role: str
    words: str
    value: Callable[[sp.Symbol], sp.Expr]


VALUES: tuple[Value, ...] = (
    Value(
        "momentum", r"decay rate (?:is |of |that is )?(?:equals? )?(?:to )?`{0,2}1 ?- ?momentum`{0,2}", lambda m: 1 - m
    ),
)
"""A decay rate is the factor of the old value, as it is of beta_1 in the same documentation."""


def claims(examined: Examined) -> Iterator[AuditFinding]:
    """A finding for each argument whose documentation names another convention than the code has."""
    for argument in examined.arguments:
        text = " ".join(documented_argument(examined.subject.doc, argument.name.partition("[")[0]).split())
        for stated in VALUES:
            said = re.search(stated.words, text, re.I)
            setting = _showing(examined, argument.name)
            if stated.role in argument.roles and said is not None and setting is not None:
                yield from _valued(examined, stated, said.group(), setting)
        for phrase in PHRASES:
            said = re.search(phrase.words, text, re.I)
            setting = _showing(examined, argument.name)
            if phrase.role in argument.roles and said is not None and setting is not None:
                yield from _held(examined, phrase, said.group(), setting)


def _showing(examined: Examined, name: str) -> Setting | None:
    """The first setting in which the argument is on."""
    at_first = {a.name: examined.base.get(a.name, a.default) for a in examined.arguments}
    return next((s for s in examined.settings if s.found and s.changed.get(name, at_first[name])), None)


def _valued(examined: Examined, stated: Value, said: str, setting: Setting) -> Iterator[AuditFinding]:
    match = setting.found[0]
    symbols = {p.name: p.symbol for p in match.candidate.rule.hyper}
    if stated.role not in symbols:
        return
    symbol = symbols[stated.role]
    rule = substituted(match.candidate.rule, {symbol: stated.value(symbol)})
    message = f"the docstring says {said!r}, and the code has {symbol} in its place"
    yield from _parted(examined, replace(match.candidate, rule=rule), setting, said, message)


def _held(examined: Examined, phrase: Phrase, said: str, setting: Setting) -> Iterator[AuditFinding]:
    documented = _as_said(phrase, setting.found[0])
    if documented is not None:
        message = f"the docstring says {said!r}, and the code has its {phrase.axis} elsewhere"
        yield from _parted(examined, documented, setting, said, message)


def _parted(
    examined: Examined, documented: Candidate, setting: Setting, said: str, message: str
) -> Iterator[AuditFinding]:
    """A finding where the rule that is documented does not take the steps of the code."""
    match, run = setting.found[0], setting.run
    if run is None:
        return
    compared = compare(documented, match.hyper, examined.course, run, AGREEMENT)
    if compared.first_step is None:
        return
    yield finding(
        examined,
        "DOC003",
        "error",
        message + (f", with {setting.label}" if setting.changed else ""),
        first_step=compared.first_step,
        size=size_of(compared, examined.course, run),
        documented=formula(compared),
        computed=formula(match),
        line=_line(examined, said),
    )


def _as_said(phrase: Phrase, match: Match) -> Candidate | None:
    """The rule that was found, changed to what the words say: by its family's axis, else by what a hat means."""
    found = match.candidate
    axis = next((tuple(f.axes.get(phrase.axis, ())) for f in FAMILIES if f.name == found.family), ())
    choice = next((choice for choice in phrase.means if choice in axis), None)
    if choice is not None:
        wanted = {**found.conventions, phrase.axis: choice}
        alike = (c for c in candidates() if c.family == found.family and c.note == found.note)
        return next((candidate for candidate in alike if dict(candidate.conventions) == wanted), None)
    return _with_hat(found) if not axis and HAT in phrase.means else None


def _with_hat(found: Candidate) -> Candidate | None:
    """The rule with epsilon added to the root of the raw second moment, where its own is added to the corrected."""
    symbols = {parameter.name: parameter.symbol for parameter in found.rule.hyper}
    if not {"epsilon", "beta2"} <= set(symbols):
        return None
    weight = 1 - symbols["beta2"] ** STEP
    if not any(assignment.expr.has(weight) for assignment in found.rule.step):
        return None
    epsilon = symbols["epsilon"]
    rule = substituted(found.rule, {epsilon: epsilon / sp.sqrt(weight)})
    return replace(found, rule=rule, conventions={**found.conventions, "epsilon": HAT})


def _line(examined: Examined, said: str) -> int | None:
    words = r"\s+".join(map(re.escape, said.split()))
    place = re.search(words, examined.subject.doc)
    return examined.subject.doc[: place.start()].count("\n") + 1 if place is not None else None
