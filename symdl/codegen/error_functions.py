"""Error functions far from their centre, written so that nothing cancels and nothing underflows early.

Where u >= 0, erf(u) = 1 - exp(-u^2) erfcx(u) and erfc(u) = exp(-u^2) erfcx(u); where u <= 0,
erf(u) = exp(-u^2) erfcx(-u) - 1 and erfc(u) = 2 - exp(-u^2) erfcx(-u). Then constants meet
constants and exponentials meet exponentials, and erfcx is well conditioned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from symdl.calculus.signs import sign
from symdl.core.operations import erfcx
from symdl.core.remembering import remembered

_REACH = sp.Rational(7, 8)
"""The size of an argument from where on its tail is taken: up to there 1 - erf loses less than it."""


@dataclass(frozen=True)
class _Line:
    """The argument of an error function: ``slope (x - centre)``, the slope of known sign."""

    node: sp.Expr
    centre: sp.Expr
    slope: sp.Expr
    sign: int


@remembered(maxsize=256)
def with_tails(expr: sp.Expr, variable: sp.Symbol, given: Sequence[object] = ()) -> sp.Expr | None:
    """``expr`` in three pieces, the outer ones in erfcx; None where an erf is of something else than a line.

    >>> x = sp.Symbol("x", real=True)
    >>> with_tails(1 + sp.erf(x), x)
    Piecewise((erfcx(-x)*exp(-x**2), x <= -7/8), (-erfcx(x)*exp(-x**2) + 2, x >= 7/8), (erf(x) + 1, True))
    """
    nodes = [node for node in expr.atoms(sp.erf, sp.erfc) if variable in node.free_symbols]
    lines = [line for line in (_line(node, variable, given) for node in nodes) if line is not None]
    centres, sizes = {line.centre for line in lines}, {line.sign * line.slope for line in lines}
    if not nodes or len(lines) < len(nodes) or not all(map(_comparable, (centres, sizes))):
        return None
    reach = _REACH / sp.Max(*sizes)
    return sp.Piecewise(
        (_outside(expr, lines, -1), sp.Le(variable, sp.Min(*centres) - reach)),
        (_outside(expr, lines, 1), sp.Ge(variable, sp.Max(*centres) + reach)),
        (expr.replace(sp.erfc, lambda u: 1 - sp.erf(u)), True),
    )


def _line(node: sp.Expr, variable: sp.Symbol, given: Sequence[object]) -> _Line | None:
    polynomial = node.args[0].as_poly(variable)
    if polynomial is None or polynomial.degree() != 1:
        return None
    slope, constant = polynomial.nth(1), polynomial.nth(0)
    known = sign(slope, given)
    return _Line(node, sp.cancel(-constant / slope), slope, known) if known else None


def _comparable(numbers: set[sp.Expr]) -> bool:
    return len(numbers) == 1 or all(number.is_number for number in numbers)


def _outside(expr: sp.Expr, lines: Sequence[_Line], direction: int) -> sp.Expr:
    """``expr`` on the side where every argument has the sign of its slope times ``direction``."""
    return expr.xreplace({line.node: _far(line.node, direction * line.sign) for line in lines}).replace(
        sp.log, _logarithm
    )


def _logarithm(argument: sp.Expr) -> sp.Expr:
    """log(exp(p) q) as p + log(q)."""
    powers = [factor for factor in sp.Mul.make_args(argument) if isinstance(factor, sp.exp)]
    return sp.Add(*(power.args[0] for power in powers), sp.log(argument / sp.Mul(*powers)))


def _far(node: sp.Expr, direction: int) -> sp.Expr:
    tail = sp.exp(-sp.expand(node.args[0] ** 2)) * erfcx(direction * node.args[0])
    if isinstance(node, sp.erfc):
        return tail if direction > 0 else 2 - tail
    return 1 - tail if direction > 0 else tail - 1
