"""A training step of a network with Adam beside torch, jax and plain NumPy, against its matrix products alone.

``python tests/benchmarks/mlp_speed.py [--batches N ...] [--activations NAME ...] [--float64]`` prints a
table: microseconds a step, and in brackets how many times the pure matrix products, which write into arrays
that exist. One thread, processor time, interleaved runs, medians. Peers that are not installed are left out.
"""

from __future__ import annotations

import peers  # isort: skip  (first: it pins the process)

import argparse
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from statistics import median
from typing import Any

import numpy as np

from symdl import library, nn
from symdl.codegen.modules import namespace
from symdl.codegen.networks import network_source
from symdl.generated.adam import adam_init, adam_step

SIZES = (784, 256, 128, 10)
LIMITS = {32: 2.4, 256: 1.3}
RATE = 1e-7  # so small that no peer learns the batch by heart: vanishing gradients would be subnormal, and slow
NAMES = ("products", "symdl nn", "symdl source", "plain NumPy", "torch", "torch fused", "torch.compile", "jax")


def products(parameters: list[np.ndarray], inputs: np.ndarray) -> Callable[[], None]:
    """The eight products of a step."""
    batch, dtype = len(inputs), inputs.dtype
    weights = parameters[::2]
    values = [inputs, *(np.ones((batch, len(w)), dtype) for w in weights)]
    slopes = [np.ones_like(value) for value in values]
    gradients = [np.empty_like(w) for w in weights]

    def run() -> None:
        for level, weight in enumerate(weights):
            np.matmul(values[level], weight.T, out=values[level + 1])
        for level in reversed(range(len(weights))):
            np.matmul(slopes[level + 1].T, values[level], out=gradients[level])
            if level:
                np.matmul(slopes[level + 1], weights[level], out=slopes[level])

    for value, slope in zip(values[1:], slopes[1:], strict=True):
        value *= 1e-3
        slope *= 1e-3
    for weight in weights:
        np.multiply(weight, 1.0, out=weight)
    return run


def ours(activation: str, dtype: Any, inputs: Any, targets: Any) -> Iterator[tuple[str, Callable[[], object]]]:
    network = nn.mlp(SIZES, activation=activation, dtype=dtype)
    parameters, state = network.init(0)
    yield "symdl nn", lambda: network.train_step(parameters, state, inputs, targets, learning_rate=RATE)
    source = network_source(SIZES, library.find(activation), library.find("cross_entropy"), library.mlp)
    step = namespace(source)["loss_and_gradients"]
    own, _ = network.init(0)
    own_state, workspace = adam_init(own), {}

    def run() -> None:
        _, gradients = step(own, inputs, targets, workspace=workspace)
        adam_step(own, gradients, own_state, learning_rate=RATE)

    yield "symdl source", run


