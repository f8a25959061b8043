"""Rigorous bounds on the rounding errors of straight-line kernels, by branch and bound in ball arithmetic.

A program computes v_i = g_i(...) (1 + d_i) + h_i with |d_i| <= r_i and |h_i| <= eta_i. For a fixed argument
the result is a function of all d and h, so by the mean value theorem

    |log(computed / exact)| <= sum over i of sup |d log f / d log v_i| (r_i + eta_i / |v_i|),

where the suprema are taken over values that include all rounding errors. These conditions follow by one
reverse pass in intervals over a range of arguments; ranges are halved where that lowers the bound. At
maxima and minima the theorem holds with generalised gradients (Lebourg). Where results are subnormal
the absolute error is bounded in the same way, and where an intermediate value overflows the range of
the result itself is what is known.

What is bounded is the distance to the exact value of the statements, which is the function: their forms
are rewritten by rules that the prover has proved. Sources: N. J. Higham, Accuracy and Stability of Numerical
Algorithms, 2nd edition, SIAM 2002, section 3.3 (running error analysis); F. H. Clarke, Optimization and
Nonsmooth Analysis, SIAM 1990, theorem 2.3.7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

import sympy as sp
from flint import arb, fmpq

from symdl.core import BudgetExceeded, UndefinedValue
from symdl.core.programs import Assign, Program
from symdl.numerics import ball, ulp

from .rounding_bounds_functions import ASSUMED, ROUNDED
from .rounding_bounds_intervals import INFINITY, LINE, ONE, ZERO, Interval
from .rounding_bounds_slopes import RULES, Effect

_EXACT_SUMS = ("add", "subtract")
_LEFT, _CARRIED_TO = arb(2) ** -20, arb(2) ** 960
"""Of an error that is carried along to first order so much may be left: what is neglected is of the order of
the square of eps, and products of errors that underflow are not met between 2^-960 and 2^960."""
_COMPARISONS = ("less", "less_equal", "greater", "greater_equal", "equal")
_PRECISION = 64


@dataclass(frozen=True)
class Format:
    """Binary floating-point numbers: digits, exponent of the smallest number, first exponent that overflows."""

    name: str
    digits: int
    smallest: int
    largest: int

    @classmethod
    def of(cls, dtype: str) -> Format:
        """float32 or float64."""
        return cls(dtype, *ulp.float_format(dtype))

    @cached_property
    def half_unit(self) -> arb:
        """The largest relative error of rounding to nearest."""
        return _power(-self.digits)

    @cached_property
    def least(self) -> arb:
        """The smallest number."""
        return _power(self.smallest)

    @cached_property
    def tiny(self) -> arb:
        """The smallest normal number."""
        return _power(self.smallest + self.digits - 1)

    @cached_property
    def most(self) -> arb:
        """The largest number."""
        return _power(self.largest) * (1 - _power(-self.digits))

    def units(self, relative: arb, value: Interval) -> arb:
        """The relative error of a normal value in ULP."""
        top = _exponent(value.size)
        if top is not None and value.least >= _power(top - 1):
            return relative * value.size * _power(self.digits - top)
        return relative * _power(self.digits)

    def unit(self, value: Interval) -> arb:
        """The ULP of the smallest of the values."""
        top = _exponent(value.least)
        return _power(self.smallest if top is None else max(top - self.digits, self.smallest))


@cache
def _power(exponent: int) -> arb:
    return arb(2) ** exponent


def _exponent(size: arb) -> int | None:
    """The e with 2^(e-1) <= size < 2^e."""
    if not size.is_finite() or not size > 0:
        return None
    mantissa, exponent = (int(part) for part in size.man_exp())
    return mantissa.bit_length() + exponent


@dataclass(slots=True)
class Node:
    """A value with all rounding errors in it, how large its own are, and whether a comparison holds."""

    value: Interval
    relative: arb = ZERO
    """A bound on its own relative error, infinite where the value may vanish but not its error."""
    absolute: arb = ZERO
    """A bound on its own absolute error."""
    unit: arb = ZERO
    """The relative error of its operation, whatever the size of the value."""
    exact: bool = False
    overflows: bool = False
    holds: bool | None = None
    operation: str = ""
    """Empty for the argument, constants and what is known by its range alone."""
    inputs: tuple[Node, ...] = ()
    effects: tuple[Effect, ...] = ()
    condition: Interval | None = None
    """How a relative error of it acts on the result."""
    slope: Interval | None = None
    """How an absolute error of it acts, where the value may be 0."""


@dataclass
class Kernel:
    """A program of one argument in a format, its scalars at given values."""

    program: Program
    format: Format
    values: Mapping[sp.Symbol, sp.Rational] = field(default_factory=dict)
    carried: frozenset[str] = frozenset()
    """The operations whose rounding errors are carried along, so that next to nothing of them is left."""
    assumed: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: ASSUMED)
    neglected: frozenset[int] = frozenset()
    """The places of the statements whose errors are not carried along all the same."""
    _scalars: dict[tuple[sp.Expr, bool], Node] = field(default_factory=dict)

    @property
    def understood(self) -> bool:
        """Whether every operation can be followed."""
        known = {*RULES, *_COMPARISONS, "where"}
        return all(isinstance(s, Assign) and self._follows(s, known) for s in self.program.body)

    def _follows(self, statement: Assign, known: set[str]) -> bool:
        scalars = (operand for operand in statement.operands if not isinstance(operand, str))
        return statement.operation in known and all(map(self._has_value, scalars))

    def _has_value(self, expr: sp.Expr) -> bool:
        if expr.is_infinite:
            return True
        try:
            return bool(_enclosed(expr, self.values).is_finite())
        except (UndefinedValue, BudgetExceeded):
            return False

    def run(self, argument: Interval) -> list[Node]:
        """The nodes of the program in order, for arguments in an interval; the last is the result."""
        names = {self.program.inputs[0]: Node(argument, exact=True)}
        nodes: list[Node] = []
        for place, statement in enumerate(self.program.body):
            assert isinstance(statement, Assign)
            carried = frozenset[str]() if place in self.neglected else self.carried
            inputs = tuple(
                names[o] if isinstance(o, str) else self._scalar(o, bool(carried)) for o in statement.operands
            )
            node = self._computed(statement.operation, inputs, carried)
            names[statement.target] = node
            if node is not inputs[0]:
                nodes += [*(i for i, o in zip(inputs, statement.operands, strict=True) if not isinstance(o, str)), node]
        return _distinct(nodes, names[self.program.outputs[0]])

    def _scalar(self, expr: sp.Expr, carried: bool) -> Node:
        if (expr, carried) not in self._scalars:
            self._scalars[expr, carried] = self._constant(expr, carried)
        known = self._scalars[expr, carried]
        return Node(known.value, known.relative, known.absolute, exact=known.exact)

    def _constant(self, expr: sp.Expr, carried: bool) -> Node:
        """A constant: exact, or rounded to float64 operation by operation and then to the dtype."""
        if expr.is_infinite:
            end = INFINITY if expr.is_positive else -INFINITY
            return Node(Interval(end, end), exact=True)
        enclosed = Interval.point(_enclosed(expr, self.values))
        if _is_float(enclosed, self.format) and self._is_exactly_computed(expr):
            return Node(enclosed, exact=True)
        steps = 2 * int(expr.count_ops()) if expr.free_symbols else 0
        relative = (self.format.half_unit + (steps + (self.format.digits < 53)) * _power(-53)) * (1 + _power(-20))
        value = enclosed.widened(relative, ZERO)
        left = relative * _LEFT if carried and expr.is_rational_function(*expr.free_symbols) else relative
        return Node(value, left, left * value.size)

    def _is_exactly_computed(self, expr: sp.Expr) -> bool:
        """Whether every step of a scalar expression gives a number of float64."""
        if not expr.free_symbols or expr.is_Symbol:
            return True
        wide = Format.of("float64")
        return all(
            len(node.args) <= 2 and _is_float(Interval.point(_enclosed(node, self.values)), wide)
            for node in sp.preorder_traversal(expr)
            if node.args
        )

    def _computed(self, operation: str, inputs: tuple[Node, ...], carried: frozenset[str]) -> Node:
        exact = all(node.exact for node in inputs)
        if operation in _COMPARISONS:
            same = operation == "equal" and inputs[0] is inputs[1]
            holds = True if same else _holds(operation, inputs[0].value, inputs[1].value)
            return Node(LINE, exact=exact, holds=holds)
        if operation == "where":
            return self._selected(inputs)
        known = _known(operation, inputs)
        if known is not None:
            return known
        rule = RULES[operation]
        operands = tuple(node.value for node in inputs)
        value = rule.value(operands)
        node = Node(value, exact=exact, operation=operation, inputs=inputs)
        self._round(node, operation, operation in carried)
        if any(operand.overflows for operand in inputs):
            return _known_by_range(node)
        node.effects = rule.effects(operands, node.value)
        return node

    def _selected(self, inputs: tuple[Node, ...]) -> Node:
        condition, first, second = inputs
        exact = first.exact and second.exact
        if condition.holds is not None:
            return first if condition.holds else second
        if not condition.exact:
            return Node(LINE)
        value = first.value.hull(second.value)
        return Node(value, exact=exact, operation="where", inputs=(first, second), effects=_EITHER)

    def _round(self, node: Node, operation: str, carried: bool) -> None:
        """Add the rounding errors of an operation to its node."""
        times = self._times(node, operation)
        if times is None:
            return
        shape, size, least = self.format, node.value.size, node.value.least
        if carried and size < _CARRIED_TO and (least > 1 / _CARRIED_TO or operation in _EXACT_SUMS):
            times *= _LEFT
        exact_below = operation in _EXACT_SUMS or operation == "sqrt"
        unit, floor = times * shape.half_unit, ZERO if exact_below else shape.tiny
        node.unit = unit
        node.exact = False
        if size < shape.least / 4:
            node.absolute, node.relative = size, ONE if least > 0 else INFINITY
            node.value = node.value.hull(Interval(ZERO, ZERO))
        else:
            node.absolute = unit * max(size, floor)
            node.relative = unit * (floor / least if least < floor else ONE) if least > 0 or exact_below else INFINITY
            rounds = operation in ROUNDED and size < shape.most * (1 + shape.half_unit / 4)
            node.value = _rounded(node.value, unit, unit * floor)
            node.value = _up_to(node.value, shape.most) if rounds else node.value
        if node.value.high > shape.most or node.value.low < -shape.most:
            node.overflows = True
            node.value = _with_infinity(node.value, shape.most)

    def _times(self, node: Node, operation: str) -> arb | None:
        """How many halves of a unit an operation may be off; None where it is exact."""
        if operation in self.assumed:
            return arb(self.assumed[operation][self.format.name])
        if operation not in ROUNDED or (operation in _EXACT_SUMS and self._is_exact_sum(node)):
            return None
        if all(operand.exact for operand in node.inputs) and _is_float(node.value, self.format):
            return None
        if self._is_scaling(node, operation):
            normal = node.value.least >= self.format.tiny or not _shrinks(node, operation)
            return ZERO if normal else ONE
        return ONE

    def _is_exact_sum(self, node: Node) -> bool:
        """Whether both operands and the result lie on a grid of so few points that the result is a float."""
        values = [operand.value for operand in node.inputs]
        if any(_is_zero(value) for value in values):
            return True
        grids = [_grid(value, self.format) for value in values]
        if any(grid is None for grid in grids):
            return False
        step = min(grid for grid in grids if grid is not None)
        return bool(node.value.size <= _power(step + self.format.digits))

    @staticmethod
    def _is_scaling(node: Node, operation: str) -> bool:
        """Whether it is a product with a power of two."""
        if operation not in ("multiply", "divide"):
            return False
        factors = node.inputs if operation == "multiply" else node.inputs[1:]
        return any(f.exact and f.value.low == f.value.high and _is_power(f.value.low) for f in factors)


_UNIT = Interval(ONE, ONE)
_SMALL = arb(1) / 4
"""-log(1 - r) is at most r (1 + 2 r) up to here."""
_SOME = Effect(Interval(ZERO, ONE), Interval(ZERO, ONE))
_EITHER = (_SOME, _SOME)


def _known_by_range(node: Node) -> Node:
    """A node of which no more is known than where its value lies: an operand may be infinite."""
    width, least = node.value.high - node.value.low, node.value.least
    relative = width / least if least > 0 and width.is_finite() else INFINITY
    return Node(node.value, relative, width if width.is_finite() else INFINITY, overflows=node.overflows)


def _known(operation: str, inputs: tuple[Node, ...]) -> Node | None:
    """A value that is one of the operands, 0 as the difference of a value and itself, or exp(0)."""
    first, *others = inputs
    if operation == "copy":
        return first
    if operation == "subtract" and first is others[0] and first.value.size.is_finite():
        return Node(Interval(ZERO, ZERO), exact=True)
    if operation == "exp" and first.exact and _is_zero(first.value):
        return Node(_UNIT, exact=True)
    if operation in ("maximum", "minimum"):
        larger, smaller = (first, others[0]) if operation == "maximum" else (others[0], first)
        if larger.value.low >= smaller.value.high:
            return first
        if larger.value.high <= smaller.value.low:
            return others[0]
    return None


def _distinct(nodes: Sequence[Node], result: Node) -> list[Node]:
    """Each node once, in order, the result last."""
    rows = list({id(node): node for node in nodes if node is not result}.values())
    place = next((index for index, node in enumerate(rows) if any(i is result for i in node.inputs)), len(rows))
    return [*rows[:place], result]


def _grid(value: Interval, shape: Format) -> int | None:
    """The e for which all floats of these sizes are multiples of 2^e."""
    if value.low == value.high and value.low.is_finite() and value.low != 0:
        return int(value.low.man_exp()[1])
    top = _exponent(value.least)
    return None if top is None else max(top - shape.digits, shape.smallest)


def _shrinks(node: Node, operation: str) -> bool:
    """Whether a factor is less than 1 in size, so that bits may be lost below the normal numbers."""
    if operation == "divide":
        return bool(node.inputs[1].value.size > 1)
    return not any(f.exact and f.value.low == f.value.high and f.value.least >= 1 for f in node.inputs)


def _rounded(value: Interval, relative: arb, absolute: arb) -> Interval:
    """The values with their errors, none of which changes a sign."""
    wider = value.widened(relative, absolute)
    return Interval(
        max(wider.low, ZERO) if value.low >= 0 else wider.low, min(wider.high, ZERO) if value.high <= 0 else wider.high
    )


def _up_to(value: Interval, most: arb) -> Interval:
    return Interval(max(value.low, -most), min(value.high, most))


def _with_infinity(value: Interval, most: arb) -> Interval:
    return Interval(
        -INFINITY if value.low < -most else min(value.low, most), INFINITY if value.high > most else value.high
    )


def _is_power(value: arb) -> bool:
    return bool(value.is_finite() and value != 0 and abs(int(value.man_exp()[0])) == 1)


def _is_float(value: Interval, shape: Format) -> bool:
    """Whether it is one number, and that a normal one of the format."""
    if not (value.low == value.high and value.size.is_finite()):
        return False
    inside = value.low == 0 or (bool(shape.tiny <= value.size) and bool(value.size <= shape.most))
    return inside and int(value.low.man_exp()[0]).bit_length() <= shape.digits


def _enclosed(expr: sp.Expr, values: Mapping[sp.Symbol, sp.Rational]) -> arb:
    exact = expr.subs(dict(values))
    return arb(fmpq(int(exact.p), int(exact.q))) if exact.is_Rational else ball.enclose(exact, {}, 100)


def _holds(operation: str, a: Interval, b: Interval) -> bool | None:
    if operation in ("greater", "greater_equal"):
        return _holds("less" if operation == "greater" else "less_equal", b, a)
    if operation == "less":
        return True if a.high < b.low else False if a.low >= b.high else None
    if operation == "less_equal":
        return True if a.high <= b.low else False if a.low > b.high else None
    if a.low == a.high == b.low == b.high:
        return True
    return False if a.high < b.low or b.high < a.low else None


def relative_error(nodes: Sequence[Node]) -> arb:
    """A bound on abs(log(computed / exact)) of the last node; infinite where none is found."""
    result = nodes[-1]
    if result.inputs and all(operand.exact for operand in result.inputs) and not result.overflows:
        return (result.unit * (1 + 2 * result.unit)).upper()
    if result.value.has_zero:
        return INFINITY
    _clear(nodes)
    result.condition = _UNIT
    total = ZERO
    for node in reversed(nodes):
        if node.condition is not None and node.value.has_zero:
            return INFINITY
        if node.condition is None and node.slope is None:
            continue
        total += _share_of(node)
        if not total < 1:
            return INFINITY
        for operand, effect in zip(node.inputs, node.effects, strict=True):
            _pass_on(node, operand, effect)
    return total.upper()


def absolute_error(nodes: Sequence[Node]) -> arb:
    """A bound on abs(computed - exact) of the last node; infinite where none is found."""
    _clear(nodes)
    nodes[-1].slope = _UNIT
    total = ZERO
    for node in reversed(nodes):
        if node.slope is None or _is_zero(node.slope):
            continue
        if node.overflows or not node.slope.size.is_finite():
            return INFINITY
        total += _times(node.slope.size, node.absolute)
        for operand, effect in zip(node.inputs, node.effects, strict=True):
            if not operand.exact or operand.inputs:
                operand.slope = _sum(operand.slope, node.slope * effect.slope)
    return total.upper() if total.is_finite() else INFINITY


def _clear(nodes: Sequence[Node]) -> None:
    for node in nodes:
        node.condition = node.slope = None
        for operand in node.inputs:
            operand.condition = operand.slope = None


def _share_of(node: Node) -> arb:
    """What the node's own rounding adds to the relative error of the result."""
    weight = node.condition if node.condition is not None else node.slope
    assert weight is not None
    if _is_zero(weight) or (node.absolute == 0 and not node.overflows):
        return ZERO
    if node.overflows or not weight.size.is_finite():
        return INFINITY
    if node.condition is None:
        return weight.size * node.absolute
    return weight.size * node.relative * (1 + 2 * node.relative) if node.relative < _SMALL else INFINITY


def _pass_on(node: Node, operand: Node, effect: Effect) -> None:
    """Add to an operand how its errors act on the result through this node."""
    if operand.exact and not operand.inputs:
        return
    if operand.value.has_zero:
        slope = node.slope * effect.slope if node.slope is not None else None
        if slope is None:
            assert node.condition is not None
            slope = LINE if _is_zero(node.value) else node.condition * (effect.slope / node.value)
        operand.slope = _sum(operand.slope, slope)
        return
    if node.slope is not None:
        condition = node.slope * effect.slope * operand.value
    else:
        assert node.condition is not None
        own = effect.condition if effect.condition is not None else effect.slope * operand.value / node.value
        condition = node.condition * own
    operand.condition = _sum(operand.condition, condition)


def _sum(known: Interval | None, more: Interval) -> Interval:
    return more if known is None else known + more


def _is_zero(value: Interval) -> bool:
    return bool(value.low == 0 and value.high == 0)


def _times(a: arb, b: arb) -> arb:
    return ZERO if b == 0 else a * b
