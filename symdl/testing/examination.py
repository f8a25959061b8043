"""Everything that generated code is tested for: one row an item and dtype."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from symdl.core import Activation, DefinitionError, Layer, Loss, Optimizer
from symdl.core.couplings import is_coupled

from .array_measure import DERIVATIVE_ULP, VALUE_ULP, ArrayAccuracy, array_accuracies, is_mixing
from .array_properties import array_properties
from .coupled_rules import coupled_error, coupled_properties
from .measure import Accuracy, measure, required, rows_of
from .optimizer_properties import optimizer_properties
from .optimizers import check_optimizer, typical_hyper
from .properties import Property, activation_properties
from .step_functions import functions_of

DTYPES = (np.dtype(np.float32), np.dtype(np.float64))
VECTOR_ULP = 5.0
"""What a value that normalises a vector may be off at most."""
NEAR_ROOT_EPS = 2.0
"""What anything may be off next to a root, in eps of the sum of the absolute terms."""
MIXING_EPS = 64.0
"""What a layer that sums products may be off, in eps of its largest entry."""
_POINTS_A_ROUND = 350
_RAISED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, Warning)


@dataclass(frozen=True)
class Examination:
    """What property tests found of one item in one dtype.

    ULP are those of the value and the derivative over the whole finite range, and where;
    ``worst_relative`` is the error of an update rule against its exact run. ``zeros``, ``nans`` and
    ``infinities`` count points where the truth is a finite normal number. Each failure is a line
    that says the property, what went wrong, and where.
    """

    name: str
    dtype: str
    worst_value_ulp: float | None = None
    worst_value_at: float | None = None
    worst_derivative_ulp: float | None = None
    worst_derivative_at: float | None = None
    worst_relative: float | None = None
    zeros: int = 0
    nans: int = 0
    infinities: int = 0
    properties_run: int = 0
    failures: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every property holds."""
        return not self.failures


def examine(item: Any, generated: Any, count: int = 8400) -> list[Examination]:
    """Property-test the generated code of ``item``, in float32 and float64.

    ``generated`` is what ``generate(item)`` gives, or a namespace of the functions; about ``count``
    points are measured. Activations:
    accuracy over the whole range within the bound that the docstring states, zeros, nans,
    infinities and warnings where none belong, kinks, Taylor order, limits, shapes, ``out``.
    Update rules: 50 steps against the exact run, in place, lists of arrays, warnings, refusals.
    Losses and layers: value and gradient against the expression written out in scalars, Taylor
    order, ``axis`` and ``out``; NAME_gradient or NAME_gradients of a layer where it is there, as it
    need not be in code of one's own: ``properties_run`` counts each gradient measured.
    Raises :class:`DefinitionError` for other items.
    """
    functions = generated.load() if hasattr(generated, "load") else generated
    if isinstance(item, Activation):
        return [_activation(item, dtype, functions, count) for dtype in DTYPES]
    if isinstance(item, Optimizer):
        return [_optimizer(item, dtype, functions) for dtype in DTYPES]
    if isinstance(item, Loss | Layer):
        return [_array(item, dtype, functions, count) for dtype in DTYPES]
    raise DefinitionError(f"{item!r} is not an item that can be examined")


def _activation(item: Activation, dtype: np.dtype[Any], functions: Any, count: int) -> Examination:
    measured = measure(item, dtype, functions, count)
    rows = [(measured.value, VALUE_ULP), (measured.derivative, DERIVATIVE_ULP)]
    rows += [(measured.from_output, DERIVATIVE_ULP)] if measured.from_output else []
    inaccurate = [
        line
        for row, limit in rows
        for line in _inaccuracies(row, stated_bound(functions, row.function, row.dtype, limit))
    ]
    if measured.elsewhere is not None:
        for row, limit in zip(rows_of(measured.elsewhere), (VALUE_ULP, DERIVATIVE_ULP, DERIVATIVE_ULP), strict=False):
            inaccurate += _inaccuracies(row, stated_elsewhere(functions, row.function, row.dtype, limit))
    run, failures = _run(activation_properties(item, dtype, functions))
    return Examination(
        item.name,
        dtype.name,
        measured.value.worst_ulp,
        measured.value.at,
        measured.derivative.worst_ulp,
        measured.derivative.at,
        None,
        sum(row.zeros for row, _ in rows),
        sum(row.nans for row, _ in rows),
        sum(row.infinities for row, _ in rows),
        run + len(rows),
        (*inaccurate, *failures),
    )


def stated_elsewhere(functions: Any, name: str, dtype: str, usual: float) -> float:
    """The bound that the docstring states at other parameters than the defaults, else ``usual``."""
    documentation = required(functions, name).__doc__ or ""
    stated = re.findall(rf"(\d+(?:\.\d+)?)\s+ULP\s+in\s+{dtype}", documentation)
    return float(stated[1]) if len(stated) > 1 else usual


