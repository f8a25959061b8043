"""Plans to lines of NumPy: a loop over tiles, shorter code for tiles without tails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sympy as sp

from symdl.core.programs import Program

from .kernels import LARGEST, Core, Function, Plan, kernel
from .source import Lines, elementwise
from .text import number


def loops(
    function: Function,
    plans: Mapping[str, Plan],
    cores: Mapping[str, Core] | None = None,
    usual: Mapping[sp.Symbol, sp.Rational] | None = None,
) -> list[str]:
    """The lines of a function body: one loop, or one for float32 and one for float64.

    ``cores`` are used for tiles that they suit, where the parameters have their ``usual`` values.
    """
    of_single, of_double = ((plans[dtype], (cores or {}).get(dtype)) for dtype in ("float32", "float64"))
    single, double = (_loop(function, *each, usual or {}) for each in (of_single, of_double))
    if single == double or _narrow(*of_single) == of_double:
        return single
    return by_dtype(function.variable.name, single, double)


def by_dtype(argument: str, single: Sequence[str], double: Sequence[str]) -> list[str]:
    """Lines for float32, and others for float64."""
    return [f"if {argument}.dtype == np.float32:", *_indented(single), "else:", *_indented(double)]


def _narrow(plan: Plan, core: Core | None) -> tuple[Plan, Core | None]:
    """The same in the dtype of the argument: a loop in float64 serves both dtypes."""
    core = core and replace(core, plan=replace(core.plan, wide=False))
    return replace(plan, wide=False), core


def _loop(function: Function, plan: Plan, core: Core | None, usual: Mapping[sp.Symbol, sp.Rational]) -> list[str]:
    body = kernel(function, plan)
    assert body is not None
    if core is None:
        return tiled(body, function, Setting.of(plan), None)
    short = Short(core_kernel(function, core.plan, usual), conditions(function, usual, core))
    return tiled(body, function, Setting.of(plan), short)


@dataclass(frozen=True)
class Setting:
    """What stands around the statements of plans."""

    tiles: str
    is_wide: bool
    is_clipped: bool
    silent: tuple[str, ...]

    @classmethod
    def of(cls, *plans: Plan) -> Setting:
        """That of one plan, or of two whose functions share a loop."""
        tiles = f"{'_wide' if plans[0].wide else ''}{'_pair' if len(plans) > 1 else ''}_tiles"
        clipped = any({"largest", "large"} & {plan.floor, plan.ceiling} for plan in plans)
        silent = tuple(sorted({mode for plan in plans for mode in plan.silent}))
        return cls(tiles, plans[0].wide, clipped, silent)


@dataclass(frozen=True)
class Short:
    """A program for tiles without tails, and the conditions for it."""

    body: Program
    conditions: tuple[str, ...]


def core_kernel(function: Function, plan: Plan, usual: Mapping[sp.Symbol, sp.Rational]) -> Program:
    """The program of a core: the parameters have their usual values."""
    body = kernel(replace(function, expr=function.expr.subs(dict(usual)), names={}), plan)
    assert body is not None
    return body


def conditions(function: Function, usual: Mapping[sp.Symbol, sp.Rational], *cores: Core | None) -> tuple[str, ...]:
    """When all of ``cores`` may be used."""
    argument = function.variable.name
    lows = [core.low for core in cores if core and core.low is not None]
    highs = [core.high for core in cores if core and core.high is not None]
    rows = [f"{name} == {number(usual[symbol])}" for symbol, name in function.names.items()]
    rows += [f"{argument}.min(initial=0.0) >= {max(lows)!r}"] if lows else []
    return (*rows, *([f"{argument}.max(initial=0.0) <= {min(highs)!r}"] if highs else []))


def tiled(body: Program, function: Function, setting: Setting, short: Short | None) -> list[str]:
    """The lines that apply ``body`` tile by tile, or ``short`` where a tile allows it."""
    argument = function.variable.name
    names, early = dict(function.names) | {LARGEST: "largest"}, not setting.is_wide
    lines = elementwise(body, names, taken=("result",), early=early)
    brief = _brief(short, function, lines.buffers, early) if short else Lines((), ())
    buffers = tuple(sorted({*lines.buffers, *brief.buffers}))
    outputs = body.outputs[0] if len(body.outputs) == 1 else f"({', '.join(body.outputs)})"
    tiles = f"{setting.tiles}({argument}, result, {len(buffers)})"
    head = f"for {argument}, {outputs}, {_tuple(buffers)} in {tiles}:"
    first = [*([f"largest = np.finfo({argument}.dtype).max"] if setting.is_clipped else []), *lines.scalars]
    if not brief.body:
        return [*first, *_silenced(setting, [head, *_indented(lines.body)])]
    if setting.is_wide:  # what the conversion to float32 warns of is silenced too
        return [*first, *_silenced(setting, [head, *_indented([*brief.body, *_indented(lines.body)])])]
    return [head, *_indented([*brief.body, *_indented([*first, *_silenced(setting, lines.body)])])]


def _brief(short: Short, function: Function, buffers: tuple[str, ...], early: bool) -> Lines:
    """The branch of tiles without tails, and the head of the other one."""
    taken = ("result", *function.names.values())
    lines = elementwise(short.body, {}, taken=taken, buffers=buffers, early=early)
    return Lines((f"if {' and '.join(short.conditions)}:", *_indented(lines.body), "else:"), lines.buffers)


def _silenced(setting: Setting, rows: Sequence[str]) -> list[str]:
    if not setting.silent:
        return list(rows)
    modes = ", ".join(f'{mode}="ignore"' for mode in setting.silent)
    return [f"with np.errstate({modes}):", *_indented(rows)]


def _indented(rows: Sequence[str]) -> list[str]:
    return [f"    {row}" for row in rows]


def _tuple(names: Sequence[str]) -> str:
    return f"({names[0]},)" if len(names) == 1 else f"({', '.join(names)})" if names else "_"
