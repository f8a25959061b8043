"""The smallest change of a formula that makes its claim hold, written in the formula's own spelling.

Candidates are the slips of :mod:`symdl.matching.slips`. Those that agree with the other side at a few
points are put to the prover; the first that is proved is the repair, so that it is right by the same
check that refuted the formula.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import sympy as sp
from flint import arb

from symdl.calculus.derivatives import derivative
from symdl.core import Compare, ReadError, SymdlError
from symdl.matching.slips import Slip, quantities, slips
from symdl.notation.elaborate import Elaborated, unfold
from symdl.notation.latex import read
from symdl.notation.syntax import Bracketed, Juxtaposed, Name, Node, Parsed, Relation, walk
from symdl.notation.text import read_text
from symdl.notation.written import spellings, write
from symdl.numerics.ball import evaluate

from .context import Context
from .formulas import Formula

Links = Callable[[Formula], tuple[tuple[Compare, ...], Elaborated]]
Holds = Callable[[Formula], bool]
Choice = Callable[[Node], Iterable[Node]]

_POINTS = tuple(
    tuple(sp.Rational(*pair) for pair in row)
    for row in (
        ((1, 3), (2, 7), (5, 11), (3, 13), (8, 17), (9, 19), (7, 23), (11, 29)),
        ((4, 3), (-3, 7), (6, 5), (2, 9), (-7, 4), (5, 3), (1, 11), (-9, 13)),
        ((-5, 4), (8, 7), (-2, 11), (9, 5), (3, 17), (-13, 6), (6, 7), (3, 2)),
    )
)
_MOST_CANDIDATES, _MOST_PROVED, _MOST_FACTORS = 2_000, 4, 10


@dataclass(frozen=True)
class Repaired:
    """A formula after a repair, and the repair in words."""

    formula: Formula
    slip: Slip

    @property
    def text(self) -> str:
        """The formula as it should stand."""
        return self.formula.tex


def repaired(
    formula: Formula,
    choose: Choice,
    links: Links,
    holds: Holds,
    factors: Iterable[str] = (),
    shape_only: bool = False,
) -> Repaired | None:
    """The first change of one place, in the sides that ``choose`` takes, after which the formula holds.

    ``links`` reads the claims of a formula, ``holds`` decides them.
    """
    plain = rewritten(formula, formula.tex)
    if plain is None or plain.node is None:
        return None
    found = slips(plain.span, choose(plain.node), factors, shape_only)
    near = (c for c in candidates(plain, islice(found, _MOST_CANDIDATES)) if _agrees(c.formula, links))
    return next((c for c in islice(near, _MOST_PROVED) if _is_right(c.formula, holds)), None)


def _is_right(formula: Formula, holds: Holds) -> bool:
    try:
        return holds(formula)
    except SymdlError:
        return False


def candidates(formula: Formula, found: Iterable[Slip]) -> Iterator[Repaired]:
    """The formula after each slip, where it can still be read; each text once."""
    seen = {formula.tex}
    for slip in found:
        text = edited(formula, slip)
        if text not in seen:
            seen.add(text)
            changed = rewritten(formula, text)
            if changed is not None:
                yield Repaired(changed, slip)


def edited(formula: Formula, slip: Slip) -> str:
    """The statement after a slip, whose offsets are those of the span."""
    assert formula.node is not None
    start = formula.node.start
    return Slip("", tuple((a - start, b - start, new) for a, b, new in slip.changes)).applied(formula.tex)


def rewritten(formula: Formula, text: str) -> Formula | None:
    """The formula with another text; None for a text that is no single statement of the same kind."""
    try:
        parsed = read_text(text, "plain") if formula.plain else read(text, formula.macros)
    except ReadError:
        return None
    (node, *others) = parsed.statements or (None,)
    if node is None or others or type(node) is not type(formula.node):
        return None
    return replace(formula, span=text, tex=text, node=node)


def _agrees(formula: Formula, links: Links) -> bool:
    """Whether both sides of every link have one value at a few points, where they have values."""
    try:
        claims, elaborated = links(formula)
        pairs = [tuple(_worked_out(unfold(s, elaborated.definitions)) for s in (c.lhs, c.rhs)) for c in claims]
        return all(equal_at_points(left, right) for left, right in pairs)
    except (SymdlError, TypeError, ValueError):
        return False


def _worked_out(expr: sp.Expr) -> sp.Expr:
    """Derivatives of the first order worked out."""
    found = [part for part in expr.atoms(sp.Derivative) if part.derivative_count == 1]
    expr = expr.xreplace({part: derivative(part.expr, part.variables[0]) for part in found})
    places = list(expr.atoms(sp.Subs))
    return expr.xreplace(
        {part: part.expr.xreplace(dict(zip(part.variables, part.point, strict=True))) for part in places}
    )


def equal_at_points(left: sp.Expr, right: sp.Expr) -> bool:
    """Whether two expressions have one value at a few points, where they have values, at one at least."""
    symbols = sorted(left.free_symbols | right.free_symbols, key=str)
    count = 0
    for row in _POINTS:
        values = dict(zip(symbols, (*row, *row), strict=False))
        try:
            ours, theirs = evaluate(left, values), evaluate(right, values)
        except SymdlError:
            continue
        if not arb(ours).overlaps(arb(theirs)):
            return False
        count += 1
    return count > 0


def factors_of(formulas: Iterable[Formula]) -> tuple[str, ...]:
    r"""What a chain rule may have left out: the quantities of some formulas, and ``f'(u)`` for each ``f(u)``."""
    found: dict[str, None] = {}
    for formula in formulas:
        if formula.node is None:
            continue
        found |= dict.fromkeys(map(formula.source, quantities(formula.node)))
        found |= dict.fromkeys(_slopes(formula))
    return tuple(islice((text for text in found if text.strip(" {}")), _MOST_FACTORS))


def _slopes(formula: Formula) -> Iterator[str]:
    """The derivative of each function that is applied in a formula, at its argument."""
    for node in walk(formula.node) if formula.node is not None else ():
        if isinstance(node, Juxtaposed) and len(node.items) == 2:
            head, bracket = node.items
            if isinstance(head, Name) and isinstance(bracket, Bracketed) and bracket.opening == "(":
                yield f"{formula.source(head)}'{formula.source(bracket)}"


def in_spelling(expr: sp.Expr, formulas: Iterable[Formula], context: Context) -> str:
    """An expression in the spelling of some formulas."""
    read_before = (Parsed(f.span, (f.node,)) for f in formulas if f.node is not None)
    return write(expr, spellings(read_before), context.letters.functions)


def right_sides(node: Node | None) -> tuple[Node, ...]:
    """The sides of a chain but the first."""
    return node.sides[1:] if isinstance(node, Relation) else ()
