"""The choice of plans for Numba, and the errors of its kernels, measured in Numba."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symdl.core import MissingPackage
from symdl.core.programs import Program

from .accuracy import DTYPES, Accuracy, as_floats, measure
from .activation_source import DERIVATIVE_TARGET, VALUE_TARGET, ActivationCode, Routine
from .choosing import Case, Choice, cases, worst_of
from .cores import at_usual, good_range, rounded_end
from .kernels import Plan
from .modules import compiled, namespace
from .numba_loops import NumbaActivation, ShortForm, numba_activation_source, program_of
from .plans_file import MARGIN, Bound, bound

Values = Callable[..., NDArray[Any]]
_NEAR_ROOTS = 0.5
_WORTH = 0.8
"""The size of a short form at most, as a part of that of the whole."""
_SIZES = {
    "exp": 20.0,
    "expm1": 20.0,
    "log": 30.0,
    "log1p": 35.0,
    "tanh": 35.0,
    "erf": 80.0,
    "erfc": 80.0,
    "erfcx": 60.0,
    "log_erfc": 200.0,
    "divide": 4.0,
    "sqrt": 4.0,
    "sum_error": 6.0,
}
"""About how many instructions an operation is, where it is more than one."""
_FEW = 16


def needs_numba() -> None:
    """Raises :class:`MissingPackage` where Numba is not installed."""
    try:
        import_module("numba")
    except ImportError:
        raise MissingPackage("the numba target needs numba", remedy="pip install 'symdl[numba]'") from None


def measured_activation(code: ActivationCode) -> NumbaActivation:
    """The activation with the cheapest plans for Numba that are good enough, and its errors there, measured now.

    Raises :class:`MissingPackage` where Numba is not installed.
    """
    needs_numba()
    item = NumbaActivation(code)
    for routine in code.routines:
        for dtype in DTYPES:
            item = _with_short_form(_chosen(item, routine, dtype), routine, dtype)
    functions = namespace(numba_activation_source(item))
    known = {
        routine.name: _bound(routine.bound, functions[routine.name], _cases(code, routine))
        for routine in item.code.routines
    }
    return replace(item, code=with_bounds(item.code, known))


def _target(code: ActivationCode, routine: Routine) -> float:
    return VALUE_TARGET if routine.name == code.value.name else DERIVATIVE_TARGET


def _now(item: NumbaActivation, routine: Routine) -> Bound:
    """The bound of a function with the plans chosen so far."""
    return next(each.bound for each in item.code.routines if each.name == routine.name)


def with_bounds(code: ActivationCode, known: Mapping[str, Bound]) -> ActivationCode:
    """``code`` with other bounds of the functions in ``known``."""

    def changed(routine: Routine) -> Routine:
        return replace(routine, bound=known.get(routine.name, routine.bound))

    return replace(
        code,
        value=changed(code.value),
        derivative=changed(code.derivative),
        in_value=changed(code.in_value) if code.in_value else None,
        in_parameters=tuple(map(changed, code.in_parameters)),
    )


def _chosen(item: NumbaActivation, routine: Routine, dtype: str) -> NumbaActivation:
    """``item`` with a cheaper plan than that of the NumPy module for one function, where one is good enough."""
    now = _now(item, routine)
    for plan in _cheaper(routine, dtype):
        changed = replace(now, plans={**now.plans, dtype: plan})
        tried = NumbaActivation(with_bounds(item.code, {routine.name: changed}), item.exact | {(routine.name, dtype)})
        function = namespace(numba_activation_source(tried))[routine.name]
        if _is_good(function, _cases(item.code, routine), dtype, _target(item.code, routine)):
            return tried
    return item


def _is_good(function: Values, every: Sequence[Case], dtype: str, target: float) -> bool:
    """Whether the errors are within the target, at few points and then at many more."""
    for rows in (every, _finer(every, (dtype,))):
        worst = worst_of([_reached(function, each, dtype) for each in rows])
        if not Choice({}, {dtype: worst}).is_within(target):
            return False
    return True


def _finer(every: Sequence[Case], dtypes: Sequence[str]) -> list[Case]:
    return [replace(each, truths={dtype: each.truths[dtype].finer() for dtype in dtypes}) for each in every]


def _with_short_form(item: NumbaActivation, routine: Routine, dtype: str) -> NumbaActivation:
    """``item`` with the short form of the NumPy module, where it is good enough, if it is shorter here too."""
    key, core = (routine.name, dtype), routine.bound.cores.get(dtype)
    if core is None or routine == item.code.in_value:
        return item
    plan = replace(core.plan, wide=False, parts=False, grid=False)
    whole = _size(program_of(routine.function, _now(item, routine).plans[dtype], dtype, key in item.exact))
    case = _cases(item.code, routine)[0]
    usual = at_usual(routine.function, item.code.values)
    near = max(_NEAR_ROOTS, routine.bound.near_roots - MARGIN)
    for exact in (False, True):
        if _size(program_of(usual, plan, dtype, exact)) > _WORTH * whole:
            continue
        short = ShortForm(plan, exact)
        source = numba_activation_source(replace(item, short={**item.short, key: short}))
        function = _on_arrays(namespace(source)[f"_short_{routine.name}_{dtype}"])
        target, truth = _target(item.code, routine), case.truths[dtype]
        ends = good_range(function, truth, target, near) and good_range(function, truth.finer(), target, near)
        if ends is not None:
            low, high = map(rounded_end, ends)
            return replace(item, short={**item.short, key: replace(short, low=low, high=high)})
    return item


def _on_arrays(kernel: Callable[..., None]) -> Values:
    def function(points: NDArray[Any]) -> NDArray[Any]:
        values = np.empty_like(points)
        kernel(points, values)
        return values

    return function


def _size(program: Program | None) -> float:
    """How many instructions a program comes to, about."""
    if program is None:
        return np.inf
    return sum(_SIZES.get(statement.operation, 1.0) for statement in program.statements())


def _cheaper(routine: Routine, dtype: str) -> list[Plan]:
    """Plans in the dtype itself and without compensation but for exponents, the shortest program first.

    Without that of exponents they were not good enough for the NumPy module.
    """
    own, every = routine.bound.plans[dtype], routine.bound.plans.values()
    found: dict[Plan, int] = {}
    for shape, guards in product(every, every) if own.wide or own.compensated else ():
        plan = replace(shape, floor=guards.floor, ceiling=guards.ceiling, nan=guards.nan, ends=guards.ends)
        plan = replace(plan, wide=False, compensated=False, silent=())
        plain, exact = (program_of(routine.function, plan, dtype, way) for way in (False, True))
        if exact is not None and exact != plain:
            found[plan] = exact.operation_count
    return sorted(found, key=lambda plan: found[plan])


def _cases(code: ActivationCode, routine: Routine) -> tuple[Case, ...]:
    """Where a function is measured; that of the value at what the NumPy module gives."""
    places = tuple(kink.point for kink in code.kinks)
    if code.in_value is None or routine.name != code.in_value.name:
        return cases(routine.function, code.measured_at, places)
    first = compiled(code.value.function, code.value.bound.plans)
    return tuple(replace(each, first=first) for each in cases(code.derivative.function, code.measured_at, places))


def _bound(known: Bound, function: Values, every: Sequence[Case]) -> Bound:
    """The bound of a function with the plans of another, at all values of the parameters that are measured."""
    pairs = list(zip(every, _finer(every, DTYPES), strict=True))
    rows = {dtype: [worst_of([_reached(function, e, dtype) for e in pair]) for pair in pairs] for dtype in DTYPES}
    worst = {dtype: worst_of(row) for dtype, row in rows.items()}
    reached = Choice(known.plans, worst, {dtype: row[0] for dtype, row in rows.items()})
    return bound(reached)


def _reached(function: Values, case: Case, dtype: str) -> Accuracy:
    """The accuracy on all points at once, and on few at a time, where short forms are taken."""
    parameters = {symbol.name: float(value) for symbol, value in as_floats(case.values, dtype).items()}

    def values(x: NDArray[Any]) -> NDArray[Any]:
        return function(x if case.first is None else case.first(x, **parameters), **parameters)

    def in_pieces(x: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([values(x[start : start + _FEW]) for start in range(0, len(x), _FEW)])

    ends = case.ends[dtype].limits
    return worst_of([measure(way, case.truths[dtype], ends) for way in (values, in_pieces)])
