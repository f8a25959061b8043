"""What generated elementwise code must do beside being accurate: each property says what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symdl.calculus.kinks import Kink
from symdl.codegen.located import located
from symdl.core import Activation, BudgetExceeded, UndefinedValue
from symdl.numerics import ball, ulp

from .gradients import check_gradient
from .kinks import check_kink
from .measure import find, parameters_of, required

Property: TypeAlias = tuple[str, Callable[[], str]]
"""A name, and a function that gives the failure in words, or an empty text."""
Elementwise: TypeAlias = Callable[..., Any]

_POINTS = (-3.3, -0.9, -0.2, 0.35, 1.1, 4.2)
_FAR = (4000, 8000)
_SHAPES: tuple[tuple[int, ...], ...] = ((), (0,), (1,), (7,), (2, 3), (0, 2), (2, 1, 4))
_LIMIT_ULPS = 8.0


def activation_properties(item: Activation, dtype: np.dtype[Any], functions: Any) -> Iterator[Property]:
    """The properties of NAME, NAME_derivative and, where there, NAME_derivative_from_output."""
    values, keywords = parameters_of(item)
    value = partial(required(functions, item.name), **keywords)
    derivative = partial(required(functions, f"{item.name}_derivative"), **keywords)
    found = located(item)
    argument, slope = item.argument, found.slope().xreplace(values)
    for kink in (kink for kink in found.kinks() if not kink.jump):
        yield f"kink at {kink.point.xreplace(values)}", partial(_kink, value, derivative, kink, values, dtype)
    yield "Taylor order", partial(_taylor, value, derivative, item, values, dtype)
    yield "limits", partial(_limits, value, item.expr.xreplace(values), argument, dtype)
    yield "limits of the derivative", partial(_limits, derivative, slope, argument, dtype)
    named = {item.name: value, f"{item.name}_derivative": derivative}
    from_output = find(functions, f"{item.name}_derivative_from_output")
    if from_output is not None:
        named[f"{item.name}_derivative_from_output"] = partial(from_output, **keywords)
    for name, function in named.items():
        yield f"{name}: nan gives nan", partial(_nan, function, dtype)
        yield f"{name}: shapes and dtype", partial(_shapes, function, dtype)
        yield f"{name}: out", partial(_out, function, dtype)
        yield f"{name}: other dtypes are refused", partial(_refusals, function)


def _kink(
    value: Elementwise, derivative: Elementwise, kink: Kink, values: dict[sp.Symbol, sp.Rational], dtype: np.dtype[Any]
) -> str:
    point, left, right = (side.xreplace(values) for side in (kink.point, kink.left, kink.right))
    declared = None if kink.declared is None else kink.declared.xreplace(values)
    check = check_kink(value, derivative, point, left, right, declared, dtype)
    return "" if check else check.reason


def _taylor(
    value: Elementwise,
    derivative: Elementwise,
    item: Activation,
    values: dict[sp.Symbol, sp.Rational],
    dtype: np.dtype[Any],
) -> str:
    places = [float(place.xreplace(values)) for place in located(item).places()]
    for point in _POINTS:
        if point in places or not _defined(item.expr.xreplace(values), item.argument, point):
            continue
        check = check_gradient(value, derivative, np.array([point], dtype))
        if check.outcome == "failed":
            return f"at {point}: {check.reason}"
    return ""


def _defined(expr: sp.Expr, argument: sp.Symbol, point: float) -> bool:
    try:
        return bool(ball.evaluate(expr, {argument: point}).is_finite())
    except UndefinedValue:
        return False


def _limits(function: Elementwise, expr: sp.Expr, argument: sp.Symbol, dtype: np.dtype[Any]) -> str:
    """At both infinities, where values at 2**4000 and 2**8000 agree on what the limit rounds to."""
    with np.errstate(all="ignore"):
        computed = np.asarray(function(np.array([-np.inf, np.inf], dtype)))
    for sign, found in zip((-1, 1), computed, strict=True):
        limit = _limit(expr, argument, sign, dtype)
        if limit is None or found == limit:
            continue
        if not (np.isfinite(limit) and abs(found - limit) <= _LIMIT_ULPS * ulp.unit(limit, dtype)):
            return f"at {sign * np.inf} it gives {found}, the limit is {limit}"
    return ""


def _limit(expr: sp.Expr, argument: sp.Symbol, sign: int, dtype: np.dtype[Any]) -> float | None:
    try:
        near, far = (
            ulp.nearest(ball.enclose(expr, {argument: sign * sp.Integer(2) ** e}, 80, 40_000, 1200).mid(), dtype)
            for e in _FAR
        )
    except (UndefinedValue, BudgetExceeded):
        return None
    return far if near == far else None


def _nan(function: Elementwise, dtype: np.dtype[Any]) -> str:
    with np.errstate(all="ignore"):
        computed = np.asarray(function(np.array([np.nan, 0.5, np.nan], dtype)))
    if np.isnan(computed).tolist() != [True, False, True]:
        return f"[nan, 0.5, nan] gives {computed.tolist()}"
    return ""


def _shapes(function: Elementwise, dtype: np.dtype[Any]) -> str:
    """Shape and dtype are kept, strided and transposed inputs give the same, the input stays as it was."""
    generator = np.random.default_rng(1)
    for shape in _SHAPES:
        x = generator.normal(size=shape).astype(dtype)
        before = x.copy()
        result = np.asarray(function(x))
        if result.shape != shape or result.dtype != dtype:
            return f"an array of shape {shape}, {dtype} gives shape {result.shape}, {result.dtype}"
        if not np.array_equal(before, x, equal_nan=True):
            return f"the input of shape {shape} was changed"
    x = generator.normal(size=(6, 8)).astype(dtype)
    whole = np.asarray(function(x))
    for view in (np.s_[::2, 1::3], np.s_[::-1]):
        if not _alike(np.asarray(function(x[view])), whole[view]):
            return "a strided input gives another result"
    return "" if _alike(np.asarray(function(x.T)), whole.T) else "a transposed input gives another result"


def _alike(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Equal up to the last place: SIMD remainders may round another way."""
    with np.errstate(all="ignore"):
        near = np.abs(a - b) <= np.spacing(np.maximum(np.abs(a), np.abs(b)))
    return bool(np.all(near | (a == b) | (np.isnan(a) & np.isnan(b))))


