"""Rounding errors carried along: each statement of a program with one for what its result lacks.

The error of a sum or a product of two floats is a float, which a few more operations give exactly;
what enters a function with an error leaves it with that error times the slope. So a program becomes
one whose result is as good as the elementary functions in it. Over the reals every error is 0: the
two programs mean the same.

Sources: T. J. Dekker, A floating-point technique for extending the available precision, Numerische
Mathematik 18 (1971), 224-242; P. Langlois, Automatic linear correction of rounding errors, BIT 41
(2001), 515-539.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import sympy as sp

from symdl.core import symbol
from symdl.core.operations import OPERATIONS
from symdl.core.programs import Assign, Operand, Program
from symdl.numerics import ball, ulp

from .precise_functions import LACKING
from .structural import structural
from .terms import MINUS_ONE, ONE, ZERO, Call, Product, Sum, Term
from .text import LOST

_U = symbol("u")
_TURNED: dict[str, tuple[str, sp.Expr]] = {"sin": ("cos", ONE), "cos": ("sin", MINUS_ONE)}
_EXACT = frozenset({"sign", "less", "less_equal", "greater", "greater_equal", "equal"})


def compensated(program: Program, precise: bool = False, neglected: Collection[int] = ()) -> Program:
    """``program``, its last result corrected by the rounding errors of all that went before.

    With ``precise`` also by what the floats of elementary functions lack; without the errors that arise in the
    statements whose places are ``neglected``.

    >>> body = (Assign("t0", "square", ("x",)), Assign("out", "exp", ("t0",)))
    >>> [s.operation for s in compensated(Program("f", ("x",), ("out",), body)).body]
    ['square', 'product_error', 'exp', 'multiply', 'corrected']
    """
    writer = _Writer(LACKING if precise else {})
    *first, last = (statement for statement in program.body if isinstance(statement, Assign))
    for place, statement in enumerate(first):
        writer.neglects = place in neglected
        writer.lacking[statement.target] = writer.statement(statement)
    writer.neglects = len(first) in neglected
    hidden = Assign("whole", last.operation, last.operands)
    rest = writer.statement(hidden)
    ending = Assign(last.target, "copy", ("whole",)) if rest == ZERO else None
    body = [*writer.body, ending or Assign(last.target, "corrected", ("whole", rest))]
    return Program(program.name, program.inputs, program.outputs, tuple(body))


class _Writer:
    """Writes each statement, and what its result lacks as a further operand."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = errors
        self.body: list[Assign] = []
        self.lacking: dict[str, Operand] = {}
        self.known: dict[tuple[str, tuple[Operand, ...]], str] = {}
        self.neglects = False
        """Whether the rounding error of the statement at hand is left out."""

    def statement(self, statement: Assign) -> Operand:
        """Append ``statement``; what its result lacks."""
        rests = [self._rest(operand) for operand in statement.operands]
        if statement.operation in _TURNED and rests != [ZERO]:
            return self._addition_theorem(statement, rests[0])
        self.body.append(statement)
        self.known[statement.operation, statement.operands] = statement.target
        if statement.operation in _EXACT:
            return ZERO
        return self.plus(self._own_error(statement), self._carried(statement, rests))

    def _own_error(self, statement: Assign) -> Operand:
        """What an elementary function of a float lacks, where that is asked for."""
        name = f"{statement.operation}_error"
        return self.apply(name, *statement.operands, statement.target) if name in self.errors else ZERO

    def _carried(self, statement: Assign, rests: list[Operand]) -> Operand:
        rule = _RULES.get(statement.operation)
        if rule is not None:
            return rule(self, statement.target, statement.operands, rests)
        return ZERO if set(rests) == {ZERO} else self._by_slope(statement, rests)

    def _rest(self, operand: Operand) -> Operand:
        """What a value lacks: of a constant, the part that its float does not hold."""
        if isinstance(operand, str):
            return self.lacking.get(operand, ZERO)
        if self.neglects:
            return ZERO
        if operand.free_symbols or not operand.is_finite:
            return rest_of_scalar(operand)
        return operand - sp.Rational(ulp.correctly_rounded(ball.enclose(operand, {}, 100)))

    def _by_slope(self, statement: Assign, rests: list[Operand]) -> Operand:
        """The slope of a function of one argument, at the float, times what that lacks."""
        if len(rests) != 1:
            return ZERO
        slope = sp.diff(OPERATIONS[statement.operation].meaning(_U), _U)
        term = structural(slope, frozenset({_U}), True)
        return self.times(self._evaluated(term, statement.operands[0]), rests[0])

    def _addition_theorem(self, statement: Assign, rest: Operand) -> Operand:
        """sin or cos of u + r for an r of any size: of a large u it is more than a turn."""
        (u,) = statement.operands
        other, direction = _TURNED[statement.operation]
        value = self.apply(statement.operation, u)
        half = self.apply("sin", self.over(rest, sp.Integer(2)))
        turned = self.times(self.times(direction, self.apply(other, u)), self.apply("sin", rest))
        lost = self.times(sp.Integer(2), self.times(value, self.apply("square", half)))
        change = self.minus(turned, lost)
        self.body.append(Assign(statement.target, "add", (value, change)))
        return self.apply("sum_error", value, change)

    def _evaluated(self, term: Term, argument: Operand) -> Operand:
        if term == _U:
            return argument
        if isinstance(term, Call):
            return self.apply(term.operation, *(self._evaluated(operand, argument) for operand in term.operands))
        if isinstance(term, Sum):
            return self._folded(self.plus, [self._evaluated(part, argument) for part in term.terms])
        if isinstance(term, Product):
            over = self._folded(self.times, [self._evaluated(part, argument) for part in term.over] or [ONE])
            under = self._folded(self.times, [self._evaluated(part, argument) for part in term.under] or [ONE])
            return self.over(over, under)
        return term

    @staticmethod
    def _folded(combine: Callable[[Operand, Operand], Operand], operands: list[Operand]) -> Operand:
        result = operands[0]
        for operand in operands[1:]:
            result = combine(result, operand)
        return result

    def apply(self, operation: str, *operands: Operand) -> Operand:
        """The name of the result, the same for the same operation."""
        key = (operation, operands)
        if key not in self.known:
            self.known[key] = f"e{len(self.known)}"
            self.body.append(Assign(self.known[key], operation, operands))
        return self.known[key]

    def lost(self, operation: str, *operands: Operand) -> Operand:
        """What the statement at hand loses by rounding."""
        return ZERO if self.neglects else self.apply(operation, *operands)

    def plus(self, left: Operand, right: Operand) -> Operand:
        """left + right."""
        if ZERO in (left, right):
            return right if left == ZERO else left
        if isinstance(left, sp.Expr) and isinstance(right, sp.Expr):
            return left + right
        return self.apply("add", left, right)

    def minus(self, left: Operand, right: Operand) -> Operand:
        """left - right."""
        if right == ZERO:
            return left
        if isinstance(left, sp.Expr) and isinstance(right, sp.Expr):
            return left - right
        return self.apply("negate", right) if left == ZERO else self.apply("subtract", left, right)

    def times(self, left: Operand, right: Operand) -> Operand:
        """left * right."""
        if ZERO in (left, right):
            return ZERO
        if ONE in (left, right):
            return right if left == ONE else left
        if isinstance(left, sp.Expr) and isinstance(right, sp.Expr):
            return left * right
        return self.apply("multiply", left, right)

    def over(self, left: Operand, right: Operand) -> Operand:
        """left / right."""
        if left == ZERO or right == ONE:
            return left
        if isinstance(left, sp.Expr) and isinstance(right, sp.Expr):
            return left / right
        return self.apply("divide", left, right)


