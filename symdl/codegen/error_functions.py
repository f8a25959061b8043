"""Error functions far from their centre, written so that nothing cancels and nothing underflows early.

Where u >= 0, erf(u) = 1 - exp(-u^2) erfcx(u) and erfc(u) = exp(-u^2) erfcx(u); where u <= 0,
erf(u) = exp(-u^2) erfcx(-u) - 1 and erfc(u) = 2 - exp(-u^2) erfcx(-u). Then constants meet
constants and exponentials meet exponentials, and erfcx is well conditioned.
"""

from __future__ import annotations

import sympy as sp

from symdl.core.operations import erfcx

_HEADS = (sp.erf, sp.erfc)
_REACH = sp.Rational(7, 8)
"""The size of an argument from where on its tail is taken: up to there 1 - erf loses less than it."""


def with_tails(expr: sp.Expr, variable: sp.Symbol) -> sp.Expr | None:
    """``expr`` in three pieces, the outer ones in erfcx; None where no line in ``variable`` is inside of an erf.

    >>> x = sp.Symbol("x", real=True)
    >>> with_tails(1 + sp.erf(x), x)
    Piecewise((erfcx(-x)*exp(-x**2), x <= -7/8), (-erfcx(x)*exp(-x**2) + 2, x >= 7/8), (erf(x) + 1, True))
    """
    nodes = {node for node in expr.atoms(*_HEADS) if variable in node.free_symbols}
    lines = [sp.Poly(node.args[0], variable) for node in nodes if node.args[0].is_polynomial(variable)]
    if not nodes or len(lines) < len(nodes) or not all(map(_is_line, lines)):
        return None
    centres = [-line.nth(0) / line.nth(1) for line in lines]
    reach = _REACH / sp.Max(*(sp.Abs(line.nth(1)) for line in lines))
    left, right = sp.Min(*centres) - reach, sp.Max(*centres) + reach
    return sp.Piecewise(
        (_outside(expr, nodes, variable, -1), sp.Le(variable, left)),
        (_outside(expr, nodes, variable, 1), sp.Ge(variable, right)),
        (expr.replace(sp.erfc, lambda u: 1 - sp.erf(u)), True),
    )


def _is_line(line: sp.Poly) -> bool:
    return line.degree() == 1 and not line.free_symbols_in_domain


def _outside(expr: sp.Expr, nodes: set[sp.Expr], variable: sp.Symbol, direction: int) -> sp.Expr:
    """``expr`` on the side where every argument has the sign of its slope times ``direction``."""
    tails = {node: _far(node, bool(direction * node.args[0].coeff(variable) > 0)) for node in nodes}
    return expr.xreplace(tails).replace(sp.log, _logarithm)


def _logarithm(argument: sp.Expr) -> sp.Expr:
    """log(exp(p) q) as p + log(q)."""
    powers = [factor for factor in sp.Mul.make_args(argument) if isinstance(factor, sp.exp)]
    return sp.Add(*(power.args[0] for power in powers), sp.log(argument / sp.Mul(*powers)))


def _far(node: sp.Expr, positive: bool) -> sp.Expr:
    u = node.args[0] if positive else -node.args[0]
    tail = sp.exp(-sp.expand(u**2)) * erfcx(u)
    if isinstance(node, sp.erfc):
        return tail if positive else 2 - tail
    return 1 - tail if positive else tail - 1