def stated_bound(functions: Any, name: str, dtype: str, most: float) -> float:
    """The bound in ULP that the docstring of a function states for the dtype, and at most ``most``."""
    documentation = required(functions, name).__doc__ or ""
    stated = re.search(rf"(\d+(?:\.\d+)?)\s+ULP\s+in\s+{dtype}", documentation)
    return min(float(stated.group(1)), most) if stated else most


def _inaccuracies(row: Accuracy, limit: float) -> list[str]:
    lines = [row.reproducer] if not row.worst_ulp <= limit else []
    if not row.near_roots <= NEAR_ROOT_EPS:
        lines.append(f"{row.function} is off by {row.near_roots:.3g} eps of the sum of the terms next to a root")
    for count, what in ((row.zeros, "0"), (row.nans, "nan"), (row.infinities, "infinity")):
        if count:
            lines.append(f"{row.function} is {what} at {count} of {row.points} points where the truth is not")
    return lines + [f"{row.function} warns: {warning}" for warning in row.warnings]


def _run(properties: Iterable[Property]) -> tuple[int, list[str]]:
    found = [(name, _outcome(check)) for name, check in properties]
    return len(found), [f"{name}: {failure}" for name, failure in found if failure]


def _outcome(check: Callable[[], str]) -> str:
    try:
        with np.errstate(all="ignore"):
            return check()
    except _RAISED as error:
        return f"raises {type(error).__name__}: {error}"


def _optimizer(item: Optimizer, dtype: np.dtype[Any], functions: Any) -> Examination:
    implementation, hyper = functions_of(functions, item.name), typical_hyper(item)
    if is_coupled(item):
        count, failures = _run(coupled_properties(item, dtype, implementation, hyper))
        worst = None if failures else coupled_error(item, dtype, implementation, hyper)
        return Examination(item.name, dtype.name, worst_relative=worst, properties_run=count, failures=tuple(failures))
    check = check_optimizer(functions, item, dtype=dtype)
    count, failures = _run(optimizer_properties(item, dtype, implementation, hyper))
    wrong = [] if check else [str(check)]
    return Examination(
        item.name,
        dtype.name,
        worst_relative=check.worst,
        properties_run=count + 1,
        failures=(*wrong, *failures),
    )


def _array(item: Loss | Layer, dtype: np.dtype[Any], functions: Any, count: int) -> Examination:
    rows: list[ArrayAccuracy] = []
    raised = _outcome(lambda: _collect(rows, item, dtype, functions, max(1, count // _POINTS_A_ROUND)))
    run, failures = _run(array_properties(item, dtype, functions))
    mixing = is_mixing(item)
    value = VALUE_ULP if isinstance(item, Loss) else MIXING_EPS if mixing else VECTOR_ULP
    inaccurate = []
    for row in rows:
        mixes = mixing or (isinstance(item, Layer) and row.function != item.name)
        most = value if row.function == item.name else MIXING_EPS if mixes else DERIVATIVE_ULP
        limit = stated_bound(functions, row.function, dtype.name, most)
        inaccurate += _array_inaccuracies(row, limit, dtype, mixes)
    worst = [row.worst for row in rows]
    return Examination(
        item.name,
        dtype.name,
        worst_value_ulp=worst[0] if worst and not mixing else None,
        worst_derivative_ulp=max(worst[1:]) if len(worst) > 1 and not mixing else None,
        worst_relative=worst[0] * float(np.finfo(dtype).eps) if worst and mixing else None,
        zeros=sum(row.zeros for row in rows),
        nans=sum(row.nans for row in rows),
        infinities=sum(row.infinities for row in rows),
        properties_run=run + len(rows),
        failures=(*([raised] if raised else []), *inaccurate, *failures),
    )


def _array_inaccuracies(row: ArrayAccuracy, limit: float, dtype: np.dtype[Any], mixing: bool) -> list[str]:
    unit = "eps of the largest entry" if mixing else "ULP"
    lines = [] if row.worst <= limit else [f"{row.function} is off by {row.worst:.3g} {unit} at {row.at}"]
    for count, what in ((row.zeros, "0"), (row.nans, "nan"), (row.infinities, "infinity")):
        if count:
            lines.append(f"{row.function} is {what} in {dtype.name} at {count} entries where the truth is not")
    return lines + [f"{row.function} warns: {warning}" for warning in row.warnings]


def _collect(rows: list[ArrayAccuracy], item: Loss | Layer, dtype: np.dtype[Any], functions: Any, rounds: int) -> str:
    rows.extend(array_accuracies(item, dtype, functions, rounds))
    return ""
