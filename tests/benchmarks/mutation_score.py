"""The mutation score of ``symdl check``: correct statements in ten notations, and what becomes of them by one token.

Run ``python tests/benchmarks/mutation_score.py [most mutants a statement]``. Whether a mutant still says
something true is settled by references in mpmath, at 50 points, or over six steps for update rules; symdl
has no part in that. The search for repairs is left out: no verdict depends on it.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import mpmath as mp
import mutation_rules as rules
import mutation_statements as scalar
from mutation_trees import Tree, mutants, value

import symdl

_POINTS = 50
_SAME = mp.mpf(10) ** -12
mp.mp.dps = 30


@dataclass(frozen=True)
class Case:
    """A text, whether what it says is true, and what it is about."""

    text: str
    true: bool
    original: bool
    about: str


def cases(most: int) -> Iterator[Case]:
    """Every statement as it should be, and up to ``most`` mutants of each."""
    for number, statement in enumerate(scalar.statements()):
        yield Case(statement.text(statement.tree), True, True, statement.name)
        found = list(dict.fromkeys(mutants(statement.tree, statement.symbols)))
        for tree in random.Random(number).sample(found, min(most, len(found))):
            true = _agrees(statement, tree)
            if true is not None:
                yield Case(statement.text(tree), true, False, statement.name)
    for number, notation in enumerate(rules.NOTATIONS):
        for rule in rules.RULES:
            yield from _rule_cases(rule, notation, most, number)


def _agrees(statement: scalar.Statement, tree: Tree) -> bool | None:
    """Whether the tree has the value of the reference at 50 points; None where it has too few values."""
    source = random.Random(1)
    seen = 0
    for _ in range(_POINTS):
        at = {name: mp.mpf(source.uniform(-2, 2)) for name in statement.symbols}
        try:
            ours = value(tree, at, statement.functions)
        except ZeroDivisionError:
            continue
        if isinstance(ours, mp.mpc) or not mp.isfinite(ours):
            continue
        seen += 1
        if abs(ours - statement.truth(*(at[name] for name in statement.symbols))) > _SAME * (1 + abs(ours)):
            return False
    return True if seen > _POINTS // 4 else None


def _rule_cases(rule: rules.Rule, notation: Any, most: int, seed: int) -> Iterator[Case]:
    yield Case(rules.text(rule, rule.lines, notation), True, True, rule.name)
    references = [rules.reference_run(rule, step) for step in rule.references]
    changed = []
    for place, (target, tree) in enumerate(rule.lines):
        states = tuple(
            f"old {s}" if s == target else s for s in rule.states if s == target or target not in rule.states
        )
        for new in mutants(tree, (*rule.constants, *states, "g")):
            changed.append((*rule.lines[:place], (target, new), *rule.lines[place + 1 :]))
    for lines in random.Random(seed).sample(changed, min(most * len(rule.lines), len(changed))):
        places = rules.run(rule, lines)
        true = places is not None and any(_same_run(places, reference) for reference in references)
        yield Case(rules.text(rule, lines, notation), true, False, rule.name)


def _same_run(left: list[Any], right: list[Any]) -> bool:
    return all(abs(a - b) < _SAME for a, b in zip(left, right, strict=True))


def verdict(text: str) -> str:
    """What symdl says of a text: refuted (with a witness), recognised, proved, or nothing."""
    report = symdl.check_text(text, name="case.md")
    found = report.files[0].statements
    if any(s.outcome == "refuted" for s in found):
        shown = all(s.witness is not None or s.evidence for s in found if s.outcome == "refuted")
        return "refuted" if shown else "refuted without a witness"
    if report.failed:
        return "an error"
    if text.startswith("##"):
        recognised = any(f.code == "DEF003" for s in found for f in s.findings)
        return "proved or recognised" if recognised else "undecided"
    return "proved or recognised" if found[-1].outcome == "proved" else "undecided"


def score(most: int, judge: Callable[[str], str] = verdict) -> tuple[Counter[tuple[str, str]], list[tuple[str, Case]]]:
    """How often each kind of case gets each verdict, and the cases that should have got another."""
    table: Counter[tuple[str, str]] = Counter()
    wrong = []
    for case in cases(most):
        kind = "original" if case.original else "mutant, still true" if case.true else "mutant, false"
        found = judge(case.text)
        table[kind, found] += 1
        expected = ("refuted",) if kind == "mutant, false" else ("proved or recognised",)
        if found not in expected:
            wrong.append((found, case))
    return table, wrong


@contextmanager
def without_repairs() -> Iterator[None]:
    """Checks that look for no repairs, neither of claims nor of update rules."""
    with (
        patch.multiple("symdl.documents.repairs", _MOST_CANDIDATES=0),
        patch.multiple("symdl.documents.mended_rules", _MOST_CANDIDATES=0),
    ):
        yield


def main() -> None:
    """Prints the table and what is amiss."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with without_repairs():
        table, wrong = score(most)
    for (kind, found), count in sorted(table.items()):
        print(f"{kind:20} {found:24} {count:5}")
    false = sum(count for (kind, _), count in table.items() if kind == "mutant, false")
    print(f"refuted with a witness: {table['mutant, false', 'refuted'] / max(false, 1):.2%} of {false} false mutants")
    for found, case in wrong:
        print(f"{found}: {case.about}, {'true' if case.true else 'false'}: {case.text.strip()!r}")


if __name__ == "__main__":
    main()
