r"""Formulas of matrices and vectors to :class:`symdl.core.ArrayExpr`.

What is an array: names that ``given`` declares (``W matrix(m, n)``); bold capitals and small letters; single
capitals; what is transposed, stands in a norm, beside ``\odot`` or ``\otimes``, behind a matrix, or is added to
a vector. Sizes that nobody names follow from the products; what does not fit is refused with its place.

>>> from .latex import parse
>>> read_array(parse(r"\frac{1}{2} \|W x - y\|_2^2"))
sum(((W @ x) - y)^2)/2
>>> read_array(parse(r"\nabla_w \|X w - y\|^2"))
(2*((X @ w) - y)) @ X
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import sympy as sp

from symdl.calculus.reverse import gradient
from symdl.core import Activation, ArrayExpr, Compare, DefinitionError, ReadError, UnsupportedDerivative, symbol
from symdl.core.array_inverse import inverse
from symdl.core.arrays import Constant, apply, array, constant, contract
from symdl.library import ACTIVATIONS

from .array_signs import (
    TRACES,
    Shapes,
    inverse_of,
    is_bold,
    is_matrix,
    is_transpose,
    is_transposed_inverse,
    spelled,
    spread,
)
from .functions import FUNCTIONS
from .names import name_of
from .profile import DEEP_LEARNING, Profile
from .scope import Scope
from .shapes import Axes, ShapeError, Size, Value, mapped
from .syntax import (
    Absolute,
    Addition,
    Bracketed,
    Call,
    DerivativeOf,
    Fraction,
    Gradient,
    Juxtaposed,
    Name,
    Node,
    Norm,
    Number,
    Product,
    Relation,
    Root,
    Scripted,
)
from .tokens import GREEK

_BESIDE = frozenset({"odot", "otimes"})
_SIZES = "nmpqrkl"
_ACTIVATIONS: Mapping[str, Activation] = {
    name: item for item in ACTIVATIONS for name in (item.name, *item.also_called) if not item.parameters
}


def read_array(
    node: Node,
    profile: Profile = DEEP_LEARNING,
    scope: Scope | None = None,
    shapes: Shapes | None = None,
    text: str = "",
) -> ArrayExpr:
    """The array expression of one formula.

    Raises :class:`ReadError` where sizes do not fit, and for what has no meaning for arrays.
    """
    reader = _Reader(profile, scope or Scope(), shapes or {}, text)
    return reader.build([spread(node, profile)])[0]


def compare_arrays(
    node: Relation,
    profile: Profile = DEEP_LEARNING,
    scope: Scope | None = None,
    shapes: Shapes | None = None,
    text: str = "",
) -> tuple[Compare, ...]:
    """The links of a chain of equations between arrays."""
    reader = _Reader(profile, scope or Scope(), shapes or {}, text)
    strange = next((relation for relation in node.relations if relation not in {"=", ":=", "<-"}), None)
    if strange is not None:
        raise reader.error(f"'{strange}' between arrays", node, "arrays are equal or not")
    sides = reader.build([spread(side, profile) for side in node.sides], equal=True)
    return tuple(Compare(_zero(left, right), "=", _zero(right, left)) for left, right in pairwise(sides))


def _zero(side: ArrayExpr, other: ArrayExpr) -> ArrayExpr:
    """A side; the number 0 beside an array as an array of zeros."""
    is_zero = isinstance(side, Constant) and not side.rank and side.value == 0
    return constant(0, *other.dimensions) if is_zero else side


class _Reader:
    """The names of one statement with their axes; rules are tried until no more of them become known."""

    def __init__(self, profile: Profile, scope: Scope, shapes: Shapes, text: str) -> None:
        self.profile, self.scope, self.text = profile, scope, text
        self.sizes: dict[str, Size] = {}
        self.axes: dict[str, Axes] = {
            name: tuple(self.sizes.setdefault(size, Size(size)) for size in sizes) for name, sizes in shapes.items()
        }
        self.made: dict[str, ArrayExpr] = {}
        self.learned = False

    def error(self, message: str, node: Node, remedy: str) -> ReadError:
        """A :class:`ReadError` at ``node``."""
        return ReadError(message, text=self.text, position=node.start, remedy=remedy)

    def build(self, nodes: list[Node], equal: bool = False) -> list[ArrayExpr]:
        """The arrays of the nodes, which are of one shape if ``equal``."""
        for _ in range(20):
            self.learned = False
            values = [self.value(node) for node in nodes]
            if equal:
                for node, value in zip(nodes[1:], values[1:], strict=True):
                    self.fit(values[0], value, node)
            if not self.learned:
                break
        self._name_sizes()
        try:
            return [value.make() for value in values]
        except (DefinitionError, UnsupportedDerivative) as problem:
            raise self.error(problem.message, nodes[0], problem.remedy or "check the sizes") from problem

    def _name_sizes(self) -> None:
        taken = {size.found().name for axes in self.axes.values() for size in axes}
        free = (letter + digits for digits in ("", "1", "2", "3", "4") for letter in _SIZES)
        for size in [size.found() for axes in self.axes.values() for size in axes]:
            if not size.name:
                size.name = next(name for name in free if name not in taken)

    # Names

    def name(self, node: Node) -> Value:
        """A name as an array of its axes, or as a scalar."""
        name = name_of(node)
        if name is None:
            raise self.error("an index or power that has no meaning for arrays", node, "write it with names")
        if name not in self.axes and (rank := self._rank(node)):
            self.learn(name, rank)
        if name in self.axes:
            return Value(self.axes[name], lambda: self.array(name))
        value = self.profile.constants.get(name)
        if value is not None and name not in self.scope.variables and value.is_finite:
            return Value((), lambda: constant(value))
        return Value((), lambda: constant(symbol(name)), unknown=name)

    def _rank(self, node: Node) -> int:
        base = node.base if isinstance(node, Scripted) else node
        if not isinstance(base, Name) or name_of(node) in self.scope.variables:
            return 0
        if is_matrix(node) or (is_bold(base) and base.base in GREEK and base.base[0].isupper()):
            return 1 if base.decorations == ("vec",) else 2
        return 1 if is_bold(base) else 0

    def learn(self, name: str, rank: int) -> None:
        """Note that ``name`` has axes."""
        self.axes[name] = tuple(Size() for _ in range(rank))
        self.learned = True

    def array(self, name: str) -> ArrayExpr:
        """The input of this name, one for the whole statement."""
        if name not in self.made:
            self.made[name] = array(spelled(name), *(size.found().name for size in self.axes[name]))
        return self.made[name]

    def as_vector(self, value: Value, rank: int = 1) -> Value:
        """A quantity of which nothing was known, as an array; what is known stays what it is."""
        if value.unknown and value.unknown not in self.axes:
            self.learn(value.unknown, rank)
            return Value(self.axes[value.unknown], lambda: self.array(value.unknown))
        return value

    def fit(self, left: Value, right: Value, node: Node) -> tuple[Value, Value]:
        """The two as arrays of one shape; a scalar fits everything."""
        if left.rank and not right.rank:
            right = self.as_vector(right, left.rank) if _is_latin(right.unknown) else right
        elif right.rank and not left.rank:
            left = self.as_vector(left, right.rank) if _is_latin(left.unknown) else left
        if left.rank and right.rank:
            same = left.rank == right.rank and left.row == right.row
            if not same:
                raise self.error("arrays of different shapes", node, "check the transposes and the sizes")
            for a, b in zip(left.axes, right.axes, strict=True):
                self.unify(a, b, "arrays of different shapes", node)
        return left, right

    def unify(self, left: Size, right: Size, message: str, node: Node) -> None:
        """Make two sizes one; refused where both have a name and the names differ."""
        if not left.unify(right):
            sizes = (left.found().name, right.found().name)
            remedy = "check the transposes and the sizes"
            raise ShapeError(message, sizes, text=self.text, position=node.start, remedy=remedy)

    # Expressions

    def value(self, node: Node) -> Value:
        """What ``node`` stands for."""
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise self.error(f"{type(node).__name__.lower()} has no meaning for arrays yet", node, "write components")
        return handler(self, node)

    def number(self, node: Number) -> Value:
        """A number."""
        return Value((), lambda: constant(sp.Rational(node.text)))

    def bracketed(self, node: Bracketed) -> Value:
        """An expression in brackets; two vectors in angles are their inner product."""
        if node.opening == "⟨" and len(node.items) == 2:
            left, right = (self.as_vector(self.value(item)) for item in node.items)
            return self.dot(left, right, node)
        if len(node.items) != 1:
            raise self.error("a list where one value is expected", node, "name a function before it")
        return self.value(node.items[0])

    def addition(self, node: Addition) -> Value:
        """A sum of terms of one shape."""
        total: Value | None = None
        for sign, term in node.terms:
            value = self.value(term)
            if sign == "±":
                raise self.error("± has two values", node, "write two statements")
            if sign == "-":
                value = mapped(lambda x: -x, value)
            if total is not None:
                left, right = self.fit(total, value, term)
                value = mapped(lambda x, y: x + y, left, right)
            total = value
        if total is None:
            raise self.error("a sum of nothing", node, "write its terms")
        return total

    def juxtaposed(self, node: Juxtaposed) -> Value:
        """Products, and functions before their brackets."""
        factors: list[tuple[Value, Node]] = []
        items = list(node.items)
        while items:
            head = items.pop(0)
            function = self.function(head) if items and isinstance(items[0], Bracketed) else None
            if function is not None:
                bracket = items.pop(0)
                factors.append((function(bracket), head))
            else:
                factors.append((self.value(head), head))
        return self.multiplied(factors)

    def function(self, head: Node) -> Callable[[Node], Value] | None:
        """What the function ``head`` does to what is in its bracket; None for a factor."""
        name = name_of(head)
        if name in TRACES:
            return lambda bracket: self.trace(bracket)
        known = self.profile.functions.get(name or "", name or "")
        item = _ACTIVATIONS.get(known)
        if name not in self.axes and self.scope.is_function(name or ""):
            raise self.error(f"{name} is a function, and no array", head, "write what it does entry by entry")
        if item is None or name in self.axes:
            return None
        return lambda bracket: mapped(item, self.value(bracket))

    def trace(self, node: Node) -> Value:
        """The sum of the diagonal."""
        value = self.value(node)
        if value.rank != 2 or not value.axes[0].unify(value.axes[1]):
            raise self.error("a trace is taken of a square matrix", node, "check the sizes")
        return Value((), lambda: contract("ii->", value.make()))

    def multiplied(self, factors: list[tuple[Value, Node]]) -> Value:
        """Matrix products from left to right, scalars in front."""
        scalars = [value for value, _ in factors if not value.rank and not self._becomes_vector(value, factors)]
        total: Value | None = None
        for value, node in factors:
            if any(value is scalar for scalar in scalars):
                continue
            array_value = self.as_vector(value) if not value.rank else value
            total = array_value if total is None else self.matmul(total, array_value, node)
        for scalar in reversed(scalars):
            total = scalar if total is None else mapped(lambda x, y: x * y, scalar, total)
        assert total is not None
        return total

    def _becomes_vector(self, value: Value, factors: list[tuple[Value, Node]]) -> bool:
        """Whether a small Latin letter stands right behind a matrix or a row."""
        place = next(n for n, (other, _) in enumerate(factors) if other is value)
        before = factors[place - 1][0] if place else None
        if before is not None and (before.rank == 2 or before.row):
            return _is_latin(value.unknown)
        outer = len(factors) == place + 2 and factors[-1][0].row and not any(other.rank for other, _ in factors[:place])
        return outer and _is_latin(value.unknown)

    def matmul(self, left: Value, right: Value, node: Node) -> Value:
        """A product of matrices and vectors."""
        if not left.rank:
            return mapped(lambda x, y: x * y, left, right)
        if left.rank == 1 and right.rank == 1 and not left.row and right.row:
            return self.outer(left, right)
        if left.rank == 1 and not left.row:
            raise self.error("a column before an array", node, "write ^\\top, \\odot or \\otimes")
        if right.row and right.rank == 1:
            raise self.error("a row behind a matrix", node, "check the transposes")
        self.unify(left.axes[-1], right.axes[0], "the sizes of this product differ", node)
        row = left.rank == 1 and right.rank == 2
        return Value((*left.axes[:-1], *right.axes[1:]), lambda: left.make() @ right.make(), row)

    def outer(self, left: Value, right: Value) -> Value:
        """The outer product of two vectors."""
        return Value((*left.axes, *right.axes), lambda: contract("i,j->ij", left.make(), right.make()))

    def dot(self, left: Value, right: Value, node: Node) -> Value:
        """The inner product of two vectors."""
        if left.rank != 1 or right.rank != 1:
            raise self.error("an inner product is of two vectors of one size", node, "check the sizes")
        self.unify(left.axes[0], right.axes[0], "an inner product is of two vectors of one size", node)
        return Value((), lambda: left.make() @ right.make())

    def product(self, node: Product) -> Value:
        """Factors between signs: a dot between vectors is their inner product."""
        total = self.value(node.first)
        for operator, operand in node.rest:
            total = self.operated(operator, total, self.value(operand), operand)
        return total

    def operated(self, operator: str, left: Value, right: Value, node: Node) -> Value:
        """Two operands and the sign between them."""
        if operator == "/":
            if right.rank and not left.rank:
                left, right = self.fit(left, right, node)
            return mapped(lambda x, y: x / y, *self.fit(left, right, node) if right.rank else (left, right))
        if operator in _BESIDE:
            left, right = (self.as_vector(value) if _is_named(value) else value for value in (left, right))
            if operator == "otimes" and left.rank == right.rank == 1:
                return self.outer(left, right)
            if operator == "otimes":
                raise self.error("\\otimes stands between two vectors", node, "write \\odot or a product")
            return mapped(lambda x, y: x * y, *self.fit(left, right, node))
        if operator == "cdot" and left.rank == right.rank == 1 and not left.row:
            return self.dot(left, right, node)
        return self.multiplied([(left, node), (right, node)])

    def fraction(self, node: Fraction) -> Value:
        """A quotient, entry by entry."""
        return self.operated("/", self.value(node.numerator), self.value(node.denominator), node.denominator)

    def root(self, node: Root) -> Value:
        """A square root, entry by entry."""
        if node.degree is not None:
            raise self.error("a root of an array with a degree", node, "write a power")
        return mapped(sp.sqrt, self.value(node.radicand))

    def absolute(self, node: Absolute) -> Value:
        """Absolute values, entry by entry."""
        return mapped(sp.Abs, self.value(node.body))

    def norm(self, node: Node, order: Node | None = None, squared: bool = False) -> Value:
        """The norm of a vector or (Frobenius) of a matrix, or its square."""
        for _, term in node.terms if isinstance(node, Addition) else ():
            if _is_latin((value := self.value(term)).unknown):
                self.as_vector(value)
        body = self.as_vector(self.value(node))
        kind = name_of(order) if order is not None and not isinstance(order, Number) else getattr(order, "text", "2")
        if not body.rank or kind not in {"1", "2", "F"} or (body.rank == 2 and kind != "F"):
            raise self.error(f"this norm ({kind}) is not read", node, "norms are 1 and 2 of vectors, F of matrices")
        if kind == "1":
            total = Value((), lambda: apply(sp.Abs, body.make()).sum())
            return mapped(lambda x: x**2, total) if squared else total
        total = Value((), lambda: (body.make() ** 2).sum())
        return total if squared else mapped(sp.sqrt, total)

    def scripted(self, node: Scripted) -> Value:
        """A transpose, a norm with its order, a power, or a name with an index."""
        if is_transpose(node):
            bare = node.base if node.subscript is None else Scripted(node.base, node.subscript, start=node.start)
            return self.transposed(self.as_vector(self.value(bare)), node)
        if isinstance(node.base, Norm):
            squared = node.superscript == Number("2")
            value = self.norm(node.base.body, node.subscript, squared)
            return value if squared else self.powered(value, node)
        if name_of(node) is not None:
            return self.name(node)
        inner = inverse_of(node)
        if inner is not None and (value := self.value(inner)).rank == 2:
            return self.inverted(value, node)
        indexed = node.subscript is not None
        if node.primes or (indexed and (node.superscript is None or not isinstance(node.base, Name))):
            raise self.error("an index or prime that has no meaning for arrays", node, "write it with names")
        bare = Scripted(node.base, node.subscript, start=node.start) if node.subscript is not None else node.base
        return self.powered(self.value(bare), node)

    def transposed(self, value: Value, node: Node) -> Value:
        """A matrix with its axes exchanged, or a vector as a row and back."""
        if value.rank == 2:
            return Value(value.axes[::-1], lambda: value.make().T)
        if value.rank == 1:
            return Value(value.axes, value.make, not value.row)
        return value

    def inverted(self, value: Value, node: Node) -> Value:
        """The inverse of a square matrix, or its transpose."""
        if not value.axes[0].unify(value.axes[1]):
            raise self.error("an inverse is taken of a square matrix", node, "check the sizes")
        made = Value(value.axes, lambda: inverse(value.make()))
        return self.transposed(made, node) if is_transposed_inverse(node) else made

    def powered(self, value: Value, node: Scripted) -> Value:
        """A power: of a matrix by multiplying it with itself, else entry by entry."""
        upper = node.superscript
        if upper is None:
            return value
        exponent = self.value(upper)
        if exponent.rank:
            raise self.error("a power to an array", upper, "write it with components")
        if value.rank != 2:
            return mapped(lambda x, y: x**y, value, exponent)
        if not isinstance(upper, Number) or upper.text not in {"2", "3"} or not value.axes[0].unify(value.axes[1]):
            raise self.error("this power of a matrix is not read", node, "write a product, or \\odot for entries")
        return (
            Value(value.axes, lambda: value.make() @ value.make() @ value.make())
            if upper.text == "3"
            else Value(value.axes, lambda: value.make() @ value.make())
        )

    def call(self, node: Call) -> Value:
        """A function of scalars, entry by entry."""
        name = name_of(node.function)
        known = FUNCTIONS.get(name or "")
        if known is None or (known.arity and len(node.arguments) not in known.arity):
            raise self.error("this function has no meaning for arrays", node, "write it with components")
        values = [self.value(argument) for argument in node.arguments]
        wide = max(values, key=lambda value: value.rank)
        values = [self.fit(wide, value, node)[1] for value in values]
        return mapped(known.meaning, *values)

    def gradient(self, node: Gradient | DerivativeOf) -> Value:
        """The gradient of a scalar by an array."""
        variable = node.variable if isinstance(node, Gradient) else node.variables[0][0]
        single = isinstance(node, Gradient) and node.order is None
        single = single or (isinstance(node, DerivativeOf) and len(node.variables) == 1 and node.variables[0][1] == 1)
        if variable is None or node.argument is None or not single or name_of(variable) is None:
            raise self.error("this derivative has no meaning for arrays", node, "write \\nabla_x of a formula")
        body, by = self.value(node.argument), self.as_vector(self.name(variable))
        if body.rank:
            raise self.error("a gradient is taken of a scalar", node.argument, "write a sum or a norm")
        return Value(by.axes, lambda: gradient(body.make(), by.make()))


def _is_latin(name: str) -> bool:
    return bool(name) and name.split("_")[0] not in GREEK


def _is_named(value: Value) -> bool:
    return bool(value.unknown)


_HANDLERS: Mapping[type[Node], Callable[..., Value]] = {
    Name: _Reader.name,
    Number: _Reader.number,
    Bracketed: _Reader.bracketed,
    Addition: _Reader.addition,
    Juxtaposed: _Reader.juxtaposed,
    Product: _Reader.product,
    Fraction: _Reader.fraction,
    Root: _Reader.root,
    Absolute: _Reader.absolute,
    Norm: lambda reader, node: reader.norm(node.body),
    Scripted: _Reader.scripted,
    Call: _Reader.call,
    Gradient: _Reader.gradient,
    DerivativeOf: _Reader.gradient,
}
