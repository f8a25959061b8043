"""Short forms for arguments of usual size: the formula of one half-line on the whole line, exponents on a grid.

Far out these overflow or lose digits; where they do is measured, and other code takes over there.
"""

from __future__ import annotations

import sympy as sp

from symdl.calculus.cells import split
from symdl.core import UnsupportedOperation
from symdl.core.remembering import remembered

from .halves import EXPONENT, ONE_MINUS_Z, ROOT_Z, SIZE, Half, Style, Z, common_base, in_exponentials
from .terms import ONE, Call, Term, add, call, divide, meaning, multiply, negate, power, rebuilt

_GRID_BITS = 6
"""The argument is rounded to multiples of 2**-6 where its powers have to be exact."""
_EXACT_BITS = 42
"""Multiples of 2**-42 are exact floats up to 2**10, beyond which exp overflows."""
_DIGITS = 60


@remembered(maxsize=256)
def one_sided(expr: sp.Expr, variable: sp.Symbol, given: tuple[object, ...], style: Style, side: int) -> Term:
    """The term of the half-line ``side`` (1 or -1) with z = exp(-side * w) on the whole line.

    Raises :class:`UnsupportedOperation` for a formula with kinks or without exponentials.

    >>> x = sp.Symbol("x", real=True)
    >>> meaning(one_sided(sp.tanh(x), x, (), Style(), -1))
    exp(2*x)/(exp(2*x) + 1) - 1/(exp(2*x) + 1)
    """
    cells = split(in_exponentials(expr), variable, given)
    base = common_base(cells.branches, variable, given)
    if base is None or base.even or base.mirrored or cells.points:
        raise UnsupportedOperation("the line has no two smooth halves")
    term = Half(variable, base, side, style, given).term(cells.branches[0])
    exponent: Term = multiply(base.ratio, variable) if base.ratio is not None else _horner(base.exponent, variable)
    size = exponent if side > 0 else negate(exponent)
    leaves = {
        SIZE: variable if side > 0 else negate(variable),
        EXPONENT: size,
        Z: call("exp", negate(size)),
        ROOT_Z: call("exp", multiply(sp.Rational(-1, 2), size)),
        ONE_MINUS_Z: negate(call("expm1", negate(size))),
    }
    return rebuilt(term, lambda part: leaves.get(part, part) if isinstance(part, sp.Symbol) else part)


def _horner(expr: sp.Expr, variable: sp.Symbol) -> Term:
    """A polynomial without constant as x times one in x or in x**2."""
    terms = sp.Poly(expr, variable).terms()
    square = call("square", variable)
    step = 2 if all(degree % 2 for (degree,), _ in terms) else 1
    coefficients = {degree: coefficient for (degree,), coefficient in terms}
    value: Term = sp.Integer(0)
    for degree in range(terms[0][0][0], 0, -step):
        value = add(multiply(value, square if step == 2 else variable), coefficients.get(degree, sp.Integer(0)))
    return multiply(value, variable)


def with_logarithms_in_parts(term: Term) -> Term:
    """log(1 + v) as log(u) + (v - (u - 1))/u with u = 1 + v rounded: what the sum lacks, carried on."""
    return rebuilt(term, _in_parts)


def _in_parts(part: Term) -> Term:
    if not isinstance(part, Call) or part.operation != "log1p":
        return part
    inner = part.operands[0]
    total = call("add", inner, ONE)
    lacking = call("subtract", inner, call("subtract", total, ONE))
    return add(call("log", total), divide(lacking, total))


def with_plain_roots(term: Term) -> Term:
    """sqrt(u^2 + v^2) as it stands: a hypotenuse, which does not overflow, costs many times as much."""
    return rebuilt(term, _plain_root)


def _plain_root(part: Term) -> Term:
    if not isinstance(part, Call) or part.operation != "hypot":
        return part
    return call("sqrt", add(*(power(side, 2) for side in part.operands)))


def on_grid(term: Term, variable: sp.Symbol) -> Term:
    """``term`` with each exponential of a polynomial as exp(s)(1 + r), s + r the exponent to twice the digits.

    With h the argument rounded to a grid on which its powers times short coefficients are exact, the exponent is
    that polynomial at h, which has no rounding error, plus what the coefficients lack, plus x - h times the divided
    difference, which are small.
    """
    return rebuilt(term, lambda part: _exponential(part, variable))


def _exponential(part: Term, variable: sp.Symbol) -> Term:
    if not isinstance(part, Call) or part.operation != "exp":
        return part
    polynomial = sp.expand(meaning(part.operands[0])).as_poly(variable)
    if polynomial is None or not _needs_grid(polynomial):
        return part
    shift = sp.Integer(3 * 2 ** (51 - _GRID_BITS))
    rounded = call("subtract", call("add", variable, shift), shift)
    coefficients = {degree: coefficient for (degree,), coefficient in polynomial.terms()}
    short = {degree: _shortened(c, degree) for degree, c in coefficients.items()}
    lacking = {degree: coefficients[degree] - short[degree] for degree in coefficients}
    slope = _divided_difference(coefficients, variable, rounded)
    head = _at(short, rounded)
    rest = add(_at(lacking, rounded), multiply(call("subtract", variable, rounded), slope))
    total = call("add", head, rest)
    error = call("add", call("subtract", head, total), rest)
    power = call("exp", total)
    return add(power, call("multiply", power, error))


def _needs_grid(polynomial: sp.Poly) -> bool:
    """Whether the exponent is not exact as it is: no power of two times the argument."""
    if polynomial.degree() < 1 or any(c.free_symbols for c in polynomial.coeffs()) or polynomial.eval(0) != 0:
        return False
    slope = abs(polynomial.LC())
    exact = slope.is_Rational and (slope.p & (slope.p - 1)) == 0 and (slope.q & (slope.q - 1)) == 0
    return polynomial.degree() > 1 or not exact


def _shortened(coefficient: sp.Expr, degree: int) -> sp.Rational:
    """The multiple of a power of 2 nearest to it, so that its product with a power on the grid is exact."""
    unit = sp.Integer(2) ** max(0, _EXACT_BITS - _GRID_BITS * degree)
    return sp.Rational(round(sp.N(coefficient * unit, _DIGITS)), unit)


def _at(coefficients: dict[int, sp.Expr], point: Term) -> Term:
    """A polynomial without constant at ``point``, by Horner's rule in its square where it is odd."""
    step = 2 if all(degree % 2 for degree in coefficients) else 1
    factor = call("square", point) if step == 2 else point
    value: Term = sp.Integer(0)
    for degree in range(max(coefficients), 0, -step):
        value = add(multiply(value, factor), coefficients.get(degree, sp.Integer(0)))
    return multiply(value, point)


def _divided_difference(coefficients: dict[int, sp.Expr], variable: sp.Symbol, rounded: Term) -> Term:
    """(p(x) - p(h))/(x - h), with x**(k-1) + x**(k-2) h + ... + h**(k-1) from that of k - 1."""
    parts: list[Term] = []
    sums: Term = ONE
    powers: Term = ONE
    for degree in range(1, max(coefficients) + 1):
        if degree in coefficients:
            parts.append(multiply(coefficients[degree], sums))
        powers = call("square", rounded) if degree == 2 else multiply(powers, rounded)
        sums = add(multiply(variable, sums), powers)
    return add(*parts)
