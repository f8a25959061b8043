"""Printing of expressions: plain text that the reader reads back, and LaTeX."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp
from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import precedence
from sympy.printing.str import StrPrinter

_PLAIN_NAMES = {
    sp.Abs: "abs",
    sp.Max: "max",
    sp.Min: "min",
    sp.asin: "arcsin",
    sp.acos: "arccos",
    sp.atan: "arctan",
    sp.asinh: "arcsinh",
    sp.acosh: "arccosh",
    sp.atanh: "arctanh",
}


def _is_tower(part: sp.Expr) -> bool:
    """Whether a number is raised to a power that is itself raised to one."""
    exponent = part.args[-1]
    return bool(
        part.is_number and any(inner.has(sp.Pow, sp.exp) for inner in exponent.atoms(sp.Pow, sp.exp) - {exponent})
    )


class _TextPrinter(StrPrinter):
    def _print_Add(self, expr: sp.Add, order: str | None = None) -> str:
        if any(_is_tower(part) for part in expr.atoms(sp.Pow, sp.exp)):
            return str(super()._print_Add(expr, "none"))  # its value would be sought for the order
        try:
            return str(super()._print_Add(expr, order))
        except OverflowError:  # SymPy orders terms by the floating-point value of their constants
            return str(super()._print_Add(expr, "none"))

    def _print_Pow(self, expr: sp.Pow, rational: bool = False) -> str:
        return str(super()._print_Pow(expr, rational)).replace("**", "^")

    def _print_Function(self, expr: sp.Function) -> str:
        name = _PLAIN_NAMES.get(expr.func, expr.func.__name__)
        return f"{name}({self.stringify(expr.args, ', ')})"

    _print_Abs = _print_Function
    _print_Max = _print_Function
    _print_Min = _print_Function

    def _print_Piecewise(self, expr: sp.Piecewise) -> str:
        pieces = [
            self._print(value) + (" otherwise" if condition == sp.true else f" if {self._print(condition)}")
            for value, condition in expr.args
        ]
        return "{" + "; ".join(pieces) + "}"

    def _print_And(self, expr: sp.And) -> str:
        return " and ".join(self._within_and(part) for part in sorted(expr.args, key=sp.default_sort_key))

    def _print_Or(self, expr: sp.Or) -> str:
        return " or ".join(self._print(part) for part in sorted(expr.args, key=sp.default_sort_key))

    def _within_and(self, part: sp.Basic) -> str:
        return f"({self._print(part)})" if isinstance(part, sp.Or) else str(self._print(part))

    def _print_Relational(self, expr: sp.core.relational.Relational) -> str:
        symbol = "=" if isinstance(expr, sp.Eq) else expr.rel_op
        level = precedence(expr)
        return f"{self.parenthesize(expr.lhs, level)} {symbol} {self.parenthesize(expr.rhs, level)}"

    def _print_Derivative(self, expr: sp.Derivative) -> str:
        inner = self._print(expr.expr)
        for variable, count in expr.variable_count:
            inner = f"diff({inner}, {variable}{f', {count}' if count != 1 else ''})"
        return inner

    def _print_Subs(self, expr: sp.Subs) -> str:
        """The derivative of an unknown function at a point, ``f'(2*x)``."""
        inner = expr.expr
        if not isinstance(inner, sp.Derivative) or len(inner.expr.args) != 1 or inner.expr.args != expr.variables:
            return str(super()._print_Subs(expr))
        primes = "'" * sum(int(count) for _, count in inner.variable_count)
        return f"{inner.expr.func.__name__}{primes}({self._print(expr.point[0])})"

    def _print_Sum(self, expr: sp.Sum) -> str:
        return self._over_index("sum", expr)

    def _print_Product(self, expr: sp.Product) -> str:
        return self._over_index("prod", expr)

    def _print_Integral(self, expr: sp.Integral) -> str:
        return self._over_index("integral", expr)

    def _over_index(self, name: str, expr: sp.Sum | sp.Product | sp.Integral) -> str:
        inner = self._print(expr.function)
        for index, *ends in expr.limits:
            inner = f"{name}({', '.join([inner, str(index), *map(self._print, ends)])})"
        return str(inner)

    def _print_Exp1(self, expr: sp.Expr) -> str:
        return "e"


def to_text(expr: sp.Basic) -> str:
    """``expr`` in symdl's plain text.

    >>> x = sp.Symbol("x", real=True)
    >>> to_text(sp.Max(x, 0) + sp.exp(-x)**2)
    'max(0, x) + exp(-2*x)'
    """
    return str(_TextPrinter({"order": None}).doprint(expr))


def to_latex(expr: sp.Basic, names: Mapping[sp.Symbol, str] | None = None) -> str:
    r"""``expr`` in LaTeX; ``names`` says how single symbols are written.

    >>> to_latex(1 / (1 + sp.exp(-sp.Symbol("x", real=True))))
    '\\frac{1}{1 + e^{- x}}'
    """
    return str(LatexPrinter({"symbol_names": dict(names or {})}).doprint(expr))


def latex_name(name: str) -> str:
    r"""A name in LaTeX: a letter as it is, a word upright.

    >>> latex_name("W"), latex_name("hidden_weights")
    ('W', '\\mathrm{hidden\\_weights}')
    """
    if len(name) == 1:
        return name
    return rf"\mathrm{{{name.replace('_', chr(92) + '_')}}}"