def _out(function: Elementwise, dtype: np.dtype[Any]) -> str:
    """``out`` is filled and returned; it may be the input; a wrong one is refused."""
    x = np.linspace(-4, 4, 33, dtype=dtype).reshape(3, 11)
    wanted = np.asarray(function(x))
    out = np.full_like(x, 99)
    if function(x, out=out) is not out or not np.array_equal(out, wanted, equal_nan=True):
        return "out is not filled and returned"
    alias = x.copy()
    function(alias, out=alias)
    if not np.array_equal(alias, wanted, equal_nan=True):
        return "out= the input itself gives another result"
    shifted = np.concatenate([x.ravel(), x.ravel()[:1]])
    function(shifted[:-1], out=shifted[1:])
    if not np.array_equal(shifted[1:], wanted.ravel(), equal_nan=True):
        return "an out that overlaps the input gives another result"
    other = np.float64 if dtype == np.float32 else np.float32
    wrong = (np.empty((2, 11), dtype), np.empty_like(x, other))
    return "" if all(_refuses(function, x, out=bad) for bad in wrong) else "a wrong out is not refused"


def _refusals(function: Elementwise) -> str:
    for bad in (np.array([1, 2]), np.array([None]), np.array([1j]), np.array(["a"])):
        if not _refuses(function, bad):
            return f"an array of dtype {bad.dtype} is not refused with TypeError or ValueError"
    return ""


def _refuses(function: Elementwise, *arguments: Any, **keywords: Any) -> bool:
    try:
        function(*arguments, **keywords)
    except (TypeError, ValueError):
        return True
    return False
