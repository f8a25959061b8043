"""Update rules that are not the ones that the text names: where, by how much, and the smallest repair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy as sp
from flint import arb

from symdl.core import THETA, Evidence, Family, Finding, Fix, Optimizer, Witness
from symdl.matching.edits import Repair, repair
from symdl.matching.families import Recognition, family_runs
from symdl.matching.trajectories import NO_RUN, SLOPES, STANDARD_VALUES, START, Run, parting, run_of, symbols_of
from symdl.notation.syntax import Gradient, walk

from .mended_rules import Mended
from .rule_lines import RuleLine
from .sources import left_side, occurrences
from .update_rules import DocumentRule


@dataclass(frozen=True)
class Misnamed:
    """A rule that takes other steps than the one that it is called.

    ``repair`` is the edit that mends that, where one edit does, else ``mended`` is a change of a formula's text;
    ``other`` is the known rule that it is instead; ``witness`` is a run in which it parts from the rule that was meant.
    """

    rule: DocumentRule
    optimizer: Optimizer
    witness: Witness
    repair: Repair | None
    other: Recognition | None
    mended: Mended | None = None

    @property
    def remedy(self) -> str:
        """The repair in words."""
        if self.repair is not None:
            return self.repair.edit.description
        return self.mended.repaired.slip.description if self.mended is not None else ""

    @property
    def evidence(self) -> Evidence:
        """The run that refutes the name."""
        return Evidence("exact run", "python-flint ball arithmetic", "the runs part, certainly", 1, self.witness)


def misnamed(rule: DocumentRule, optimizer: Optimizer, named: Sequence[Family], other: Recognition | None) -> Misnamed:
    """How a rule differs from the families that it is called by."""
    found = next((mended for family in named if (mended := repair(optimizer, family)) is not None), None)
    own = run_of(optimizer) or NO_RUN
    if found is not None:
        meant = run_of(found.edit.applied(optimizer)) or NO_RUN
    else:
        runs = [
            run for family in named for _, _, order, run in family_runs(family) if len(order) == len(optimizer.hyper)
        ]
        runs = runs or [run for family in named for _, _, _, run in family_runs(family)]
        meant = max(runs, key=lambda run: parting(own, run) or len(SLOPES))
    return Misnamed(rule, optimizer, witness_of(optimizer, own, meant), found, other)


def witness_of(rule: Optimizer, own: Run, meant: Run) -> Witness:
    """The first step, on the losses ``theta^2/2 + slope theta``, after which two runs differ."""
    step = parting(own, meant) or 1
    values = tuple((str(s), v) for s, v in zip(symbols_of(rule), STANDARD_VALUES, strict=False))
    slopes = tuple((f"slope_{n}", slope) for n, slope in enumerate(SLOPES[:step], 1))
    place = (("theta_0", START), *slopes, ("t", sp.Integer(step)))
    return Witness((*values, *place), _parameter(own, step), _parameter(meant, step))


def _parameter(run: Run, step: int) -> str:
    if step > len(run):
        return "theta has no value (a root of a negative number, or a division by zero)"
    return f"theta = {float(arb(run[step - 1][THETA])):.6g}"


def faulty(found: Misnamed) -> tuple[int, ...]:
    """The formulas that the repair changes, or the one that stands for the rule."""
    rule = found.rule
    assert rule.read is not None
    changed = [rule.read.origins[number] for number, _ in found.repair.edit.changes] if found.repair else []
    changed += [found.mended.number] if found.mended else []
    present = {line.formula.number for line in rule.lines}
    return tuple(dict.fromkeys(n for n in changed if n in present)) or (rule.home.formula.number,)


def misnamed_findings(found: Misnamed) -> Iterator[tuple[int, Finding]]:
    """One finding for each formula that the repair changes, by its number."""
    rule, numbers = found.rule, faulty(found)
    lines = {line.formula.number: line for line in rule.lines}
    also = f"; it is {found.other.family}" if found.other is not None else ""
    families = " or ".join(rule.families)
    message = f"the text calls this {rule.spoken}, but it takes other steps than {families} under any convention{also}"
    message += f": {found.witness}, on the losses theta^2/2 + slope theta."
    for number in numbers:
        related = tuple(lines[other].formula.place.line for other in numbers if other != number)
        mended = f" Repair: {found.remedy}." if found.remedy else ""
        fix = _fix(lines[number], found)
        yield number, Finding("OPT004", "error", message + mended, Fix(fix) if fix else None, related)


def _fix(line: RuleLine, found: Misnamed) -> str:
    """The edited equation in LaTeX, in the spelling of the text; empty for an edit of the gradient's point."""
    rule = found.rule
    assert rule.read is not None
    if found.repair is None:
        return found.mended.repaired.text if found.mended is not None else ""
    origins, step = rule.read.origins, found.optimizer.step
    changes = [(step[n].symbol, expr) for n, expr in found.repair.edit.changes if origins[n] == line.formula.number]
    if not changes:
        return ""
    target, expr = changes[0]
    return f"{left_side(line.formula)} = {sp.latex(expr, symbol_names=_spelling(line, target, rule))}"


def _spelling(line: RuleLine, target: sp.Symbol, rule: DocumentRule) -> dict[sp.Symbol, str]:
    """How the text writes each symbol on the right side of ``line``; the target there is its old value."""
    assert rule.read is not None
    spelled: dict[sp.Symbol, str] = {}
    for member in (line, *rule.lines):
        for spot in occurrences(member.formula):
            symbol = rule.read.symbols.get(spot.name)
            on_the_left = member is line and line.line.shift is not None and spot.text in left_side(line.formula)
            if symbol is not None and not on_the_left and (symbol != target or member is line):
                spelled.setdefault(symbol, spot.text)
        for node in walk(member.formula.node) if member.formula.node is not None else ():
            if isinstance(node, Gradient):
                spelled.setdefault(rule.read.optimizer.evaluations[0].symbol, member.formula.source(node))
    return spelled
