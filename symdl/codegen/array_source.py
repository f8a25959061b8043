"""Programs over arrays to lines of NumPy: plain formulas, in place where a buffer is free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

import sympy as sp

from symdl.core.dimensions import Dimension
from symdl.core.errors import UnsupportedOperation
from symdl.core.programs import Assign, Loop, Operand
from symdl.core.symbols import function, symbol

from . import text
from .array_buffers import ELEMENTWISE, Buffers, buffers
from .array_lowering import Lowered
from .array_moves import OPERATIONS as MOVES
from .array_moves import called
from .array_passes import Block, reads
from .array_values import Shape
from .array_workspace import Workspace, early, planned
from .source import COMPARISONS, NUMPY
from .special_source import SPECIAL

_SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
_COMPARED = dict(zip(COMPARISONS, ("<", "<=", ">", ">=", "=="), strict=True))
_SIZE = function("size")
_REDUCTIONS = {"sum": "np.add.reduce", "max": "np.maximum.reduce", "argmax": "np.argmax"}


def source_lines(
    lowered: Lowered, out: str = "", names: Mapping[sp.Symbol, str] | None = None, kept: bool = False
) -> list[str]:
    """The statements of a function body; the result goes to the array ``out``, if one is named.

    ``names`` are the variables of scalar parameters. ``kept`` puts products, sums and values of functions
    in arrays that live on from call to call, through ``keep``.

    Raises :class:`UnsupportedOperation` for what has no NumPy spelling.
    """
    lowered = early(lowered) if kept else lowered
    own = buffers(lowered)
    workspace = planned(lowered, own.names) if kept else Workspace()
    printer = _Printer(lowered, own, reads(lowered.program.body), out, names or {}, workspace)
    return list(printer.block(lowered.program.body))


@dataclass
class _Printer:
    """``inline`` has the expressions of values that are no variables."""

    lowered: Lowered
    buffers: Buffers
    counts: Counter[str]
    out: str
    scalars: Mapping[sp.Symbol, str]
    workspace: Workspace
    inline: dict[str, str] = field(default_factory=dict)
    places: dict[tuple[str, Shape], str] = field(default_factory=dict)
    """The variables of this block that hold the places of entries along the last axis, by index and shape."""

    def block(self, block: Block) -> Iterator[str]:
        """The lines of a block of statements."""
        skipped = False
        around, self.places = self.places, {}
        for statement, following in zip(block, (*block[1:], None), strict=True):
            if skipped:
                skipped = False
            elif isinstance(statement, Loop):
                yield from self._loop(statement)
            else:
                destination = self._destination(statement, following)
                skipped = destination is not None
                yield from self._statement(statement, destination)
        self.places = around

    def _destination(self, statement: Assign, following: Assign | Loop | None) -> str | None:
        """Where the value goes when the next statement only puts it there."""
        if not isinstance(following, Assign) or self.counts[statement.target] != 1:
            return None
        if statement.target in self.buffers.written_into or statement.operation in ("member", "expand", "put"):
            return None
        if following.operation == "copy" and following.operands == (statement.target,):
            return self._name(following.target)
        if following.operation == "store" and following.operands[1] == statement.target:
            return f"{self._name(following.target)}[{following.specification}]"
        return None

    def _loop(self, loop: Loop) -> Iterator[str]:
        levels = f"range({loop.count})"
        yield f"for {loop.index} in {f'reversed({levels})' if loop.backward else levels}:"
        yield from (f"    {line}" for line in self.block(loop.body))
        if loop.between:
            yield f"    if {loop.index} > 0:" if loop.backward else f"    if {loop.index} + 1 < {loop.count}:"
            yield from (f"        {line}" for line in self.block(loop.between))

    def _statement(self, statement: Assign, destination: str | None) -> Iterator[str]:
        target = statement.target
        operands = [self._operand(o) for o in statement.operands]
        if statement.operation in ("member", "expand"):
            self.inline[target] = self._expression(statement, operands)
        elif statement.operation == "store":
            yield f"{self._name(target)}[{statement.specification}] = {operands[1]}"
        elif statement.operation == "family":
            yield f"{self._name(target)}: list[Any] = [None] * {statement.specification}"
        elif statement.operation in ("put", "scatter"):
            yield from self._placed(statement, operands)
        elif statement.operation == "take" and statement.specification == "-1 kept":
            yield from self._found(statement, operands)
            place = self._place(statement, operands)
            yield f"{destination or self._name(target)} = {operands[0]}.take({place})"
        elif target in self.workspace.into:
            place = self._operand(self.workspace.into[target])
            yield f"{self._name(target)} = {self._call(statement, operands)[:-1]}, out={place})"
        elif target in self.buffers.written_into:
            yield self._in_place(statement, operands)
        elif self._goes_out(statement):
            yield f"{self._name(target)} = {self._call(statement, operands)[:-1]}, out={self.out})"
        else:
            yield f"{destination or self._name(target)} = {self._expression(statement, operands)}"

    def _goes_out(self, statement: Assign) -> bool:
        is_output = statement.target in self.lowered.program.outputs and self.lowered.shapes[statement.target] != ()
        return bool(self.out) and is_output and statement.operation in ELEMENTWISE | {"matmul"}

    def _placed(self, statement: Assign, operands: list[str]) -> Iterator[str]:
        name, axis = self._name(statement.target), statement.specification
        if statement.operation == "scatter":
            yield f"{name} = np.zeros({self._shape(statement.target)}, dtype)"
            operands = [name, operands[0], "1.0"]
        elif statement.target not in self.buffers.written_into:
            yield f"{name} = {operands[0]}.copy()"
        if statement.operation == "put" and axis == "-1":
            yield from self._found(statement, [name, *operands[1:]])
            yield f"{name}.put({self._place(statement, operands)}, {operands[2]})"
        else:
            yield f"np.put_along_axis({name}, {operands[1]}, {operands[2]}, axis={axis})"

    def _found(self, statement: Assign, operands: list[str]) -> Iterator[str]:
        """The line that finds the places of entries in an array, if they are not known."""
        values, index = operands[:2]
        key = index, self.lowered.shapes[str(statement.operands[0])]
        if key not in self.places:
            taken = {*self.buffers.names.values(), *self.lowered.taken, *self.places.values()}
            self.places[key] = next(name for name in _numbered("places") if name not in taken)
            yield f"{self.places[key]} = _places({values}, {index})"

    def _place(self, statement: Assign, operands: list[str]) -> str:
        return self.places[operands[1], self.lowered.shapes[str(statement.operands[0])]]

    def _in_place(self, statement: Assign, operands: list[str]) -> str:
        name = self._name(statement.target)
        sign = _SIGNS.get(statement.operation)
        if sign and operands[0] == name:
            return f"{name} {sign}= {operands[1]}"
        if sign in ("+", "*") and operands[1] == name:
            return f"{name} {sign}= {operands[0]}"
        return f"{self._call(statement, operands)[:-1]}, out={name})"

    def _expression(self, statement: Assign, operands: list[str]) -> str:
        operation, specification = statement.operation, statement.specification
        if statement.target in self.workspace.slots:
            return self._kept(statement, operands)
        match operation:
            case "copy":
                is_input = statement.operands[0] in self.lowered.program.inputs
                kept = is_input and statement.target in self.lowered.program.outputs
                return f"np.array({operands[0]})" if kept else operands[0]
            case "member":
                return f"{operands[0]}[{specification}]"
            case "expand":
                added = "[..., np.newaxis]" if specification == "-1" else ""
                return f"{operands[0]}{added}" if added else f"np.expand_dims({operands[0]}, {specification})"
            case "squeeze":
                return f"np.squeeze({operands[0]}, axis={specification})"
            case "call":
                return f"{operands[0]}({', '.join([*operands[1:], *self._options(specification)])})"
            case "matmul":
                return " @ ".join(self._turned(statement, operands))
            case "scale":
                return scale_of(statement)
        if operation in _SIGNS:
            return f" {_SIGNS[operation]} ".join(self._operand(o, wrapped=True) for o in statement.operands)
        if operation in _COMPARED:
            return f"({f' {_COMPARED[operation]} '.join(operands)})"
        return self._call(statement, operands)

    def _kept(self, statement: Assign, operands: list[str]) -> str:
        """The value in its slot."""
        name, level = self.workspace.slots[statement.target]
        if statement.operation == "call":
            called = [*operands, *self._options(statement.specification)]
            return f'keep.called("{name}", {level}, {", ".join(called)})'
        if statement.operation == "sum" and statement.specification == "-2" and self._rank(statement.operands[0]) == 2:
            return f'keep.sums("{name}", {level}, {operands[0]})'
        function, _, rest = self._call(statement, operands).partition("(")
        return f'keep("{name}", {level}, {function}, {rest}'

    def _rank(self, operand: Operand) -> int:
        return len(self.lowered.shapes[str(operand)])

    def _options(self, specification: str) -> Iterator[str]:
        """The parameters of the program that a function takes too."""
        for pair in filter(None, specification.split(",")):
            keyword, _, name = pair.partition(":")
            if symbol(name) in self.scalars:
                yield f"{keyword}={self.scalars[symbol(name)]}"

    def _turned(self, statement: Assign, operands: list[str]) -> list[str]:
        flags = statement.specification
        turns = {"t": ".T", "s": ".swapaxes(-1, -2)", "n": ""}
        return [f"{operand}{turns[flag]}" for operand, flag in zip(operands, flags, strict=True)]

    def _call(self, statement: Assign, operands: list[str]) -> str:
        """The operation as a call of a NumPy function."""
        operation, arguments = statement.operation, ", ".join(operands)
        axis, _, kept = statement.specification.partition(" ")
        match operation:
            case "matmul":
                return f"np.matmul({', '.join(self._turned(statement, operands))})"
            case "sum" | "max" | "argmax":
                return f"{_REDUCTIONS[operation]}({arguments}, axis={axis}{', keepdims=True' if kept else ''})"
            case "sum_of_powers":
                return f"_sum_of_powers({arguments}, {axis})"
            case "scaled_exp" | "power_of_two":
                return f"_{operation}({arguments})"
            case "total":
                return f"np.add.reduce({arguments}, axis=None, dtype=np.float64)"
            case "take":
                return f"np.take_along_axis({arguments}, axis={axis})"
            case "einsum":
                fast = ", optimize=True" if len(operands) > 1 else ""
                product = f'np.einsum("{statement.specification}", {arguments}{fast})'
                return product if len(operands) > 1 else f"np.array({product})"
            case "full":
                value = f"{statement.operands[0]}" if axis == "integer" else f"{arguments}, dtype"
                return f"np.full({self._shape(statement.target)}, {value})"
            case "cast":
                return f"dtype.type({arguments})"
            case "repeat":
                return f"np.array(np.broadcast_to({arguments}, {self._shape(statement.target)}))"
        if operation in MOVES:
            return called(operation, operands, statement.specification)
        if operation == "diagonal":
            return f'_on_diagonal("{statement.specification}", {arguments})'
        if operation in SPECIAL:
            return f"_applied({NUMPY[operation]}, {arguments})"
        if operation not in NUMPY:
            raise UnsupportedOperation(f"{operation} of arrays has no NumPy spelling")
        return f"{NUMPY[operation]}({arguments})"

    def _name(self, value: str) -> str:
        return self.buffers.names.get(value, value)

    def _operand(self, operand: Operand, wrapped: bool = False) -> str:
        if isinstance(operand, str):
            return self.inline.get(operand, self._name(operand))
        named = with_names(operand)
        if not named.free_symbols:
            return text.number(named)
        written = text.scalar(named, {s: self.scalars.get(s, self._name(s.name)) for s in named.free_symbols})
        return f"({written})" if wrapped and not named.is_Symbol else written

    def _shape(self, value: str) -> str:
        if self.lowered.rows:
            return f"{self.lowered.rows}.shape" + ("" if self.lowered.shapes[value] else "[:-1]")
        names = [_size_name(d) for d in self.lowered.shapes[value] if d is not None]
        return f"({names[0]},)" if len(names) == 1 else f"({', '.join(names)})"


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{number}" for number in count(2))


def scale_of(statement: Assign) -> str:
    """A power of two that makes the sum of that many terms no larger than the largest of them."""
    count = str(with_names(sp.sympify(statement.operands[0])))
    bits = f"({count} - 1).bit_length()"
    return f"0.5 ** (({bits} + 1) // 2)" if statement.specification == "square" else f"0.5**{bits}"


def with_names(expr: sp.Expr) -> sp.Expr:
    """Sizes as the variables that hold them."""
    sizes = {node: Dimension.read(str(node.args[0])) for node in expr.atoms(_SIZE)}
    return expr.xreplace({node: symbol(_size_name(dimension)) for node, dimension in sizes.items()})


def _size_name(dimension: Dimension) -> str:
    if dimension.formula is not None and dimension.formula.is_number:
        return str(dimension.formula)
    if dimension.level:
        raise UnsupportedOperation(f"the size {dimension} of a level is not a variable of generated code")
    return text.size_name(dimension.name)
