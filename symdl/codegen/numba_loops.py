"""Activations to Numba modules: each program as a loop that LLVM vectorises, with a short form where no tails are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import sympy as sp

from symdl.core import UnsupportedOperation
from symdl.core.programs import Assign, Program

from .accuracy import DTYPES
from .activation_source import ActivationCode, Routine, docstring, signature
from .cores import at_usual
from .kernels import LARGEST, Function, Plan, kernel
from .numba_exponents import with_exact_exponents
from .numba_helpers import SETUP, Kind, helpers, requirements
from .numba_source import Body, fresh, kind_of, numbers, scalar_body
from .support import PREPARED
from .text import checks, definition, number, prose

LOCAL = ("points", "values", "i", "start")
"""What the loops call their arrays and indices, where no parameter is called so."""
_PIECES = """

_PIECE = 1 << 12
"""
_LIE_BETWEEN = '''

@_compiled
def _lie_between(points: Any, low: Any, high: Any) -> Any:
    """Whether all points do, and none is nan."""
    count = 0
    for i in range(points.size):
        count += (points[i] >= low) & (points[i] <= high)
    return count == points.size
'''
_APPLIED = '''

def _applied(kernel: Any, x: NDArray[Any], out: NDArray[Any], *parameters: float) -> None:
    """``kernel`` on flat arrays; where both are one array, piece by piece from a copy that stays in cache."""
    if not (x.flags.c_contiguous and out.flags.c_contiguous):
        result = np.empty(x.size, x.dtype)
        kernel(x.reshape(-1), result, *parameters)
        out[...] = result.reshape(x.shape)
        return
    points, values = x.reshape(-1), out.reshape(-1)
    if x is not out:
        kernel(points, values, *parameters)
        return
    for start in range(0, points.size, _TILE):
        part = slice(start, start + _TILE)
        kernel(points[part].copy(), values[part], *parameters)
'''


@dataclass(frozen=True)
class ShortForm:
    """A plan for pieces of an array that lie between two numbers, at the usual values of the parameters."""

    plan: Plan
    exact: bool
    low: float = -np.inf
    high: float = np.inf


@dataclass(frozen=True)
class NumbaActivation:
    """An activation with the plans of its Numba kernels.

    ``exact`` holds the routines, with their dtype, that carry along what exponents lack; ``short`` the short
    forms of those that have one.
    """

    code: ActivationCode
    exact: frozenset[tuple[str, str]] = frozenset()
    short: Mapping[tuple[str, str], ShortForm] = field(default_factory=dict)


@dataclass(frozen=True)
class _Loop:
    """The loop of one routine in one dtype, or two loops one after the other over a piece that stays in cache.

    The first one leaves the value called ``carried`` where the result goes, which the second one takes up.
    """

    name: str
    kind: Kind
    argument: str
    bodies: tuple[Body, ...]
    carried: str = ""

    @property
    def scalars(self) -> dict[str, str]:
        """The numbers that it takes, with their expressions."""
        return {name: text for body in self.bodies for name, text in body.scalars.items()}

    def text(self) -> str:
        """The function that applies it to flat arrays."""
        scalars, wide = self.scalars, self.kind.name == "wide"
        points, values, i, _ = (fresh(name, scalars) for name in LOCAL)
        rows = [_head(self.name, scalars)]
        rows += [f"    {name} = np.float32({name})" for name in scalars if self.kind.name == "float32"]
        for body in self.bodies:
            rows += [f"    for {i} in range({points}.size):"]
            rows += [f"        {self.argument} = {f'np.float64({points}[{i}])' if wide else f'{points}[{i}]'}"]
            rows += [f"        {self.carried} = {values}[{i}]"] if body is not self.bodies[0] else []
            rows += [f"        {row}" for row in body.rows]
            result = self.carried if body is not self.bodies[-1] else "np.float32(part)" if wide else "part"
            rows += [f"        {values}[{i}] = {result}"]
        return "\n".join(rows)

    def in_pieces(self, short: ShortForm | None = None, own: str = "") -> tuple[str, str]:
        """The name and the text of a function that goes over pieces; ``own`` is the loop where ``short`` does."""
        scalars = self.scalars
        points, values, _, start = (fresh(name, scalars) for name in LOCAL)
        name = self.name.replace("_loop_", "_loops_", 1)
        rows = [_head(name, scalars), f"    for {start} in range(0, {points}.size, _PIECE):"]
        pieces = (f"{array}[{start} : {start} + _PIECE]" for array in (points, values))
        rows += [f"        part, result = {', '.join(pieces)}"]
        whole = f"{self.name}({', '.join(['part', 'result', *scalars])})"
        if short is None:
            return name, "\n".join([*rows, f"        {whole}"])
        low, high = (self.kind.literal(repr(end)) for end in (short.low, short.high))
        rows += [f"        if _lie_between(part, {low}, {high}):", f"            {own}(part, result)"]
        return name, "\n".join([*rows, "        else:", f"            {whole}"])


def _head(name: str, scalars: Iterable[str]) -> str:
    points, values, *_ = (fresh(local, scalars) for local in LOCAL)
    return "@_compiled\n" + definition(name, [f"{points}: Any", f"{values}: Any", *numbers(scalars)], "None")


def numba_activation_source(item: NumbaActivation) -> str:
    """The module of an activation."""
    code = item.code
    texts = [text for routine in code.routines for text in _function(item, routine)]
    body = "\n\n\n".join(texts)
    own = helpers(body)
    listed = ", ".join(f'"{routine.name}"' for routine in code.routines)
    cite = f"\n\nSource: {prose(code.activation.source)}." if code.activation.source else ""
    head = f'"""{prose(f"{code.activation.name}: {code.value.summary}.")}{cite}\n\n'
    head += 'Generated by symdl; needs NumPy and Numba. Each function is compiled when it is first called.\n"""\n\n'
    imports = "from __future__ import annotations\n\n"
    imports += ("import math\n" if "math." in body + own else "") + "import sys\n"
    imports += "from fractions import Fraction\n" if "Fraction(" in body else ""
    imports += "from typing import Any\n\nimport numpy as np\n" + "\n".join(requirements(own)) + "\n"
    imports += "from numpy.typing import ArrayLike, NDArray\n"
    prepared = PREPARED.partition("\n\ndef _tiles(")[0]
    between = _LIE_BETWEEN if "_lie_between(" in body else ""
    pieces = _PIECES if "_PIECE" in body else ""
    return f"{head}{imports}\n__all__ = [{listed}]\n{SETUP}{prepared}{_APPLIED}{pieces}{between}{own}\n\n{body}\n"


