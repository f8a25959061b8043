"""Networks to Numba: what stands between the products of a chain of layers becomes kernels, products stay BLAS calls.

Biases are added and functions are applied in one pass; in the reverse the slope, its product with the gradient and
the sums over the batch are another one. Which kernels there are is read off the program of the layers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from symdl.calculus.reverse import gradient
from symdl.core import Activation, Layer, Loss, UnsupportedOperation
from symdl.core.arrays import ArrayExpr, FunctionParameter, array, call
from symdl.core.operations import OPERATIONS
from symdl.core.programs import Assign, Loop, Operand, Program

from .accuracy import DTYPES
from .activation_source import Routine, activation_code
from .array_arguments import RESERVED, functions_of
from .array_lowering import Lowered, lower
from .array_passes import Block, reads, statements
from .array_workspace import early, planned
from .cores import at_usual
from .numba_loops import NumbaActivation, program_of
from .numba_plans import numba_activation
from .numba_source import kind_of, scalar_body
from .text import definition

_LOSS = FunctionParameter("loss", "loss_gradient")
_TURNED = {"t": ".T", "n": ""}


@dataclass(frozen=True)
class Pass:
    """Statements that one kernel computes: what it reads, what it writes, and which results replace an operand."""

    number: int
    body: tuple[Assign, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    into: Mapping[str, str]
    place: int
    """The statement of the block that it stands for."""

    @property
    def name(self) -> str:
        """What its kernels are called, without the dtype."""
        return f"_pass_{self.number + 1}"


@dataclass(frozen=True)
class NetworkCode:
    """The kernels of a chain of layers as source, and the bodies of the forward pass and of a training step."""

    kernels: tuple[str, ...]
    names: Mapping[str, tuple[str, ...]]
    """The kernels of each dtype, in the order in which the bodies number them."""
    forward: tuple[str, ...]
    training: tuple[str, ...]


def network_code(layers: Layer, activation: Activation, loss: Loss) -> NetworkCode:
    """The code of a chain of layers with its function, for a loss that gives its value and its gradient at once.

    Raises :class:`UnsupportedOperation` for layers with other functions, other inputs or parameters.
    """
    function = _function_of(layers, activation)
    arrays = [a.name for a in (*layers.inputs, *layers.learned)]
    known = (*RESERVED, "kernels")
    through = lower(layers.name, [*arrays, function.name], {"prediction": layers.expr}, reserved=known)
    value = call(_LOSS, layers.expr.named("prediction"), array("target"))
    outputs: dict[str, ArrayExpr] = {"value": value}
    outputs |= {f"{a.name}_gradient": s for a, s in zip(layers.learned, gradient(value, layers.learned), strict=True)}
    names = [*arrays, "target", function.name, function.derivative, _LOSS.name, _LOSS.derivative]
    whole = early(lower(layers.name, names, outputs, reserved=known))
    item = numba_activation(activation_code(activation))
    routines = {function.name: item.code.value, function.derivative: item.code.derivative}
    first = _Printer(through, routines, loss.name)
    forward = tuple(first.block(through.program.body))
    second = _Printer(whole, routines, loss.name, len(first.passes))
    training = tuple(second.block(whole.program.body))
    passes = [*first.passes, *second.passes]
    texts = [_kernel(each, dtype, whole if each in second.passes else through) for dtype in DTYPES for each in passes]
    functions = [_entry(item, name, routine, dtype) for dtype in DTYPES for name, routine in routines.items()]
    names_of = {dtype: tuple(f"{each.name}_{dtype}" for each in passes) for dtype in DTYPES}
    return NetworkCode((*functions, *texts), names_of, forward, training)


def _function_of(layers: Layer, activation: Activation) -> FunctionParameter:
    """The one function of a chain of layers, for which ``activation`` can stand."""
    found = functions_of(layers.expr)
    if len(found) != 1 or not found[0].derivative or len(layers.inputs) != 1 or layers.parameters:
        raise UnsupportedOperation(
            f"{layers.name} is no chain of layers with one function: no numba code yet", remedy="generate NumPy"
        )
    for parameter in activation.parameters:
        if parameter.default is None:
            raise UnsupportedOperation(
                f"{activation.name} has no value for {parameter.name}", remedy="give the parameter a default"
            )
    return found[0]


@dataclass
class _Printer:
    """Lines of Python for a program of layers."""

    lowered: Lowered
    routines: Mapping[str, Routine]
    loss: str
    before: int = 0
    """How many kernels there are in front of its own."""
    passes: list[Pass] = field(default_factory=list)
    inline: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.counts = reads(self.lowered.program.body)
        self.slots = planned(self.lowered, {}).slots
        made = [s for s in statements(self.lowered.program.body) if s.operation != "store"]
        self.made: dict[str, list[Assign]] = {}
        for statement in made:
            self.made.setdefault(statement.target, []).append(statement)

    def block(self, block: Block) -> Iterator[str]:
        """The lines of a block of statements."""
        passes = self._passes(block)
        within = {id(s) for each in passes for s in each.body}
        for place, statement in enumerate(block):
            if isinstance(statement, Loop):
                yield from self._loop(statement)
            yield from (row for each in passes if each.place == place for row in self._call(each))
            if isinstance(statement, Assign) and id(statement) not in within:
                yield from self._statement(statement)

    def _loop(self, loop: Loop) -> Iterator[str]:
        levels = f"range({loop.count})"
        yield f"for {loop.index} in {f'reversed({levels})' if loop.backward else levels}:"
        yield from (f"    {line}" for line in self.block(loop.body))
        if loop.between:
            yield f"    if {loop.index} > 0:" if loop.backward else f"    if {loop.index} + 1 < {loop.count}:"
            yield from (f"        {line}" for line in self.block(loop.between))

    def _passes(self, block: Block) -> list[Pass]:
        """Runs of statements that work entry by entry, with the sums over the batch of their results."""
        found: list[Pass] = []
        used: set[int] = set()
        for place, first in enumerate(block):
            if not isinstance(first, Assign) or place in used or not self._fits(first):
                continue
            taken, later = [place], set[str]()
            for index in range(place + 1, len(block)):
                other = block[index]
                if isinstance(other, Loop):
                    break
                if self._fits(other) and not later & set(other.operands) and index not in used:
                    taken.append(index)
                else:
                    later.add(other.target)
            used |= set(taken)
            found.append(self._pass([block[index] for index in taken], place))
        return found

    def _fits(self, statement: Assign) -> bool:
        rank = len(self.lowered.shapes.get(statement.target, ()))
        if statement.operation == "sum":
            return statement.specification == "-2" and rank == 1
        applied = statement.operation == "call" and statement.operands[0] in self.routines
        return rank == 2 and (applied or statement.operation in OPERATIONS)

    def _pass(self, body: Sequence[Assign | Loop], place: int) -> Pass:
        own = tuple(s for s in body if isinstance(s, Assign))
        made = {s.target for s in own}
        operands = (o for s in own for o in s.operands if isinstance(o, str) and o not in self.routines)
        read = tuple(dict.fromkeys(o for o in operands if o not in made))
        inside = reads(own)
        writes = tuple(s.target for s in own if self._outside(s.target, inside[s.target]))
        into: dict[str, str] = {}
        for target in writes:
            spare = (o for o in read if o not in into.values() and inside[o] == self.counts[o] and self._is_product(o))
            found = next(spare, None) if len(self.lowered.shapes[target]) == 2 else None
            if found is not None:
                into[target] = found
        self.passes.append(Pass(self.before + len(self.passes), own, read, writes, into, place))
        return self.passes[-1]

    def _outside(self, name: str, inside: int) -> bool:
        return self.counts[name] > inside or name in self.lowered.program.outputs

    def _is_product(self, name: str) -> bool:
        """Whether every value of a variable is a product of its own."""
        found = self.made.get(name, [])
        return bool(found) and all(
            s.operation == "matmul" or (s.operation == "copy" and self._is_product(str(s.operands[0]))) for s in found
        )

    def _call(self, each: Pass) -> Iterator[str]:
        """The lines that apply a kernel."""
        model = next(o for o in each.reads if len(self.lowered.shapes[o]) == 2)
        for target in each.writes:
            if target not in each.into:
                name, level = self.slots.get(target, (target, "0"))
                kind = "like" if len(self.lowered.shapes[target]) == 2 else "sums"
                yield f'{target} = keep.{kind}("{name}", {level}, {self._operand(model)})'
        given = [self._operand(o) for o in each.reads] + [t for t in each.writes if t not in each.into]
        yield f"kernels[{each.number}]({', '.join(given)})"
        for target, operand in each.into.items():
            yield f"{target} = {self._operand(operand)}"

    def _statement(self, statement: Assign) -> Iterator[str]:
        target, operation, specification = statement.target, statement.operation, statement.specification
        operands = [self._operand(o) for o in statement.operands if isinstance(o, str)]
        match operation:
            case "member":
                self.inline[target] = f"{operands[0]}[{specification}]"
            case "family":
                yield f"{target}: list[Any] = [None] * {specification}"
            case "store":
                yield f"{target}[{specification}] = {operands[1]}"
            case "copy":
                yield f"{target} = {operands[0]}"
            case "matmul":
                left, right = (f"{o}{_TURNED[flag]}" for o, flag in zip(operands, specification, strict=True))
                name, level = self.slots.get(target, (target, "0"))
                yield f'{target} = keep.product("{name}", {level}, {left}, {right})'
            case "call" if operands[0] == _LOSS.name:
                place = f'keep.like("{operands[1]}_gradient", 0, {operands[1]})'
                yield f"{target}, loss_slope = {self.loss}_with_gradient({operands[1]}, {operands[2]}, out={place})"
            case "call" if operands[0] == _LOSS.derivative:
                yield f"{target} = loss_slope"
            case _:
                raise UnsupportedOperation(f"{operation} between layers: no numba code yet", remedy="generate NumPy")

    def _operand(self, name: str) -> str:
        return self.inline.get(name, name)


def _entry(item: NumbaActivation, name: str, routine: Routine, dtype: str) -> str:
    """The function of one number of a dtype."""
    bound = next(each.bound for each in item.code.routines if each.name == routine.name)
    plan, function = bound.plans[dtype], at_usual(routine.function, item.code.values)
    kind = kind_of(dtype, plan.wide)
    program = program_of(function, plan, dtype, (routine.name, dtype) in item.exact)
    if program is None:
        raise UnsupportedOperation(f"{routine.name} cannot be computed by its plan")
    x = function.variable.name
    body = scalar_body(program, {}, kind, taken=(x, "part"))
    rows = ["@_inlined", *definition(f"_{name}_{dtype}", [f"{x}: float"], "float").split("\n")]
    rows += [f"    {x} = np.float64({x})"] if kind.name == "wide" else []
    rows += [f"    {row}" for row in body.rows]
    (result,) = program.outputs
    return "\n".join([*rows, f"    return {f'np.float32({result})' if kind.name == 'wide' else result}"])


def _kernel(each: Pass, dtype: str, lowered: Lowered) -> str:
    """The function that runs over the rows and the entries of matrices."""
    shapes = lowered.shapes
    sums = [s for s in each.body if s.operation == "sum"]
    own = [t for t in each.writes if t not in each.into]
    matrix = next(o for o in each.reads if len(shapes[o]) == 2)
    renamed: dict[Operand, Operand] = {n: f"_{n}_{dtype}" for n in _called(each.body)}
    body = tuple(replace(s, operands=tuple(renamed.get(o, o) for o in s.operands)) for s in each.body if s not in sums)
    made = {s.target for s in body}
    results = (*(t for t in each.writes if len(shapes[t]) == 2), *(str(s.operands[0]) for s in sums))
    outputs = tuple(dict.fromkeys(name for name in results if name in made))
    program = Program(each.name, (*each.reads, *map(str, renamed.values())), outputs, body)
    taken = {f"{name}_" for name in (*each.reads, *each.writes)} | {"i", "j", *each.reads, *each.writes}
    lines = scalar_body(program, {}, kind_of(dtype), taken).rows
    rows = ["@_compiled"]
    rows += definition(f"{each.name}_{dtype}", [f"{name}_: Any" for name in (*each.reads, *own)], "None").split("\n")
    rows += [f'    """{", ".join(each.writes)} from {", ".join(each.reads)}."""']
    rows += [f"    {s.target}_[:] = 0.0" for s in sums]
    rows += [f"    for i in range({matrix}_.shape[0]):", f"        for j in range({matrix}_.shape[1]):"]
    rows += [f"            {o} = {o}_[{'i, j' if len(shapes[o]) == 2 else 'j'}]" for o in each.reads]
    rows += [f"            {line}" for line in lines]
    rows += [f"            {each.into.get(t, t)}_[i, j] = {t}" for t in each.writes if len(shapes[t]) == 2]
    rows += [f"            {s.target}_[j] += {s.operands[0]}" for s in sums]
    return "\n".join(rows)


def _called(body: Sequence[Assign]) -> list[str]:
    return list(dict.fromkeys(str(s.operands[0]) for s in body if s.operation == "call"))
