"""Documented algorithms run as they are written, in exact arithmetic."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from flint import arb, fmpq

from symdl.core import ReadError
from symdl.numerics.ball import number, precision

from .boxes import Assigned, Box, Choice, Statement
from .machines import Array, Course
from .quantities import Environment, Quantity, quantity_of, reading_of

BITS = 200
_RELATIONS: Mapping[str, Callable[[Any, Any], bool]] = {
    r"\neq": lambda a, b: bool(arb(a) != arb(b)),
    r"\geq": lambda a, b: bool(arb(a) >= arb(b)),
    r"\leq": lambda a, b: bool(arb(a) <= arb(b)),
    r"\ge": lambda a, b: bool(arb(a) >= arb(b)),
    r"\le": lambda a, b: bool(arb(a) <= arb(b)),
    ">": lambda a, b: bool(arb(a) > arb(b)),
    "<": lambda a, b: bool(arb(a) < arb(b)),
    "=": lambda a, b: bool(arb(a) == arb(b)),
}
UPDATE = "u"
PARAMETERS = ("theta", "w", "p", "x")
"""Letters that documentation calls the parameters by."""
_exact = np.frompyfunc(number, 1, 1)
_float = np.frompyfunc(lambda value: float(arb(value).mid()) if arb(value).is_finite() else float("nan"), 1, 1)


class LiteralRun:
    """A box on a course: ``letters`` give the hyper-parameters by quantity name, ``flags`` the switches.

    Where no parameter is assigned but an update ``u`` is, it is added to the parameters, or with
    ``replaces`` takes their place.
    """

    def __init__(
        self, box: Box, letters: Mapping[str, float], flags: Mapping[str, bool], course: Course, replaces: bool = False
    ) -> None:
        self.box = box
        self.flags = flags
        self.course = course
        self.replaces = replaces
        self.environment = Environment()
        self.targets = _targets(box.statements)
        self.parameter = next((name for name in PARAMETERS if name in self.targets), None)
        self._values = self.environment.values
        for name, value in letters.items():
            self._values[name, None] = np.asarray(fmpq(*value.as_integer_ratio()), object)

    def run(self) -> Array:
        """The parameters after each step. Raises :class:`ReadError` where the algorithm cannot be followed."""
        if self.parameter is None and not self.by_update:
            raise ReadError("no parameter is assigned", text=self.box.source[:80])
        with precision(BITS):
            self._begin()
            rows = []
            for index, gradient in enumerate(self.course.gradients):
                rows.append(self._step(index, gradient))
        return np.array(rows)

    def states(self) -> dict[str, Array]:
        """The states after the last step that can be followed, whatever else cannot be read.

        A state is what is assigned from its own value of the step before and from gradients alone.
        """
        kept = [a for a in self.box.statements if isinstance(a, Assigned) and self._is_state(a)]
        found: dict[str, Array] = {}
        with precision(BITS):
            self._begin()
            for index, gradient in enumerate(self.course.gradients):
                self.environment.step = index + 1
                self._values["g", index + 1] = np.asarray(_exact(gradient), object)
                for assigned in kept:
                    self._assign(assigned, np.ones(self.course.start.shape, bool))
            for assigned in kept:
                quantity, _ = quantity_of(_unbold(assigned.target))
                found[assigned.target] = np.asarray(_float(self.environment.value(quantity)), float)
        return found

    def _is_state(self, assigned: Assigned) -> bool:
        quantity, _ = quantity_of(_unbold(assigned.target))
        name = re.escape(assigned.target.partition("_")[0])
        return quantity.name not in PARAMETERS and re.search(rf"{name}_\{{t-1\}}", assigned.value) is not None

    @property
    def by_update(self) -> bool:
        """Whether an update is assigned in place of the parameters."""
        return self.parameter is None and UPDATE in self.targets

    def _begin(self) -> None:
        ahead = self._ahead()
        start = np.asarray(_exact(self.course.start), object)
        for time in (-1, 0, 1) if ahead else (-1, 0):
            for name in PARAMETERS:
                self._values[name, time] = start
        first = np.asarray(_exact(self.course.gradients[0]), object)
        self._values["g", 0] = self._values["g_0", None] = first
        zero = np.asarray(_exact(np.zeros_like(self.course.start)), object)
        given = {*PARAMETERS, "g"}
        for name in self.targets - given:
            self._values[name, 0] = zero
            if ahead:
                self._values[name, 1] = zero
        for assigned in self.box.starts:
            quantity, _ = quantity_of(re.sub(r"[\\^_]*\{?0\}?", "", _unbold(assigned.target)) or "x")
            value = reading_of(assigned.value)(self.environment)
            full = np.asarray(np.broadcast_to(value, self.course.start.shape), object)
            self._values[quantity.name, 0] = full
            if quantity.name not in _timed(self.box.statements):
                self._values[quantity.name, None] = full

    def _ahead(self) -> bool:
        """Whether the parameters of the next step are assigned: theta_{t+1} = theta_t - ..."""
        return self.by_update or any(q.name == self.parameter and q.time == 1 for q in _quantities(self.box.statements))

    def _step(self, index: int, gradient: Array) -> Array:
        env = self.environment
        env.step = index + 1
        exact = np.asarray(_exact(gradient), object)
        shift = 1 if self._ahead() else 0
        self._values["gradient", env.step] = exact
        for time in (env.step, env.step + (0 if self.by_update else shift)):
            self._values["g", time] = self._values["G", time] = exact
        if self.parameter is not None and not shift:
            self._values[self.parameter, env.step] = self._values[self.parameter, env.step - 1]
        self._execute(self.box.statements, np.ones(self.course.start.shape, bool))
        if self.by_update:
            self._move()
        moved = self._values[self.parameter or PARAMETERS[0], env.step + shift]
        return np.asarray(_float(moved), float)

    def _move(self) -> None:
        """The parameters of the next step, from those of this one and the update."""
        step = self.environment.step
        update = self.environment.value(Quantity(UPDATE, 0))
        moved = update if self.replaces else self._values[PARAMETERS[0], step] + update
        for name in PARAMETERS:
            self._values[name, step + 1] = np.asarray(moved, object)

    def _execute(self, statements: tuple[Statement, ...], mask: Array) -> None:
        for statement in statements:
            if isinstance(statement, Choice):
                self._choose(statement, mask)
            elif not re.search(r"\(.*,", statement.value) or re.search(r"min|max", statement.value):
                self._assign(statement, mask)

    def _choose(self, choice: Choice, mask: Array) -> None:
        left = mask
        for condition, body in choice.branches:
            here = left & self._holds(condition) if condition else left
            if here.any():
                self._execute(body, here)
            left = left & ~here

    def _holds(self, condition: str) -> Array:
        plain = re.sub(r"\\(?:textit|text|mathit)\{([^{}]*)\}", r"\1", condition).replace(r"\_", "_").strip()
        shape = self.course.start.shape
        if plain in self.flags:
            return np.full(shape, self.flags[plain])
        switch = re.fullmatch(r"(\w+)\s*=\s*(True|False)", plain)
        if switch is not None and switch.group(1) in self.flags:
            return np.full(shape, self.flags[switch.group(1)] == (switch.group(2) == "True"))
        if plain == "maximize":
            return np.full(shape, False)
        for sign, relation in _RELATIONS.items():
            if sign in condition:
                left, right = (reading_of(side)(self.environment) for side in condition.split(sign, 1))
                truth = np.frompyfunc(relation, 2, 1)(left, right)
                return np.broadcast_to(np.asarray(truth, bool), shape)
        raise ReadError(f"the condition {plain} cannot be read", text=condition)

    def _assign(self, assigned: Assigned, mask: Array) -> None:
        quantity, _ = quantity_of(_unbold(assigned.target))
        value = np.broadcast_to(reading_of(assigned.value)(self.environment), mask.shape)
        key = self.environment.place(quantity)
        before = self._values.get(key)
        merged = value if before is None or mask.all() else np.where(mask, value, before)
        self._values[key] = np.asarray(merged, object)


def _unbold(text: str) -> str:
    return re.sub(r"\\(?:textbf|mathbf|boldsymbol)\s*\{([^{}]*)\}", r"\1", text)


def _quantities(statements: tuple[Statement, ...]) -> list[Quantity]:
    """Everything that is assigned somewhere."""
    found: list[Quantity] = []
    for statement in statements:
        if isinstance(statement, Choice):
            found += [q for _, body in statement.branches for q in _quantities(body)]
        elif re.match(r"\\?[A-Za-z]", statement.target):
            found.append(quantity_of(_unbold(statement.target))[0])
    return found


def _targets(statements: tuple[Statement, ...]) -> set[str]:
    return {quantity.name for quantity in _quantities(statements)}


def _timed(statements: tuple[Statement, ...]) -> set[str]:
    return {quantity.name for quantity in _quantities(statements) if quantity.time is not None}
