"""Exponentials gathered: a term as rest * exp(e), so that products of large with small numbers stay between them.

Where factors overflow or underflow before their product does, the sum of their exponents is what decides; the
exponential of it is applied in two halves, one before and one after all other factors. In a sum the largest exponent
is taken out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

import sympy as sp

from .terms import MINUS_ONE, ONE, ZERO, Call, Product, Sum, Term, add, call, multiply, negate, product

_Scaled: TypeAlias = tuple[Term, Term]
"""(rest, e)."""
_HALF = sp.Rational(1, 2)


@lru_cache(maxsize=4096)
def gathered(term: Term) -> Term:
    """``term`` with the exponentials of its products gathered.

    >>> from symdl.codegen.terms import meaning
    >>> x = sp.Symbol("x", real=True)
    >>> meaning(gathered(multiply(x, call("exp", x))))
    x*exp(x)
    """
    rest, exponent = _scaled(term)
    if exponent == ZERO or (isinstance(term, Call) and term.operation == "exp"):
        return _inside(term)
    half = call("exp", multiply(_HALF, exponent))
    return call("multiply", call("multiply", half, rest), half)


def _inside(term: Term) -> Term:
    """``term`` with its parts gathered."""
    if isinstance(term, Call):
        return Call(term.operation, tuple(map(gathered, term.operands)))
    if isinstance(term, Sum):
        return add(*map(gathered, term.terms))
    if isinstance(term, Product):
        return product(tuple(map(gathered, term.over)), tuple(map(gathered, term.under)))
    return term


@lru_cache(maxsize=4096)
def _scaled(term: Term) -> _Scaled:
    if isinstance(term, Product):
        return _of_product(term)
    if isinstance(term, Sum):
        return _of_sum(term)
    if isinstance(term, Call) and term.operation in _OF_CALLS:
        return _OF_CALLS[term.operation](*term.operands)
    return _inside(term), ZERO


def _of_product(term: Product) -> _Scaled:
    over, under = [*map(_scaled, term.over)], [*map(_scaled, term.under)]
    exponent = add(*(e for _, e in over), *(negate(e) for _, e in under))
    return product(tuple(rest for rest, _ in over), tuple(rest for rest, _ in under)), exponent


def _of_sum(term: Sum) -> _Scaled:
    """The terms by the exponential of the largest of their exponents."""
    parts = [*map(_scaled, term.terms)]
    exponents = list(dict.fromkeys(e for _, e in parts))
    if len(exponents) == 1:
        return (_inside(term) if exponents[0] == ZERO else add(*(rest for rest, _ in parts))), exponents[0]
    largest = exponents[0]
    for exponent in exponents[1:]:
        largest = call("maximum", *((exponent, largest) if largest == ZERO else (largest, exponent)))
    return add(*(multiply(rest, call("exp", _less(e, largest))) for rest, e in parts)), largest


def _less(exponent: Term, largest: Term) -> Term:
    return negate(largest) if exponent == ZERO else call("subtract", exponent, largest)


def _exp(u: Term) -> _Scaled:
    return ONE, gathered(u)


def _sinh(u: Term) -> _Scaled:
    """sinh(u) = sign(u) (1 - exp(-2|u|))/2 exp(|u|)."""
    inner = gathered(u)
    size = call("absolute", inner)
    rest = multiply(-_HALF, call("expm1", multiply(sp.Integer(-2), size)))
    return call("copysign", rest, inner), size


def _cosh(u: Term) -> _Scaled:
    """cosh(u) = (1 + exp(-2|u|))/2 exp(|u|)."""
    size = call("absolute", gathered(u))
    return add(_HALF, multiply(_HALF, call("exp", multiply(sp.Integer(-2), size)))), size


def _expm1(u: Term) -> _Scaled:
    """exp(u) - 1 = sign(u) (1 - exp(-|u|)) exp(max(u, 0))."""
    inner = gathered(u)
    rest = negate(call("expm1", negate(call("absolute", inner))))
    return call("copysign", rest, inner), call("maximum", inner, ZERO)


def _erfc(u: Term) -> _Scaled:
    """erfc(u) = erfcx(u) exp(-u^2) on the right, erfc(u) on the left."""
    inner = gathered(u)
    right = call("maximum", inner, ZERO)
    left = call("erfc", call("minimum", inner, ZERO))
    return call("where", call("greater", inner, ZERO), call("erfcx", right), left), negate(call("square", right))


def _square(u: Term) -> _Scaled:
    rest, exponent = _scaled(u)
    return call("square", rest), multiply(sp.Integer(2), exponent)


def _sqrt(u: Term) -> _Scaled:
    rest, exponent = _scaled(u)
    return call("sqrt", rest), multiply(_HALF, exponent)


def _absolute(u: Term) -> _Scaled:
    rest, exponent = _scaled(u)
    return call("absolute", rest), exponent


def _negate(u: Term) -> _Scaled:
    rest, exponent = _scaled(u)
    return multiply(MINUS_ONE, rest), exponent


def _where(condition: Term, first: Term, second: Term) -> _Scaled:
    (rest, exponent), (other, other_exponent) = _scaled(first), _scaled(second)
    test = _inside(condition)
    same = exponent == other_exponent
    return call("where", test, rest, other), exponent if same else call("where", test, exponent, other_exponent)


_OF_CALLS: dict[str, Callable[..., _Scaled]] = {
    "exp": _exp,
    "sinh": _sinh,
    "cosh": _cosh,
    "expm1": _expm1,
    "erfc": _erfc,
    "square": _square,
    "sqrt": _sqrt,
    "absolute": _absolute,
    "negate": _negate,
    "where": _where,
}
