"""Rules whose entries depend on each other, held against recorded runs on whole arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np
import sympy as sp
from flint import arb

from symdl.core import SymdlError
from symdl.core.couplings import column_total, product_with, product_with_transposed, row_total
from symdl.core.optimizers import THETA
from symdl.library.optimizers import COUPLED_FAMILIES
from symdl.numerics.coupled_runs import coupled_run

from .candidates import Candidate, with_decay
from .machines import Array, Course
from .search import AGREEMENT, Match, Nearest, fixed_values, hypers

_FIRST_STEPS = 2
"""Steps after which a candidate that differs is dropped before it is run to the end."""
_OF_MATRICES = (row_total, column_total, product_with, product_with_transposed)
_float = np.frompyfunc(lambda value: float(arb(value).mid()), 1, 1)


@lru_cache(maxsize=1)
def coupled_candidates() -> tuple[Candidate, ...]:
    """The points of the families, plain and with weight decay as a part."""
    plain = tuple(
        Candidate(f.name, rule, dict(rule.conventions))
        for f in COUPLED_FAMILIES
        for rule in f.points()
        if len(rule.evaluations) == 1
    )
    return (*plain, *(decayed for candidate in plain for decayed in with_decay(candidate)))


def coupled_matches(
    given: Mapping[str, sp.Rational],
    course: Course,
    run: Array,
    limit: float,
    among: Sequence[Candidate] | None = None,
) -> list[Match]:
    """Every candidate (of those ``among``) that takes the recorded steps within ``limit``.

    Where none does, epsilon may be one that the constructor does not offer.
    """
    candidates = coupled_candidates() if among is None else among
    found = list(_matches(given, course, run, limit, candidates))
    if not found and "epsilon" in given:
        rest = {name: value for name, value in given.items() if name != "epsilon"}
        found = list(_matches(rest, course, run, limit, candidates))
    return sorted(found, key=lambda match: match.intricacy)


def _matches(
    given: Mapping[str, sp.Rational], course: Course, run: Array, limit: float, among: Sequence[Candidate]
) -> Iterator[Match]:
    for candidate in among:
        for hyper in hypers(candidate, given):
            if coupled_error(candidate, hyper, course, run[:_FIRST_STEPS]) <= limit:
                error = coupled_error(candidate, hyper, course, run)
                if error <= limit:
                    yield Match(candidate, hyper, fixed_values(candidate, hyper, given), error)
                    break


def nearest_coupled(given: Mapping[str, sp.Rational], course: Course, run: Array) -> Nearest | None:
    """The candidate without parts added whose run is least far from the recorded one, if one can be run at all."""
    best: Nearest | None = None
    for candidate in (c for c in coupled_candidates() if c.rule.conventions == c.conventions):
        for hyper in hypers(candidate, given):
            errors = coupled_errors(candidate, hyper, course, run)
            if errors and (best is None or max(errors) < best.size):
                wrong = next((step for step, error in enumerate(errors, 1) if error > AGREEMENT), None)
                best = Nearest(Match(candidate, hyper, {}, max(errors), wrong), max(errors))
    return best


def coupled_error(candidate: Candidate, hyper: Mapping[str, sp.Rational], course: Course, run: Array) -> float:
    """The largest error of a recorded run, infinite where the rule has no value on this course."""
    return max(coupled_errors(candidate, hyper, course, run), default=float("inf"))


def coupled_errors(candidate: Candidate, hyper: Mapping[str, sp.Rational], course: Course, run: Array) -> list[float]:
    """The largest error after each step, relative to the size of the parameters; empty where there is no value."""
    key = tuple(sorted(hyper.items()))
    expected = _expected(candidate, key, _frozen(course.start), _frozen(course.gradients[: len(run)]))
    if expected is None:
        return []
    gap = np.abs(expected - run) / np.maximum(1.0, np.abs(expected))
    return [float(error) for error in np.nan_to_num(gap.reshape(len(run), -1), nan=np.inf).max(axis=1)]


def _frozen(array: Array) -> tuple[tuple[int, ...], bytes]:
    return array.shape, np.asarray(array, float).tobytes()


@lru_cache(maxsize=4096)
def _expected(
    candidate: Candidate,
    hyper: tuple[tuple[str, sp.Rational], ...],
    start: tuple[tuple[int, ...], bytes],
    gradients: tuple[tuple[int, ...], bytes],
) -> Array | None:
    """The parameters after each step by the rule; None where the rule has no value for such arrays."""
    begin, history = (np.frombuffer(data).reshape(shape) for shape, data in (start, gradients))
    if begin.ndim != 2 and any(a.expr.atoms(*_OF_MATRICES) for a in candidate.rule.step):
        return None
    try:
        rows = coupled_run(candidate.rule, [[gradient] for gradient in history], dict(hyper), [begin])
    except SymdlError:
        return None
    return np.array([np.asarray(_float(row[THETA][0]), float) for row in rows])
