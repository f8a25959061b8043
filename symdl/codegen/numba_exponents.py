"""Exponents with their rounding errors carried along, and nothing else.

A relative error of one rounding in the argument u of exp is an error of abs(u) roundings in its value;
everywhere else it stays one. So the products and sums that lead to an exponent are followed by what they
lack, which a fused multiply-add and Knuth's sum give exactly, and exp(u) is corrected by exp(u) times that.

Source: T. J. Dekker, A floating-point technique for extending the available precision, Numerische
Mathematik 18 (1971), 224-242; J.-M. Muller et al., Handbook of Floating-Point Arithmetic, Birkhaeuser
2018, chapter 4.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from symdl.core.programs import Assign, Operand, Program
from symdl.numerics import ball, ulp

from .compensation import rest_of_scalar
from .terms import ZERO

_Rule = Callable[["_Writer", str, tuple[Operand, ...], list[Operand]], Operand]


def with_exact_exponents(program: Program, dtype: str) -> Program:
    """``program`` with each exponent as a float and what that lacks; the same where nothing is lacking.

    >>> x = sp.Symbol("x", real=True)
    >>> body = (Assign("t0", "square", ("x",)), Assign("out", "exp", ("t0",)))
    >>> [s.operation for s in with_exact_exponents(Program("f", ("x",), ("out",), body), "float64").body]
    ['square', 'product_error', 'exp', 'multiply', 'corrected']
    """
    statements = [statement for statement in program.body if isinstance(statement, Assign)]
    writer = _Writer(dtype)
    leading = _leading_to_exponents(statements)
    for statement in statements:
        writer.statement(statement, statement.target in leading)
    return Program(program.name, program.inputs, program.outputs, tuple(writer.body))


def _leading_to_exponents(statements: list[Assign]) -> set[str]:
    """The names that exponents are computed from by operations with a rule."""
    found = {o for s in statements if s.operation == "exp" for o in s.operands if isinstance(o, str)}
    for statement in reversed(statements):
        if statement.target in found and statement.operation in _RULES:
            found |= {o for o in statement.operands if isinstance(o, str)}
    return found


class _Writer:
    """Writes the statements; ``lacking`` is what their results lack."""

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype
        self.body: list[Assign] = []
        self.lacking: dict[str, Operand] = {}
        self.count = 0

    def statement(self, statement: Assign, leading: bool) -> None:
        """Append ``statement``, with what its result lacks where it leads to an exponent."""
        rests = [self._rest(operand) for operand in statement.operands]
        if statement.operation == "exp" and rests[0] != ZERO:
            self._corrected(statement, rests[0])
            return
        self.body.append(statement)
        rule = _RULES.get(statement.operation)
        if leading and rule is not None:
            self.lacking[statement.target] = rule(self, statement.target, statement.operands, rests)

    def _corrected(self, statement: Assign, rest: Operand) -> None:
        whole = self._named("exp", *statement.operands)
        self.body.append(Assign(statement.target, "corrected", (whole, self.times(whole, rest))))

    def _rest(self, operand: Operand) -> Operand:
        """What a value lacks: of a constant, the part that a number of the dtype does not hold."""
        if isinstance(operand, str):
            return self.lacking.get(operand, ZERO)
        if not operand.is_finite and not operand.free_symbols:
            return ZERO
        if operand.free_symbols:
            return rest_of_scalar(operand) if self.dtype == "float64" else ZERO
        return operand - sp.Rational(float(ulp.nearest(ball.enclose(operand, {}, 100).mid(), self.dtype)))

    def _named(self, operation: str, *operands: Operand) -> str:
        self.count += 1
        self.body.append(Assign(f"r{self.count}", operation, operands))
        return f"r{self.count}"

    def error(self, operation: str, *operands: Operand) -> Operand:
        """What the result of ``operation`` lacks."""
        return self._named(f"{operation}_error", *operands)

    def plus(self, left: Operand, right: Operand) -> Operand:
        """left + right."""
        if ZERO in (left, right):
            return right if left == ZERO else left
        if isinstance(left, sp.Expr) and isinstance(right, sp.Expr):
            return left + right
        return self._named("add", left, right)

    def times(self, left: Operand, right: Operand) -> Operand:
        """left * right."""
        if ZERO in (left, right):
            return ZERO
        if isinstance(left, sp.Expr) and isinstance(right, sp.Expr):
            return left * right
        return self._named("multiply", left, right)

    def opposite(self, operand: Operand) -> Operand:
        """-operand."""
        return -operand if isinstance(operand, sp.Expr) else self._named("negate", operand)


def _multiply(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    (a, b), (da, db) = operands, rests
    carried = w.plus(w.times(a, db), w.times(b, da))
    scaled = any(
        isinstance(o, sp.Rational) and abs(o) in (sp.Integer(1), sp.Integer(2), sp.Rational(1, 2)) for o in (a, b)
    )
    return carried if scaled else w.plus(w.error("product", a, b), carried)


def _square(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    double = w.times(w.times(sp.Integer(2), operands[0]), rests[0]) if rests[0] != ZERO else ZERO
    return w.plus(w.error("product", *operands, *operands), double)


def _add(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    return w.plus(w.error("sum", *operands), w.plus(*rests))


def _subtract(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    left, right = rests
    return w.plus(w.error("difference", *operands), w.plus(left, w.opposite(right) if right != ZERO else ZERO))


def _negate(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    return w.opposite(rests[0]) if rests[0] != ZERO else ZERO


def _absolute(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    return w.times(w._named("sign", operands[0]), rests[0]) if rests[0] != ZERO else ZERO


def _copy(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    return rests[0]


_RULES: dict[str, _Rule] = {
    "multiply": _multiply,
    "square": _square,
    "add": _add,
    "subtract": _subtract,
    "negate": _negate,
    "absolute": _absolute,
    "copy": _copy,
}
