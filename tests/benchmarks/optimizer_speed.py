"""Steps of update rules beside torch and optax, against the memory traffic alone.

``python tests/benchmarks/optimizer_speed.py [--sizes N ...] [--rounds COUNT]`` prints one table a size:
nanoseconds an element, and the ratio of every peer to a C kernel that moves the same arrays once (needs
gcc). One thread, processor time, interleaved runs, medians. Peers that are not installed are left out.
"""

from __future__ import annotations

import peers  # isort: skip  (first: it pins the process)

import argparse
import ctypes
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from symdl import library
from symdl.codegen import generate
from symdl.core import THETA, Assignment, Evaluation, Optimizer, State, symbol

RATE, MOMENTUM, EPSILON = 1e-3, 0.9, 1e-8
LIMITS = {"momentum": 2.0, "nesterov": 2.3}
"""At most so many times the stream limit at the largest size; 3.3 for the others."""
OTHERS, SMALL = 3.3, 4.0


@dataclass(frozen=True)
class Rule:
    """An update rule here, in torch and in optax, with the same hyper-parameters."""

    name: str
    hyper: dict[str, float]
    torch: tuple[str, dict[str, Any]]
    optax: tuple[str, dict[str, Any]]
    states: int = 1
    item: Optimizer | None = None
    """The rule, where it is no default of the library."""


def velocity(name: str, looks_ahead: bool) -> Optimizer:
    """Momentum as torch and optax write it: the gradient at theta, the rate outside of the velocity."""
    v, g, eta, beta = map(symbol, ("v", "g", "eta", "beta"))
    push = g + beta * v if looks_ahead else v
    step = (Assignment(v, beta * v + g), Assignment(THETA, THETA - eta * push))
    return Optimizer(name, library.momentum.hyper, (State(v),), (Evaluation(g, THETA),), step)


RULES = (
    Rule("momentum", {"momentum": MOMENTUM}, ("SGD", {"momentum": MOMENTUM}), ("sgd", {"momentum": MOMENTUM}),
         item=velocity("momentum", False)),
    Rule("nesterov", {"momentum": MOMENTUM}, ("SGD", {"momentum": MOMENTUM, "nesterov": True}),
         ("sgd", {"momentum": MOMENTUM, "nesterov": True}), item=velocity("nesterov", True)),
    Rule("adagrad", {"epsilon": EPSILON}, ("Adagrad", {"eps": EPSILON}),
         ("adagrad", {"eps": EPSILON, "initial_accumulator_value": 0.0})),
    Rule("rmsprop", {"decay": 0.99}, ("RMSprop", {}), ("rmsprop", {"decay": 0.99})),
    Rule("adam", {}, ("Adam", {}), ("adam", {}), 2),
    Rule("adamw", {}, ("AdamW", {"weight_decay": 0.01}), ("adamw", {"weight_decay": 0.01}), 2),
)  # fmt: skip


def stream(folder: Path) -> ctypes.CDLL | None:
    """The C kernels, compiled; nothing without gcc."""
    source, target = Path(__file__).with_name("stream_limit.c"), folder / "stream_limit.so"
    try:
        subprocess.run(["gcc", "-O3", "-march=native", "-shared", "-fPIC", source, "-o", target], check=True)
    except FileNotFoundError:
        return None
    return ctypes.CDLL(str(target))


def limit(kernels: ctypes.CDLL, arrays: dict[str, np.ndarray]) -> Callable[[], None]:
    used = [array.copy() for array in arrays.values()]
    used[1].fill(0)
    name = f"{'two_states' if 'v' in arrays else 'one_state'}_{used[0].dtype}"
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in used]
    return lambda: getattr(kernels, name)(*pointers, ctypes.c_size_t(used[0].size))


