"""Array expressions to programs: one operation a statement, each value computed once and named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

import sympy as sp

from symdl.core import Activation
from symdl.core.array_graph import graph
from symdl.core.array_inverse import Inverse
from symdl.core.arrays import (
    ArgMax,
    Array,
    ArrayExpr,
    Call,
    Constant,
    Contract,
    Map,
    Reduce,
    Repeat,
    ScalarFunction,
    Scatter,
    Select,
    Slope,
)
from symdl.core.chains import Chain, Collected, Final
from symdl.core.errors import UnsupportedOperation
from symdl.core.programs import Assign, Loop, Operand, Program
from symdl.core.symbols import symbol

from .array_activations import routine_names
from .array_exponentials import exponentials
from .array_formulas import Formulas, is_number_of_entries, number_of_entries
from .array_moves import moved
from .array_passes import cleaned
from .array_scalars import functions_applied, with_scalar_functions
from .array_scaling import PowerOfTwo, Scaled, Share
from .array_stable import Exponentials, stabilise
from .array_values import Builder, Shape
from .text import argument_name, size_name


@dataclass(frozen=True)
class Lowered:
    """A program and what is known of its values: shapes, those with given names, names without numbers.

    ``taken`` are names of other things in the function. ``rows`` is the input of a program that takes
    arrays of vectors.
    """

    program: Program
    shapes: Mapping[str, Shape]
    labelled: frozenset[str]
    bases: Mapping[str, str]
    taken: frozenset[str]
    rows: str = ""
    functions: tuple[Activation, ...] = ()
    """The activations that it calls, themselves or their derivatives."""
    owned: frozenset[str] = frozenset()
    """Inputs that may be written into."""


def lower(
    name: str,
    inputs: Sequence[str],
    outputs: Mapping[str, ArrayExpr],
    *,
    rows: bool = False,
    reserved: Sequence[str] = (),
    scalar_functions: bool = False,
    wide: bool = False,
) -> Lowered:
    """The program that computes the outputs from the inputs: arrays and functions.

    ``reserved`` are names that values must not take. With ``rows`` the expressions are those of one
    vector, and the program takes arrays of vectors. With ``scalar_functions`` formulas of one argument
    become functions of their own. With ``wide`` the program gets float32 inputs as float64 arrays of its own,
    and its results are rounded to float32.
    Raises :class:`UnsupportedOperation` for what NumPy code cannot say.

    >>> from symdl.core.arrays import array
    >>> W, x = array("W", "out", "in"), array("x", "in")
    >>> [s.operation for s in lower("f", ("W", "x"), {"y": W @ x}).program.statements()]
    ['matmul']
    """
    forms, labels = stabilise(*outputs.values())
    if scalar_functions:
        forms, labels = with_scalar_functions(forms, labels)
    functions = functions_applied(graph(*forms))
    reserved = (*reserved, *routine_names(functions))
    taken = frozenset({*inputs, *outputs, *reserved, *_sizes(outputs.values())})
    builder = Builder(set(taken), rows, wide)
    lowering = _Lowering(builder, labels)
    lowering.compute(outputs, forms)
    inputs = (*inputs, *(name for name in routine_names(functions) if name not in inputs))
    body = cleaned(tuple(builder.scopes[0].body), tuple(inputs), tuple(outputs))
    labelled = frozenset({*lowering.labelled, *outputs})
    return Lowered(
        Program(name, tuple(inputs), tuple(outputs), body),
        builder.shapes,
        labelled,
        builder.bases,
        taken,
        inputs[0] if rows else "",
        functions,
        frozenset(inputs if wide else ()),
    )


def _sizes(outputs: Iterable[ArrayExpr]) -> Iterator[str]:
    """The names of sizes, which are variables too."""
    for node in graph(*outputs):
        yield from (size_name(d.name) for d in node.dimensions)
        if isinstance(node, Final | Collected):
            yield from (node.chain.depth, node.chain.index)


@dataclass
class _Lowering:
    """Lowers nodes into the blocks of a builder; ``demands`` are the results that are used of each chain."""

    build: Builder
    labels: Mapping[ArrayExpr, str]
    demands: dict[Chain, list[Final | Collected]] = field(default_factory=dict)
    labelled: set[str] = field(default_factory=set)

    def compute(self, outputs: Iterable[str], forms: Sequence[ArrayExpr]) -> None:
        """Assign the forms to the outputs, when all of them are worked out."""
        for node in graph(*forms):
            if isinstance(node, Final | Collected):
                self.demands.setdefault(node.chain, []).append(node)
        results = [self.array(form) for form in forms]
        for result, output in zip(results, outputs, strict=True):
            self.build.emit(Assign(output, "copy", (result,)))
            self.build.shapes[output] = self.build.shapes[result]

    def array(self, expr: ArrayExpr) -> str:
        """The name of the value of an expression, in its full shape."""
        for node in graph(expr):
            if self.build.known(node) is None and not isinstance(node, Repeat | Constant):
                self._define(node, self._value(node))
        found = self.build.known(expr)
        return found if found is not None else self._full(expr)

    def _define(self, node: ArrayExpr, value: str) -> None:
        if node in self.labels:
            value = self.build.rename(value, self.labels[node])
            self.labelled.add(value)
        self.build.scopes[-1].nodes[node] = value

    def _full(self, node: ArrayExpr) -> str:
        """A constant or a repetition, written out."""
        if isinstance(node, Constant):
            return self.build.operation("full", node.value, shape=node.dimensions)
        return self.build.operation("repeat", self._view(node), shape=node.dimensions)

    def _view(self, node: ArrayExpr) -> str:
        """A value that stretches to the shape of the node."""
        if not isinstance(node, Repeat):
            return self.array(node)
        value = self._view(node.operands[0])
        if not node.operands[0].rank and not self.build.rows:
            value = self.build.operation("cast", value, shape=())
        return self.build.expand(value, node.axis - node.rank)

    def _value(self, node: ArrayExpr) -> str:
        if node.level and not isinstance(node, Array | Collected):
            raise UnsupportedOperation(f"{node!r} combines families outside of a chain, for which there is no code")
        match node:
            case Array(name=name):
                self.build.shapes[name] = node.dimensions
                return name
            case Map():
                return self._stretched(node, self._map(node))
            case Exponentials():
                return self._exponentials(node)
            case PowerOfTwo() | Scaled():
                return self._scaled_rows(node)
            case Share(added=added):
                return self.build.operation("divide", sp.sqrt(sp.Abs(added)), self.array(node.operands[0]))
            case Contract():
                return self._contraction(node)
            case Reduce(kind=kind):
                return self._reduction("sum" if kind == "sum" else "max", node)
            case ArgMax():
                return self._reduction("argmax", node)
            case Select(axis=axis):
                back = axis - node.operands[0].rank
                if isinstance(node.operands[1], Constant):
                    which = f"{node.operands[1].value}, {back}"
                    return self.build.operation(
                        "pick", self.array(node.operands[0]), specification=which, shape=node.dimensions
                    )
                chosen = self.build.along("take", self.array(node.operands[0]), back, self._index(node, back))
                return self.build.squeeze(chosen, back)
            case Scatter(axis=axis):
                back = axis - node.rank
                index = self._index(node, back)
                return self.build.operation("scatter", index, specification=str(back), shape=node.dimensions)
            case Call(function=function):
                operands = (function.name, *map(self.array, node.operands))
                return self.build.operation("call", *operands, shape=node.dimensions)
            case Final() | Collected():
                self._chain(node.chain)
                return str(self.build.known(node))
        return moved(self.build, node, tuple(map(self.array, node.operands)))

    def _index(self, node: ArrayExpr, axis: int) -> str:
        index = node.operands[1]
        if isinstance(index, Constant):
            value = self.build.operation("full", index.value, specification="integer", shape=index.dimensions)
            return self.build.expand(value, axis, always=True)
        return self.build.expand(self.array(index), axis, always=True)

    def _stretched(self, node: ArrayExpr, value: Operand) -> str:
        if not isinstance(value, str):
            return self.build.operation("full", value, shape=node.dimensions)
        if self.build.shapes[value] == node.dimensions:
            return value
        return self.build.operation("repeat", value, shape=node.dimensions)

    def _map(self, node: Map) -> Operand:
        if not isinstance(node.function, sp.Lambda):
            name = _function_name(node.function)
            kind = "slope" if name.endswith("_derivative") else "value"
            operands = (name, *map(self.array, node.operands))
            chosen = _parameters(node.function)
            return self.build.operation("call", *operands, specification=chosen, shape=node.dimensions, name=kind)
        scaled = None if node.rank or self.build.rows else self._scaled_total(node)
        if scaled is not None:
            return scaled
        return self._formulas(node).of(node.function.expr)

    def _formulas(self, node: Map) -> Formulas:
        """What lowers the formula of a map."""
        assert isinstance(node.function, sp.Lambda)
        arguments = dict(zip(node.function.variables, node.operands, strict=True))
        values = {variable: self._view(operand) for variable, operand in arguments.items()}
        slopes = {v for v, o in arguments.items() if isinstance(o, Map) and isinstance(o.function, Slope)}
        return Formulas(self.build, values, frozenset(slopes))

    def _exponentials(self, node: Exponentials, scale: Operand | None = None) -> str:
        z = self.array(node.operands[0])
        axis = node.axis - node.operands[0].rank
        index = self._index(node, axis) if len(node.operands) > 1 else None
        return exponentials(self.build, node, z, index, scale)

    def _scaled_rows(self, node: PowerOfTwo | Scaled) -> str:
        """The power of two of each row, or the rows divided by it."""
        rows = self.array(node.operands[0])
        axis = node.axis - node.operands[0].rank
        largest = self.build.along("max", self.build.operation("absolute", rows), axis)
        if node.added != 0:
            largest = self.build.operation("maximum", largest, sp.sqrt(sp.Abs(node.added)))
        power = self.build.operation("power_of_two", largest)
        if isinstance(node, PowerOfTwo):
            return self.build.squeeze(power, axis)
        return self.build.operation("divide", rows, power, name="scaled")

    def _contraction(self, node: Contract) -> str:
        product = _matrix_product(node.subscripts)
        if product == ((0, 1), "nn") and isinstance(node.operands[0], Inverse):
            matrix, right = self.array(node.operands[0].operands[0]), self.array(node.operands[1])
            return self.build.operation("solve", matrix, right, shape=node.dimensions)
        operands = tuple(map(self.array, node.operands))
        if product is None:
            distinct = len(set(node.subscripts.split("->")[1])) == node.rank
            operation = "einsum" if distinct else "diagonal"
            return self.build.operation(operation, *operands, specification=node.subscripts, shape=node.dimensions)
        order, transposed = product
        operands = tuple(operands[i] for i in order)
        return self.build.operation("matmul", *operands, specification=transposed, shape=node.dimensions)

    def _reduction(self, operation: str, node: ArrayExpr) -> str:
        innermost = _innermost(node)
        if operation == "sum" and not node.rank and not self.build.rows:
            return self.build.operation("total", self._summed(innermost), shape=())
        axis = node.axis - node.operands[0].rank if isinstance(node, Reduce | ArgMax) else -1
        of_powers = isinstance(node.operands[0], Exponentials) and node.operands[0].kind == "powers"
        if operation == "sum" and of_powers and not self.build.wide:
            operation = "sum_of_powers"
        return self.build.squeeze(self.build.along(operation, self.array(node.operands[0]), axis), axis)

    def _summed(self, node: ArrayExpr) -> str:
        return self.build.unsqueezed(self.array(node))

    def _scaled_total(self, node: Map) -> str | None:
        """A sum over all axes divided by n, such as a mean: scaled by a power of two before it can overflow."""
        count = _divisor(node)
        if count is None or self.build.wide:
            return None
        term = _innermost(node.operands[0])
        root = _square_root(term)
        whole = number_of_entries(count if is_number_of_entries(count) else -count)
        scale = self.build.operation("scale", whole, specification="square" if root else "", shape=())
        factor = symbol(scale)
        if root is not None:
            inner = Formulas(self.build, {v: self._view(o) for v, o in root[1].items()}).of(root[0])
            scaled = self.build.operation("multiply", self._stretched(term, inner), factor)
            value = self.build.operation("square", scaled)
            factor = factor**2
        elif isinstance(term, Exponentials):
            value = self.build.unsqueezed(self._exponentials(term, factor))
        elif isinstance(term, Map) and isinstance(term.function, sp.Lambda):
            terms = sp.Add.make_args(term.function.expr)
            value = self._stretched(term, self._formulas(term).of(sp.Add(*(part * factor for part in terms))))
        else:
            value = self.build.operation("multiply", self._summed(term), factor)
        total = self.build.operation("total", value, shape=())
        return self.build.operation("divide", total, count * factor)

    def _chain(self, scan: Chain) -> None:
        """The loop of a chain; what only the carry needs is left out at the last level if nobody asks for it."""
        demands = self.demands[scan]
        sources = [self.array(source) for _, source in scan.families]
        start = self.array(scan.start)
        carry = self.build.unique(scan.carry.name)
        lists = {node: self._family(node, scan) for node in demands if isinstance(node, Collected)}
        self._copied(carry, start)
        final = next((node for node in demands if isinstance(node, Final)), None)
        with self.build.block() as scope:
            self._holders(scan, carry, sources)
            for node, name in lists.items():
                self.build.emit(Assign(name, "store", (name, self.array(node.node)), scan.index))
            between = len(scope.body) if final is None else None
            self._copied(carry, self.array(scan.body))
        body = tuple(scope.body)
        self.build.emit(Loop(scan.index, scan.depth, body[:between], scan.backward, body[between:] if between else ()))
        if final is not None:
            self.build.scopes[-1].nodes[final] = carry
            self.build.shapes[carry] = final.dimensions

    def _family(self, node: Collected, scan: Chain) -> str:
        label = self.labels.get(node) or self.labels.get(node.node) or getattr(node.node, "name", "saved")
        name = self.build.unique(f"{label}s")
        self.build.emit(Assign(name, "family", (), scan.depth))
        self.build.shapes[name] = ()
        self.build.scopes[-1].nodes[node] = name
        return name

    def _holders(self, scan: Chain, carry: str, sources: Sequence[str]) -> None:
        nodes = self.build.scopes[-1].nodes
        nodes[scan.carry] = carry
        self.build.shapes[carry] = scan.carry.dimensions
        for (holder, _), source in zip(scan.families, sources, strict=True):
            shape = holder.dimensions
            nodes[holder] = self.build.operation("member", source, specification=scan.index, shape=shape)

    def _copied(self, target: str, value: str) -> None:
        self.build.emit(Assign(target, "copy", (value,)))
        self.build.shapes[target] = self.build.shapes[value]


def _function_name(scalar: ScalarFunction) -> str:
    if isinstance(scalar, Slope):
        if scalar.order > 1:
            raise UnsupportedOperation(
                f"the derivative of order {scalar.order} of {scalar.activation.name} has no code"
            )
        return f"{scalar.activation.name}_derivative"
    return str(scalar.name)


def _parameters(scalar: ScalarFunction) -> str:
    """The keywords of the parameters of an activation, each with the name of its symbol."""
    activation = scalar.activation if isinstance(scalar, Slope) else scalar
    parameters = activation.parameters if isinstance(activation, Activation) else ()
    return ",".join(f"{argument_name(p.name)}:{p.symbol.name}" for p in parameters)


def _matrix_product(subscripts: str) -> tuple[tuple[int, int], str] | None:
    """The order of the factors and which are transposed ("nt"), where a contraction is a product of two.

    Products of stacks of matrices have the letters of the stack in front; their transposes are "s".
    """
    inputs, output = subscripts.split("->")
    groups = inputs.split(",")
    if len(groups) != 2:
        return None
    stacked = len(list(takewhile(lambda letters: len(set(letters)) == 1, zip(*groups, output, strict=False))))
    groups, output = [group[stacked:] for group in groups], output[stacked:]
    if not all((2 if stacked else 1) <= len(group) == len(set(group)) <= 2 for group in groups):
        return None
    shared = set(groups[0]) & set(groups[1])
    free = [[letter for letter in group if letter not in shared] for group in groups]
    if len(shared) != 1 or sorted(output) != sorted(free[0] + free[1]):
        return None
    order = (1, 0) if output and output[0] in free[1] and free[0] else (0, 1)
    left, right = (groups[i] for i in order)
    (summed,) = shared
    turned = "s" if stacked else "t"
    return order, (turned if left[-1] != summed else "n") + (turned if right[0] != summed else "n")


def _innermost(node: ArrayExpr) -> ArrayExpr:
    """What a sum over several axes is taken of."""
    while isinstance(node, Reduce) and node.kind == "sum":
        node = node.operands[0]
    return node


def _divisor(node: Map) -> sp.Expr | None:
    """n, where a scalar is the sum over all axes of an array, divided by a number n or -n that grows with sizes."""
    (total, *others) = node.operands
    if others or not isinstance(total, Reduce) or total.kind != "sum" or not isinstance(node.function, sp.Lambda):
        return None
    (variable,) = node.function.variables
    count = variable / node.function.expr
    return count if is_number_of_entries(count) or is_number_of_entries(-count) else None


def _square_root(node: ArrayExpr) -> tuple[sp.Expr, dict[sp.Symbol, ArrayExpr]] | None:
    """The formula whose square an array is."""
    if not isinstance(node, Map) or not isinstance(node.function, sp.Lambda):
        return None
    base, exponent = node.function.expr.as_base_exp()
    if exponent != 2:
        return None
    return base, dict(zip(node.function.variables, node.operands, strict=True))
