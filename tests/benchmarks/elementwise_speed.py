"""Generated elementwise functions against what people write: ``python tests/benchmarks/elementwise_speed.py``.

One thread, processor time, every peer in turn within each round, medians over the rounds; the argument is made of
normal deviates times 3. ``own ufuncs`` are the very calls that the generated function makes, on the same arrays,
without anything between them. Ratios are medians of (peer / generated) in one round; the last rows are geometric
means, with the goal and the floor where there is one. Peers that are not installed are left out.
"""

from __future__ import annotations

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ[_variable] = "1"
_ONE_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_ONE_THREAD}".strip()
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import argparse  # noqa: E402
import importlib  # noqa: E402
import math  # noqa: E402
import statistics  # noqa: E402
import time  # noqa: E402
import warnings  # noqa: E402
from collections.abc import Callable, Mapping  # noqa: E402
from functools import partial  # noqa: E402
from importlib.util import find_spec  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
import sympy as sp  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

Array = NDArray[Any]
Run = Callable[[], Any]
X = sp.Symbol("x", real=True)
VALUES = ("sigmoid", "tanh", "softplus", "silu", "gelu_tanh")
KERNELS = (*VALUES, *(f"{name}_derivative" for name in ("sigmoid", "tanh", "silu", "gelu_tanh")))
TARGETS = {
    "float32": {"hand-written": (2.5, 1.8), "lambdify cse": (2.8, 2.0), "torch": (1.25, 0.9), "jax": (1.25, 0.9)},
    "float64": {"hand-written": (1.9, 1.5), "lambdify cse": (2.1, 1.6), "torch": (0.92, 0.75), "jax": (0.95, 0.75)},
}
"""The goal and the floor of the geometric mean at ten million."""
UFUNC_GOAL = 1.15
_LEAST_TIME, _REST = 4e-4, 2e-3


def hand_written() -> dict[str, Callable[[Array], Array]]:
    """What is found in notebooks and answers."""
    c, a = 0.7978845608028654, 0.044715

    def gelu_tanh_derivative(x: Array) -> Array:
        t = np.tanh(c * (x + a * x**3))
        return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * a * x**2)

    def sigmoid_derivative(x: Array) -> Array:
        s = 1 / (1 + np.exp(-x))
        return s * (1 - s)

    def silu_derivative(x: Array) -> Array:
        s = 1 / (1 + np.exp(-x))
        return s * (1 + x * (1 - s))

    return {
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "tanh": np.tanh,
        "softplus": lambda x: np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0),
        "silu": lambda x: x / (1 + np.exp(-x)),
        "gelu_tanh": lambda x: 0.5 * x * (1 + np.tanh(c * (x + a * x**3))),
        "sigmoid_derivative": sigmoid_derivative,
        "tanh_derivative": lambda x: 1 - np.tanh(x) ** 2,
        "silu_derivative": silu_derivative,
        "gelu_tanh_derivative": gelu_tanh_derivative,
    }


def formulas() -> dict[str, sp.Expr]:
    """The formulas as SymPy has them."""
    cubic = sp.sqrt(2 / sp.pi) * (X + sp.Rational(44715, 1000000) * X**3)
    values = {
        "sigmoid": 1 / (1 + sp.exp(-X)),
        "tanh": sp.tanh(X),
        "softplus": sp.log(1 + sp.exp(X)),
        "silu": X / (1 + sp.exp(-X)),
        "gelu_tanh": X / 2 * (1 + sp.tanh(cubic)),
    }
    return values | {f"{name}_derivative": sp.diff(expr, X) for name, expr in values.items()}


