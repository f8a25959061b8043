"""Which point of which family a recorded run is at: exact runs of every candidate, dropped at the first difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

import numpy as np
import sympy as sp
from flint import arb

from symdl.core import InputError, Optimizer, UndefinedValue
from symdl.core.optimizers import STEP, THETA
from symdl.library.optimizers.parts import scheduled
from symdl.numerics.ball import Number, precision
from symdl.numerics.runs import Values, advance, constants, initial

from .candidates import Candidate, candidates
from .courses import HALVED_FROM
from .machines import Array, Course

AGREEMENT = 1e-12
SINGLE = 4e-6
"""What is left of agreement where a part of the state is in float32."""
BITS = 200
_GUESSES = (sp.Integer(0), sp.Integer(1))
"""Values that a library may have fixed a hyper-parameter at that its constructor does not offer."""


@dataclass(frozen=True)
class Match:
    """A candidate with its hyper-parameters, and how far the run strays from it.

    ``agreement`` is the largest error relative to the size of the parameters; ``first_step`` the first
    step, from 1, that differs by more than what was allowed, None where none does.
    """

    candidate: Candidate
    hyper: Mapping[str, sp.Rational]
    fixed: Mapping[str, str]
    agreement: float
    first_step: int | None = None

    @property
    def conventions(self) -> dict[str, str]:
        """The choices of the point, with hyper-parameters that the library has fixed otherwise."""
        note = {"form": self.candidate.note} if self.candidate.note else {}
        return {**self.candidate.conventions, **self.fixed, **note}

    @property
    def intricacy(self) -> tuple[int, int, int]:
        """Less is the better account: few hyper-parameters fixed, no change of variables, few parts switched off."""
        unused = sum(not value for value in self.hyper.values())
        return len(self.fixed), bool(self.candidate.note), unused + len(self.candidate.conventions)


@dataclass(frozen=True)
class Nearest:
    """A rule that the run is not, and the largest difference between the two."""

    match: Match
    size: float


class ExactRun:
    """The parameters of one element under a rule, step by step, each computed when it is asked for."""

    def __init__(self, rule: Optimizer, hyper: Mapping[str, sp.Rational], start: float, gradients: Array) -> None:
        self._rule = rule
        self._gradients = gradients
        with precision(BITS):
            self._hyper: Values = constants(rule, hyper)
            self._state: Values | None = initial(rule, start, self._hyper)
        self._values: list[float] = []

    def value(self, index: int) -> float:
        """The parameter after step ``index + 1``; nan where the rule has no value."""
        while len(self._values) <= index:
            self._values.append(self._next())
        return self._values[index]

    def _next(self) -> float:
        if self._state is None:
            return float("nan")
        gradient = float(self._gradients[len(self._values)])
        with precision(BITS):
            try:
                self._state = advance(self._rule, self._state, gradient, self._hyper)
            except UndefinedValue:
                self._state = None
                return float("nan")
            return _float(self._state[THETA])


def _float(value: Number) -> float:
    ball = arb(value)
    return float(ball.mid()) if ball.is_finite() else float("nan")


@lru_cache(maxsize=100_000)
def _exact(
    candidate: Candidate,
    hyper: tuple[tuple[str, sp.Rational], ...],
    start: float,
    column: tuple[float, ...],
    half: bool,
) -> ExactRun:
    rule = _halving(candidate) if half else candidate.rule
    return ExactRun(rule, dict(hyper), start, np.array(column))


@lru_cache(maxsize=2000)
def _halving(candidate: Candidate) -> Optimizer:
    factor = sp.Piecewise((1, sp.Le(STEP, HALVED_FROM)), (sp.Rational(1, 2), True))
    return scheduled(candidate.rule, factor)


def hypers(candidate: Candidate, given: Mapping[str, sp.Rational]) -> Iterator[dict[str, sp.Rational]]:
    """The hyper-parameters of a candidate: those given by role, and guesses at the others."""
    choices = []
    for parameter in candidate.rule.hyper:
        if parameter.name in given:
            choices.append((given[parameter.name],))
        else:
            default = () if parameter.default is None else (parameter.default,)
            choices.append(tuple(dict.fromkeys((*default, *_GUESSES))))
    names = [parameter.name for parameter in candidate.rule.hyper]
    if sum(len(choice) > 1 for choice in choices) > 2:
        return
    for values in product(*choices):
        yield dict(zip(names, values, strict=True))


def compare(candidate: Candidate, hyper: Mapping[str, sp.Rational], course: Course, run: Array, limit: float) -> Match:
    """The run of a candidate against a recorded one, element by element up to the first difference."""
    columns, rows = course.gradients.reshape(len(run), -1), run.reshape(len(run), -1)
    worst, first = 0.0, None
    for element, start in enumerate(course.start.ravel()):
        half = course.factors is not None
        exact = _exact(candidate, tuple(hyper.items()), float(start), tuple(map(float, columns[:, element])), half)
        for index in range(first - 1 if first is not None else len(rows)):
            expected, computed = exact.value(index), float(rows[index, element])
            error = abs(computed - expected) / max(1.0, abs(expected))
            if np.isnan(expected) and np.isnan(computed):
                break
            if not error <= limit:
                first = index + 1
                break
            worst = max(worst, error)
        if first is not None and first <= 2:
            break
    return Match(candidate, hyper, {}, worst, first)


def matches(
    given: Mapping[str, sp.Rational],
    course: Course,
    run: Array,
    limit: float = AGREEMENT,
    among: Sequence[Candidate] | None = None,
) -> list[Match]:
    """Every candidate (of those ``among``, where given) that takes the recorded steps within ``limit``."""
    found = []
    for candidate in candidates() if among is None else among:
        for hyper in hypers(candidate, given):
            try:
                match = compare(candidate, hyper, course, run, limit)
            except InputError:
                continue
            if match.first_step is None:
                found.append(replace(match, fixed=fixed_values(candidate, hyper, given)))
                break
    return sorted(found, key=lambda match: match.intricacy)


def nearest(given: Mapping[str, sp.Rational], course: Course, run: Array, family: str | None = None) -> Nearest | None:
    """The candidate (of a family) whose whole run is least far from the recorded one; None where none can be run."""
    best: Nearest | None = None
    for candidate in candidates():
        if family is not None and candidate.family != family:
            continue
        for hyper in hypers(candidate, given):
            try:
                match = compare(candidate, hyper, course, run, AGREEMENT)
            except InputError:
                continue
            size = size_of(match, course, run)
            if best is None or size < best.size:
                best = Nearest(match, size)
    return best


def size_of(match: Match, course: Course, run: Array) -> float:
    """The largest difference between a run and a rule over the whole course."""
    columns, rows = course.gradients.reshape(len(run), -1), run.reshape(len(run), -1)
    sizes = []
    for element, start in enumerate(course.start.ravel()):
        column = tuple(map(float, columns[:, element]))
        exact = _exact(match.candidate, tuple(match.hyper.items()), float(start), column, course.factors is not None)
        sizes += [abs(float(rows[index, element]) - exact.value(index)) for index in range(len(rows))]
    return max((size for size in sizes if not np.isnan(size)), default=float("inf"))


def fixed_values(
    candidate: Candidate, hyper: Mapping[str, sp.Rational], given: Mapping[str, sp.Rational]
) -> dict[str, str]:
    """The hyper-parameters that are not at their defaults although nothing offers them, as text."""
    free = [p for p in candidate.rule.hyper if p.name not in given and p.default is not None]
    return {p.name: str(hyper[p.name]) for p in free if hyper[p.name] != p.default}
