"""The audit of one optimizer: the point of the family it is at, option by option, and what it does not heed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from symdl.testing.arguments import Argument, arguments_of, call_with

from .coupled import coupled_matches
from .courses import course
from .distortions import MISTAKEN, WISHED, Distortion
from .libraries import Subject
from .machines import Array, Course, Recording, Refused, tried
from .search import AGREEMENT, SINGLE, Match, matches

SHAPES = ((6,), (3, 2), (2, 3))


@dataclass(frozen=True)
class Setting:
    """Values of some arguments that are changed from the base, and what was found there.

    ``slip`` says how the run departs from the rules that it otherwise follows.
    """

    changed: Mapping[str, Any]
    found: tuple[Match, ...] = ()
    run: Array | None = field(default=None, compare=False, repr=False)
    refused: str = ""
    slip: str = ""

    @property
    def label(self) -> str:
        """As keyword arguments: ``amsgrad=True``."""
        return ", ".join(f"{name}={value}" for name, value in self.changed.items())


class Examined:
    """An optimizer with everything that its runs show, each run made once."""

    def __init__(self, subject: Subject, shapes: tuple[tuple[int, ...], ...] = SHAPES) -> None:
        self.subject = subject
        self.shapes = shapes
        self.arguments = arguments_of(subject.make)
        self._runs: dict[Any, Recording | Refused] = {}

    @cached_property
    def base(self) -> dict[str, Any]:
        """Telling values for every argument that is on by default; the others stay as they are."""
        values: dict[str, Any] = {}
        for argument in self.arguments:
            needed = "learning_rate" in argument.roles
            if argument.telling is not None and (needed or not argument.is_off) and not argument.is_flag:
                values[argument.name] = argument.telling
        return values

    @cached_property
    def course(self) -> Course:
        """The course in the first shape that the optimizer takes. Raises :class:`Refused`."""
        chosen, _ = tried(lambda c: self._recorded(self.base, c), [course(shape) for shape in self.shapes])
        return chosen

    def record(self, changed: Mapping[str, Any] | None = None, halving: bool = False) -> Recording:
        """The run at the base values with some changed."""
        shape = self.course.start.shape
        return self._recorded({**self.base, **(changed or {})}, course(shape, halving))

    def _recorded(self, values: Mapping[str, Any], over: Course) -> Recording:
        key = (tuple(sorted(values.items(), key=str)), over.start.shape, over.factors)
        if key not in self._runs:
            try:
                self._runs[key] = self.subject.machine(self.subject.make, call_with(self.arguments, values), over)
            except Refused as error:
                self._runs[key] = error
        found = self._runs[key]
        if isinstance(found, Refused):
            raise found
        if not np.isfinite(found.parameters).any():
            raise Refused("every parameter is nan or infinite from the first step on")
        return found

    def roles(self, changed: Mapping[str, Any]) -> dict[str, sp.Rational]:
        """The hyper-parameters by role, as far as the arguments give them."""
        given: dict[str, sp.Rational] = {}
        for argument in self.arguments:
            value = changed.get(argument.name, self.base.get(argument.name, argument.default))
            if argument.is_flag or isinstance(value, bool):
                continue
            number = sp.Integer(0) if value is None else abs(sp.Rational(*float(value).as_integer_ratio()))
            for role in argument.roles:
                if not given.get(role):
                    given[role] = number
        return given

    def setting(self, changed: Mapping[str, Any]) -> Setting:
        """What the optimizer is with these arguments, as far as other rates can tell the matches apart."""
        try:
            recorded = self.record(changed)
        except Refused as error:
            return Setting(changed, refused=error.message)
        given = self.roles(changed)
        undistorted: tuple[tuple[str, Distortion], ...] = (("", lambda course, run: (course, run)),)
        for limit in (AGREEMENT, SINGLE):
            for slip, distort in (*undistorted, *WISHED, *MISTAKEN):
                view = distort(self.course, recorded.parameters)
                found = matches(given, *view, limit) if view is not None else []
                if found:
                    kept = tuple(self._telling(changed, found, limit, distort))
                    return Setting(changed, kept, recorded.parameters, slip=slip)
            if not self.elementwise:
                coupled = coupled_matches(given, self.course, recorded.parameters, limit)
                if coupled:
                    return Setting(changed, tuple(self._at_larger_rate(changed, coupled, limit)), recorded.parameters)
        return Setting(changed, run=recorded.parameters)

    def _telling(
        self, changed: Mapping[str, Any], found: list[Match], limit: float, distort: Distortion
    ) -> list[Match]:
        """Those of the matches that hold at a rate that is halved on the way, and at a larger one."""
        for probe, halving in (({}, True), (self.faster, False)):
            if len(found) == 1:
                break
            values = {**changed, **probe}
            try:
                moving = self.record(values, halving).parameters
            except Refused:
                continue
            view = distort(course(self.course.start.shape, halving), moving)
            among = [match.candidate for match in found]
            still = matches(self.roles(values), *view, limit, among) if view is not None else []
            kept = {id(match.candidate) for match in still}
            found = [match for match in found if id(match.candidate) in kept] or found
        return found

    def _at_larger_rate(self, changed: Mapping[str, Any], found: list[Match], limit: float) -> list[Match]:
        """Those of the matches of coupled rules that hold at a larger rate too; all where none does."""
        values = {**changed, **self.faster}
        if len(found) == 1 or self._fails(values):
            return found
        among = [match.candidate for match in found]
        run = self.record(values).parameters
        return coupled_matches(self.roles(values), self.course, run, limit, among) or found

    @cached_property
    def faster(self) -> dict[str, Any]:
        """The rate at which steps are cut off by bounds and averages overshoot."""
        return {argument.name: 1.0 for argument in self.arguments if "learning_rate" in argument.roles}

    def options(self) -> Iterator[dict[str, Any]]:
        """Each argument by itself in its other state: flags turned, numbers that are off turned on.

        Of several arguments in one role (two epsilons) one is on at a time.
        """
        for argument in self.arguments:
            rivals = {
                o.name: 0.0 for o in self.arguments if o.name in self.base and set(o.roles) == set(argument.roles)
            }
            rivals.pop(argument.name, None)
            if argument.is_flag:
                yield {argument.name: not argument.default}
            elif argument.telling is not None and argument.name not in self.base:
                yield {argument.name: argument.telling, **rivals}
            elif argument.telling is not None and rivals:
                yield rivals

    @cached_property
    def settings(self) -> tuple[Setting, ...]:
        """The base, every option by itself, and options that need a number turned on beside it with each such."""
        options = list(self.options())
        companies = [option for option in options if not any(isinstance(v, bool) for v in option.values())]
        settings = [self.setting({})]
        for option in options:
            setting = self.setting(option)
            settings.append(setting)
            if setting.run is not None and not self._same({}, option):
                continue
            for company in companies:
                both = {**company, **option}
                if company is not option and not self._same(company, both) and not self._fails(both):
                    settings.append(self.setting(both))
        return tuple(settings)

    def _fails(self, changed: Mapping[str, Any], shape: tuple[int, ...] | None = None) -> bool:
        try:
            self._in_shape(changed, shape)
        except Refused:
            return True
        return False

    def _in_shape(self, changed: Mapping[str, Any], shape: tuple[int, ...] | None) -> Recording:
        return self._recorded({**self.base, **changed}, course(shape or self.course.start.shape))

    def _same(self, left: Mapping[str, Any], right: Mapping[str, Any], shape: tuple[int, ...] | None = None) -> bool:
        """Whether two choices of arguments both run, and alike, state and all."""
        if self._fails(left, shape) or self._fails(right, shape):
            return False
        one, two = self._in_shape(left, shape), self._in_shape(right, shape)
        pairs = [(one.parameters, two.parameters), *zip(one.state, two.state, strict=False)]
        return len(one.state) == len(two.state) and all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)

    def of_matrices(self) -> Examined | None:
        """The same on a matrix, where a matrix moves otherwise than the vector of its entries."""
        matrix = Examined(self.subject, SHAPES[1:])
        if self.course.start.ndim > 1 or matrix._fails({}):
            return None
        flat = matrix.record().parameters.reshape(self.record().parameters.shape)
        return None if np.allclose(flat, self.record().parameters, rtol=1e-6, atol=1e-6, equal_nan=True) else matrix

    @cached_property
    def agreement(self) -> float | None:
        """The error of the base against its match."""
        found = self.settings[0].found
        return found[0].agreement if found else None

    def without_effect(self) -> list[Argument]:
        """Arguments whose every tried value leaves each run as it is, in each company of another argument."""
        judged = [a for a in self.arguments if a.is_judged(self.subject.doc)]
        return [argument for argument in judged if not self._has_effect(argument)]

    def _has_effect(self, argument: Argument) -> bool:
        """Whether some value changes some run, beside some value of one other argument, on vectors or matrices.

        A refusal counts for flags: they may be known not to go with something.
        """
        beside = ({o.name: value} for o in self.arguments for value in _other_values(o, self.base))
        companies = [{}, self.faster, *self.options(), *beside]
        return any(
            self._changes(argument, company, shape)
            for company in companies
            if argument.name not in company or argument.name in self.faster
            for shape in SHAPES[:2]
        )

    def _changes(self, argument: Argument, company: Mapping[str, Any], shape: tuple[int, ...]) -> bool:
        for value in _other_values(argument, self.base):
            changed = {**company, argument.name: value}
            if self._fails(company, shape) or (self._fails(changed, shape) and not argument.is_flag):
                continue
            if not self._same(company, changed, shape):
                return True
        return False

    def narrow_state(self) -> list[str]:
        """Types of state narrower than float64 that hold numbers which are not whole."""
        kinds = []
        for leaf in self.record().state:
            if leaf.dtype.kind == "f" and leaf.dtype.itemsize < 8 and not np.all(leaf == np.round(leaf)):
                kinds.append(str(leaf.dtype))
        return sorted(set(kinds))

    @cached_property
    def elementwise(self) -> bool:
        """Whether the steps of a coordinate do not depend on the gradients of the others."""
        changed = self.course.gradients.copy()
        flat = changed.reshape(len(changed), -1)
        flat[:, -1] = flat[::-1, -1] * 3 + 1
        other = self._recorded_on(replace(self.course, gradients=changed)).reshape(len(changed), -1)
        before = self.record().parameters.reshape(len(changed), -1)
        return bool(np.array_equal(before[:, :-1], other[:, :-1]))

    def _recorded_on(self, over: Course) -> Array:
        return self.subject.machine(self.subject.make, call_with(self.arguments, self.base), over).parameters


def _other_values(argument: Argument, base: Mapping[str, Any]) -> list[Any]:
    """Values that an argument is changed to, to see whether anything changes."""
    if argument.is_flag:
        return [not argument.default]
    if argument.default is None and argument.telling is None:
        return [True, 0.25, 1, 2]
    now = base.get(argument.name, argument.default) or 0.25
    return [now / 2, now * 2, 8.0, 2.0]
