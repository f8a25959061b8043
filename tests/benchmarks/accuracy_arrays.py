"""Losses and layers: symdl and its peers on the same inputs; the truth is the expression written out in scalars."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from itertools import islice
from typing import Any

import jax
import numpy as np
import optax.losses
import scipy.special
import sympy as sp
import torch
import torch.nn.functional as F
from accuracy_elementwise import called, first
from accuracy_page import Figure
from flint import arb

from symdl.calculus.expansion import expand
from symdl.calculus.reverse import gradient
from symdl.codegen import Generated
from symdl.codegen.accuracy import specimen
from symdl.codegen.array_arguments import functions_of
from symdl.codegen.cancellation import magnitude
from symdl.core import Array, ArrayExpr, Layer, Loss, UndefinedValue
from symdl.core.array_graph import graph
from symdl.core.array_simplex import Projection
from symdl.core.arrays import ArgMax
from symdl.core.chains import Final
from symdl.numerics import ball, ulp
from symdl.numerics.precision import precision
from symdl.report.cards import source_code
from symdl.testing import array_measure
from symdl.testing.array_measure import Arrays, is_mixing, is_undecided, samples, sizes_of, truths

ROUNDS = 6
BITS = 3000
UPSTREAM = "upstream"
RAISED = (TypeError, ValueError, RuntimeError, IndexError, AttributeError, KeyError, AssertionError, NameError)

Function = Callable[..., Any]
TORCH: dict[str, Function] = {
    "softmax": partial(F.softmax, dim=-1),
    "log_softmax": partial(F.log_softmax, dim=-1),
    "squared_error": F.mse_loss,
    "cross_entropy": F.cross_entropy,
}
JAX: dict[str, Function] = {
    "squared_error": lambda p, t: optax.losses.squared_error(p, t).mean(),
    "cross_entropy": lambda p, t: optax.losses.softmax_cross_entropy_with_integer_labels(p, t).mean(),
}
SCIPY: dict[str, Function] = {"softmax": scipy.special.softmax, "log_softmax": scipy.special.log_softmax}
"""What computes an item, up to a constant factor, from its inputs in order; else a function of its name."""


@dataclass(frozen=True)
class Implementation:
    """Value and gradient by the first input, both of arguments by name."""

    value: Function
    gradient: Function | None = None


ARRANGED = (ArgMax, Projection)
"""What goes by the order of the entries: as one formula it has a branch for each order."""


def measured_arrays(item: Loss | Layer, dtype: np.dtype[Any]) -> Iterator[dict[str, Any]]:
    """A row for the value, and one for the gradient by the first input."""
    yield row(item, item, dtype, "value")
    if not item.inputs[0].integer and not any(isinstance(node, Final) for node in graph(item.expr)):
        yield row(item, item if isinstance(item, Loss) else weighed(item), dtype, "derivative")


def weighed(item: Layer) -> Loss:
    """The sum of a layer's output, weighed by a gradient that comes from above: its gradient is the pullback."""
    upstream = Array(item.expr.dimensions, name=UPSTREAM)
    inputs = (*item.inputs, *item.learned, upstream)
    return Loss(item.name, inputs, (item.expr * upstream).sum(), item.parameters)


def row(item: Loss | Layer, probe: Loss | Layer, dtype: np.dtype[Any], what: str) -> dict[str, Any]:
    expr = probe.expr if what == "value" else gradient(probe.expr, probe.inputs[0])
    pairs = ((arguments, defined(probe, expr, arguments)) for arguments in samples(probe, dtype, ROUNDS))
    drawn, exact = map(list, zip(*((a, e) for a, e in pairs if e is not None), strict=True))
    weighs_terms = probe is not item and not any(isinstance(node, ARRANGED) for node in graph(expr))
    if weighs_terms:
        exact = [
            (true, absolute_terms(probe, expr, arguments)) for arguments, (true, _) in zip(drawn, exact, strict=True)
        ]
    figures = {}
    for who, made in implementations(item, probe, drawn).items():
        function = made.value if what == "value" else made.gradient
        if function is None:
            continue
        try:
            figures[who] = figure(function, drawn, exact, is_mixing(probe))
        except RAISED as error:
            if who == "symdl":
                raise
            print(f"{item.name}, {what}: {who} raises {type(error).__name__}: {error}")
    unit = "eps of the largest entry" if is_mixing(probe) else "ULP of the terms" if weighs_terms else "ULP"
    return {"dtype": dtype.name, "function": what, "unit": unit, "figures": figures}


