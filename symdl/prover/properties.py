"""The declared properties of an activation as claims, each in the form that the definition takes off kinks.

Main results: :func:`property_claims`. A function that is continuous, and differentiable but at finitely many points, is
increasing, L-Lipschitz or convex where its slope is at least 0, at most L in size, or increasing (mean value theorem);
continuity at the points between its branches is a claim of its own. Where a property fails, the definition itself is
refuted at two points.

Source: W. Rudin, Principles of mathematical analysis, 3rd edition, McGraw-Hill 1976, Theorems 5.10 and 5.11.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import sympy as sp

from symdl.calculus.derivatives import derivative, domain, evaluate
from symdl.calculus.kinks import Joint, Kink, joints, kinks
from symdl.calculus.signs import is_zero, sign
from symdl.core import Activation, All, Claim, Compare, Limit, Not, Properties, Statement, symbol
from symdl.core.claims import Given, Relation
from symdl.numerics import ball

from .rewriting import domain_conditions, substitute

_TIGHT = sp.Rational(1, 1000)
_FAR = 10**4
_BITS = 60


def property_claims(item: Activation) -> tuple[Claim, ...]:
    """The claims that an activation makes: its branches and kinks, and the properties that it declares.

    >>> from symdl.library import relu
    >>> [claim.name for claim in property_claims(relu)][-2:]
    ['relu_is_increasing', 'relu_is_convex']
    """
    declared = item.properties or Properties()
    parts = (_bounds, _lipschitz, _monotone, _convex)
    return (*_joint_claims(item), *(claim for part in parts for claim in part(item, declared)))


def _claim(item: Activation, name: str, statement: Statement, *given: Given) -> Claim:
    extra = item.properties.given if item.properties else ()
    return Claim(statement, (*domain(item), *extra, *given), f"{item.name}_{name}")


def _slope(item: Activation, order: int = 1) -> sp.Expr:
    return sp.Derivative(item.expr, (item.argument, order))


def _at(item: Activation, value: sp.Expr) -> sp.Expr:
    return item.expr.xreplace({item.argument: value})


# --- bounds


def _bounds(item: Activation, declared: Properties) -> Iterator[Claim]:
    sides: tuple[tuple[str, sp.Expr | None, Relation, int], ...] = (
        ("below", declared.lower, ">=", 1),
        ("above", declared.upper, "<=", -1),
    )
    for side, bound, relation, inward in sides:
        if bound is None:
            continue
        if bound.is_infinite:
            yield _claim(item, f"is_unbounded_{side}", _tends(item, item.expr, (-inward,)))
        else:
            yield _claim(item, f"is_bounded_{side}", Compare(item.expr, relation, bound))
            closer = Compare(item.expr, relation, bound + inward * _TIGHT)
            yield _claim(item, f"has_no_closer_bound_{side}", Not(closer))


def _tends(item: Activation, expr: sp.Expr, directions: tuple[int, ...]) -> Limit:
    """``expr`` tends to infinity, at the end and in the direction in which it is greatest far out."""
    at_defaults = {p.symbol: p.default if p.default is not None else sp.Integer(0) for p in item.parameters}
    known = evaluate(expr).xreplace(at_defaults)
    far = {end: ball.evaluate(known.xreplace({item.argument: sp.Integer(end * _FAR)}), {}, _BITS) for end in (-1, 1)}
    end, direction = max(product((1, -1), directions), key=lambda way: way[1] * far[way[0]])
    return Limit(expr, item.argument, end * sp.oo, direction * sp.oo)


# --- slopes


def _lipschitz(item: Activation, declared: Properties) -> Iterator[Claim]:
    constant = declared.lipschitz
    if constant is None:
        return
    if not constant.is_infinite:
        between = (Compare(_slope(item), "<=", constant), Compare(_slope(item), ">=", -constant))
        yield _claim(item, "is_lipschitz", All((*between, *_without_jumps(item))))
        less = constant * (1 - _TIGHT)
        within = Compare(sp.Abs(_slope(item)), "<=", less)
        yield _claim(item, "has_no_smaller_lipschitz_constant", Not(within))
        return
    jumps = [joint for joint in joints(item) if not _continuous(joint, item)]
    if jumps:
        yield _jump_claim(item, jumps[0])
    else:
        yield _claim(item, "is_not_lipschitz", _tends(item, _slope(item), (1, -1)))


def _continuous(joint: Joint, item: Activation) -> bool:
    return all(is_zero(side - joint.value) for side in _ends(joint, item))


def _ends(joint: Joint, item: Activation) -> tuple[sp.Expr, sp.Expr]:
    """The values of both branches where they meet."""
    return _value(joint.left, item, joint.point), _value(joint.right, item, joint.point)


def _value(expr: sp.Expr, item: Activation, point: sp.Expr) -> sp.Expr:
    return substitute(expr, {item.argument: point})


def _jump_claim(item: Activation, joint: Joint) -> Claim:
    """However near, on one side of a jump the values differ by half of it: no constant bounds the quotient."""
    distance = symbol("h")
    sides = zip((-1, 1), (joint.left, joint.right), _ends(joint, item), strict=True)
    side, branch, end = next(entry for entry in sides if not is_zero(entry[2] - joint.value))
    steep, size = sp.Abs(_value(derivative(branch, item.argument), item, joint.point)), end - joint.value
    order = sign(size, (*domain(item), *(item.properties.given if item.properties else ())))
    height = sp.Abs(size) if order is None else order * size
    apart = sp.Abs(_at(item, joint.point + side * distance) - joint.value)
    near = (Compare(distance, ">", sp.Integer(0)), Compare(distance, "<", height / (4 + 4 * steep)))
    return _claim(item, "is_not_lipschitz", Compare(apart, ">=", height / 2), *near)


def _monotone(item: Activation, declared: Properties) -> Iterator[Claim]:
    zero, other = sp.Integer(0), symbol("y")
    if declared.monotone is None:
        return
    if declared.monotone == "neither":
        sides = (Compare(item.expr, relation, _at(item, other)) for relation in ("<=", ">="))
        statement = All(tuple(Not(side) for side in sides))
        yield _claim(item, "is_neither_increasing_nor_decreasing", statement, Compare(item.argument, "<", other))
        return
    relation: Relation = ">=" if declared.monotone == "increasing" else "<="
    steps = [Compare(_slope(item), relation, zero)]
    for joint in joints(item):
        if not _continuous(joint, item):
            ends = _ends(joint, item)
            steps += [Compare(joint.value, relation, ends[0]), Compare(ends[1], relation, joint.value)]
    yield _claim(item, f"is_{declared.monotone}", _together(steps))


def _convex(item: Activation, declared: Properties) -> Iterator[Claim]:
    other = symbol("y")
    if declared.convex is None:
        return
    if declared.convex == "neither":
        middle, mean = _at(item, (item.argument + other) / 2), (item.expr + _at(item, other)) / 2
        statement = All((Not(Compare(middle, "<=", mean)), Not(Compare(middle, ">=", mean))))
        yield _claim(item, "is_neither_convex_nor_concave", statement)
        return
    relation: Relation = ">=" if declared.convex == "convex" else "<="
    steps = [Compare(_slope(item, 2), relation, sp.Integer(0))]
    steps += [Compare(kink.right, relation, kink.left) for kink in kinks(item)]
    yield _claim(item, f"is_{declared.convex}", _together([*steps, *_without_jumps(item)]))


def _together(steps: list[Compare]) -> Statement:
    return All(tuple(steps)) if len(steps) > 1 else steps[0]


def _without_jumps(item: Activation) -> list[Compare]:
    """That the branches meet where they do not: what has to hold, and fails, of a function with jumps."""
    jumps = [joint for joint in joints(item) if not _continuous(joint, item)]
    return [Compare(end, "=", _at(item, joint.point)) for joint in jumps for end in _ends(joint, item)]


# --- branches and kinks


def _joint_claims(item: Activation) -> Iterator[Claim]:
    """The branches between the points where they meet, and what they do there."""
    found = joints(item)
    bends = {kink.point: kink for kink in kinks(item)}
    ends = [None, *(joint.point for joint in found), None]
    branches = [*(joint.left for joint in found), found[-1].right if found else evaluate(item.expr)]
    for number, (branch, low, high) in enumerate(zip(branches, ends, ends[1:], strict=False), 1):
        near = [Compare(item.argument, ">", low)] if low is not None else []
        near += [Compare(item.argument, "<", high)] if high is not None else []
        slope = derivative(branch, item.argument)
        defined = dict.fromkeys((*domain_conditions(branch), *domain_conditions(slope)))
        parts = [Compare(item.expr, "=", branch)] if found else []
        parts += [condition for condition in defined if condition.lhs.free_symbols]
        if parts:
            yield _claim(item, f"is_smooth_in_cell_{number}", All(tuple(parts)), *near)
    for number, joint in enumerate(found, 1):
        yield from _joint(item, joint, bends.get(joint.point), f"at_joint_{number}")


def _joint(item: Activation, joint: Joint, kink: Kink | None, where: str) -> Iterator[Claim]:
    value = _at(item, joint.point)
    if _continuous(joint, item):
        both = All(tuple(Compare(side, "=", value) for side in _ends(joint, item)))
        yield _claim(item, f"is_continuous_{where}", both)
    else:
        yield _claim(item, f"jumps_{where}", Not(All(tuple(Compare(side, "=", value) for side in _ends(joint, item)))))
    left, right = (_value(derivative(b, item.argument), item, joint.point) for b in (joint.left, joint.right))
    if kink is None:
        yield _claim(item, f"is_differentiable_{where}", Compare(left, "=", right))
    elif not kink.jump:
        yield _claim(item, f"has_a_kink_{where}", Not(Compare(left, "=", right)))
    if kink is not None and kink.declared is not None:
        low, high = sp.Min(left, right), sp.Max(left, right)
        between = All((Compare(low, "<=", kink.declared), Compare(kink.declared, "<=", high)))
        yield _claim(item, f"declares_a_clarke_slope_{where}", between)
