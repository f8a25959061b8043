"""What generated losses and layers must do beside being accurate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symdl.codegen.array_arguments import functions_of
from symdl.core import Layer, Loss

from .array_measure import Arrays, members, moderate_samples, samples
from .gradients import check_gradient
from .measure import required
from .properties import Property


def array_properties(item: Loss | Layer, dtype: np.dtype[Any], functions: Any) -> Iterator[Property]:
    """Gradients by Taylor order, ``axis`` and ``out`` where there, the input left alone, refusals."""
    function = required(functions, item.name)
    callables = {f.name: np.tanh for f in functions_of(item.expr)}
    first = next(samples(item, dtype))
    yield "inputs are left alone", partial(_left_alone, partial(function, **callables), first)
    yield "integers are refused", partial(_refuses_integers, partial(function, **callables), item, first)
    if isinstance(item, Loss):
        yield "Taylor order", partial(_loss_taylor, item, dtype, functions)
    elif item.learned:
        yield "Taylor order", partial(_layer_taylor, item, dtype, functions)
    elif len(item.inputs) == 1 and item.inputs[0].rank == 1 == item.expr.rank:
        yield "axis and out", partial(_axis, function, dtype)


def _left_alone(function: Callable[..., Any], arguments: Arrays) -> str:
    before = {name: [member.copy() for member in members(value)] for name, value in arguments.items()}
    function(**arguments)
    changed = [
        name
        for name, value in arguments.items()
        if not all(np.array_equal(a, b) for a, b in zip(before[name], members(value), strict=True))
    ]
    return f"{', '.join(changed)} changed" if changed else ""


def _refuses_integers(function: Callable[..., Any], item: Loss | Layer, arguments: Arrays) -> str:
    arrays = (*item.inputs, *(item.learned if isinstance(item, Layer) else ()))
    name = next(a.name for a in arrays if not a.integer)
    try:
        function(**{**arguments, name: np.ones(np.shape(arguments[name]), int)})
    except (TypeError, ValueError):
        return ""
    return f"integers are taken for {name}"


def _loss_taylor(item: Loss, dtype: np.dtype[Any], functions: Any) -> str:
    """The gradients by the prediction and by the further inputs that have one."""
    value = required(functions, item.name)
    named = [("_gradient", item.inputs[0]), *((f"_{a.name}_gradient", a) for a in item.differentiable)]
    for suffix, by in named:
        slope = required(functions, f"{item.name}{suffix}")
        for arguments in moderate_samples(item, dtype, 3):
            others = {name: given for name, given in arguments.items() if name != by.name}
            at = arguments[by.name]
            check = check_gradient(partial(_first, value, by.name, others), partial(_first, slope, by.name, others), at)
            if check.outcome == "failed":
                return f"{item.name}{suffix}: {check.reason} at {at.tolist()}"
    return ""


def _first(function: Callable[..., Any], name: str, others: Arrays, x: NDArray[Any]) -> Any:
    return function(**{name: x}, **others)


def _layer_taylor(item: Layer, dtype: np.dtype[Any], functions: Any) -> str:
    """NAME_loss_and_gradients with half the squared distance to 0 as loss and tanh as activation."""
    both = required(functions, f"{item.name}_loss_and_gradients")
    arguments = next(samples(item, dtype))
    callables: dict[str, Any] = {"loss": lambda p, t: ((p - t) ** 2).sum() / 2, "loss_gradient": lambda p, t: p - t}
    for f in functions_of(item.expr):
        callables |= {f.name: np.tanh, f.derivative: lambda x, out=None: 1 - np.tanh(x) ** 2}
    flat = [member for a in item.learned for member in members(arguments[a.name])]

    def called(vector: NDArray[Any]) -> tuple[Any, NDArray[Any]]:
        parts = iter(_split(vector, flat))
        learned = {a.name: _like(arguments[a.name], parts) for a in item.learned}
        value, slopes = both(**{**arguments, **learned}, target=dtype.type(0), **callables)
        return value, np.concatenate([np.ravel(member) for slope in slopes for member in members(slope)])

    start = np.concatenate([member.ravel() for member in flat])
    check = check_gradient(lambda v: called(v)[0], lambda v: called(v)[1], start)
    return check.reason if check.outcome == "failed" else ""


def _split(vector: NDArray[Any], members: list[NDArray[Any]]) -> list[NDArray[Any]]:
    ends = np.cumsum([member.size for member in members])[:-1]
    return [part.reshape(member.shape) for part, member in zip(np.split(vector, ends), members, strict=True)]


def _like(value: Any, parts: Iterator[NDArray[Any]]) -> Any:
    return [next(parts) for _ in value] if isinstance(value, list) else next(parts)


def _axis(function: Callable[..., Any], dtype: np.dtype[Any]) -> str:
    x = np.random.default_rng(3).standard_normal((3, 4, 5)).astype(dtype)
    last = function(x)
    for axis in (0, 1, -1):
        if not np.allclose(function(np.moveaxis(x, -1, axis), axis=axis), np.moveaxis(last, -1, axis), rtol=1e-5):
            return f"axis={axis} gives another result"
    if not np.allclose(function(x[1, 2]), last[1, 2], rtol=1e-5):
        return "a row alone gives another result"
    out = np.empty_like(x)
    if function(x, out=out) is not out or not np.array_equal(out, last):
        return "out is not filled and returned"
    alias = x.copy()
    function(alias, out=alias)
    return "" if np.array_equal(alias, last) else "out= the input itself gives another result"
