"""The cells of a piecewise function: the line split at every kink, with one smooth branch in each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from itertools import combinations, pairwise

import sympy as sp

from symdl.core.remembering import remembered

from .roots import NotLocated, ordered, polynomial_roots, roots_of
from .signs import sign

KINKED = (sp.Max, sp.Min, sp.Abs, sp.sign, sp.Piecewise)
"""The heads of the operation table that are not smooth on the whole of their domain."""

_MOST_CELLS = 200


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


@remembered(maxsize=256)
def split(expr: sp.Expr, variable: sp.Symbol, given: Sequence[object] = ()) -> Cells:
    """The open cells of ``expr`` in ``variable``, from left to right.

    Guards (differences of the arguments of Max and Min, arguments of Abs and sign, conditions) have
    to have roots that :func:`symdl.calculus.roots.roots_of` finds; bounds on other symbols are taken
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
    return _settled(expr.subs(variable, point), variable, given)


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
            yield interval, _settled(current, variable, given)
            continue
        cells += 1
        if cells > _MOST_CELLS:
            raise NotLocated(f"more than {_MOST_CELLS} cells in {variable}", remedy="split the expression")
        parts = _divided(node, variable, given, interval)
        stack += [(p, current.xreplace({node: _chosen(node, variable, given, p.sample)})) for p in reversed(parts)]


def _divided(node: sp.Expr, variable: sp.Symbol, given: Sequence[object], interval: _Interval) -> list[_Interval]:
    """``interval`` cut at the roots of the guards of ``node``."""
    places = [place for guard in _guards(node, variable) for place in roots_of(guard, variable, given)]
    inside = [
        root
        for root in dict.fromkeys(places)
        if (interval.lower is None or ordered(root, interval.lower, given) > 0)
        and (interval.upper is None or ordered(root, interval.upper, given) < 0)
    ]
    ends: list[sp.Expr | None] = [interval.lower]
    for root in sorted(inside, key=cmp_to_key(lambda a, b: ordered(a, b, given))):
        if ends[-1] is None or ends[-1] is interval.lower or ordered(root, ends[-1], given) != 0:
            ends.append(root)
    return [_Interval(lower, upper) for lower, upper in pairwise([*ends, interval.upper])]


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
    return sign(guard.subs(variable, sample), given)


def _settled(expr: sp.Expr, variable: sp.Symbol, given: Sequence[object]) -> sp.Expr:
    """``expr`` with each choice between parameters made that ``given`` decides: Max(k, 1) = 1."""
    for node in [node for node in sp.postorder_traversal(expr) if isinstance(node, KINKED)]:
        try:
            expr = expr.xreplace({node: _chosen(node, variable, given, variable)})
        except NotLocated:
            continue
    return expr


def _extremum(node: sp.Expr, variable: sp.Symbol, given: Sequence[object], sample: sp.Expr) -> sp.Expr:
    largest, *others = node.args
    direction = 1 if isinstance(node, sp.Max) else -1
    for other in others:
        order = _sign_on(other - largest, variable, given, sample)
        if order is None:
            return _undecided_extremum(node, variable, given, sample)
        largest = other if order == direction else largest
    return largest


def _undecided_extremum(node: sp.Expr, variable: sp.Symbol, given: Sequence[object], sample: sp.Expr) -> sp.Expr:
    """Max or Min of two lines that cross at p: ``u(p) + (x - p) * Max(u', v')`` to the right of p."""
    lines = [argument.as_poly(variable) for argument in node.args]
    if len(lines) != 2 or any(line is None or line.degree() > 1 for line in lines):
        raise NotLocated(
            f"it is not decided which argument of {node} is greater",
            remedy="state the domains of its parameters, such as a > 0",
        )
    (slope, start), (other, level) = ((line.coeff_monomial(variable), line.coeff_monomial(1)) for line in lines)
    if slope == other:
        return variable * slope + node.func(start, level)
    (point,) = polynomial_roots(lines[0] - lines[1], given)
    right = ordered(sample, point, given) > 0
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
