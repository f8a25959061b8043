r"""Gradient descent on a function that the text defines: "gradient descent gives $z_t = (1 - \lambda) z_{t-1}$".

Such a step is the old value less the learning rate times the slope. It is refuted where the rate is missing, so
that the step is that of the rate 1 alone, unless the text says that the rate is 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.calculus.derivatives import derivative
from symdl.core import STEP, Claim, Compare, ReadError, SymdlError, function, symbol, to_text
from symdl.matching.names import families_called
from symdl.matching.slips import Change, Slip
from symdl.notation.elaborate import elaborate
from symdl.notation.indices import indexed, time_names
from symdl.notation.names import name_of
from symdl.notation.syntax import Addition, DerivativeOf, Gradient, Node, Relation, walk

from .assessments import Assessment, decided, verdict_findings
from .clocks import with_clock_of
from .context import Context
from .formulas import Formula
from .repairs import edited, rewritten
from .statements import EQUALITIES

_DESCENT = re.compile(r"\b(gradient|steepest) descent\b[^.]{0,200}$", re.IGNORECASE)
_OTHER = re.compile(r"\b(unlike|instead|momentum|newton\w*|normali[sz]ed|preconditioned|natural)\b", re.IGNORECASE)
_UNIT = re.compile(r"\b(rates?|steps?|sizes?)\b[^.]{0,30}\b(one|1|unit)\b|\bunit\b[^.]{0,20}\b(rates?|steps?)\b", re.I)
_RATES = ("eta", "alpha", "gamma")
_MOST_FUNCTIONS = 3


def is_descent(formula: Formula) -> bool:
    """Whether the words before an equation, or its heading, say that it is a step of gradient descent.

    >>> bool(_DESCENT.search("expressed in these terms gradient descent becomes"))
    True
    """
    node = formula.node
    if not isinstance(node, Relation) or not set(node.relations) <= EQUALITIES or _OTHER.search(formula.before):
        return False
    return bool(_DESCENT.search(formula.before)) or families_called(formula.topic.lead) == ("gradient_descent",)


@dataclass(frozen=True)
class _Slope:
    """The slope of the function called ``of`` at the quantity ``at``."""

    of: str
    at: sp.Symbol
    value: sp.Expr


@dataclass(frozen=True)
class Descents:
    """The formulas of a document, as they are read, and what is in force there.

    ``unit`` says that some quantity of the document is 1: it may be the rate.
    """

    formulas: Sequence[Formula]
    context: Context
    unit: bool = False

    def assess(self, formula: Formula) -> Assessment | None:
        """A step of gradient descent on a function before it that has lost its rate; None for all other formulas."""
        read = self.formulas[formula.number]
        beside = [f for f in self.formulas if f.topic == formula.topic]
        if self.unit or not is_descent(formula) or any(_UNIT.search(f"{f.before} {f.after}") for f in beside):
            return None
        for slope in self.slopes(read):
            sides = list(self.sides(read, slope.at))
            if sides and all(_equal(side, slope.at - slope.value) for side in sides):
                return self.refuted(formula, slope, sides[0])
        return None

    def refuted(self, formula: Formula, slope: _Slope, step: sp.Expr) -> Assessment | None:
        """What is said of a step that is one of descent at the rate 1."""
        taken = {str(s) for s in step.free_symbols}
        letter = next(name for name in _RATES if name not in taken)
        meant = slope.at - symbol(letter) * slope.value
        verdict = decided(Claim(Compare(step, "=", meant), (), "a step of gradient descent"))
        if not verdict.refuted:
            return None
        message = (
            f"gradient descent on {slope.of} takes the learning rate times the slope away, and there is no rate here"
        )
        findings = verdict_findings(
            verdict, "OPT004", message, self.mended(formula, letter, replace(slope, value=meant))
        )
        return Assessment("update", "defined", f"{slope.at} = {to_text(step)}").judged(verdict, *findings)

    def slopes(self, formula: Formula) -> Iterator[_Slope]:
        """The slopes of the functions before a formula at what it moves, and the gradients that are stated there."""
        place = _place(formula)
        if place is None:
            return
        at = symbol(place[0])
        functions = [f for f in self.context.visible(formula).values() if len(f.definition.arguments) == 1]
        for found in functions[: -_MOST_FUNCTIONS - 1 : -1]:
            (argument,) = found.definition.arguments
            try:
                value = derivative(found.expr, argument).xreplace({argument: at})
            except SymdlError:
                continue
            if value.has(at):
                yield _Slope(found.definition.function, at, value)
        for other in self.formulas:
            stated = self.stated(other) if other.number < formula.number and other.topic == formula.topic else None
            if stated is not None and stated.has(at):
                yield _Slope("the function with this gradient", at, stated)

    def stated(self, formula: Formula) -> sp.Expr | None:
        r"""The right side of ``\nabla h(z) = ...``."""
        node = formula.node
        if not isinstance(node, Relation) or not isinstance(node.first, Gradient | DerivativeOf):
            return None
        return self.value(node.rest[0][1], formula)

    def value(self, node: Node, formula: Formula) -> sp.Expr | None:
        """A part of a formula as an expression, with values of sequences; None where it cannot be read."""
        try:
            scope = self.context.scope(formula)
            return elaborate(node, self.context.profile, scope, sequences=True, text=formula.span).expr
        except ReadError:
            return None

    def sides(self, formula: Formula, at: sp.Symbol) -> Iterator[sp.Expr]:
        """The right sides of a step that can be read, in the old value ``at``."""
        place = _place(formula)
        assert isinstance(formula.node, Relation)
        for _, side in formula.node.rest if place is not None else ():
            read = self.value(side, formula)
            if read is not None and place is not None:
                value = read.xreplace({place[1]: at})
                yield sp.nan if value.has(AppliedUndef) else value

    def mended(self, formula: Formula, letter: str, slope: _Slope) -> str:
        """The formula with the rate before the slope on each side; empty where that is not one place a side."""
        plain = rewritten(formula, formula.tex)
        if plain is None or not isinstance(plain.node, Relation):
            return ""
        changes: list[Change] = []
        for number, (_, side) in enumerate(plain.node.rest):
            starts = [
                t.start for part in walk(side) if isinstance(part, Addition) for sign, t in part.terms if sign == "-"
            ]
            tried = ((start, start, rf"\{letter} ") for start in starts)
            found = next((c for c in tried if self.holds(formula, plain, c, number, slope)), None)
            if found is None:
                return ""
            changes.append(found)
        return edited(plain, Slip("", tuple(changes)))

    def holds(self, formula: Formula, plain: Formula, change: Change, number: int, slope: _Slope) -> bool:
        """Whether one side of a formula is the step ``slope.value`` after a change of its text."""
        changed = rewritten(plain, edited(plain, Slip("", (change,))))
        if changed is None:
            return False
        read = self.context.prepare(with_clock_of(changed, formula))
        place = _place(read)
        if place is None or not isinstance(read.node, Relation):
            return False
        value = self.value(read.node.rest[number][1], read)
        return value is not None and _equal(value.xreplace({place[1]: slope.at}), slope.value)


def _place(formula: Formula) -> tuple[str, sp.Expr] | None:
    """The name of what an equation moves, and its old value; None where it moves nothing."""
    node = formula.node
    if not isinstance(node, Relation):
        return None
    place = indexed(node.first, time_names(node))
    if place is not None and place.index is not None:
        return place.base, function(place.base)(STEP + (place.offset or 0) - 1)
    name = name_of(node.first)
    return (name, symbol(name)) if name is not None and node.relations[0] != "=" else None


def _equal(left: sp.Expr, right: sp.Expr) -> bool:
    return left != sp.nan and not left.has(AppliedUndef) and decided(Claim(Compare(left, "=", right))).proved