NUMEXPR = {
    "sigmoid": "one/(one+exp(-x))",
    "tanh": "tanh(x)",
    "softplus": "log1p(exp(-abs(x)))+where(x>zero,x,zero)",
    "silu": "x/(one+exp(-x))",
    "gelu_tanh": "half*x*(one+tanh(c*(x+a*x*x*x)))",
    "sigmoid_derivative": "exp(-abs(x))/((one+exp(-abs(x)))*(one+exp(-abs(x))))",
    "tanh_derivative": "one-tanh(x)*tanh(x)",
    "silu_derivative": "one/(one+exp(-x))*(one+x*(one-one/(one+exp(-x))))",
    "gelu_tanh_derivative": "half*(one+tanh(c*(x+a*x*x*x)))"
    "+half*x*(one-tanh(c*(x+a*x*x*x))*tanh(c*(x+a*x*x*x)))*c*(one+three*a*x*x)",
}


def generated(name: str) -> Callable[..., Array]:
    """The function of the committed module."""
    module = importlib.import_module(f"symdl.generated.{name.removesuffix('_derivative')}")
    function: Callable[..., Array] = getattr(module, name)
    return function


class _Recorder:
    """Stands for ``np`` in a module: calls of ufuncs are made, and kept."""

    def __init__(self) -> None:
        self.calls: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        known = getattr(np, name)
        return _Recorded(self, known) if isinstance(known, np.ufunc) or name in ("where", "copyto") else known


class _Recorded:
    def __init__(self, recorder: _Recorder, function: Any) -> None:
        self.recorder, self.function = recorder, function

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self.recorder.calls.append((self.function, arguments, options))
        return self.function(*arguments, **options)

    def reduce(self, *arguments: Any, **options: Any) -> Any:
        self.recorder.calls.append((self.function.reduce, arguments, options))
        return self.function.reduce(*arguments, **options)


def own_ufuncs(function: Callable[..., Array], x: Array, out: Array) -> Run:
    """The calls that ``function`` makes, to be made again."""
    recorder = _Recorder()
    scope = function.__globals__
    scope["np"] = recorder
    try:
        function(x, out=out)
    finally:
        scope["np"] = np

    def again() -> None:
        for call, arguments, options in recorder.calls:
            call(*arguments, **options)

    return again


def torch_runs(name: str, x: Array) -> Run:
    """The kernels of torch, into an array that exists where that can be."""
    import torch

    torch.set_num_threads(1)
    aten, value = torch.ops.aten, torch.from_numpy(x)
    out, ones = torch.empty_like(value), torch.ones_like(value)
    runs: dict[str, Run] = {
        "sigmoid": lambda: torch.sigmoid(value, out=out),
        "tanh": lambda: torch.tanh(value, out=out),
        "softplus": lambda: aten.softplus.out(value, 1, 20, out=out),
        "silu": lambda: aten.silu.out(value, out=out),
        "gelu_tanh": lambda: aten.gelu.out(value, approximate="tanh", out=out),
        "sigmoid_derivative": lambda: aten.sigmoid_backward(ones, torch.sigmoid(value, out=out)),
        "tanh_derivative": lambda: aten.tanh_backward(ones, torch.tanh(value, out=out)),
        "silu_derivative": lambda: aten.silu_backward(ones, value),
        "gelu_tanh_derivative": lambda: aten.gelu_backward(ones, value, approximate="tanh"),
    }
    return runs[name]


