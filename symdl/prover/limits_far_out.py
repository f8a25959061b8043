"""Limits at infinity of functions with kinks, and infinite limits by comparison with a line.

Beyond its last kink a function is its last branch; and what stays above a rising line from some number on tends to
infinity.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import sympy as sp

from symdl.calculus.cells import KINKED, split
from symdl.calculus.derivatives import evaluate
from symdl.core import Claim, Compare, Evidence, Limit

from .attempts import first_proof
from .boxes import by_boxes
from .inequalities import by_signs
from .limits import by_algebra
from .limits_by_parts import by_parts
from .scaling import by_scaling
from .slopes import by_slope

_MOST_PARAMETERS = 2
_START = sp.Integer(8)
_SLOPES = (sp.Integer(1), sp.Rational(1, 8))


def by_last_branch(claim: Claim) -> Evidence | None:
    """A limit at infinity of a function with kinks: that of its branch beyond all of them."""
    statement = claim.statement
    if not isinstance(statement, Limit) or not statement.point.is_infinite:
        return None
    expr = evaluate(statement.expr)
    if not expr.has(*KINKED):
        return None
    cells = split(expr, statement.variable, claim.given)
    branch = cells.branches[-1 if statement.point == sp.oo else 0]
    smooth = replace(claim, statement=replace(statement, expr=branch))
    evidence = first_proof(smooth, (by_algebra, by_parts, by_growth))
    if evidence is None:
        return None
    return replace(evidence, detail=f"beyond {len(cells.points)} points one branch is left; {evidence.detail}")


def by_growth(claim: Claim) -> Evidence | None:
    """An infinite limit at infinity of what lies beyond a line from some number on."""
    statement = claim.statement
    if not isinstance(statement, Limit) or not (statement.point.is_infinite and statement.value.is_infinite):
        return None
    end, direction = (1 if side == sp.oo else -1 for side in (statement.point, statement.value))
    beyond = Compare(end * statement.variable, ">", _START)
    for slope, offset in product(_SLOPES, _offsets(statement)):
        line = slope * end * statement.variable - offset
        above = Claim(Compare(direction * statement.expr, ">=", line), (*claim.given, beyond))
        evidence = first_proof(above, (by_signs, by_boxes, by_slope, by_scaling))
        if evidence is not None:
            return replace(evidence, detail=f"{above.statement} for {beyond}: {evidence.detail}")
    return None


def _offsets(statement: Limit) -> Iterator[sp.Expr]:
    """How far the line may start below 0: not at all, by a parameter, or by its reciprocal."""
    yield sp.Integer(0)
    for parameter in sorted(statement.expr.free_symbols - {statement.variable}, key=str)[:_MOST_PARAMETERS]:
        yield from (parameter, 1 / parameter)
