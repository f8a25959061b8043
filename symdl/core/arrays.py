"""Arrays with named sizes: the one expression language for everything above scalars.

An expression is a graph of frozen nodes; nodes are told apart by identity, so a shared node is
computed once. Sizes are symbolic (:class:`Dimension`); index letters belong to contractions, so two
axes of one size, diagonals and traces can be said. Nodes are made by the functions and operators of
this module, which check sizes; the language is closed under reverse mode
(:mod:`symdl.calculus.reverse`).

>>> W, x, b = array("W", "out", "in"), array("x", "in"), array("b", "out")
>>> (W @ x + b).sum()
sum((W @ x) + b)
>>> W @ b
Traceback (most recent call last):
symdl.core.errors.DefinitionError: W (out, in) @ b (out): the sizes in and out differ
  remedy: transpose an operand with .T, or say the letters with contract()
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import sympy as sp

from .activations import Activation
from .dimensions import Dimension
from .errors import DefinitionError
from .symbols import symbol


@dataclass(frozen=True)
class FunctionParameter:
    """A function that the caller of the program gives; ``derivative`` names the one paired with it."""

    name: str
    derivative: str = ""


@dataclass(frozen=True)
class Slope:
    """A derivative of an activation, kept applied: its declared values at kinks count."""

    activation: Activation
    order: int = 1


ScalarFunction: TypeAlias = Activation | Slope | FunctionParameter | sp.Lambda
Reduction: TypeAlias = Literal["sum", "max"]
Ties: TypeAlias = Literal["", "first", "shared"]


@dataclass(frozen=True, eq=False, repr=False)
class ArrayExpr:
    """A node: its sizes and operands, a name for its buffer, the level index if it is one array a level."""

    dimensions: tuple[Dimension, ...]
    operands: tuple[ArrayExpr, ...] = ()
    label: str = field(default="", kw_only=True)
    level: str = field(default="", kw_only=True)

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.dimensions)

    def named(self, label: str) -> ArrayExpr:
        """The same node under a name, which generated code uses for its buffer."""
        return replace(self, label=label)

    def __add__(self, other: Operand) -> ArrayExpr:
        return _combine("+", lambda a, b: a + b, self, other)

    def __radd__(self, other: Operand) -> ArrayExpr:
        return _combine("+", lambda a, b: b + a, self, other)

    def __sub__(self, other: Operand) -> ArrayExpr:
        return _combine("-", lambda a, b: a - b, self, other)

    def __rsub__(self, other: Operand) -> ArrayExpr:
        return _combine("-", lambda a, b: b - a, self, other)

    def __mul__(self, other: Operand) -> ArrayExpr:
        return _combine("*", lambda a, b: a * b, self, other)

    def __rmul__(self, other: Operand) -> ArrayExpr:
        return _combine("*", lambda a, b: b * a, self, other)

    def __truediv__(self, other: Operand) -> ArrayExpr:
        return _combine("/", lambda a, b: a / b, self, other)

    def __rtruediv__(self, other: Operand) -> ArrayExpr:
        return _combine("/", lambda a, b: b / a, self, other)

    def __pow__(self, other: Operand) -> ArrayExpr:
        return _combine("**", lambda a, b: a**b, self, other)

    def __neg__(self) -> ArrayExpr:
        return self * -1

    def __matmul__(self, other: ArrayExpr) -> ArrayExpr:
        letters = {(2, 2): "ij,jk->ik", (2, 1): "ij,j->i", (1, 2): "i,ij->j", (1, 1): "i,i->"}
        if (self.rank, other.rank) not in letters:
            raise DefinitionError(
                f"{describe(self)} @ {describe(other)}: a product takes vectors and matrices",
                remedy="say the letters with contract()",
            )
        if self.dimensions[-1] != other.dimensions[0]:
            raise DefinitionError(
                f"{describe(self)} @ {describe(other)}: "
                f"the sizes {self.dimensions[-1]} and {other.dimensions[0]} differ",
                remedy="transpose an operand with .T, or say the letters with contract()",
            )
        return contract(letters[self.rank, other.rank], self, other)

    @property
    def T(self) -> ArrayExpr:  # noqa: N802
        """The transpose of a matrix."""
        if self.rank != 2:
            raise DefinitionError(f"{describe(self)}.T: only a matrix has a transpose")
        return contract("ij->ji", self)

    def sum(self, axis: Axis | None = None) -> ArrayExpr:
        """The sum over one axis (a position or the name of a size), or over all of them."""
        result: ArrayExpr = self
        for position in reversed(range(self.rank)) if axis is None else (axis_position(self, axis),):
            result = reduce("sum", result, position)
        return result

    def mean(self, axis: Axis | None = None) -> ArrayExpr:
        """The mean over one axis, or over all of them."""
        if axis is None:
            return self.sum() * sp.prod([1 / d.size for d in self.dimensions])
        position = axis_position(self, axis)
        return self.sum(position) * (1 / self.dimensions[position].size)

    def max(self, axis: Axis, ties: Ties = "") -> ArrayExpr:
        """The maximum over one axis; ``ties`` declares the derivative where several entries attain it.

        "first": all of it goes to the first; "shared": each gets an equal share; without it the
        maximum has no derivative.
        """
        return reduce("max", self, axis_position(self, axis), ties)

    def formula(self, parts: Sequence[str]) -> str:
        """The node as a formula of the texts of its operands."""
        from .array_text import formula

        return formula(self, parts)

    def __repr__(self) -> str:
        from .array_text import shown

        return shown(self)


Axis: TypeAlias = int | str | Dimension
Operand: TypeAlias = ArrayExpr | sp.Expr | int | float


@dataclass(frozen=True, eq=False, repr=False)
class Array(ArrayExpr):
    """An input; ``integer`` for indices and class labels."""

    name: str = field(kw_only=True)
    integer: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, eq=False, repr=False)
class Constant(ArrayExpr):
    """An array that is ``value`` everywhere; the value may hold parameters and sizes."""

    value: sp.Expr = field(kw_only=True)


@dataclass(frozen=True, eq=False, repr=False)
class Contract(ArrayExpr):
    """Products summed over the letters that the result lacks, as in einsum.

    A letter twice in one operand is its diagonal; twice in the result, a diagonal with zeros beside.
    """

    subscripts: str = field(kw_only=True)


@dataclass(frozen=True, eq=False, repr=False)
class Map(ArrayExpr):
    """A scalar function applied to each element of aligned arrays, kept applied."""

    function: ScalarFunction = field(kw_only=True)


@dataclass(frozen=True, eq=False, repr=False)
class _AlongAxis(ArrayExpr):
    """A node that works along one axis of its first operand, or makes a new one."""

    axis: int = field(kw_only=True)


@dataclass(frozen=True, eq=False, repr=False)
class Reduce(_AlongAxis):
    """The sum or the maximum over an axis."""

    kind: Reduction = field(kw_only=True)
    ties: Ties = field(default="", kw_only=True)


@dataclass(frozen=True, eq=False, repr=False)
class Repeat(_AlongAxis):
    """The operand repeated along a new axis."""


@dataclass(frozen=True, eq=False, repr=False)
class ArgMax(_AlongAxis):
    """The first position of the maximum along an axis: integers."""


@dataclass(frozen=True, eq=False, repr=False)
class Select(_AlongAxis):
    """The component of the first operand that the second names: ``z[b, y[b]]``."""


@dataclass(frozen=True, eq=False, repr=False)
class Scatter(_AlongAxis):
    """Zeros along a new axis, but for the first operand in the component that the second names."""


@dataclass(frozen=True, eq=False, repr=False)
class Call(ArrayExpr):
    """A function of whole arrays that the caller gives; it is derived in its first argument only."""

    function: FunctionParameter = field(kw_only=True)


def array(name: str, *sizes: str | Dimension, integer: bool = False) -> Array:
    """An input array: its name and its sizes.

    >>> array("W", "out", "in").dimensions
    (Dimension(name='out', level='', shift=0), Dimension(name='in', level='', shift=0))
    """
    if not name.isidentifier():
        raise DefinitionError(f"{name!r} cannot name an array", remedy="use letters, digits and underscores")
    return Array(_dimensions(sizes), name=name, integer=integer)


def _dimensions(sizes: Sequence[str | Dimension]) -> tuple[Dimension, ...]:
    return tuple(Dimension.read(size) if isinstance(size, str) else size for size in sizes)


def constant(value: sp.Expr | float, *sizes: str | Dimension) -> Constant:
    """An array that is ``value`` everywhere; decimals are read as exact rationals."""
    exact = sp.Rational(str(value)) if isinstance(value, float) else sp.sympify(value, strict=True)
    return Constant(_dimensions(sizes), value=exact)


def contract(subscripts: str, *factors: ArrayExpr) -> ArrayExpr:
    """Products of the factors summed over the letters that the result lacks, as in einsum.

    >>> A = array("A", "n", "n")
    >>> contract("ii->", A), contract("ij,kj->ik", A, A).dimensions[1].name
    (contract('ii->', A), 'n')

    Raises :class:`DefinitionError` for letters that do not fit, naming the arrays and sizes.
    """
    inputs, _, output = subscripts.replace(" ", "").partition("->")
    groups = inputs.split(",")
    if "->" not in subscripts or len(groups) != len(factors):
        raise DefinitionError(f"contract({subscripts!r}) does not fit {len(factors)} arrays")
    sizes: dict[str, tuple[Dimension, ArrayExpr]] = {}
    for letters, factor in zip(groups, factors, strict=True):
        _no_family(factor)
        if len(letters) != factor.rank:
            raise DefinitionError(f"contract({subscripts!r}): {letters!r} does not fit {describe(factor)}")
        for letter, dimension in zip(letters, factor.dimensions, strict=True):
            known, other = sizes.setdefault(letter, (dimension, factor))
            if known != dimension:
                raise DefinitionError(
                    f"contract({subscripts!r}): {letter} is {known} in {describe(other)} "
                    f"and {dimension} in {describe(factor)}"
                )
    if not set(output) <= set(sizes):
        raise DefinitionError(f"contract({subscripts!r}): the result has letters that no operand has")
    for position, factor in enumerate(factors):
        others = groups[:position] + groups[position + 1 :]
        if isinstance(factor, Constant) and others and set(groups[position]) <= set("".join(others)):
            rest = contract(f"{','.join(others)}->{output}", *factors[:position], *factors[position + 1 :])
            return rest * factor.value
    return Contract(tuple(sizes[letter][0] for letter in output), factors, subscripts=f"{inputs}->{output}")


def apply(scalar: ScalarFunction | Callable[..., sp.Expr], *arguments: ArrayExpr) -> ArrayExpr:
    """A scalar function applied to each element of aligned arrays.

    An :class:`Activation` stays applied under its name; a SymPy function such as ``sp.exp``, a
    ``sp.Lambda`` or a Python function of SymPy expressions is a formula.

    >>> apply(sp.exp, array("x", "n"))
    exp(x)
    """
    if not isinstance(scalar, Activation | Slope | FunctionParameter | sp.Lambda):
        variables = _variables(len(arguments))
        scalar = sp.Lambda(variables, scalar(*variables))
    if not arguments:
        raise DefinitionError("a function is applied to at least one array")
    first = arguments[0]
    for other in arguments[1:]:
        if other.dimensions != first.dimensions or other.level != first.level:
            raise DefinitionError(f"{describe(first)} and {describe(other)} differ in their sizes")
    if isinstance(scalar, sp.Lambda):
        return _formula(scalar, arguments)
    return Map(first.dimensions, arguments, function=scalar, level=first.level)


def _variables(count: int) -> tuple[sp.Symbol, ...]:
    return tuple(symbol(f"_{position}") for position in range(count))


def _formula(scalar: sp.Lambda, arguments: tuple[ArrayExpr, ...]) -> ArrayExpr:
    """A map with its constants put in, its unused and equal arguments dropped."""
    distinct = [a for a in dict.fromkeys(arguments) if not isinstance(a, Constant)]
    names: dict[ArrayExpr, sp.Expr] = dict(zip(distinct, _variables(len(distinct)), strict=True))
    values = [a.value if isinstance(a, Constant) else names[a] for a in arguments]
    body = scalar.expr.xreplace(dict(zip(scalar.variables, values, strict=True)))
    used = [a for a in distinct if names[a] in body.free_symbols]
    if not used:
        return Constant(arguments[0].dimensions, value=body, level=arguments[0].level)
    if len(used) == 1 and body == names[used[0]]:
        return used[0]
    variables = _variables(len(used))
    body = body.xreplace({names[a]: v for a, v in zip(used, variables, strict=True)})
    return Map(used[0].dimensions, tuple(used), function=sp.Lambda(variables, body), level=arguments[0].level)


def reduce(kind: Reduction, operand: ArrayExpr, axis: int, ties: Ties = "") -> ArrayExpr:
    """The sum or maximum over the axis at a position."""
    _no_family(operand)
    return Reduce(_without(operand.dimensions, axis), (operand,), axis=axis, kind=kind, ties=ties)


def repeat(operand: ArrayExpr, axis: int, dimension: str | Dimension) -> ArrayExpr:
    """The operand repeated along a new axis."""
    _no_family(operand)
    dimensions = _with(operand.dimensions, axis, *_dimensions((dimension,)))
    if isinstance(operand, Constant):
        return Constant(dimensions, value=operand.value)
    return Repeat(dimensions, (operand,), axis=axis)


def argmax(operand: ArrayExpr, axis: int) -> ArrayExpr:
    """The first position of the maximum along an axis."""
    _no_family(operand)
    return ArgMax(_without(operand.dimensions, axis), (operand,), axis=axis)


def select(operand: ArrayExpr, index: ArrayExpr | int, axis: Axis) -> ArrayExpr:
    """The component ``index`` along an axis: ``select(z, y, "classes")`` is ``z[b, y[b]]``."""
    _no_family(operand)
    position = axis_position(operand, axis)
    dimensions = _without(operand.dimensions, position)
    return Select(dimensions, (operand, _index(index, dimensions, operand)), axis=position)


def scatter(operand: ArrayExpr, index: ArrayExpr | int, axis: int, dimension: str | Dimension) -> ArrayExpr:
    """Zeros along a new axis but for the operand in component ``index``."""
    _no_family(operand)
    dimensions = _with(operand.dimensions, axis, *_dimensions((dimension,)))
    return Scatter(dimensions, (operand, _index(index, operand.dimensions, operand)), axis=axis)


def _index(index: ArrayExpr | int, dimensions: tuple[Dimension, ...], operand: ArrayExpr) -> ArrayExpr:
    if isinstance(index, int):
        return Constant(dimensions, value=sp.Integer(index))
    if index.dimensions != dimensions:
        raise DefinitionError(f"the index {describe(index)} does not fit {describe(operand)}")
    if not is_integer(index):
        raise DefinitionError(f"the index {describe(index)} is not an integer array", remedy="declare integer=True")
    return index


def is_integer(expr: ArrayExpr) -> bool:
    """Whether the entries are integers by construction (labels, positions)."""
    match expr:
        case Array(integer=integer):
            return integer
        case Constant(value=value):
            return bool(value.is_Integer)
        case Repeat(operands=(operand,)):
            return is_integer(operand)
    return isinstance(expr, ArgMax)


def call(parameter: FunctionParameter, *arguments: ArrayExpr, like: ArrayExpr | None = None) -> ArrayExpr:
    """A function of whole arrays, given by the caller: a scalar, or an array with the sizes of ``like``."""
    return Call(like.dimensions if like else (), arguments, function=parameter)


def axis_position(expr: ArrayExpr, axis: Axis) -> int:
    """The position of an axis that is given by position or by the name of its size."""
    if isinstance(axis, int):
        if -expr.rank <= axis < expr.rank:
            return axis % expr.rank
        raise DefinitionError(f"{describe(expr)} has no axis {axis}")
    found = [i for i, d in enumerate(expr.dimensions) if axis in (d, str(d))]
    if len(found) != 1:
        raise DefinitionError(
            f"{describe(expr)} has {len(found)} axes of size {axis}", remedy="give the axis by its position"
        )
    return found[0]


def _without(dimensions: tuple[Dimension, ...], axis: int) -> tuple[Dimension, ...]:
    return dimensions[:axis] + dimensions[axis + 1 :]


def _with(dimensions: tuple[Dimension, ...], axis: int, dimension: Dimension) -> tuple[Dimension, ...]:
    return (*dimensions[:axis], dimension, *dimensions[axis:])


def _no_family(expr: ArrayExpr) -> None:
    if expr.level:
        raise DefinitionError(
            f"{describe(expr)} has one array for each level {expr.level}", remedy="use it as a family of a chain()"
        )


def _combine(sign: str, formula: Callable[[sp.Expr, sp.Expr], sp.Expr], left: ArrayExpr, right: Operand) -> ArrayExpr:
    """A scalar formula of two arrays; missing leading axes are repeated, as NumPy does."""
    other = right if isinstance(right, ArrayExpr) else constant(right)
    pair = _stretched(left, other), _stretched(other, left)
    if pair[0].dimensions != pair[1].dimensions or pair[0].level != pair[1].level:
        raise DefinitionError(f"{describe(left)} {sign} {describe(other)}: the sizes differ")
    variables = _variables(2)
    return apply(sp.Lambda(variables, formula(*variables)), *pair)


def _stretched(expr: ArrayExpr, model: ArrayExpr) -> ArrayExpr:
    """``expr`` repeated along the leading axes that only ``model`` has."""
    if isinstance(expr, Constant):
        return replace(expr, dimensions=model.dimensions, level=model.level) if not expr.rank else expr
    missing = model.rank - expr.rank
    if missing > 0 and model.dimensions[missing:] == expr.dimensions and not expr.level:
        for dimension in reversed(model.dimensions[:missing]):
            expr = repeat(expr, 0, dimension)
    return expr


def describe(expr: ArrayExpr) -> str:
    """The expression with its sizes, for messages."""
    return f"{expr!r} ({', '.join(map(str, expr.dimensions))})"