def jax_runs(name: str, x: Array) -> Run:
    """The functions of jax, compiled."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    functions: dict[str, Callable[[Any], Any]] = {
        "sigmoid": jax.nn.sigmoid,
        "tanh": jnp.tanh,
        "softplus": jax.nn.softplus,
        "silu": jax.nn.silu,
        "gelu_tanh": partial(jax.nn.gelu, approximate=True),
    }
    value, function = jax.device_put(x), functions[name.removesuffix("_derivative")]
    if name.endswith("_derivative"):
        compiled = jax.jit(lambda v: jax.vjp(function, v)[1](jnp.ones_like(v))[0])
    else:
        compiled = jax.jit(function)
    return lambda: compiled(value).block_until_ready()


def numexpr_runs(name: str, x: Array) -> Run:
    """numexpr with constants of the dtype."""
    import numexpr

    numexpr.set_num_threads(1)
    kind, out = x.dtype.type, np.empty_like(x)
    constants = {"one": 1, "half": 0.5, "c": 0.7978845608028654, "a": 0.044715, "three": 3, "zero": 0}
    scope = {"x": x} | {key: kind(value) for key, value in constants.items()}
    return lambda: numexpr.evaluate(NUMEXPR[name], local_dict=scope, out=out)


def runs(name: str, x: Array) -> dict[str, Run]:
    """Everybody who computes ``name`` of ``x``."""
    out, function, expr = np.empty_like(x), generated(name), formulas()[name]
    known: dict[str, Run] = {
        "copyto": lambda: np.copyto(out, x),
        "generated": lambda: function(x, out=out),
        "own ufuncs": own_ufuncs(function, x, out),
        "hand-written": partial(hand_written()[name], x),
        "lambdify": partial(sp.lambdify(X, expr, "numpy"), x),
        "lambdify cse": partial(sp.lambdify(X, expr, "numpy", cse=True), x),
    }
    for package, make in (("torch", torch_runs), ("jax", jax_runs), ("numexpr", numexpr_runs)):
        if find_spec(package) is not None:
            known[package] = make(name, x)
    return known


def timed(peers: Mapping[str, Run], rounds: int) -> dict[str, list[float]]:
    """Seconds of each peer in each round; short ones are repeated within a round."""
    repeats = {}
    for name, run in peers.items():
        run()
        start = time.process_time()
        run()
        repeats[name] = max(1, min(1000, int(_LEAST_TIME / max(time.process_time() - start, 1e-7))))
    seconds: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(rounds):
        for name, run in peers.items():
            time.sleep(_REST)  # threads of the peer before may still be at work
            start = time.process_time()
            for _ in range(repeats[name]):
                run()
            seconds[name].append((time.process_time() - start) / repeats[name])
    return seconds


def table(dtype: str, count: int, rounds: int) -> None:
    """Print nanoseconds for each element, then the geometric means of the ratios."""
    x = (3 * np.random.default_rng(1).standard_normal(count)).astype(dtype)
    ratios: dict[str, list[float]] = {}
    for index, name in enumerate(KERNELS):
        seconds = timed(runs(name, x), rounds)
        if index == 0:
            print(f"\n| {dtype}, n = {count} | {' | '.join(seconds)} |\n|---|{'---|' * len(seconds)}")
        each = " | ".join(f"{statistics.median(row) / count * 1e9:.2f}" for row in seconds.values())
        print(f"| {name} | {each} |", flush=True)
        for peer, row in seconds.items():
            pairs = zip(row, seconds["generated"], strict=True)
            ratios.setdefault(peer, []).append(statistics.median(other / own for other, own in pairs))
    means = {peer: math.exp(statistics.fmean(map(math.log, row))) for peer, row in ratios.items()}
    print("| **geometric mean / generated** | " + " | ".join(f"**{mean:.2f}**" for mean in means.values()) + " |")
    if count >= 10**7:
        report(dtype, means)


def report(dtype: str, means: Mapping[str, float]) -> None:
    """Say which goals are met."""
    for peer, (goal, floor) in TARGETS[dtype].items():
        if peer in means:
            said = "goal met" if means[peer] >= goal else "above the floor" if means[peer] >= floor else "BELOW"
            print(f"{dtype} {peer}: {means[peer]:.2f} (goal {goal}, floor {floor}): {said}")
    overhead = 1 / means["own ufuncs"]
    said = "goal met" if overhead <= UFUNC_GOAL else "ABOVE"
    print(f"{dtype} generated / own ufuncs: {overhead:.3f} (at most {UFUNC_GOAL}): {said}", flush=True)


def main() -> None:
    """All tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10**3, 10**5, 10**7])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for dtype in TARGETS:
            for count in options.sizes:
                table(dtype, count, options.rounds if count > 10**6 else 3 * options.rounds)


if __name__ == "__main__":
    main()
