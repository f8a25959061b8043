"""Programs over arrays to one Numba loop over rows: entries in loops over a row, reductions between them.

What a row needs stays in buffers of its length; arrays are read and written once. Values are computed in
float64. A statement belongs to the level that is one more than that of the reductions below it: each level is
one loop over the entries of the row. A program that only works entry by entry runs over pieces of flat arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import sympy as sp

from symdl.core import Array, UnsupportedOperation, symbol
from symdl.core.operations import OPERATIONS
from symdl.core.programs import Assign, Operand, Program

from .array_lowering import Lowered
from .array_source import scale_of, with_names
from .numba_helpers import FLOAT64
from .numba_source import numbers, scalar_body
from .text import definition, scalar

REDUCTIONS = {"max": "_largest", "sum": "_sum", "sum_of_powers": "_sum_of_powers", "argmax": "_place_of_largest"}
_SAME = ("expand", "squeeze", "cast")
_SPREAD = ("repeat", "full")
"""What is one value for several entries: each entry is a copy."""
_ENTRIES = frozenset({*OPERATIONS, "copy", "call", "put", "scaled_exp", "power_of_two"})
_ROW, _COLUMN = "row_index", "entry_index"
"""The index of the row and that of the entry in it."""


@dataclass(frozen=True)
class RowKernel:
    """A function of flat arrays (``flat``) or of matrices, and the numbers that it takes with their expressions.

    ``scales`` are lines that compute powers of two which these expressions name.
    """

    name: str
    text: str
    scalars: Mapping[str, str]
    scales: tuple[str, ...]
    flat: bool


def entry_function(name: str) -> str:
    """What a function of one entry is called in a kernel."""
    return f"_{name}_of_entry"


def row_kernel(name: str, lowered: Lowered, arrays: Sequence[Array], names: Mapping[sp.Symbol, str]) -> RowKernel:
    """The kernel of a program whose outputs are ``value``, ``gradient`` or both; ``names`` are those of parameters.

    Raises :class:`UnsupportedOperation` for a program that does not work row by row.
    """
    return _Writer(name, lowered, arrays, dict(names)).kernel()


@dataclass
class _Writer:
    name: str
    lowered: Lowered
    arrays: Sequence[Array]
    names: dict[sp.Symbol, str]
    scales: list[str] = field(default_factory=list)
    scalars: dict[str, str] = field(default_factory=dict)
    same: dict[str, str] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        first = self.arrays[0].dimensions
        self.row_size, self.entry_size = first[0] if len(first) > 1 else None, first[-1]
        if len(first) > 2:
            self._refuse(f"{self.arrays[0].name} has {len(first)} axes")
        self.shapes = {a.name: a.dimensions for a in self.arrays} | dict(self.lowered.shapes)
        if "gradient" in self.lowered.program.outputs and self.shapes["gradient"] != first:
            self._refuse("the gradient has other sizes than the first input")
        if self.row_size == self.entry_size and any(len(shape) == 1 for shape in self.shapes.values()):
            self._refuse(f"rows and entries have one size, {self.entry_size}")
        self.body = [self._plain(s) for s in self._unscaled()]
        self.flat = self.row_size is None or all(
            self.kind(name) in ("number", "entry") and len(self.shapes[name]) in (0, 2) for name in self._values()
        )

    def _values(self) -> Iterator[str]:
        yield from (a.name for a in self.arrays)
        yield from (s.target for s in self.body if s.target in self.shapes)

    def _refuse(self, what: str) -> None:
        raise UnsupportedOperation(
            f"{self.lowered.program.name}: {what}: no numba code yet", remedy="generate NumPy: --target numpy"
        )

    def kind(self, name: str) -> str:
        """Whether a value is one ``number``, one for each ``row``, or an ``entry`` of a row."""
        shape = self.shapes.get(name)
        if shape is None:
            return "entry" if name.startswith("_is_") else "number"
        if shape in ((self.row_size,), (self.row_size, None)) and shape != (self.entry_size,):
            return "row"
        if shape in ((self.row_size, self.entry_size), (self.entry_size,)):
            return "entry"
        if shape:
            self._refuse(f"{name} has sizes ({', '.join(map(str, shape))})")
        return "number"

    def _unscaled(self) -> Iterator[Assign]:
        """The statements without those that only rename, and without scales, which become numbers."""
        for statement in self.lowered.program.body:
            if not isinstance(statement, Assign):
                self._refuse("there is a chain of levels")
                continue
            if statement.operation == "scale":
                self.scales.append(f"{statement.target} = {scale_of(statement)}")
                self.names[symbol(statement.target)] = statement.target
            elif statement.operation in _SAME:
                self.same[statement.target] = self._known(str(statement.operands[0]))
            else:
                yield statement

    def _known(self, name: str) -> str:
        return self.same.get(name, name)

    def _plain(self, statement: Assign) -> Assign:
        """The statement over names and constants: numbers that are no constants get a name."""
        operands = tuple(self._known(o) if isinstance(o, str) else self._number(o) for o in statement.operands)
        operation = statement.operation
        if operation in _SPREAD:
            return replace(statement, operation="copy", operands=operands, specification="")
        if operation == "call":
            options = (pair.split(":") for pair in filter(None, statement.specification.split(",")))
            given = [self.names[symbol(name)] for _, name in options if symbol(name) in self.names]
            self.scalars |= {name: name for name in given}
            return replace(statement, operands=(entry_function(str(operands[0])), *operands[1:], *given))
        on_rows = operation in REDUCTIONS or operation == "take"
        if operation not in _ENTRIES and operation != "total" and not on_rows:
            self._refuse(f"{operation} of arrays")
        if on_rows and self.row_size is None:
            self._refuse(f"{operation} of a vector")
        if (on_rows or operation == "put") and statement.specification.split(" ")[0] != "-1":
            self._refuse(f"{operation} along another axis than the last")
        return replace(statement, operands=operands)

    def _number(self, operand: sp.Expr) -> Operand:
        named = with_names(operand)
        if not named.free_symbols:
            return named
        text = scalar(named, {s: self.names.get(s, s.name) for s in named.free_symbols})
        name = text if text.isidentifier() else f"c{len(self.scalars) + 1}"
        known = {value: key for key, value in self.scalars.items()}
        self.scalars.setdefault(known.setdefault(text, name), text)
        return known[text]

    def kernel(self) -> RowKernel:
        """The text of the function."""
        self._find_levels()
        outputs = self.lowered.program.outputs
        gradient = ["gradient_"] if "gradient" in outputs else []
        given = [*(f"{a.name}_" for a in self.arrays), *gradient]
        head = definition(self.name, [*(f"{name}: Any" for name in given), *numbers(self.scalars)], "Any")
        totals = [s for s in self.body if s.operation == "total"]
        rows = ["@_compiled", *head.split("\n")]
        before, after = self._numbers_apart(totals)
        inside = [*self._views(gradient), *(row for level in self._levels() for row in self._level(level))]
        inside += self._totals(totals)
        rows += [f"    {row}" for row in [*before, *self._buffers(), *self._zeros(totals), self._loop_head()]]
        rows += [f"        {row}" for row in inside]
        rows += [f"    {s.target} = _corrected_float64({s.target}, {s.target}_rest)" for s in totals]
        rows += [f"    {row}" for row in after] + (["    return value"] if "value" in outputs else [])
        return RowKernel(self.name, "\n".join(rows), self.scalars, tuple(self.scales), self.flat)

    def _find_levels(self) -> None:
        self.levels = {a.name: 0 for a in self.arrays}
        for s in self.body:
            below = [self.levels.get(o, 0) for o in s.operands if isinstance(o, str)]
            over = (s.operation in REDUCTIONS or s.operation == "take") and self.kind(str(s.operands[0])) == "entry"
            over = over or (s.operation == "total" and self.kind(str(s.operands[0])) == "entry")
            self.levels[s.target] = max(below, default=0) + over

    def _levels(self) -> range:
        return range(1 + max(self.levels.values()))

    def _numbers_apart(self, totals: Sequence[Assign]) -> tuple[list[str], list[str]]:
        """The lines of numbers before the loop, and of those that need a total after it."""
        late = {s.target for s in totals}
        before: list[Assign] = []
        after: list[Assign] = []
        for s in self.body:
            if self.kind(s.target) == "number" and s.operation != "total":
                if late & set(s.operands):
                    late.add(s.target)
                (after if s.target in late else before).append(s)
            elif late & set(s.operands):
                self._refuse(f"{s.target} needs a sum over all entries first")
        return self._lines(before, [s.target for s in before]), self._lines(after, [s.target for s in after])

    def _lines(self, body: Sequence[Assign], outputs: Iterable[str]) -> list[str]:
        """Statements on single numbers as lines."""
        outputs = tuple(outputs)
        if not body:
            return []
        made = {s.target for s in body}
        read = (o for s in body for o in s.operands if isinstance(o, str) and o not in made)
        program = Program(self.name, tuple(dict.fromkeys(read)), outputs, tuple(body))
        return list(scalar_body(program, {}, FLOAT64, self._taken()).rows)

    def _taken(self) -> set[str]:
        own = {*self.levels, *self.scalars, _ROW, _COLUMN, "buffers", "start", "part"}
        return own | {f"{name}{end}" for name in self.levels for end in ("_", "_row", "_rest", "_part", "_all")}

    def _loop_head(self) -> str:
        first = f"{self.arrays[0].name}_"
        return f"for start in range(0, {first}.size, _PIECE):" if self.flat else f"for {_ROW} in range(len({first})):"

    def _views(self, gradient: Sequence[str]) -> Iterator[str]:
        """The row of each array, and what arrays have one of for each row."""
        place = "start : start + _PIECE" if self.flat else _ROW
        for name in [*(a.name for a in self.arrays), *(["gradient"] if gradient else [])]:
            if name in self.levels and self.kind(name) == "row":
                integer = any(a.integer for a in self.arrays if a.name == name)
                value = f"{name}_[{place}]"
                yield f"{name} = {value if integer else f'np.float64({value})'}"
            elif len(self.shapes[name]) == 2 or self.flat:
                yield f"{name}_row = {name}_[{place}]"
            else:
                yield f"{name}_row = {name}_"

    def _stored(self) -> list[str]:
        """The entries that later levels or reductions read, in the order of the statements."""
        inputs = {a.name for a in self.arrays}
        found: dict[str, None] = {}
        for s in self.body:
            reduced = s.operation in (*REDUCTIONS, "take", "total")
            for o in s.operands:
                if isinstance(o, str) and o in self.levels and self.kind(o) == "entry":
                    later = self.levels[s.target] > self.levels[o]
                    if (later and o not in inputs) or (reduced and o == s.operands[0]):
                        found[o] = None
        return list(found)

    def _buffers(self) -> list[str]:
        stored = self._stored()
        if not stored:
            return []
        width = f"min({self.arrays[0].name}_.size, _PIECE)" if self.flat else f"{self.arrays[0].name}_.shape[1]"
        return [f"buffers = np.empty(({len(stored)}, {width}))"] + [
            f"{n}_all = buffers[{i}]" for i, n in enumerate(stored)
        ]

    def _zeros(self, totals: Sequence[Assign]) -> list[str]:
        return [f"{s.target} = {s.target}_rest = 0.0" for s in totals]

    def _totals(self, totals: Sequence[Assign]) -> Iterator[str]:
        """The sums over all rows, with what their roundings take."""
        for s in totals:
            source = str(s.operands[0])
            value = f"_sum({source}_part)" if self.kind(source) == "entry" else source
            yield f"part = {value}"
            yield f"{s.target}_rest += _sum_error({s.target}, part)"
            yield f"{s.target} += part"

    def _level(self, level: int) -> Iterator[str]:
        """The values of the row, and then a loop over its entries."""
        width = f"{self.arrays[0].name}_row.size"
        if level == 0:
            yield from (f"{name}_part = {name}_all[:{width}]" for name in self._stored())
        own = [s for s in self.body if self.levels[s.target] == level and s.operation != "total"]
        for s in (s for s in own if self.kind(s.target) == "row"):
            yield from self._of_row(s)
        entries = [s for s in own if self.kind(s.target) == "entry"]
        kept = [name for name in self._stored() if self.levels[name] == level]
        if not entries and not kept:
            return
        yield f"for {_COLUMN} in range({width}):"
        yield from (f"    {row}" for row in self._of_entries(entries, kept))

    def _of_row(self, s: Assign) -> Iterator[str]:
        source = str(s.operands[0])
        if s.operation in REDUCTIONS:
            yield f"{s.target} = {REDUCTIONS[s.operation]}({source}_part)"
        elif s.operation == "take":
            yield f"{s.target} = {source}_part[{s.operands[1]}]"
        else:
            yield from self._lines([s], [s.target])

    def _of_entries(self, entries: Sequence[Assign], kept: Sequence[str]) -> Iterator[str]:
        """The body of the loop: entries are loaded, computed and stored."""
        made = {s.target for s in entries}
        inputs = {a.name for a in self.arrays}
        read = dict.fromkeys(o for s in entries for o in s.operands if isinstance(o, str) and o not in made)
        read |= dict.fromkeys(name for name in kept if name in inputs)
        for name in read:
            if name in self.levels and self.kind(name) == "entry":
                value = f"np.float64({name}_row[{_COLUMN}])" if name in inputs else f"{name}_part[{_COLUMN}]"
                yield f"{name} = {value}"
        outputs = [name for name in (*kept, "gradient") if name in made]
        yield from self._lines([part for s in entries for part in _chosen(s)], outputs)
        yield from (f"{name}_part[{_COLUMN}] = {name}" for name in kept)
        if "gradient" in made:
            yield f"gradient_row[{_COLUMN}] = gradient"


def _chosen(statement: Assign) -> tuple[Assign, ...]:
    """A statement that puts a value in one place, as a choice between that and the entry."""
    if statement.operation != "put":
        return (statement,)
    entry, place, value = statement.operands
    chosen = f"_is_{statement.target}"
    return (
        Assign(chosen, "equal", (_COLUMN, place)),
        Assign(statement.target, "where", (chosen, value, entry)),
    )


ROW_HELPERS = {
    "_PIECE": """

