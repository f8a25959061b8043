"""Cells to one term: the half-lines of each cell merged, the cells chained, leaves spelled out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import sympy as sp

from symdl.calculus.cells import Cells, split, value_at
from symdl.calculus.roots import NotLocated
from symdl.calculus.signs import is_zero, sign
from symdl.core import UnsupportedOperation
from symdl.core.remembering import remembered

from .budget import can_be_factored
from .halves import (
    EXPONENT,
    HEAD,
    ONE_MINUS_Z,
    ROOT_Z,
    SIZE,
    TAIL,
    Base,
    Half,
    Style,
    Z,
    common_base,
    in_exponentials,
    with_powers_of_z,
)
from .terms import (
    ONE,
    ZERO,
    Call,
    Choice,
    Product,
    Sum,
    Term,
    add,
    call,
    merged,
    multiply,
    negate,
    product,
    rebuilt,
)
from .thresholds import from_threshold

_ODD = ("tanh", "sinh", "arctan", "arcsinh", "erf")
_NEVER_NEGATIVE = ("exp", "sqrt", "hypot", "absolute", "square", "cosh")
_INCREASING_FROM_ZERO = (*_ODD, "log1p", "expm1")


@remembered(maxsize=256)
def joined(expr: sp.Expr, variable: sp.Symbol, given: Sequence[object], style: Style) -> Term:
    """``expr`` as one term, each cell written with z = exp(-|w|).

    Raises :class:`UnsupportedDerivative` where the kinks cannot be located and
    :class:`UnsupportedOperation` where the exponents have no common measure.
    """
    _require_small(expr)
    cells = split(in_exponentials(expr), variable, given)
    base = common_base(cells.branches, variable, given)
    if base is not None:
        for branch in cells.branches:
            _require_small(with_powers_of_z(branch, variable, base, 1))
    if style.halves and base is not None:
        raise UnsupportedOperation("the line is already split at 0")
    if base is None and (style.halves or ZERO in cells.points):
        base = Base(variable, ONE)
    joiner = _Joiner(variable, base, style, tuple(given))
    values = [_value(expr, variable, point, given) for point in cells.points]
    right_of = [
        value is not None and is_zero(value - branch.subs(variable, point))
        for value, point, branch in zip(values, cells.points, cells.branches[1:], strict=True)
    ]
    at_most_zero = not cells.points or (cells.points == (ZERO,) and joiner.sides_are_of_variable)
    if at_most_zero and base is not None and not joiner.one_sided:
        right, left = cells.branches[-1], cells.branches[0]
        joiner.jumps = bool(cells.points) and not is_zero(right.subs(variable, ZERO) - left.subs(variable, ZERO))
        term = joiner.across(right, left, not right_of or right_of[0])
    else:
        term = joiner.chain(cells.points, cells.branches, right_of)
    return joiner.spelled(_isolated(term, cells, values, right_of))


def closed(expr: sp.Expr, variable: sp.Symbol, given: Sequence[object]) -> sp.Expr:
    """``expr`` cell by cell; a kink where it has no value belongs to the cell on its left.

    Raises :class:`UnsupportedDerivative` where the kinks cannot be located.

    >>> x = sp.Symbol("x", real=True)
    >>> closed(sp.Piecewise((1, x > 0), (0, x < 0)), x, ())
    Piecewise((1, x > 0), (0, True))
    """
    cells = split(expr, variable, given)
    result: sp.Expr = cells.branches[0]
    for point, left, right in zip(cells.points, cells.branches, cells.branches[1:], strict=False):
        value = _value(expr, variable, point, given)
        belongs = value is not None and is_zero(value - right.subs(variable, point))
        apart = value is not None and not belongs and not is_zero(value - left.subs(variable, point))
        here = [(value, sp.Eq(variable, point))] if apart else []
        condition = sp.Ge(variable, point) if belongs else sp.Gt(variable, point)
        result = sp.Piecewise((right, condition), *here, (result, True), evaluate=False)
    return result


def _require_small(expr: sp.Expr) -> None:
    if not can_be_factored(expr):
        raise UnsupportedOperation("the formula is too large to be factored")


def _value(expr: sp.Expr, variable: sp.Symbol, point: sp.Expr, given: Sequence[object]) -> sp.Expr | None:
    """The value at a kink; None where the formula has none."""
    try:
        value = value_at(expr, variable, point, given)
    except NotLocated:
        return None
    return None if value.is_finite is False or value.has(sp.nan, sp.I) else value


def _isolated(term: Term, cells: Cells, values: Sequence[sp.Expr | None], right_of: Sequence[bool]) -> Term:
    """``term`` with the values at points that belong to neither side."""
    for point, value, left, belongs in zip(cells.points, values, cells.branches, right_of, strict=False):
        if value is None or belongs or is_zero(value - left.subs(cells.variable, point)):
            continue
        term = call("where", call("equal", cells.variable, point), value, term)
    return term


class _Joiner:
    def __init__(self, variable: sp.Symbol, base: Base | None, style: Style, given: tuple[object, ...]) -> None:
        self.variable = variable
        self.base = base
        self.style = style
        self.given = given
        self.exponent: Term = variable
        if base is not None and base.ratio is None:
            self.exponent = Half(variable, None, 1, Style()).term(base.exponent)
        self.signed = variable if base is not None and base.mirrored else self.exponent
        """What is positive on the right half-line."""
        self.jumps = False
        """Whether the sides differ at 0, where -0 and 0 must give the same."""
        self.one_sided = base is not None and base.even and not base.mirrored

    @property
    def sides_are_of_variable(self) -> bool:
        """Whether w, or what stands for it, is positive where x is and negative where x is."""
        if self.base is None or self.base.sides_of_variable:
            return True
        terms = sp.Poly(self.base.exponent, self.variable).terms()
        return all(degree % 2 == 1 and sign(coefficient, self.given) == 1 for (degree,), coefficient in terms)

    def across(self, right: sp.Expr, left: sp.Expr, zero_is_right: bool) -> Term:
        """One term for both half-lines."""
        choice = Choice(lambda p, n: self._select(p, n, zero_is_right), self._oriented)
        return merged(self._half(right, 1), self._half(left, -1), choice)

    def chain(self, points: Sequence[sp.Expr], branches: Sequence[sp.Expr], right_of: Sequence[bool]) -> Term:
        """The cells from left to right, chosen by comparisons."""
        ends = [-sp.oo, *points, sp.oo]
        terms = [self._cell(branch, *end) for branch, end in zip(branches, pairwise(ends), strict=True)]
        term = terms[0]
        for point, belongs, following in zip(points, right_of, terms[1:], strict=True):
            term = call("where", from_threshold(self.variable, point, belongs), following, term)
        return term

    def _cell(self, branch: sp.Expr, lower: sp.Expr, upper: sp.Expr) -> Term:
        if self.base is None or self.one_sided:
            return self._half(branch, 1)
        if self.base.sides_of_variable:
            if lower.is_number and lower >= 0:
                return self._half(branch, 1)
            if upper.is_number and upper <= 0:
                return self._half(branch, -1)
        return self.across(branch, branch, True)

    def _half(self, branch: sp.Expr, direction: int) -> Term:
        return Half(self.variable, self.base, direction, self.style, self.given).term(branch)

    def _select(self, right: Term, left: Term, zero_is_right: bool) -> Term:
        if left == ZERO and _has_factor(right, SIZE):
            return _exchanged(right, SIZE, call("maximum", self.variable, ZERO))
        if right == ZERO and _has_factor(left, SIZE):
            return negate(_exchanged(left, SIZE, call("minimum", self.variable, ZERO)))
        if right == ONE and left in (Z, ROOT_Z):
            return call("maximum", left, call("sign", self.signed))
        if _is_constant(right) and _is_constant(left):
            return self._step(right, left, zero_is_right)
        slopes = _without_size(right), _without_size(left)
        if all(slope is not None and _is_constant(slope) for slope in slopes):
            return self._lines(*slopes)
        right = _exchanged(right, SIZE, self.variable) if _has_factor(right, SIZE) else right
        left = negate(_exchanged(left, SIZE, self.variable)) if _has_factor(left, SIZE) else left
        comparison = "greater_equal" if zero_is_right else "greater"
        return call("where", call(comparison, self.signed, ZERO), right, left)

    def _step(self, right: Term, left: Term, zero_is_right: bool) -> Term:
        """A constant on each side, both exact: step * right + (1 - step) * left."""
        sign_of_w = call("sign", self.signed)
        step = call("maximum", sign_of_w, ZERO)
        if zero_is_right:
            step = call("minimum", add(sign_of_w, ONE), ONE)
        return add(multiply(right, step), multiply(left, add(ONE, negate(step))))

    def _lines(self, right: Term, left: Term) -> Term:
        """A multiple of |x| on each side."""
        rising = multiply(right, call("maximum", self.variable, ZERO))
        return add(rising, negate(multiply(left, call("minimum", self.variable, ZERO))))

    def _oriented(self, term: Term) -> Term | None:
        """``term`` with the sign of w."""
        if _has_factor(term, SIZE):
            return _exchanged(term, SIZE, self.variable)
        if _has_factor(term, EXPONENT):
            return None if self.base is None or self.base.mirrored else _exchanged(term, EXPONENT, self.exponent)
        for factor in term.over if isinstance(term, Product) else (term,):
            if isinstance(factor, Call) and factor.operation in _ODD:
                inner = self._oriented(factor.operands[0])
                if inner is not None:
                    return _exchanged(term, factor, call(factor.operation, inner))
        if self.jumps or not not_negative(term):
            return None
        magnitude = _exchanged(term, ONE_MINUS_Z, negate(ONE_MINUS_Z)) if _has_factor(term, ONE_MINUS_Z) else term
        return call("copysign", magnitude, self.signed)

    def spelled(self, term: Term) -> Term:
        """``term`` with z, |x| and |w| written in the variable."""
        size = call("absolute", self.variable)
        if self.base is None:
            return _replaced(term, {SIZE: size})
        if self.base.ratio is not None:
            exponent = multiply(self.base.ratio, size)
        elif self.base.even:
            exponent = self.exponent
        else:
            exponent = call("absolute", self.exponent)
        root = call("exp", multiply(sp.Rational(-1, 2), exponent))
        leaves = {
            SIZE: size,
            EXPONENT: exponent,
            ROOT_Z: root,
            Z: call("square", root) if self.style.split else call("exp", negate(exponent)),
            ONE_MINUS_Z: negate(call("expm1", negate(exponent))),
        }
        if self.style.tail:
            near = call("minimum", exponent, _FAR)
            leaves |= {HEAD: call("exp", negate(near)), TAIL: call("exp", add(near, negate(exponent)))}
            leaves[Z] = multiply(leaves[HEAD], leaves[TAIL])
        factors = (HEAD, TAIL) if self.style.tail else (ROOT_Z, ROOT_Z)
        return _replaced(_with_split_factors(term, factors) if self.style.split or self.style.tail else term, leaves)


_Factors: TypeAlias = tuple[sp.Symbol, sp.Symbol]
"""Two factors whose product is z."""
_FAR = sp.Integer(64)


def _with_split_factors(term: Term, factors: _Factors) -> Term:
    """z as a factor of a numerator as two factors, in the term, terms of a sum and sides of a choice."""
    if isinstance(term, Sum):
        return add(*(_with_split_factors(part, factors) for part in term.terms))
    if isinstance(term, Call) and term.operation == "where":
        condition, *sides = term.operands
        return call("where", condition, *(_with_split_factors(side, factors) for side in sides))
    fraction = term if isinstance(term, Product) else Product((term,))
    pieces = tuple(piece for factor in fraction.over for piece in _split_factor(factor, factors))
    return product(pieces, fraction.under)


def _split_factor(factor: Term, factors: _Factors) -> tuple[Term, ...]:
    """z as two factors; a choice between products with and without z as two choices."""
    if factor == Z:
        return factors
    if isinstance(factor, Call) and factor.operation == "maximum" and factor.operands[0] == Z:
        first, second = (call("maximum", piece, factor.operands[1]) for piece in factors)
        return (first, second)
    if isinstance(factor, Call) and factor.operation == "where":
        condition, *branches = factor.operands
        if any(_has_factor(branch, Z) for branch in branches):
            halves = [_exchanged(b, Z, factors[0]) if _has_factor(b, Z) else b for b in branches]
            rests = [factors[1] if _has_factor(branch, Z) else ONE for branch in branches]
            return (call("where", condition, *halves), call("where", condition, *rests))
    return (factor,)


def _replaced(term: Term, leaves: dict[sp.Symbol, Term]) -> Term:
    return rebuilt(term, lambda part: leaves.get(part, part) if isinstance(part, sp.Symbol) else part)


def _is_constant(term: Term | None) -> bool:
    """Whether nothing in ``term`` depends on the variable."""
    return isinstance(term, sp.Expr) and term.free_symbols.isdisjoint({SIZE, EXPONENT, Z, ROOT_Z, ONE_MINUS_Z})


def _without_size(term: Term) -> Term | None:
    """``term`` divided by |x|, where that is one of its factors."""
    return _exchanged(term, SIZE, ONE) if _has_factor(term, SIZE) else None


def _has_factor(term: Term, factor: Term) -> bool:
    return bool(term == factor) or (isinstance(term, Product) and factor in term.over)


def _exchanged(term: Term, factor: Term, replacement: Term) -> Term:
    """``term`` with one of its factors ``factor`` replaced."""
    if not isinstance(term, Product):
        return replacement
    index = term.over.index(factor)
    return product((*term.over[:index], replacement, *term.over[index + 1 :]), term.under)


def not_negative(term: Term) -> bool:
    """Whether the form of ``term`` shows that it is at least 0."""
    if isinstance(term, Sum):
        return all(map(not_negative, term.terms))
    if isinstance(term, Product):
        return all(map(not_negative, term.over + term.under))
    if isinstance(term, Call):
        operands = term.operands[1:] if term.operation == "where" else term.operands
        if term.operation in (*_INCREASING_FROM_ZERO, "where"):
            return all(map(not_negative, operands))
        return term.operation in _NEVER_NEGATIVE
    if term.is_number:
        return sign(term) in (0, 1)
    return term in (SIZE, EXPONENT, Z, ROOT_Z, ONE_MINUS_Z)