def defined(probe: Loss | Layer, expr: ArrayExpr, arguments: Arrays) -> Any:
    """The truths, or None where an entry has none, or hangs on the side of a kink that floats cannot tell."""
    try:
        return None if is_undecided(probe, expr, arguments) else truths(probe, expr, arguments)
    except UndefinedValue:
        return None


def figure(function: Function, drawn: list[Arrays], exact: list[Any], mixing: bool) -> list[Any]:
    found = []
    for index, (arguments, (true, terms)) in enumerate(zip(drawn, exact, strict=True)):
        dtype = next(np.asarray(a).dtype for a in arguments.values() if not isinstance(a, list) and a.dtype.kind == "f")
        computed = np.asarray(quiet(function, arguments), dtype).reshape(true.shape)
        errors = distances(computed, true, terms, mixing)
        rounded = np.array([ulp.nearest(value.mid(), dtype) for value in true.ravel()]).reshape(true.shape)
        found.append(
            [part.ravel() for part in (computed, errors, rounded, np.full(true.shape, index), plain(true, terms))]
        )
    return Figure.of(*(np.concatenate(parts) for parts in zip(*found, strict=True))).to_json()


def absolute_terms(probe: Loss | Layer, expr: ArrayExpr, arguments: Arrays) -> np.ndarray:
    """The sum of the absolute terms of each entry: a pullback weighs them by any signs, so that they cancel."""
    floats = [a for a in probe.inputs if not a.integer]
    symbols = {
        s: n
        for a in floats
        for s, n in zip(*map(np.ravel, (expand(a, sizes_of(probe)), arguments[a.name])), strict=True)
    }
    given = {a.name: arguments[a.name] for a in probe.inputs if a.integer}
    constants = specimen(probe.parameters)
    symbols |= {symbol: float(value) for symbol, value in constants.items()}
    entries = np.asarray(expand(expr, sizes_of(probe), given), dtype=object)
    found = [ball.evaluate(magnitude(e), {s: float(symbols[s]) for s in e.free_symbols}, BITS) for e in entries.ravel()]
    result = np.empty(len(found), dtype=object)
    result[:] = found
    return result.reshape(entries.shape)


def quiet(function: Function, arguments: Arrays) -> Any:
    return called(lambda _: function(**arguments), np.zeros(1))


def distances(computed: np.ndarray, true: np.ndarray, terms: np.ndarray, mixing: bool) -> np.ndarray:
    """In ULP of each entry, or of its terms where they are larger; for mixing items in eps of the largest entry."""
    largest = max(float(value.abs_upper()) for value in true.ravel()) * float(np.finfo(computed.dtype).eps)
    rows = []
    for value, exact, wide in zip(computed.ravel().tolist(), true.ravel(), terms.ravel(), strict=True):
        rounded = [ulp.nearest(ball_.mid(), computed.dtype) for ball_ in (exact, wide)]
        unit = largest if mixing else max(ulp.unit(number, computed.dtype) for number in rounded)
        if not np.isfinite(value):
            rows.append(0.0 if value == rounded[0] else np.inf)
        else:
            with precision(200):
                rows.append(float((abs(arb(value) - exact) / unit).mid()))
    return np.array(rows).reshape(true.shape)


def plain(true: np.ndarray, terms: np.ndarray) -> np.ndarray:
    return np.array([a is b for a, b in zip(true.ravel(), terms.ravel(), strict=True)]).reshape(true.shape)


def implementations(item: Loss | Layer, probe: Loss | Layer, drawn: list[Arrays]) -> dict[str, Implementation]:
    """symdl, and every peer that agrees with it on ordinary inputs, up to a constant factor."""
    own = own_code(item, probe)
    names = (item.name, *item.also_called)
    pick = {
        "torch": (TORCH.get(item.name) or first(names, F), torch_implementation),
        "jax": (JAX.get(item.name) or first(names, jax.nn, optax.losses), jax_implementation),
        "scipy": (SCIPY.get(item.name), lambda function, _: Implementation(lambda **a: function(*a.values()))),
    }
    found = {"symdl": own}
    for who, (function, implement) in pick.items():
        made = function and scaled(implement(function, probe), own, drawn, probe is not item)
        if made:
            found[who] = made
    return found | {"lambdify": lambdified(probe)}