def plain(activation: str, parameters: list[np.ndarray], inputs: Any, targets: Any) -> Callable[[], None]:
    """What one writes by hand, with new arrays for everything."""
    state = [[np.zeros_like(p) for p in parameters] for _ in range(2)]
    count, rows = [0], np.arange(len(targets))

    def run() -> None:
        values = [inputs]
        for level in range(0, len(parameters), 2):
            z = values[-1] @ parameters[level].T + parameters[level + 1]
            last = level + 2 == len(parameters)
            values.append(z if last else np.maximum(z, 0) if activation == "relu" else np.tanh(z))
        powers = np.exp(values[-1] - values[-1].max(axis=1, keepdims=True))
        slope = powers / powers.sum(axis=1, keepdims=True)
        np.mean(-np.log(slope[rows, targets]))
        slope[rows, targets] -= 1
        slope /= len(targets)
        gradients = []
        for level in reversed(range(0, len(parameters), 2)):
            value = values[level // 2]
            gradients = [slope.T @ value, slope.sum(axis=0), *gradients]
            if level:
                inner = (value > 0) if activation == "relu" else 1 - value**2
                slope = (slope @ parameters[level]) * inner
        count[0] += 1
        for p, g, m, v in zip(parameters, gradients, *state, strict=True):
            m[:] = 0.9 * m + 0.1 * g
            v[:] = 0.999 * v + 0.001 * g**2
            p -= RATE * (m / (1 - 0.9 ** count[0])) / (np.sqrt(v / (1 - 0.999 ** count[0])) + 1e-8)

    return run


def in_torch(activation: str, parameters: list[np.ndarray], inputs: Any, targets: Any) -> Iterator[tuple[str, Any]]:
    import torch

    torch.set_num_threads(1)
    x, y = torch.from_numpy(inputs), torch.from_numpy(targets)
    for label, fused, compiled in (
        ("torch", False, False),
        ("torch fused", True, False),
        ("torch.compile", True, True),
    ):
        layers: list[Any] = []
        for level in range(0, len(parameters), 2):
            layer = torch.nn.Linear(*parameters[level].shape[::-1], dtype=x.dtype)
            layer.weight.data[:] = torch.from_numpy(parameters[level])
            layers += [layer, torch.nn.ReLU() if activation == "relu" else torch.nn.Tanh()]
        model: Any = torch.nn.Sequential(*layers[:-1])
        optimizer = torch.optim.Adam(model.parameters(), lr=RATE, fused=fused)
        loss = torch.nn.functional.cross_entropy

        def forward(model: Any = model, loss: Any = loss) -> Any:
            return loss(model(x), y)

        forward = torch.compile(forward) if compiled else forward

        def run(forward: Any = forward, optimizer: Any = optimizer) -> None:
            optimizer.zero_grad()
            forward().backward()
            optimizer.step()

        try:
            run()
        except RuntimeError as error:  # no compiler for torch.compile
            print(f"({label} left out: {type(error).__name__})")
            continue
        yield label, run


def in_jax(activation: str, parameters: list[np.ndarray], inputs: Any, targets: Any) -> Callable[[], None]:
    import jax
    import optax

    act = jax.nn.relu if activation == "relu" else jax.numpy.tanh
    with jax.enable_x64(inputs.dtype == np.float64):
        leaves, x, y = [jax.device_put(p.copy()) for p in parameters], jax.device_put(inputs), jax.device_put(targets)
    transform = optax.adam(RATE)

    def loss(leaves: Any, x: Any, y: Any) -> Any:
        for level in range(0, len(leaves), 2):
            x = x @ leaves[level].T + leaves[level + 1]
            x = act(x) if level + 2 < len(leaves) else x
        return optax.softmax_cross_entropy_with_integer_labels(x, y).mean()

    def step(leaves: Any, state: Any, x: Any, y: Any) -> Any:
        value, slopes = jax.value_and_grad(loss)(leaves, x, y)
        updates, state = transform.update(slopes, state, leaves)
        return value, optax.apply_updates(leaves, updates), state

    compiled = jax.jit(step, donate_argnums=(0, 1))
    held = [leaves, transform.init(leaves)]

    def run() -> None:
        value, *held[:] = compiled(*held, x, y)
        jax.block_until_ready(value)

    return run


def runs(activation: str, batch: int, dtype: Any) -> dict[str, Callable[[], object]]:
    generator = np.random.default_rng(0)
    inputs = generator.standard_normal((batch, SIZES[0])).astype(dtype)
    targets = generator.integers(0, SIZES[-1], batch)

    def fresh() -> list[np.ndarray]:
        return nn.mlp(SIZES, dtype=dtype).init(0)[0]

    found: dict[str, Callable[[], object]] = {"products": products(fresh(), inputs)}
    found |= dict(ours(activation, dtype, inputs, targets))
    found["plain NumPy"] = plain(activation, fresh(), inputs, targets)
    if find_spec("torch"):
        found |= dict(in_torch(activation, fresh(), inputs, targets))
    if find_spec("optax") and find_spec("jax"):
        found["jax"] = in_jax(activation, fresh(), inputs, targets)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, nargs="+", default=[32, 256])
    parser.add_argument("--activations", nargs="+", default=["relu", "tanh"])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--float64", action="store_true")
    options = parser.parse_args()
    dtype = np.float64 if options.float64 else np.float32
    print(f"{'-'.join(map(str, SIZES))}, Adam, {np.dtype(dtype).name}: microseconds a step (times the products)\n")
    print(f"| batch | activation | {' | '.join(NAMES)} | limit | |\n|{'---|' * (len(NAMES) + 4)}")
    for batch in options.batches:
        for activation in options.activations:
            times = peers.interleaved(runs(activation, batch, dtype), options.rounds)
            cells = [
                f"{median(times[k]) * 1e6:.0f} ({peers.ratio(times, k, 'products'):.2f})" if k in times else ""
                for k in NAMES
            ]
            most = LIMITS.get(batch)
            here = peers.ratio(times, "symdl nn", "products")
            said = f"{most} | {'holds' if here <= most else 'fails'}" if most else " | "
            print(f"| {batch} | {activation} | {' | '.join(cells)} | {said} |", flush=True)


if __name__ == "__main__":
    main()
