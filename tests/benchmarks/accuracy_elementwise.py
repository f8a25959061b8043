"""Activations: symdl and its peers at the same points over the whole finite range of a dtype."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import numpy as np
import scipy.special
import sympy as sp
import torch
import torch.nn.functional
from accuracy_page import Figure

from symdl.calculus.derivatives import activation_derivative, parameter_derivative
from symdl.calculus.kinks import kinks
from symdl.codegen import Generated
from symdl.core import Activation
from symdl.report.cards import source_code
from symdl.testing.measure import Truth, parameters_of, truth

jax.config.update("jax_enable_x64", True)
POINTS = 4000
AGREES = 1e-3
"""A peer is taken for the same function when most of its values are this near, relatively."""

Values = Callable[[np.ndarray], np.ndarray]
Pair = tuple[Values, Values | None]
"""A function and its derivative."""

TORCH: dict[str, Callable[..., Any]] = {
    "gelu_tanh": partial(torch.nn.functional.gelu, approximate="tanh"),
    "exponential": torch.exp,
    "prelu": lambda x, weight: torch.nn.functional.prelu(x, torch.tensor([weight], dtype=x.dtype)),
    "swish": lambda x, beta: x * torch.sigmoid(beta * x),
    "sine": torch.sin,
}
JAX: dict[str, Callable[..., Any]] = {
    "gelu": partial(jax.nn.gelu, approximate=False),
    "gelu_tanh": partial(jax.nn.gelu, approximate=True),
    "exponential": jax.numpy.exp,
    "sine": jax.numpy.sin,
}
SCIPY: dict[str, Values] = {
    "sigmoid": scipy.special.expit,
    "logsigmoid": scipy.special.log_expit,
    "gelu": lambda x: x * scipy.special.ndtr(x),
}
"""Where the name is not that of the item, or the default is another function."""


def measured_activation(item: Activation, dtype: np.dtype[Any]) -> Iterator[dict[str, Any]]:
    """One row for the value and one for the derivative, both with a figure for each implementation."""
    given, keywords = parameters_of(item)
    places = tuple(float(kink.point.xreplace(given)) for kink in kinks(item))
    formulas = item.expr.xreplace(given), activation_derivative(item).xreplace(given)
    pairs = dict(implementations(item, given, keywords))
    for index, (name, formula) in enumerate(zip(("value", "derivative"), formulas, strict=True)):
        true = without(truth(formula, item.argument, dtype.name, POINTS, places), places)
        figures = {
            who: figure(pair[index], true) for who, pair in pairs.items() if pair[index] and agrees(pair, item, given)
        }
        yield {"dtype": dtype.name, "function": name, "figures": figures}

    for parameter in (p for p in item.parameters if p.learned):
        formula = parameter_derivative(item, parameter).xreplace(given)
        true = without(truth(formula, item.argument, dtype.name, POINTS, places), places)
        code = Generated(item.name, source_code(item)).load()
        made = {"symdl": partial(getattr(code, f"{item.name}_derivative_{parameter.name}"), **keywords)}
        made["lambdify"] = compiled(item.argument, sp.diff(item.expr, parameter.symbol).xreplace(given))
        figures = {who: figure(function, true) for who, function in made.items()}
        yield {"dtype": dtype.name, "function": f"derivative by {parameter.name}", "figures": figures}


def without(true: Truth, places: tuple[float, ...]) -> Truth:
    """The truth without the kinks: which slope is taken there is a convention, no error."""
    kept = ~np.isin(true.points.astype(float), [float(true.points.dtype.type(place)) for place in places])
    values = tuple(value for value, keep in zip(true.values, kept, strict=True) if keep)
    return replace(true, points=true.points[kept], values=values, rounded=true.rounded[kept], relief=true.relief[kept])


def implementations(item: Activation, given: dict[Any, Any], keywords: dict[str, float]) -> Iterator[tuple[str, Pair]]:
    own = Generated(item.name, source_code(item)).load()
    yield "symdl", tuple(partial(getattr(own, f"{item.name}{end}"), **keywords) for end in ("", "_derivative"))
    values = {p.name: float(given[p.symbol]) for p in item.parameters}
    names = (item.name, *item.also_called)
    found = TORCH.get(item.name) or first(names, torch.nn.functional, torch)
    if found:
        yield "torch", torch_pair(bound(found, values, torch.ones(1)))
    found = JAX.get(item.name) or first(names, jax.nn, jax.numpy)
    if found:
        yield "jax", jax_pair(bound(found, values, jax.numpy.ones(1)))
    if item.name in SCIPY:
        yield "scipy", (SCIPY[item.name], None)
    yield "lambdify", lambdified(item, given)


def first(names: tuple[str, ...], *modules: Any) -> Callable[..., Any] | None:
    found = (getattr(module, name, None) for module in modules for name in names if name.isidentifier())
    return next((f for f in found if callable(f) and not isinstance(f, type)), None)


def bound(function: Callable[..., Any], values: dict[str, float], example: Any) -> Callable[[Any], Any]:
    """The function with the parameters as keywords, else in order, else (where it has none) alone."""
    tries = (partial(function, **values), lambda x: function(x, *values.values()), function)
    for attempt in tries:
        try:
            attempt(example)
        except (TypeError, ValueError, RuntimeError):
            continue
        return attempt
    return function


def torch_pair(function: Callable[[Any], Any]) -> Pair:
    def slope(x: np.ndarray) -> np.ndarray:
        given = torch.tensor(x, requires_grad=True)
        function(given).sum().backward()
        assert given.grad is not None
        return given.grad.numpy()

    return lambda x: function(torch.tensor(x)).numpy(), slope


def jax_pair(function: Callable[[Any], Any]) -> Pair:
    slope = jax.jit(jax.vmap(jax.grad(lambda x: function(x))))
    value = jax.jit(function)
    return lambda x: np.asarray(value(x)), lambda x: np.asarray(slope(x))


def lambdified(item: Activation, given: dict[Any, Any]) -> Pair:
    formula = item.expr.xreplace(given)
    return compiled(item.argument, formula), compiled(item.argument, sp.diff(formula, item.argument))


def compiled(argument: sp.Symbol, formula: sp.Expr) -> Values:
    made = sp.lambdify(argument, formula, ["scipy", "numpy"])
    return lambda x: np.broadcast_to(made(x), x.shape).astype(x.dtype)


def agrees(pair: Pair, item: Activation, given: dict[Any, Any]) -> bool:
    """Whether an implementation computes this function at all, on most of some ordinary points."""
    points = np.linspace(-3.05, 3.05, 24)
    formula = item.expr.xreplace(given)
    true = np.array([float(formula.xreplace({item.argument: sp.Rational(float(p))})) for p in points])
    try:
        computed = called(pair[0], points)
    except (TypeError, ValueError, RuntimeError, IndexError):
        return False
    return bool(np.median(np.abs(computed - true) / np.maximum(np.abs(true), 1e-6)) < AGREES)


def called(function: Values, points: np.ndarray) -> np.ndarray:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return np.asarray(function(points.copy()))


def figure(function: Values, true: Truth) -> list[Any]:
    """The worst error over the points, and what came out wrong altogether."""
    computed = called(function, true.points)
    return Figure.of(computed, true.errors(computed), true.rounded, true.points, true.relief == 1).to_json()
