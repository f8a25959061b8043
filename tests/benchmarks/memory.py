"""The memory of a training step, against what it cannot do without.

``python tests/benchmarks/memory.py`` prints for networks and batches: the peak of a step, the bytes of
parameters, state, gradients and activations (for each hidden layer its arguments and values, for the last
one outputs and their gradient), the ratio (limit 1.1), and the largest array that a step after the first
allocates (the scratch of the update rule: limit 128 KiB a buffer). The inputs are not counted.
"""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np

from symdl import nn

LIMIT, SCRATCH = 1.1, 1 << 17
NETWORKS = (
    ((784, 256, 128, 10), 32),
    ((784, 256, 128, 10), 256),
    ((784, 256, 128, 10), 2048),
    ((512, 512, 512, 512, 512, 512, 10), 512),
    ((64, 1024, 64), 1024),
)
OPTIMIZERS = ("adam", "adamw", "momentum", "nesterov", "rmsprop")


def account(sizes: tuple[int, ...], batch: int, dtype: Any, state: dict[str, Any], parameters: Any) -> int:
    """The bytes of parameters, state, gradients and activations."""
    kept = [array for value in state.values() if isinstance(value, list) for array in value]
    widths = 2 * sum(sizes[1:])
    return (
        2 * sum(p.nbytes for p in parameters) + sum(a.nbytes for a in kept) + batch * widths * np.dtype(dtype).itemsize
    )


def measured(
    sizes: tuple[int, ...], batch: int, optimizer: str = "adam", activation: str = "relu", dtype: Any = np.float32
) -> tuple[int, int, int]:
    """The peak of the third step, what is counted, and the most that this step allocates beyond what it had."""
    generator = np.random.default_rng(0)
    inputs = generator.standard_normal((batch, sizes[0])).astype(dtype)
    targets = generator.integers(0, sizes[-1], batch)
    hyper = {"momentum": 0.9} if optimizer in ("momentum", "nesterov") else {}
    network = nn.mlp(sizes, activation=activation, optimizer=optimizer, dtype=dtype)
    network.init(0)
    tracemalloc.start()
    try:
        parameters, state = network.init(0)
        for _ in range(2):
            network.train_step(parameters, state, inputs, targets, learning_rate=1e-3, **hyper)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        network.train_step(parameters, state, inputs, targets, learning_rate=1e-3, **hyper)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return peak, account(sizes, batch, dtype, state, parameters), peak - before


def main() -> None:
    names = ("network", "batch", "rule", "peak, MB", "counted, MB", "ratio", "new in a step, KiB")
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}")
    for sizes, batch in NETWORKS:
        for optimizer in OPTIMIZERS:
            peak, counted, fresh = measured(sizes, batch, optimizer)
            network = "-".join(map(str, sizes))
            numbers = f"{peak / 1e6:.2f} | {counted / 1e6:.2f} | {peak / counted:.3f} | {fresh / 1024:.0f}"
            print(f"| {network} | {batch} | {optimizer} | {numbers} |", flush=True)


if __name__ == "__main__":
    main()