def own_code(item: Loss | Layer, probe: Loss | Layer) -> Implementation:
    functions = Generated(item.name, source_code(item)).load()
    callables = {f.name: np.tanh for f in functions_of(item.expr)}
    value = partial(getattr(functions, item.name), **callables)
    slope = getattr(functions, f"{item.name}_gradient", None) or getattr(functions, f"{item.name}_gradients", None)

    def pulled_back(**arguments: Any) -> Any:
        result = slope(**arguments)
        return result[0] if isinstance(result, tuple) else result

    return Implementation(value, pulled_back if slope else None)


def scaled(made: Implementation, own: Implementation, drawn: list[Arrays], layer: bool) -> Implementation | None:
    """The implementation times the factor by which it differs on ordinary inputs; None where none fits."""
    ratios = []
    for arguments in islice(drawn, ROUNDS, ROUNDS + 3) if len(drawn) > ROUNDS + 3 else drawn[:3]:
        inputs = {name: value for name, value in arguments.items() if not (layer and name == UPSTREAM)}
        try:
            pair = [np.asarray(quiet(f, inputs), float) for f in (own.value, made.value)]
            ratios += list((pair[0] / pair[1]).ravel())
        except RAISED:
            return None
    middle = float(np.median(ratios))
    if not np.isfinite(ratios).all() or not np.allclose(ratios, middle, rtol=1e-3) or middle == 0:
        return None
    factor = float(Fraction(middle).limit_denominator(64))
    if factor == 1.0 or abs(factor / middle - 1) > 1e-3:
        return made if factor == 1.0 else None
    rest = made.gradient and (lambda **a: made.gradient(**a) * factor)
    return Implementation(lambda **a: made.value(**a) * factor, rest)


def torch_implementation(function: Function, probe: Loss | Layer) -> Implementation:
    def tensors(arguments: Arrays) -> list[Any]:
        return [torch.tensor(value) for value in arguments.values()]

    def slope(**arguments: Any) -> Any:
        upstream = arguments.pop(UPSTREAM, None)
        head, *rest = tensors(arguments)
        head.requires_grad_(True)
        result = function(head, *rest)
        result.backward(None if upstream is None else torch.tensor(upstream))
        return head.grad.numpy()

    return Implementation(lambda **a: function(*tensors(a)).numpy(), slope)


def jax_implementation(function: Function, probe: Loss | Layer) -> Implementation:
    def slope(**arguments: Any) -> Any:
        upstream = arguments.pop(UPSTREAM, None)
        head, *rest = arguments.values()
        result, pull = jax.vjp(lambda x: function(x, *rest), head)
        return np.asarray(pull(jax.numpy.ones_like(result) if upstream is None else jax.numpy.asarray(upstream))[0])

    return Implementation(lambda **a: np.asarray(function(*a.values())), slope)


def lambdified(probe: Loss | Layer) -> Implementation:
    """The expression written out in scalars at the sizes of the samples, its derivative by SymPy's diff."""
    arrays = (*probe.inputs, *(probe.learned if isinstance(probe, Layer) else ()))
    floats = [a for a in arrays if not a.integer]
    entries = {a.name: expand(a, sizes_of(probe)) for a in floats}
    symbols = [s for value in entries.values() for part in array_measure.members(value) for s in np.ravel(part)]

    @lru_cache(maxsize=64)
    def written(integers: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...], derived: bool) -> Any:
        given = {name: np.reshape(values, shape) for name, shape, values in integers}
        functions = {f.name: sp.tanh for f in functions_of(probe.expr)}
        values = np.ravel(np.asarray(expand(probe.expr, sizes_of(probe), given, functions), dtype=object))
        if derived:
            values = [sp.diff(values[0], s) for s in np.ravel(entries[probe.inputs[0].name])]
        constants = specimen(probe.parameters)
        return sp.lambdify(symbols, [value.xreplace(constants) for value in values], ["scipy", "numpy"])

    def run(derived: bool, **arguments: Any) -> np.ndarray:
        integers = tuple(
            (a.name, np.shape(arguments[a.name]), tuple(np.ravel(arguments[a.name]))) for a in arrays if a.integer
        )
        numbers = [n for a in floats for part in array_measure.members(arguments[a.name]) for n in np.ravel(part)]
        return np.array(written(integers, derived)(*numbers))

    return Implementation(partial(run, False), partial(run, True))
