"""A function and its derivative in one pass: what both compute is computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import sympy as sp

from symdl.core.programs import Assign, Operand, Program

from .accuracy import DTYPES
from .costs import REDUCTION, column_of, nanoseconds
from .kernels import Core, Function, Plan, kernel
from .loops import Setting, Short, by_dtype, conditions, core_kernel, tiled
from .plans_file import Bound

Part: TypeAlias = tuple[Function, Bound]
OUTPUTS = ("part", "slope_part")
_WORTH = 0.85
"""What both cost together, as a part of what they cost one after the other, where that is worth the code."""


def together(first: Program, second: Program) -> Program:
    """One program of two with the same inputs, their outputs being ``part`` and ``slope_part``.

    Every statement is one of theirs, so that each output has the very bits that its program alone gives it; a
    statement that both have stands once.

    >>> body = (Assign("t0", "exp", ("x",)), Assign("part", "add", ("t0", "x")))
    >>> twice = together(*2 * [Program("f", ("x",), ("part",), body)])
    >>> [f"{s.target} = {s.operation}" for s in twice.statements()]
    ['t0 = exp', 'part = add', 'slope_part = copy']
    """
    body: list[Assign] = []
    known: dict[tuple[str, tuple[Operand, ...], str], str] = {}
    for program, output in zip((first, second), OUTPUTS, strict=True):
        names: dict[Operand, str] = {}
        for statement in program.statements():
            operands = tuple(names.get(operand, operand) for operand in statement.operands)
            key = (statement.operation, operands, statement.specification)
            is_output = statement.target in program.outputs
            if key not in known:
                known[key] = output if is_output else f"t{len(body)}"
                body.append(Assign(known[key], *key))
            elif is_output:
                body.append(Assign(output, "copy", (known[key],)))
            names[statement.target] = known[key]
    return Program(first.name, first.inputs, OUTPUTS, tuple(body))


def joint_lines(value: Part, derivative: Part, usual: Mapping[sp.Symbol, sp.Rational], calls: list[str]) -> list[str]:
    """The lines that write ``value`` and ``derivative`` to the two rows of ``result``.

    They are ``calls``, the two functions one after the other, where one loop would save too little.
    """
    single, double = (_Pair((value, derivative), usual, dtype) for dtype in DTYPES)
    rows, others = (pair.loop if pair.pays else calls for pair in (single, double))
    return rows if rows == others else by_dtype(value[0].variable.name, rows, others)


@dataclass(frozen=True)
class _Pair:
    """A function and its derivative in one dtype."""

    parts: tuple[Part, Part]
    usual: Mapping[sp.Symbol, sp.Rational]
    dtype: str

    @property
    def pays(self) -> bool:
        """Whether both are computed in one dtype, and cost less together than one after the other."""
        first, second = self._plans
        alone = sum(min(costs) for costs in self._costs_alone)
        return first.wide == second.wide and min(cost for cost, _ in self._forms) <= _WORTH * alone

    @property
    def loop(self) -> list[str]:
        """Both tile by tile, with the shorter forms where these are cheaper than what is shared without them."""
        function = self.parts[0][0]
        _, short = min(self._forms, key=lambda form: form[0])
        return tiled(self._whole, function, Setting.of(*self._plans), short)

    @property
    def _plans(self) -> tuple[Plan, Plan]:
        (_, first), (_, second) = self.parts
        return first.plans[self.dtype], second.plans[self.dtype]

    @property
    def _cores(self) -> list[Core | None]:
        return [bound.cores.get(self.dtype) for _, bound in self.parts]

    @cached_property
    def _alone(self) -> list[Program]:
        bodies = [kernel(function, plan) for (function, _), plan in zip(self.parts, self._plans, strict=True)]
        return [body for body in bodies if body is not None]

    @cached_property
    def _short_alone(self) -> list[Program]:
        """The shorter programs, the whole one of a function that has none."""
        chosen = zip(self.parts, self._plans, self._cores, strict=True)
        return [core_kernel(function, core.plan if core else plan, self.usual) for (function, _), plan, core in chosen]

    @cached_property
    def _whole(self) -> Program:
        return together(*self._alone)

    @cached_property
    def _forms(self) -> list[tuple[float, Short | None]]:
        """The cost without and with the shorter forms."""
        found: list[tuple[float, Short | None]] = [(self._cost(self._whole), None)]
        if any(self._cores) and not self._clipped_without_core:
            short = Short(together(*self._short_alone), self._conditions(*self._cores))
            found.append((self._cost(short.body, *short.conditions), short))
        return found

    @property
    def _clipped_without_core(self) -> bool:
        """Whether a function without a shorter form needs the largest number, which only whole ones have at hand."""
        chosen = zip(self._plans, self._cores, strict=True)
        return any(Setting.of(plan).is_clipped for plan, core in chosen if core is None)

    @property
    def _costs_alone(self) -> list[list[float]]:
        """Of each function alone: what it costs whole and, where it has one, its shorter form."""
        chosen = zip(self.parts, self._alone, self._cores, strict=True)
        return [
            [self._cost(whole), *([self._core_cost(function, core)] if core else [])]
            for (function, _), whole, core in chosen
        ]

    def _core_cost(self, function: Function, core: Core) -> float:
        return self._cost(core_kernel(function, core.plan, self.usual), *self._conditions(core))

    def _conditions(self, *cores: Core | None) -> tuple[str, ...]:
        return conditions(self.parts[0][0], self.usual, *cores)

    def _cost(self, body: Program, *checked: str) -> float:
        wide = self._plans[0].wide
        reductions = sum("initial" in condition for condition in checked)
        return nanoseconds(body, self.dtype, wide) + reductions * REDUCTION[column_of(self.dtype, wide)]
