"""Activations to Numba modules: each program as a loop that LLVM vectorises, with a short form where no tails are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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

LOCAL = ("points", "values", "i")
"""What the loops call their arrays and their index, where no parameter is called so."""
_LIE_BETWEEN = '''

_PIECE = 1 << 12


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
    """The loop of one routine in one dtype."""

    name: str
    kind: Kind
    argument: str
    body: Body

    def text(self) -> str:
        """The function that applies it to flat arrays."""
        scalars, wide = self.body.scalars, self.kind.name == "wide"
        points, values, i = (fresh(name, scalars) for name in LOCAL)
        rows = [_head(self.name, scalars)]
        rows += [f"    {name} = np.float32({name})" for name in scalars if self.kind.name == "float32"]
        rows += [f"    for {i} in range({points}.size):"]
        rows += [f"        {self.argument} = {f'np.float64({points}[{i}])' if wide else f'{points}[{i}]'}"]
        rows += [f"        {row}" for row in self.body.rows]
        return "\n".join([*rows, f"        {values}[{i}] = {'np.float32(part)' if wide else 'part'}"])

    def between(self, short: ShortForm, own: str) -> tuple[str, str]:
        """The name and the text of a function that takes the loop ``own`` where that does."""
        scalars = self.body.scalars
        points, values, _ = (fresh(name, scalars) for name in LOCAL)
        low, high = (
            f"np.float32({end!r})" if self.kind.name != "float64" else repr(end) for end in (short.low, short.high)
        )
        name = self.name.replace("_loop_", "_loops_", 1)
        rows = [
            _head(name, scalars),
            f"    for start in range(0, {points}.size, _PIECE):",
            f"        part, result = {points}[start : start + _PIECE], {values}[start : start + _PIECE]",
            f"        if _lie_between(part, {low}, {high}):",
            f"            {own}(part, result)",
            "        else:",
            f"            {self.name}({', '.join(['part', 'result', *scalars])})",
        ]
        return name, "\n".join(rows)


def _head(name: str, scalars: Iterable[str]) -> str:
    points, values, _ = (fresh(local, scalars) for local in LOCAL)
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
    imports += "import math\n" if "math." in body + own else ""
    imports += "from fractions import Fraction\n" if "Fraction(" in body else ""
    imports += "from typing import Any\n\nimport numpy as np\n" + "\n".join(requirements(own)) + "\n"
    imports += "from numpy.typing import ArrayLike, NDArray\n"
    prepared = PREPARED.partition("\n\ndef _tiles(")[0]
    between = _LIE_BETWEEN if "_lie_between(" in body else ""
    return f"{head}{imports}\n__all__ = [{listed}]\n{SETUP}{prepared}{_APPLIED}{between}{own}\n\n{body}\n"


def _function(item: NumbaActivation, routine: Routine) -> tuple[str, ...]:
    """The loops of a routine, and the public function."""
    code, argument = item.code, routine.function.variable.name
    texts: list[str] = []
    calls: dict[str, str] = {}
    for dtype in DTYPES:
        loop = _loop(routine, dtype, (routine.name, dtype) in item.exact)
        texts.append(loop.text())
        name, short = loop.name, item.short.get((routine.name, dtype))
        if short is not None:
            own = short_loop(code, routine, dtype, short)
            several, text = loop.between(short, own.name)
            texts += [own.text(), text]
            usual = [f"{each} == {number(code.values[known.symbol])}" for each, known in code.parameters]
            name = f"{several} if {' and '.join(usual)} else {loop.name}" if usual else several
        calls[dtype] = f"_applied({', '.join([name, argument, 'result', *loop.body.scalars.values()])})"
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
    taken = (*(fresh(local, names.values()) for local in LOCAL), "result", "part", function.variable.name)
    return _Loop(name, kind, function.variable.name, scalar_body(program, names, kind, taken))


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
