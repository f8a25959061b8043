"""Errors of precise float32 code against long double arithmetic, at every float32 or at each n-th.

``python tests/benchmarks/precise_float32.py [--every N] [NAME ...]``: prints the worst error in ULP and how
many values are not correctly rounded. Every float32 takes minutes a function (--every 1).
"""

import argparse

import numpy as np

from symdl import generate

LONG = np.longdouble
CHUNK = 1 << 22
REFERENCES = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "mish": lambda x: x * np.tanh(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))),
}


def main() -> None:
    """Print one row a function."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*REFERENCES, []])
    parser.add_argument("--every", type=int, default=997)
    options = parser.parse_args()
    if np.finfo(LONG).nmant < 63:
        raise SystemExit("long double is no wider than float64 here")
    for name in options.names or REFERENCES:
        function = getattr(generate(name, precise=True).load(), name)
        worst, at, off, count = examined(function, REFERENCES[name], options.every)
        print(f"{name}: {worst:.8f} ULP at {at:.9g}; {off} of {count} not correctly rounded", flush=True)


def examined(function, reference, every):
    """The worst error in ULP, where, how many values are not correctly rounded, and of how many."""
    worst, at, off, count = 0.0, 0.0, 0, 0
    for start in range(0, 1 << 32, CHUNK * every):
        patterns = np.arange(start, min(start + CHUNK * every, 1 << 32), every, dtype=np.uint64)
        x = patterns.astype(np.uint32).view(np.float32)
        x = x[np.isfinite(x)]
        if not x.size:
            continue
        with np.errstate(all="ignore"):
            truth = reference(x.astype(LONG))
            rounded = truth.astype(np.float32)
            computed = function(x)
        finite = np.isfinite(rounded)
        unit = np.spacing(np.minimum(np.abs(rounded), np.float32(1.7e38)))
        errors = np.where(finite, np.abs(computed.astype(LONG) - truth) / unit, 0).astype(np.float64)
        place = int(np.argmax(errors))
        if errors[place] > worst:
            worst, at = float(errors[place]), float(x[place])
        off += int(np.count_nonzero(finite & (computed != rounded)))
        count += x.size
    return worst, at, off, count


if __name__ == "__main__":
    main()
