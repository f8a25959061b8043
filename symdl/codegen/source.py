"""Programs to lines of NumPy: in-place ufuncs on few named buffers, ``out`` written once, at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from keyword import kwlist
from string import ascii_lowercase

import sympy as sp

from symdl.core import UnsupportedOperation, to_text
from symdl.core.operations import OPERATIONS
from symdl.core.programs import Assign, Operand, Program

from .clips import CLIP, CLIPS, clip_call, with_clips
from .rounding import ROUNDING
from .special_source import SPECIAL
from .text import number, prose, scalar

NUMPY: dict[str, str] = {name: f"_{name}" if name in SPECIAL else f"np.{name}" for name in OPERATIONS} | {
    "negate": "np.negative",
    "where": "np.where",
}
"""The NumPy column of the operation table; the functions of ``SPECIAL`` are defined in the modules that need them."""
MEANINGS = {name: operation.meaning for name, operation in OPERATIONS.items()} | CLIPS
COMPARISONS = ("less", "less_equal", "greater", "greater_equal", "equal")
_IN_CODE = {**ROUNDING, **{name: f"np.{name}" for name in CLIPS}}
_PLAIN = ("add", "subtract", "multiply", "divide", "negate", "absolute", "square", "maximum", "minimum", "copy", *CLIPS)
_COMMENT_WIDTH = 44
_WORDS = frozenset(kwlist)


@dataclass(frozen=True)
class Lines:
    """The body of an elementwise function, and the scratch buffers that it needs."""

    body: tuple[str, ...]
    buffers: tuple[str, ...]
    scalars: tuple[str, ...] = ()


def elementwise(
    program: Program,
    names: Mapping[sp.Symbol, str],
    taken: Iterable[str] = (),
    in_place: bool = False,
    buffers: Iterable[str] = (),
    early: bool = False,
) -> Lines:
    """The statements of a program over arrays of one shape; its outputs are arrays that exist.

    ``names`` maps scalar symbols to Python names, ``taken`` are names that must stay free. Each
    statement is one line; a buffer is reused as soon as its value is not needed any more. Outputs
    are written by the last statement of their assignment, or ``in_place`` as soon as their old
    value is not needed. ``buffers`` are names of scratch buffers that are used first. With ``early`` values
    go to the one output, which may be an input too, as soon as no input is read any more.

    >>> x = sp.Symbol("x", real=True)
    >>> body = (Assign("t0", "exp", ("x",)), Assign("out", "add", ("t0", sp.Integer(1))))
    >>> elementwise(Program("f", ("x",), ("out",), body), {}).body
    ('np.exp(x, out=a)  # exp(x)', 'np.add(a, 1.0, out=out)')
    """
    return _Printer(program, names, taken, in_place, buffers, early).lines()


class _Printer:
    def __init__(
        self,
        program: Program,
        names: Mapping[sp.Symbol, str],
        taken: Iterable[str],
        in_place: bool,
        buffers: Iterable[str],
        early: bool,
    ) -> None:
        self.statements = with_clips([s for s in program.body if isinstance(s, Assign)])
        self.inputs = frozenset(program.inputs)
        alone = len(program.outputs) == 1 and not any(
            s.operation in (*COMPARISONS, "where", *ROUNDING) for s in self.statements
        )
        self.early = early and alone
        self.explained = not any(statement.operation in ROUNDING for statement in self.statements)
        self.names = dict(names)
        self.arrays = frozenset(program.outputs)
        self.in_place = in_place
        self.first = program.inputs[0]
        self.places: dict[str, str] = {name: name for name in (*program.inputs, *program.outputs)}
        self.meanings: dict[str, sp.Basic] = {name: sp.Symbol(name, real=True) for name in self.places}
        known = {*self.places, *names.values(), *taken}
        self.letters = [name for name in letters() if name not in known]
        self.constants = [name for name in (f"c{i}" for i in range(1, 100)) if name not in known]
        self.scalars: dict[str, str] = {}
        self.free: list[str] = []
        self.buffers: list[str] = []
        self.body: list[str] = []

    def lines(self) -> Lines:
        """All statements as lines."""
        for index, statement in enumerate(self.statements):
            self._print(statement, index)
        scalars = tuple(f"{name} = {text}" for text, name in self.scalars.items())
        return Lines(tuple(self.body), tuple(sorted(self.buffers)), scalars)

    def _print(self, statement: Assign, index: int) -> None:
        operands = [self._operand(operand) for operand in statement.operands]
        target = statement.target
        if self.explained:
            self.meanings[target] = sp.Symbol(target, real=True) if target in self.arrays else self._meaning(statement)
        alive = {o for later in self.statements[index + 1 :] for o in later.operands if isinstance(o, str)}
        for name in dict.fromkeys(o for o in statement.operands if isinstance(o, str) and o not in alive):
            if self.places[name] in self.buffers:
                self.free.append(self.places[name])
        if statement.operation in COMPARISONS:
            self._comparison(statement, operands)
        elif statement.operation == "copy":
            self.body.append(f"np.copyto({self._place(statement.target, index)}, {operands[0]})")
        elif statement.operation == "where":
            self._selection(statement, index, operands)
        else:
            self._ufunc(statement, index, operands)

    def _comparison(self, statement: Assign, operands: list[str]) -> None:
        """In the statement that uses it, unless an operand may change before."""
        condition = _infix(statement.operation, operands)
        self.places[statement.target] = f"({condition})"
        if self._uses(statement.target) > 1 or any(o in self.buffers or o in self.arrays for o in operands):
            self.body.append(f"{self._named(statement.target)} = {condition}")

    def _selection(self, statement: Assign, index: int, operands: list[str]) -> None:
        if operands[1:] == ["1.0", "0.0"]:
            self.body.append(f"np.copyto({self._place(statement.target, index)}, {_bare(operands)[0]})")
            return
        chosen = ", ".join(_bare(operands))
        value = f"np.where({chosen})" if self.in_place else f"_select({chosen}, {self.first}.dtype)"
        if statement.target in self.arrays:
            self.body.append(f"np.copyto({statement.target}, {value})")
        else:
            comment = self._comment(statement.target, statement.operation)
            self.body.append(f"{self._named(statement.target)} = {value}{comment}")

    def _ufunc(self, statement: Assign, index: int, operands: list[str]) -> None:
        if all(not isinstance(o, str) for o in statement.operands):
            raise UnsupportedOperation(f"{statement.operation} of constants is not elementwise")
        place = self._place(statement.target, index)
        comment = "" if statement.target in self.arrays else self._comment(statement.target, statement.operation)
        if statement.operation == CLIP:
            self.body.append(clip_call(operands, place))
            return
        function = _IN_CODE.get(statement.operation) or NUMPY[statement.operation]
        self.body.append(f"{function}({', '.join(operands)}, out={place})" + comment)

    def _place(self, target: str, index: int) -> str:
        """Where a result goes: its array, the array that it is on its way to, or a buffer."""
        if target in self.arrays:
            return target
        place = self._destination(target, index) if self.in_place else self._output(index) if self.early else None
        if place is None:
            return self._buffer(target)
        self.places[target] = place
        return place

    def _output(self, index: int) -> str | None:
        """The output, if it holds nothing of use, and neither does any input."""
        (output,) = self.arrays
        read = {o for later in self.statements[index + 1 :] for o in later.operands if isinstance(o, str)}
        busy = any(place == output and name in read for name, place in self.places.items())
        return None if busy or not read.isdisjoint(self.inputs) else output

    def _destination(self, target: str, index: int) -> str | None:
        """The next array that is assigned, if its old value is not read again before."""
        for position, later in enumerate(self.statements[index + 1 :], index + 1):
            if later.target in self.arrays:
                between = self.statements[index + 1 : position + 1]
                read = any(later.target in statement.operands for statement in between)
                held = [name for name, place in self.places.items() if place == later.target and name != later.target]
                busy = any(name in statement.operands for name in held for statement in between)
                outlives = any(target in statement.operands for statement in self.statements[position + 1 :])
                return None if read or busy or outlives else later.target
        return None

    def _uses(self, target: str) -> int:
        return sum(statement.operands.count(target) for statement in self.statements)

    def _buffer(self, target: str) -> str:
        """A buffer that holds nothing of use, or a new one."""
        place = next((name for name in self.free if name in self.buffers), None)
        if place is None:
            place = self.letters.pop(0)
            self.buffers.append(place)
        else:
            self.free.remove(place)
        self.places[target] = place
        return place

    def _named(self, target: str) -> str:
        """A new name for an array that NumPy allocates."""
        self.places[target] = self.letters.pop(0)
        return self.places[target]

    def _operand(self, operand: Operand) -> str:
        if isinstance(operand, str):
            return self.places[operand]
        if not operand.free_symbols:
            return number(operand)
        text = scalar(operand, self.names)
        if operand.is_Symbol or (-operand).is_Symbol:
            return text
        if text not in self.scalars:
            self.scalars[text] = self.constants.pop(0)
        return self.scalars[text]

    def _meaning(self, statement: Assign) -> sp.Basic:
        values = [self.meanings[o] if isinstance(o, str) else o for o in statement.operands]
        return values[0] if statement.operation == "copy" else MEANINGS[statement.operation](*values)

    def _comment(self, target: str, operation: str) -> str:
        if operation in _PLAIN or not self.explained:
            return ""
        text = prose(to_text(self.meanings[target]))
        return f"  # {text}" if len(text) <= _COMMENT_WIDTH and "\n" not in text else ""


def letters() -> Iterator[str]:
    """a, b, ..., z, aa, ab, ..."""
    yield from ascii_lowercase
    yield from (
        first + second for first in ascii_lowercase for second in ascii_lowercase if first + second not in _WORDS
    )


def _infix(operation: str, operands: Iterable[str]) -> str:
    signs = dict(zip(COMPARISONS, ("<", "<=", ">", ">=", "=="), strict=True))
    return f" {signs[operation]} ".join(operands)


def _bare(operands: Iterable[str]) -> list[str]:
    return [o[1:-1] if o.startswith("(") and o.endswith(")") and " " in o else o for o in operands]