def runs(rule: Rule, n: int, dtype: Any, kernels: ctypes.CDLL | None) -> dict[str, Callable[[], object]]:
    generator = np.random.default_rng(0)
    arrays = {name: generator.standard_normal(n).astype(dtype) for name in ("theta", "g", "m", "v")[: 2 + rule.states]}
    arrays["g"] *= dtype(0.01)
    found: dict[str, Callable[[], object]] = {"C stream": limit(kernels, arrays)} if kernels else {}
    found["symdl"] = ours(rule, arrays)
    if find_spec("torch"):
        found |= dict(in_torch(rule, arrays))
    if find_spec("optax") and find_spec("jax"):
        found["optax"] = in_optax(rule, arrays)
    return found


def ours(rule: Rule, arrays: dict[str, np.ndarray]) -> Callable[[], object]:
    module = generate(rule.item or library.find(rule.name)).load()
    init, step = (getattr(module, f"{rule.name}_{name}") for name in ("init", "step"))
    theta, g = arrays["theta"].copy(), arrays["g"]
    state = init(theta)
    return lambda: step(theta, g, state, learning_rate=RATE, **rule.hyper)


def in_torch(rule: Rule, arrays: dict[str, np.ndarray]) -> Iterator[tuple[str, Callable[[], object]]]:
    import torch

    torch.set_num_threads(1)
    name, hyper = rule.torch
    for label, how in (("torch", {}), ("torch foreach", {"foreach": True}), ("torch fused", {"fused": True})):
        theta = torch.nn.Parameter(torch.from_numpy(arrays["theta"].copy()))
        theta.grad = torch.from_numpy(arrays["g"].copy())
        try:
            optimizer = getattr(torch.optim, name)([theta], lr=RATE, **hyper, **how)
        except TypeError:
            continue
        yield label, optimizer.step


def in_optax(rule: Rule, arrays: dict[str, np.ndarray]) -> Callable[[], object]:
    import jax
    import optax

    name, hyper = rule.optax
    transform = getattr(optax, name)(RATE, **hyper)
    with jax.enable_x64(arrays["theta"].dtype == np.float64):
        theta, g = (jax.device_put(arrays[key].copy()) for key in ("theta", "g"))

    def step(theta: Any, state: Any, g: Any) -> Any:
        updates, state = transform.update(g, state, theta)
        return optax.apply_updates(theta, updates), state

    compiled = jax.jit(step, donate_argnums=(0, 1))
    held = [theta, transform.init(theta)]

    def run() -> None:
        held[:] = compiled(*held, g)
        jax.block_until_ready(held[0])

    return run


def table(n: int, dtype: Any, rounds: int, kernels: ctypes.CDLL | None) -> None:
    names = ["C stream", "symdl", "torch", "torch foreach", "torch fused", "optax"]
    print(f"\n{n:,} elements, {np.dtype(dtype).name}: ns an element (times the C stream)\n")
    print(f"| rule | {' | '.join(names)} | limit | |\n|{'---|' * (len(names) + 3)}")
    for rule in RULES:
        times = peers.interleaved(runs(rule, n, dtype, kernels), rounds)
        base = "C stream" if kernels else "symdl"
        cells = [
            f"{median(times[k]) / n * 1e9:.2f} ({peers.ratio(times, k, base):.1f})" if k in times else "" for k in names
        ]
        print(f"| {rule.name} | {' | '.join(cells)} | {' | '.join(verdict(rule, times, n))} |", flush=True)


def verdict(rule: Rule, times: dict[str, list[float]], n: int) -> tuple[str, str]:
    """The limit at this size, and whether it holds."""
    if n >= 10**6:
        most = LIMITS.get(rule.name, OTHERS)
        holds = "C stream" in times and peers.ratio(times, "symdl", "C stream") <= most
        return f"{most} times the stream", "holds" if holds else "fails"
    others = [name for name in times if name.startswith(("torch", "optax"))]
    ahead = min((peers.ratio(times, name, "symdl") for name in others), default=0.0)
    return f"{SMALL:.0f} times faster than any peer: {ahead:.1f}", "holds" if ahead >= SMALL else "fails"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10**4, 10**7])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--float64", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kernels = stream(Path(folder))
        for n in options.sizes:
            table(n, np.float64 if options.float64 else np.float32, options.rounds, kernels)


if __name__ == "__main__":
    main()
