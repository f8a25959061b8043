"""Hypothesis strategies for what deep-learning code meets: shapes, dtypes, extremes, gradients.

``import hypothesis.strategies as st`` beside these; each function gives a strategy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import DTypeLike, NDArray

from symdl.core.activations import Activation, Parameter
from symdl.core.claims import Compare
from symdl.core.errors import InputError
from symdl.core.optimizers import Optimizer
from symdl.numerics.ball import evaluate
from symdl.numerics.ulp import float_format

_LARGEST_RATE = 10.0
_LEAST_GAP = 1e-3
_PATTERNS = ("random", "constant", "alternating", "sparse", "scales")


def dtypes() -> st.SearchStrategy[np.dtype[Any]]:
    """float32 or float64."""
    return st.sampled_from([np.dtype(np.float32), np.dtype(np.float64)])


def shapes(largest: int = 5, most_axes: int = 3) -> st.SearchStrategy[tuple[int, ...]]:
    """Shapes of up to ``most_axes`` axes of size 0 to ``largest``: scalars and empty arrays included."""
    return hnp.array_shapes(min_dims=0, max_dims=most_axes, min_side=0, max_side=largest)


def values(dtype: DTypeLike = np.float64, *, nan: bool = False, infinity: bool = False) -> st.SearchStrategy[float]:
    """Floats of ``dtype`` over the whole range: subnormal, huge, both zeros; nan and infinities on request."""
    digits, smallest, largest = float_format(dtype)
    kind: Any = np.dtype(dtype).type
    info = np.finfo(np.dtype(dtype))
    corners = [0.0, -0.0, 1.0, float(info.max), float(info.tiny), float(info.smallest_subnormal)]
    corners += [-corner for corner in corners[2:]]
    sized = st.builds(
        lambda mantissa, exponent: float(np.ldexp(mantissa / 2**digits, exponent)),
        st.integers(-(2**digits) + 1, 2**digits - 1),
        st.integers(smallest, largest),
    )
    special = [np.nan] * nan + [np.inf, -np.inf] * infinity
    everyday = st.floats(-100, 100)
    kinds = [everyday, sized, st.sampled_from([*corners, *special])]
    return st.one_of(kinds).map(lambda value: float(kind(value)))


def arrays(
    dtype: DTypeLike = np.float64,
    shape: tuple[int, ...] | None = None,
    around: Sequence[float] = (),
    *,
    nan: bool = False,
    infinity: bool = False,
) -> st.SearchStrategy[NDArray[Any]]:
    """Arrays of :func:`values`, half of the entries at or beside the points ``around`` where given."""
    elements = values(dtype, nan=nan, infinity=infinity)
    if around:
        elements = st.one_of(elements, beside(around, dtype))
    return hnp.arrays(np.dtype(dtype), shapes() if shape is None else shape, elements=elements)


def beside(points: Sequence[float], dtype: DTypeLike = np.float64) -> st.SearchStrategy[float]:
    """The points themselves (kinks, roots), their neighbouring floats, and values within .1 of them."""
    kind: Any = np.dtype(dtype).type

    def near(point: float, steps: int, offset: float) -> float:
        moved = kind(point + offset)
        for _ in range(abs(steps)):
            moved = np.nextafter(moved, kind(np.copysign(np.inf, steps)))
        return float(moved)

    offsets = st.one_of(st.just(0.0), st.floats(-0.1, 0.1))
    return st.builds(near, st.sampled_from(list(points)), st.integers(-2, 2), offsets)


@st.composite
def hyper_parameters(draw: st.DrawFn, item: Activation | Optimizer) -> dict[str, float]:
    """Keyword arguments within the declared domains of the parameters, as floats.

    A parameter whose domain leans on others is drawn after them. Values lie within 10 of 0, or of an
    end beyond it; an open end of a domain is kept away from by .001. Raises :class:`InputError` for an empty domain.
    """
    drawn: dict[sp.Symbol, float] = {}
    parameters = item.parameters if isinstance(item, Activation) else item.hyper
    for parameter in parameters:
        drawn[parameter.symbol] = draw(_within(parameter, drawn))
    return {parameter.name: drawn[parameter.symbol] for parameter in parameters}


def _within(parameter: Parameter, drawn: dict[sp.Symbol, float]) -> st.SearchStrategy[float]:
    low, high = -math.inf, math.inf
    for relation in parameter.domain:
        upward, bound = _bound(relation, parameter.symbol, drawn)
        gap = _LEAST_GAP if relation.relation in ("<", ">") else 0.0
        low, high = (max(low, bound + gap), high) if upward else (low, min(high, bound - gap))
    low = max(low, min(-_LARGEST_RATE, high - _LARGEST_RATE))
    high = min(high, max(_LARGEST_RATE, low + _LARGEST_RATE))
    if low > high:
        raise InputError(f"the domain of {parameter.name} is empty")
    inside = st.floats(low, high)
    if parameter.default is None or not low <= parameter.default <= high:
        return inside
    return st.one_of(st.just(float(parameter.default)), inside)


def _bound(relation: Compare, symbol: sp.Symbol, drawn: dict[sp.Symbol, float]) -> tuple[bool, float]:
    """Whether ``relation`` bounds ``symbol`` from below, and by what."""
    left, sign, right = relation.lhs, relation.relation, relation.rhs
    if sign not in ("<", "<=", ">", ">=") or symbol not in (left, right):
        raise InputError(f"{relation} is not a bound of {symbol}", remedy="write the domain as bounds of the parameter")
    upward = sign in (">", ">=") if left == symbol else sign in ("<", "<=")
    return upward, float(evaluate(right if left == symbol else left, drawn))


@st.composite
def gradient_sequences(
    draw: st.DrawFn, steps: int = 20, elements: int = 4, largest: float = 100.0
) -> NDArray[np.float64]:
    """(steps, elements) gradients; each element is random, constant, alternating, sparse, or of wild scales.

    ``largest`` bounds the size; "scales" goes down to 1e-30 of it within one history.
    """
    histories = [draw(_history(steps, largest)) for _ in range(elements)]
    return np.array(histories, np.float64).reshape(elements, steps).T.copy()


@st.composite
def _history(draw: st.DrawFn, steps: int, largest: float) -> list[float]:
    size = draw(st.floats(largest * 1e-3, largest))
    pattern = draw(st.sampled_from(_PATTERNS))
    if pattern == "constant":
        return [draw(st.sampled_from([size, -size]))] * steps
    if pattern == "alternating":
        return [size * (-1) ** k for k in range(steps)]
    entries = st.floats(-largest, largest, allow_subnormal=False)
    if pattern == "sparse":
        return [draw(st.one_of(st.just(0.0), st.just(0.0), entries)) for _ in range(steps)]
    if pattern == "scales":
        exponents = draw(st.lists(st.integers(-30, 0), min_size=steps, max_size=steps))
        return [size * 10.0**exponent for exponent in exponents]
    return draw(st.lists(entries, min_size=steps, max_size=steps))
