"""Generated Numba kernels beside torch, jax, np.copyto and a C stream.

``python tests/benchmarks/numba_speed.py [--tables elementwise steps network]``: elementwise functions of ten million
normal deviates times 3, update rules on as many float32 parameters and on 10,000, and a training step of a network.
One thread, processor time, every peer in turn within each round, medians; ratios are medians of ratios within a round.
Needs numba and gcc; torch, jax and optax are left out where they are not installed.
"""

from __future__ import annotations

import peers  # isort: skip  (first: it pins the process)

import argparse
import ctypes
import math
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean, median
from types import SimpleNamespace

import elementwise_speed as elementwise
import mlp_speed as network
import numpy as np
import optimizer_speed as optimizer

from symdl import library, nn
from symdl.codegen import generate
from symdl.codegen.modules import namespace
from symdl.codegen.numba_network_source import numba_network_source

AHEAD, COPY = 2.0, 4.0
"""Geometric means: so many times faster than torch and jax, at most so many times np.copyto."""
STREAM = 1.1
"""A step takes at most so many times the C stream, at many parameters."""
FEW, FASTER = 10**4, 4.0
"""At so many parameters a step is at least so many times faster than every peer."""
STEPS = {32: 1.7, 256: 1.25}
"""By batch: a training step takes at most so many times its matrix products."""


def loaded(item: object) -> SimpleNamespace:
    """The module for Numba; it is compiled when it is called first."""
    return generate(item, "numba").load()


def elementwise_runs(name: str, x: np.ndarray, module: SimpleNamespace) -> dict[str, elementwise.Run]:
    out, function = np.empty_like(x), getattr(module, name)
    found: dict[str, elementwise.Run] = {"numba": lambda: function(x, out), "copyto": lambda: np.copyto(out, x)}
    for package, make in (("torch", elementwise.torch_runs), ("jax", elementwise.jax_runs)):
        if find_spec(package) is not None:
            found[package] = make(name, x)
    return found


def elementwise_table(dtype: str, count: int, rounds: int, modules: dict[str, SimpleNamespace]) -> None:
    x = (3 * np.random.default_rng(1).standard_normal(count)).astype(dtype)
    ratios: dict[str, list[float]] = {}
    print(f"\n{count:,} elements, {dtype}: ns an element (times Numba)\n")
    for index, name in enumerate(elementwise.KERNELS):
        times = peers.interleaved(elementwise_runs(name, x, modules[name.removesuffix("_derivative")]), rounds)
        if index == 0:
            print(f"| function | {' | '.join(times)} |\n|{'---|' * (len(times) + 1)}")
        cells = []
        for peer, row in times.items():
            ratios.setdefault(peer, []).append(peers.ratio(times, peer, "numba"))
            cells.append(f"{median(row) / count * 1e9:.2f} ({ratios[peer][-1]:.2f})")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    means = {peer: math.exp(fmean(map(math.log, row))) for peer, row in ratios.items()}
    print(f"| **geometric mean** | {' | '.join(f'**{mean:.2f}**' for mean in means.values())} |\n")
    for peer in {"torch", "jax"} & means.keys():
        print(f"{dtype}: {means[peer]:.2f} times {peer} (at least {AHEAD}): {said(means[peer] >= AHEAD)}")
    copies = 1 / means["copyto"]
    print(f"{dtype}: {copies:.2f} times copyto (at most {COPY}): {said(copies <= COPY)}")


def optimizer_runs(rule: optimizer.Rule, n: int, kernels: ctypes.CDLL) -> dict[str, elementwise.Run]:
    """The stream of memory, the step in Numba and in NumPy, and the steps of peers."""
    generator = np.random.default_rng(0)
    names = ("theta", "g", "m", "v")[: 2 + rule.states]
    arrays = {name: generator.standard_normal(n).astype(np.float32) for name in names}
    arrays["g"] *= np.float32(0.01)
    module = loaded(rule.item or library.find(rule.name))
    init, step = (getattr(module, f"{rule.name}_{each}") for each in ("init", "step"))
    theta, g = arrays["theta"].copy(), arrays["g"]
    state = init(theta)
    found: dict[str, elementwise.Run] = {
        "C stream": optimizer.limit(kernels, arrays),
        "numba": lambda: step(theta, g, state, learning_rate=optimizer.RATE, **rule.hyper),
    }
    if find_spec("torch"):
        found |= dict(optimizer.in_torch(rule, arrays))
    if find_spec("optax"):
        found["optax"] = optimizer.in_optax(rule, arrays)
    return found


def optimizer_table(n: int, rounds: int, kernels: ctypes.CDLL) -> None:
    names = ("C stream", "numba", "torch", "torch foreach", "torch fused", "optax")
    print(f"\n{n:,} parameters, float32: ns an element (times the C stream)\n")
    print(f"| rule | {' | '.join(names)} |\n|{'---|' * (len(names) + 1)}")
    lines = []
    for rule in optimizer.RULES:
        times = peers.interleaved(optimizer_runs(rule, n, kernels), rounds)
        ratios = {name: peers.ratio(times, name, "C stream") for name in times}
        cells = [f"{median(times[k]) / n * 1e9:.2f} ({ratios[k]:.2f})" if k in times else "" for k in names]
        print(f"| {rule.name} | {' | '.join(cells)} |", flush=True)
        lines.append(f"{rule.name}: {verdict(times, n)}")
    print("\n" + "\n".join(lines))


