"""The closed table of scalar operations: each a name with one exact meaning over the reals.

Ball arithmetic, NumPy, SMT and LaTeX spell these operations in columns of their own
(``numerics``, ``codegen``, ``prover``, ``notation``); a test checks that every column is complete
and agrees with the meaning given here. ``log1p`` or ``hypot`` are operations whose meaning is the
naive formula: that is what makes a rewrite to them a claim that can be proved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp

from .errors import UnsupportedOperation


@dataclass(frozen=True)
class Operation:
    """A name, the number of operands, and the meaning as a SymPy expression in them.

    >>> OPERATIONS["log1p"].meaning(sp.Symbol("x"))
    log(x + 1)
    """

    name: str
    arity: int
    meaning: Callable[..., sp.Basic]


def _sign_copied(magnitude: sp.Expr, sign: sp.Expr) -> sp.Basic:
    size = sp.Abs(magnitude)
    return sp.Piecewise((size, sp.Ge(sign, 0)), (-size, True))


class erfcx(sp.Function):  # noqa: N801
    """exp(a**2) erfc(a), the scaled complement of the error function, as one function.

    >>> erfcx(sp.Integer(30)).evalf(8)
    0.018795889
    """

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """2 a erfcx(a) - 2/sqrt(pi)."""
        return 2 * self.args[0] * self - 2 / sp.sqrt(sp.pi)

    def _eval_is_extended_real(self) -> bool | None:
        real: bool | None = self.args[0].is_extended_real
        return real

    def _eval_evalf(self, prec: int) -> sp.Expr:
        a = self.args[0]
        value: sp.Expr = (sp.exp(a**2) * sp.erfc(a))._eval_evalf(prec)
        return value


def _table(*operations: Operation) -> dict[str, Operation]:
    return {operation.name: operation for operation in operations}


OPERATIONS: dict[str, Operation] = _table(
    Operation("add", 2, lambda a, b: a + b),
    Operation("subtract", 2, lambda a, b: a - b),
    Operation("multiply", 2, lambda a, b: a * b),
    Operation("divide", 2, lambda a, b: a / b),
    Operation("power", 2, lambda a, b: a**b),
    Operation("negate", 1, lambda a: -a),
    Operation("square", 1, lambda a: a**2),
    Operation("reciprocal", 1, lambda a: 1 / a),
    Operation("exp", 1, sp.exp),
    Operation("expm1", 1, lambda a: sp.exp(a) - 1),
    Operation("log", 1, sp.log),
    Operation("log1p", 1, lambda a: sp.log(1 + a)),
    Operation("sqrt", 1, sp.sqrt),
    Operation("hypot", 2, lambda a, b: sp.sqrt(a**2 + b**2)),
    Operation("absolute", 1, sp.Abs),
    Operation("sign", 1, sp.sign),
    Operation("copysign", 2, _sign_copied),
    Operation("maximum", 2, lambda a, b: sp.Max(a, b)),
    Operation("minimum", 2, lambda a, b: sp.Min(a, b)),
    Operation("sin", 1, sp.sin),
    Operation("cos", 1, sp.cos),
    Operation("tan", 1, sp.tan),
    Operation("sinh", 1, sp.sinh),
    Operation("cosh", 1, sp.cosh),
    Operation("tanh", 1, sp.tanh),
    Operation("arcsin", 1, sp.asin),
    Operation("arccos", 1, sp.acos),
    Operation("arctan", 1, sp.atan),
    Operation("arcsinh", 1, sp.asinh),
    Operation("arccosh", 1, sp.acosh),
    Operation("arctanh", 1, sp.atanh),
    Operation("erf", 1, sp.erf),
    Operation("erfc", 1, sp.erfc),
    Operation("erfcx", 1, lambda a: sp.exp(a**2) * sp.erfc(a)),
    Operation("log_erfc", 1, lambda a: sp.log(sp.erfc(a))),
    Operation("less", 2, sp.Lt),
    Operation("less_equal", 2, sp.Le),
    Operation("greater", 2, sp.Gt),
    Operation("greater_equal", 2, sp.Ge),
    Operation("equal", 2, sp.Eq),
    Operation("where", 3, lambda condition, a, b: sp.Piecewise((a, condition), (b, True))),
)

HEADS: dict[type[sp.Basic], str] = {
    sp.Add: "add",
    sp.Mul: "multiply",
    sp.Pow: "power",
    sp.exp: "exp",
    sp.log: "log",
    sp.Abs: "absolute",
    sp.sign: "sign",
    sp.Max: "maximum",
    sp.Min: "minimum",
    sp.sin: "sin",
    sp.cos: "cos",
    sp.tan: "tan",
    sp.sinh: "sinh",
    sp.cosh: "cosh",
    sp.tanh: "tanh",
    sp.asin: "arcsin",
    sp.acos: "arccos",
    sp.atan: "arctan",
    sp.asinh: "arcsinh",
    sp.acosh: "arccosh",
    sp.atanh: "arctanh",
    sp.erf: "erf",
    sp.erfc: "erfc",
    erfcx: "erfcx",
    sp.StrictLessThan: "less",
    sp.LessThan: "less_equal",
    sp.StrictGreaterThan: "greater",
    sp.GreaterThan: "greater_equal",
    sp.Equality: "equal",
    sp.Piecewise: "where",
}
"""The SymPy classes that an expression may be built of (beside symbols, rationals, pi and E)."""


def operation_of(expr: sp.Basic) -> str:
    """The name of the operation at the head of ``expr``.

    Raises :class:`UnsupportedOperation` for a head outside the table.

    >>> operation_of(sp.tanh(sp.Symbol("x")))
    'tanh'
    """
    try:
        return HEADS[expr.func]
    except KeyError:
        name = expr.func.__name__
        raise UnsupportedOperation(
            f"{name} is not an operation that symdl knows (in {expr})",
            remedy="rewrite it with the operations in symdl.core.operations.OPERATIONS",
        ) from None