def _function(item: NumbaActivation, routine: Routine) -> tuple[str, ...]:
    """The loops of a routine, and the public function."""
    code, argument = item.code, routine.function.variable.name
    texts: list[str] = []
    calls: dict[str, str] = {}
    for dtype in DTYPES:
        loop = _loop(routine, dtype, (routine.name, dtype) in item.exact)
        texts.append(loop.text())
        name, short = loop.name, item.short.get((routine.name, dtype))
        if loop.carried:
            name, text = loop.in_pieces()
            texts.append(text)
        elif short is not None:
            own = short_loop(code, routine, dtype, short)
            several, text = loop.in_pieces(short, own.name)
            texts += [own.text(), text]
            usual = [f"{each} == {number(code.values[known.symbol])}" for each, known in code.parameters]
            name = f"{several} if {' and '.join(usual)} else {loop.name}" if usual else several
        calls[dtype] = f"_applied({', '.join([name, argument, 'result', *loop.scalars.values()])})"
    rows = [f'"""{line}' if index == 0 else line for index, line in enumerate(docstring(code, routine))]
    rows += ['"""', *checks(code.parameters), f"{argument}, result = _prepared({argument}, out)"]
    rows += [f"if {argument}.dtype == np.float32:", f"    {calls['float32']}", "else:", f"    {calls['float64']}"]
    rows += ["return result if result.ndim or out is not None else result[()]"]
    return (*texts, "\n".join([signature(code, routine), *(f"    {row}" if row else "" for row in rows)]))


