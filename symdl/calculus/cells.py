"""The cells of a piecewise function: the line split at every kink, with one smooth branch in each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from itertools import combinations, pairwise

import sympy as sp

from symdl.core import UnsupportedDerivative

from .signs import sign

KINKED = (sp.Max, sp.Min, sp.Abs, sp.sign, sp.Piecewise)
"""The heads of the operation table that are not smooth on the whole of their domain."""

_LARGEST_DEGREE = 2
_MOST_CELLS = 200
_ODD_INCREASING = (sp.tanh, sp.sinh, sp.asinh, sp.atan, sp.erf)


class NotLocated(UnsupportedDerivative):
    """The place of a kink has no exact form that calculus can find, or its order is not decided."""


@dataclass(frozen=True)
class Cells:
    """``branches[i]`` is the function between ``points[i - 1]`` and ``points[i]``, exactly."""

    expr: sp.Expr
    variable: sp.Symbol
    given: tuple[object, ...]
    points: tuple[sp.Expr, ...]
    branches: tuple[sp.Expr, ...]


@dataclass(frozen=True)
class _Interval:
    lower: sp.Expr | None
    upper: sp.Expr | None

    @property
    def sample(self) -> sp.Expr:
        if self.lower is None:
            return sp.Integer(0) if self.upper is None else self.upper - 1
        return self.lower + 1 if self.upper is None else (self.lower + self.upper) / 2


def split(expr: sp.Expr, variable: sp.Symbol, given: Sequence[object] = ()) -> Cells:
    """The open cells of ``expr`` in ``variable``, from left to right.

    Guards (differences of the arguments of Max and Min, arguments of Abs and sign, conditions) have
    to be linear or quadratic in the variable, or to factor so; bounds on other symbols are taken
    from ``given``. Raises :class:`NotLocated` for other guards.

    >>> x = sp.Symbol("x", real=True)
    >>> cells = split(sp.Abs(sp.Abs(x) - 1), x)
    >>> cells.points, cells.branches
    ((-1, 0, 1), (-x - 1, x + 1, 1 - x, x - 1))
    """
    pieces = list(_pieces(expr, variable, given, _Interval(None, None)))
    points = tuple(interval.upper for interval, _ in pieces[:-1])
    return Cells(expr, variable, tuple(given), points, tuple(branch for _, branch in pieces))


def value_at(expr: sp.Expr, variable: sp.Symbol, point: sp.Expr, given: Sequence[object] = ()) -> sp.Expr:
    """The value of ``expr`` at ``point``, every guard decided there.

    >>> x = sp.Symbol("x", real=True)
    >>> value_at(sp.Piecewise((1, x > 0), (x, True)), x, sp.Integer(0))
    0
    """
    while (node := _innermost(expr, variable)) is not None:
        expr = expr.xreplace({node: _chosen(node, variable, given, point)})
    return expr.subs(variable, point)


def _innermost(expr: sp.Expr, variable: sp.Symbol) -> sp.Expr | None:
    for node in sp.postorder_traversal(expr):
        if isinstance(node, KINKED) and variable in node.free_symbols:
            return node
    return None


def _pieces(
    expr: sp.Expr, variable: sp.Symbol, given: Sequence[object], whole: _Interval
) -> Iterator[tuple[_Interval, sp.Expr]]:
    stack = [(whole, expr)]
    cells = 0
    while stack:
        interval, current = stack.pop()
        node = _innermost(current, variable)
        if node is None:
            yield interval, current
            continue
        cells += 1
        if cells > _MOST_CELLS:
            raise NotLocated(f"more than {_MOST_CELLS} cells in {variable}", remedy="split the expression")
        parts = _divided(node, variable, given, interval)
        stack += [(p, current.xreplace({node: _chosen(node, variable, given, p.sample)})) for p in reversed(parts)]


def _divided(node: sp.Expr, variable: sp.Symbol, given: Sequence[object], interval: _Interval) -> list[_Interval]:
    """``interval`` cut at the roots of the guards of ``node``."""
    roots = [root for guard in _guards(node, variable) for root in _roots(guard, variable, given)]
    inside = [
        root
        for root in dict.fromkeys(roots)
        if (interval.lower is None or _ordered(root, interval.lower, given) > 0)
        and (interval.upper is None or _ordered(root, interval.upper, given) < 0)
    ]
    ends: list[sp.Expr | None] = [interval.lower]
    for root in sorted(inside, key=cmp_to_key(lambda a, b: _ordered(a, b, given))):
        if ends[-1] is None or ends[-1] is interval.lower or _ordered(root, ends[-1], given) != 0:
            ends.append(root)
    return [_Interval(lower, upper) for lower, upper in pairwise([*ends, interval.upper])]


def _ordered(left: sp.Expr, right: sp.Expr, given: Sequence[object]) -> int:
    order = sign(left - right, given)
    if order is None:
        raise NotLocated(
            f"it is not decided whether {left} is less than {right}", remedy="bound the parameters by domains"
        )
    return order


def _guards(node: sp.Expr, variable: sp.Symbol) -> list[sp.Expr]:
    """Expressions whose zeros are the only places where ``node`` may be not smooth."""
    match node:
        case sp.Max() | sp.Min():
            guards = [a - b for a, b in combinations(node.args, 2)]
        case sp.Piecewise():
            guards = [relation.lhs - relation.rhs for relation in _relations(node)]
        case _:
            guards = [node.args[0]]
    return [guard for guard in guards if variable in guard.free_symbols]


def _relations(node: sp.Piecewise) -> list[sp.core.relational.Relational]:
    atoms = (relation for _, condition in node.args for relation in condition.atoms(sp.core.relational.Relational))
    return sorted(set(atoms), key=sp.default_sort_key)


def _monotone_core(guard: sp.Expr) -> sp.Expr:
    """An expression with the zeros of ``guard``, odd increasing functions around it removed."""
    while isinstance(guard, _ODD_INCREASING):
        guard = guard.args[0]
    return guard


def _roots(guard: sp.Expr, variable: sp.Symbol, given: Sequence[object]) -> list[sp.Expr]:
    """The real zeros and poles of ``guard``."""
    roots: list[sp.Expr] = []
    for part in sp.fraction(sp.together(_monotone_core(guard))):
        polynomial = part.as_poly(variable)
        if polynomial is None:
            raise NotLocated(f"the zeros of {guard} in {variable} have no linear or quadratic form")
        for factor in _factors(polynomial):
            roots += _roots_of_factor(factor, given)
    return roots


def _factors(polynomial: sp.Poly) -> list[sp.Poly]:
    if polynomial.degree() <= 0:
        return []
    if polynomial.domain.is_ZZ or polynomial.domain.is_QQ:
        return [factor for factor, _ in polynomial.factor_list()[1]]
    return [polynomial]


def _roots_of_factor(factor: sp.Poly, given: Sequence[object]) -> list[sp.Expr]:
    coefficients = factor.all_coeffs()
    if len(coefficients) - 1 > _LARGEST_DEGREE:
        raise NotLocated(f"the zeros of {factor.as_expr()} have no linear or quadratic form")
    if len(coefficients) == _LARGEST_DEGREE:
        root = sp.cancel(-coefficients[1] / coefficients[0])
        _require_nonzero(sp.fraction(root)[1], given)
        return [root]
    a, b, c = coefficients
    _require_nonzero(a, given)
    discriminant = sp.expand(b**2 - 4 * a * c)
    order = _ordered(discriminant, sp.Integer(0), given)
    steps = {-1: [], 0: [sp.Integer(0)], 1: [-sp.sqrt(discriminant), sp.sqrt(discriminant)]}[order]
    return [sp.expand((step - b) / (2 * a)) for step in steps]


def _require_nonzero(expr: sp.Expr, given: Sequence[object]) -> None:
    if sign(expr, given) in (0, None):
        raise NotLocated(f"it is not decided whether {expr} is zero", remedy="bound the parameters by domains")


def _chosen(node: sp.Expr, variable: sp.Symbol, given: Sequence[object], sample: sp.Expr) -> sp.Expr:
    """What ``node`` is at ``sample``, and so on the whole open cell around it where no guard vanishes."""
    match node:
        case sp.Max() | sp.Min():
            return _extremum(node, variable, given, sample)
        case sp.Piecewise():
            return _branch(node, variable, given, sample)
        case _:
            order = _sign_on(node.args[0], variable, given, sample)
            if order is None:
                raise NotLocated(f"the sign of {node.args[0]} is not decided")
            return sp.Integer(order) if isinstance(node, sp.sign) else order * node.args[0]


def _sign_on(guard: sp.Expr, variable: sp.Symbol, given: Sequence[object], sample: sp.Expr) -> int | None:
    return sign(_monotone_core(guard).subs(variable, sample), given)


def _extremum(node: sp.Expr, variable: sp.Symbol, given: Sequence[object], sample: sp.Expr) -> sp.Expr:
    largest, *others = node.args
    direction = 1 if isinstance(node, sp.Max) else -1
    for other in others:
        order = _sign_on(other - largest, variable, given, sample)
        if order is None:
            if len(node.args) == 2:
                return _crossing_lines(node, variable, given, sample)
            raise NotLocated(f"it is not decided which of {other} and {largest} is greater")
        largest = other if order == direction else largest
    return largest


def _crossing_lines(node: sp.Expr, variable: sp.Symbol, given: Sequence[object], sample: sp.Expr) -> sp.Expr:
    """Max or Min of two lines that cross at p: ``u(p) + (x - p) * Max(u', v')`` to the right of p."""
    lines = [argument.as_poly(variable) for argument in node.args]
    if any(line is None or line.degree() > 1 for line in lines):
        raise NotLocated(f"it is not decided which argument of {node} is greater")
    (slope, start), (other, _) = ((line.coeff_monomial(variable), line.coeff_monomial(1)) for line in lines)
    point = _roots_of_factor((lines[0] - lines[1]), given)[0]
    right = _ordered(sample, point, given) > 0
    head = sp.Max if right == isinstance(node, sp.Max) else sp.Min
    return start + slope * point + (variable - point) * head(slope, other)


def _branch(node: sp.Piecewise, variable: sp.Symbol, given: Sequence[object], sample: sp.Expr) -> sp.Expr:
    truth = {}
    for relation in _relations(node):
        order = _sign_on(relation.lhs - relation.rhs, variable, given, sample)
        if order is None:
            raise NotLocated(f"it is not decided whether {relation}")
        truth[relation] = sp.sympify(relation.func(order, 0))
    for value, condition in node.args:
        if condition.xreplace(truth) == sp.true:
            return value
    raise NotLocated(f"{node} has no value where {variable} = {sample}")