def rest_of_scalar(scalar: sp.Expr) -> sp.Expr:
    """What the float of an expression in parameters lacks; 0 where that is not known or nothing.

    Parameters are floats, and so are their multiples by powers of 2.

    >>> k = symbol("k")
    >>> rest_of_scalar(-k / 2), rest_of_scalar(1 / k)
    (0, lost(1/k))
    """
    coefficient, rest = scalar.as_coeff_Mul()
    if not scalar.is_finite and not scalar.free_symbols:
        return ZERO
    if rest.is_Symbol and _is_power_of_two(coefficient):
        return ZERO
    return LOST(scalar) if scalar.is_rational_function(*scalar.free_symbols) else ZERO


_Rule = Callable[[_Writer, str, tuple[Operand, ...], list[Operand]], Operand]


def _add(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    return w.plus(w.lost("sum_error", *operands), w.plus(*rests))


def _subtract(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    return w.plus(w.lost("difference_error", *operands), w.minus(*rests))


def _multiply(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    (a, b), (da, db) = operands, rests
    carried = w.plus(w.times(a, db), w.times(b, da))
    return carried if _is_power_of_two(a) or _is_power_of_two(b) else w.plus(w.lost("product_error", a, b), carried)


def _square(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    return w.plus(
        w.lost("product_error", *operands, *operands),
        ZERO if rests[0] == ZERO else w.times(w.times(sp.Integer(2), operands[0]), rests[0]),
    )


def _divide(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    (a, b), (da, db) = operands, rests
    if _is_power_of_two(b):
        return w.over(da, b)
    return w.over(w.plus(_remainder(w, a, target, b), w.minus(da, w.times(target, db))), b)


def _reciprocal(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    return _divide(w, target, (ONE, *operands), [ZERO, *rests])


def _remainder(w: _Writer, whole: Operand, a: Operand, b: Operand) -> Operand:
    """whole - a * b, where the product is close to the whole."""
    if w.neglects:
        return ZERO
    return w.minus(w.minus(whole, w.times(a, b)), w.apply("product_error", a, b))


def _sqrt(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    rest = w.plus(_remainder(w, operands[0], target, target), rests[0])
    return w.over(rest, w.times(sp.Integer(2), target))


def _hypot(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    (a, b), (da, db) = operands, rests
    return w.plus(w.times(w.over(a, target), da), w.times(w.over(b, target), db))


def _exp(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    return w.times(target, rests[0])


def _expm1(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    return w.times(w.plus(target, ONE), rests[0]) if rests[0] != ZERO else ZERO


def _erfcx(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    """The slope is 2 u erfcx(u) - 2/sqrt(pi)."""
    if rests[0] == ZERO:
        return ZERO
    slope = w.minus(w.times(sp.Integer(2), w.times(operands[0], target)), 2 / sp.sqrt(sp.pi))
    return w.times(slope, rests[0])


def _log_erfc(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    """The slope is -2/sqrt(pi) / erfcx(u)."""
    if rests[0] == ZERO:
        return ZERO
    return w.times(w.over(-2 / sp.sqrt(sp.pi), w.apply("erfcx", operands[0])), rests[0])


def _negate(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    return w.minus(ZERO, rests[0])


def _absolute(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    return w.times(w.apply("sign", operands[0]), rests[0]) if rests[0] != ZERO else ZERO


def _copysign(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    if rests[0] == ZERO:
        return ZERO
    return w.times(w.apply("sign", operands[0]), w.times(w.apply("copysign", ONE, operands[1]), rests[0]))


def _copy(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    return rests[0]


def _maximum(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    return _of_two(w, w.apply("greater_equal", *operands), rests)


def _minimum(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    return _of_two(w, w.apply("less_equal", *operands), rests)


def _where(w: _Writer, target: str, operands: tuple[Operand, ...], rests: list[Operand]) -> Operand:
    return _of_two(w, operands[0], rests[1:])


def _of_two(w: _Writer, condition: Operand, rests: list[Operand]) -> Operand:
    return rests[0] if rests[0] == rests[1] else w.apply("where", condition, *rests)


def _is_power_of_two(operand: Operand) -> bool:
    """Whether multiplying by a constant rounds nothing (next to underflow aside)."""
    if not isinstance(operand, sp.Rational):
        return False
    above, below = abs(int(operand.p)), int(operand.q)
    return above > 0 and above & (above - 1) == 0 and below & (below - 1) == 0


_RULES: dict[str, _Rule] = {
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "square": _square,
    "divide": _divide,
    "reciprocal": _reciprocal,
    "sqrt": _sqrt,
    "hypot": _hypot,
    "exp": _exp,
    "expm1": _expm1,
    "erfcx": _erfcx,
    "log_erfc": _log_erfc,
    "negate": _negate,
    "absolute": _absolute,
    "copysign": _copysign,
    "copy": _copy,
    "maximum": _maximum,
    "minimum": _minimum,
    "where": _where,
}