def _loop(routine: Routine, dtype: str, exact: bool) -> _Loop:
    body = program_of(routine.function, routine.bound.plans[dtype], dtype, exact)
    if body is None:
        raise UnsupportedOperation(f"{routine.name} cannot be computed by its plan")
    return _written(
        f"_loop_{routine.name}_{dtype}", routine.function, body, kind_of(dtype, routine.bound.plans[dtype].wide)
    )


def short_loop(code: ActivationCode, routine: Routine, dtype: str, short: ShortForm) -> _Loop:
    """The loop of a short form, at the usual values of the parameters."""
    usual = at_usual(routine.function, code.values)
    body = program_of(usual, short.plan, dtype, short.exact)
    if body is None:
        raise UnsupportedOperation(f"{routine.name} has no such short form")
    return _written(f"_short_{routine.name}_{dtype}", usual, body, kind_of(dtype, short.plan.wide))


def _written(name: str, function: Function, program: Program, kind: Kind) -> _Loop:
    names = dict(function.names)
    argument = function.variable.name
    taken = (*(fresh(local, names.values()) for local in LOCAL), "result", "part", argument, _CARRIED)
    if kind.name == "wide" or _CARRIED in names.values():
        return _Loop(name, kind, argument, (scalar_body(program, names, kind, taken),))
    bodies: list[Body] = []
    for part in in_halves(program):
        known = [each for body in bodies for each in body.scalars]
        bodies.append(scalar_body(part, names, kind, (*taken, *known)))
    return _Loop(name, kind, argument, tuple(bodies), _CARRIED if len(bodies) > 1 else "")


_CARRIED = "inner"
_HEAVY = ("exp", "expm1", "log", "log1p", "tanh", "erf", "erfc", "erfcx", "log_erfc")


def in_halves(program: Program) -> tuple[Program, ...]:
    """``program`` in two where one function follows another and a single value goes from one to the other.

    Processors work on several elements at once as far as their instructions fit in a window: two short loops
    are faster than one long one.
    """
    statements = [s for s in program.body if isinstance(s, Assign)]
    heavy = [index for index, s in enumerate(statements) if s.operation in _HEAVY]
    for place in heavy[1:]:
        made = {s.target for s in statements[:place]}
        used = {o for s in statements[place:] for o in s.operands if isinstance(o, str) and o in made}
        if len(used) == 1:
            renamed = {used.pop(): _CARRIED}
            first, second = (_renamed(part, renamed) for part in (statements[:place], statements[place:]))
            return (
                Program(program.name, program.inputs, (_CARRIED,), first),
                Program(program.name, (*program.inputs, _CARRIED), program.outputs, second),
            )
    return (program,)


def _renamed(statements: Sequence[Assign], names: Mapping[str, str]) -> tuple[Assign, ...]:
    return tuple(
        replace(
            s,
            target=names.get(s.target, s.target),
            operands=tuple(names.get(o, o) if isinstance(o, str) else o for o in s.operands),
        )
        for s in statements
    )


def program_of(function: Function, plan: Plan, dtype: str, exact: bool) -> Program | None:
    """The program of a loop, with the largest number of the dtype as a constant; None where the plan does not apply."""
    program = kernel(function, plan)
    if program is None:
        return None
    largest = {LARGEST: sp.Rational(float(np.finfo(dtype).max))}
    body = tuple(
        replace(s, operands=tuple(o if isinstance(o, str) else o.xreplace(largest) for o in s.operands))
        for s in program.body
        if isinstance(s, Assign)
    )
    program = replace(program, body=body)
    return with_exact_exponents(program, kind_of(dtype, plan.wide).dtype) if exact else program