_PIECE = 1 << 10
""",
    "_sum(": '''

@_compiled
def _sum(values: Any) -> Any:
    """Pieces of 128 in eight sums side by side, and their sum with what it lacks (Knuth)."""
    total = lacking = 0.0
    for start in range(0, values.size, 128):
        part = _sum_of_few(values[start : start + 128])
        lacking += _sum_error(total, part)
        total += part
    return _corrected_float64(total, lacking)


@_inlined
def _sum_of_few(values: Any) -> Any:
    a = b = c = d = e = f = g = h = 0.0
    whole = values.size - values.size % 8
    for i in range(0, whole, 8):
        a += values[i]
        b += values[i + 1]
        c += values[i + 2]
        d += values[i + 3]
        e += values[i + 4]
        f += values[i + 5]
        g += values[i + 6]
        h += values[i + 7]
    for i in range(whole, values.size):
        a += values[i]
    return ((a + b) + (c + d)) + ((e + f) + (g + h))
''',
    "_sum_of_powers(": '''

@_compiled
def _sum_of_powers(powers: Any) -> Any:
    """The sum of numbers in [0, 1]: their high parts lie on a grid, so that these are added exactly."""
    grid = 1.0
    while grid < powers.size:
        grid *= 2.0
    a = b = c = d = low = 0.0
    whole = powers.size - powers.size % 4
    for i in range(0, whole, 4):
        p, q, r, s = powers[i], powers[i + 1], powers[i + 2], powers[i + 3]
        e, f, g, h = (p + grid) - grid, (q + grid) - grid, (r + grid) - grid, (s + grid) - grid
        a += e
        b += f
        c += g
        d += h
        low += ((p - e) + (q - f)) + ((r - g) + (s - h))
    for i in range(whole, powers.size):
        part = (powers[i] + grid) - grid
        a += part
        low += powers[i] - part
    high = (a + b) + (c + d)
    return high + low
''',
    "_largest(": '''

@_compiled
def _largest(values: Any) -> Any:
    """The largest number; nan if there is one."""
    found = values[0]
    for i in range(values.size):
        found = values[i] if values[i] > found or values[i] != values[i] else found
    return found
''',
    "_place_of_largest(": '''

@_compiled
def _place_of_largest(values: Any) -> Any:
    """The place of the first of the largest numbers."""
    place, found = 0, values[0]
    for i in range(values.size):
        if values[i] > found:
            place, found = i, values[i]
    return place
''',
    "_scaled_exp(": '''

@_inlined
def _scaled_exp(x: Any, scale: Any) -> Any:
    """exp(x) times a power of two, which may be finite where exp(x) is not."""
    half = _exp_float64(0.5 * (x if x > 700.0 else 700.0))
    far = half * scale * half
    near = _exp_float64(x) * scale
    return far if x > 700.0 else near
''',
    "_power_of_two(": '''

@_inlined
def _power_of_two(x: Any) -> Any:
    """The largest power of two that is at most x, for x >= 0; 1/2 for 0."""
    fraction, exponent = math.frexp(x)
    return math.ldexp(0.5, exponent)
''',
}
"""What kernels call, by how it shows in their text."""


def row_helpers(text: str) -> str:
    """The helpers that a text calls."""
    return "".join(helper for mark, helper in ROW_HELPERS.items() if mark in text)