def verdict(times: dict[str, list[float]], n: int) -> str:
    """Whether a step keeps the limit at this size."""
    if n > FEW:
        stream = peers.ratio(times, "numba", "C stream")
        return f"{stream:.2f} times the stream (at most {STREAM}): {said(stream <= STREAM)}"
    others = [name for name in times if name.startswith(("torch", "optax"))]
    ahead = min((peers.ratio(times, name, "numba") for name in others), default=math.nan)
    return f"{ahead:.1f} times faster than the fastest peer (at least {FASTER}): {said(ahead >= FASTER)}"


def network_table(rounds: int) -> None:
    """A training step in Numba, as a module of the whole network and of its parts, against its matrix products."""
    rule, loss = loaded(library.adam), loaded(library.cross_entropy)
    names = ("products", "numba", "numba parts", "torch", "torch fused", "torch.compile", "jax")
    print(f"\n{'-'.join(map(str, network.SIZES))}, Adam, float32: microseconds a step (times the products)\n")
    print(f"| batch | activation | {' | '.join(names)} | limit | | ahead of |\n|{'---|' * (len(names) + 5)}")
    for activation in ("relu", "tanh"):
        parts = {"activation": loaded(library.find(activation)), "loss": loss, "optimizer": rule}
        item = library.find(activation)
        whole = namespace(numba_network_source(network.SIZES, item, library.find("cross_entropy"), library.mlp))
        for batch, most in STEPS.items():
            times = peers.interleaved(network_runs(activation, batch, parts, SimpleNamespace(**whole)), rounds)
            ratios = {name: peers.ratio(times, name, "products") for name in times}
            cells = [f"{median(times[k]) * 1e6:.0f} ({ratios[k]:.2f})" if k in times else "" for k in names]
            ahead = [name for name in names[3:] if name in times and peers.ratio(times, name, "numba") > 1]
            end = f"{most} | {said(ratios['numba'] <= most)} | {', '.join(ahead)}"
            print(f"| {batch} | {activation} | {' | '.join(cells)} | {end} |", flush=True)


def network_runs(
    activation: str, batch: int, parts: dict[str, SimpleNamespace], whole: SimpleNamespace
) -> dict[str, elementwise.Run]:
    generator = np.random.default_rng(0)
    inputs = generator.standard_normal((batch, network.SIZES[0])).astype(np.float32)
    targets = generator.integers(0, network.SIZES[-1], batch)
    fresh, _ = nn.mlp(network.SIZES, activation=activation, dtype=np.float32).init(0)
    found = {"products": network.products([array.copy() for array in fresh], inputs)}
    for name, module in (("numba", whole), ("numba parts", None)):
        found[name] = training(nn.mlp(network.SIZES, **parts, module=module, dtype=np.float32), inputs, targets)
    if find_spec("torch"):
        found |= dict(network.in_torch(activation, [array.copy() for array in fresh], inputs, targets))
    if find_spec("optax"):
        found["jax"] = network.in_jax(activation, [array.copy() for array in fresh], inputs, targets)
    return found


def training(ours: nn.Network, inputs: np.ndarray, targets: np.ndarray) -> elementwise.Run:
    parameters, state = ours.init(0)
    return lambda: ours.train_step(parameters, state, inputs, targets, learning_rate=network.RATE)


def said(holds: bool) -> str:
    return "holds" if holds else "FAILS"


def compile_times(count: int) -> dict[str, SimpleNamespace]:
    """The modules, and how long writing and measuring, and compiling them takes."""
    modules = {}
    print("\n| module | written and measured, s | compiled, both dtypes, value and derivative, s |\n|---|---|---|")
    for name in elementwise.VALUES:
        start = time.process_time()
        modules[name] = loaded(library.find(name))
        written = time.process_time()
        for dtype in (np.float32, np.float64):
            for function in (name, f"{name}_derivative"):
                getattr(modules[name], function)(np.ones(count, dtype))
        print(f"| {name} | {written - start:.1f} | {time.process_time() - written:.1f} |", flush=True)
    return modules


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=10**7)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tables", nargs="+", choices=("elementwise", "steps", "network"))
    options = parser.parse_args()
    wanted = options.tables or ("elementwise", "steps", "network")
    if "elementwise" in wanted:
        modules = compile_times(8)
        for dtype in ("float32", "float64"):
            elementwise_table(dtype, options.size, options.rounds, modules)
    if "steps" in wanted:
        with tempfile.TemporaryDirectory() as folder:
            kernels = optimizer.stream(Path(folder))
            for size in (FEW, options.size) if kernels is not None else ():
                optimizer_table(size, options.rounds, kernels)
    if "network" in wanted:
        network_table(2 * options.rounds)


if __name__ == "__main__":
    main()
