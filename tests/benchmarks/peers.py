"""What the speed benchmarks share: one pinned thread, interleaved runs, medians of ratios.

Import this first: it pins the process to one processor and limits every library to one thread.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from statistics import median

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

Runs = Mapping[str, Callable[[], object]]
SHORTEST = 2e-2


def interleaved(runs: Runs, rounds: int) -> dict[str, list[float]]:
    """The processor time of one call of each, in every round; short ones are repeated within a round."""
    repeats = {}
    for name, run in runs.items():
        run()
        begin = time.process_time()
        run()
        repeats[name] = max(1, min(3000, int(SHORTEST / max(time.process_time() - begin, 1e-7))))
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            begin = time.process_time()
            for _ in range(repeats[name]):
                run()
            times[name].append((time.process_time() - begin) / repeats[name])
    return times


def ratio(times: Mapping[str, list[float]], name: str, base: str) -> float:
    """The median over the rounds of the time of ``name`` in that of ``base``."""
    return median(a / b for a, b in zip(times[name], times[base], strict=True))
