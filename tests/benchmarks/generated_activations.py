"""How accurate is generated code for activations that the library does not hold?

``python tests/benchmarks/generated_activations.py [--random COUNT] [--points COUNT] [--only NAME ...]``
prints a table: the worst error
of the value and the derivative in each dtype over the whole finite range, and what is wrong altogether. The
activations are from papers of 2017 to 2024; ``--random`` adds compositions of the operation table.
"""

from __future__ import annotations

import argparse
import random
import time

import sympy as sp

from symdl.codegen import generate
from symdl.core import Activation, BudgetExceeded, Compare, Parameter, Source, SymdlError, symbol
from symdl.testing import examine

x, a = symbol("x"), symbol("a")
_SIGMOID = 1 / (1 + sp.exp(-x))
_POSITIVE = (Parameter(a, "alpha", sp.Integer(1), (Compare(a, ">", sp.Integer(0)),)),)

RECENT = (
    Activation(
        "isru", x, x / sp.sqrt(1 + a * x**2), _POSITIVE, source=Source("Carlile et al., arXiv:1710.09967", "definition")
    ),
    Activation(
        "isrlu",
        x,
        sp.Piecewise((x, x >= 0), (x / sp.sqrt(1 + a * x**2), True)),
        _POSITIVE,
        source=Source("Carlile et al., arXiv:1710.09967", "definition"),
    ),
    Activation(
        "elish",
        x,
        sp.Piecewise((x * _SIGMOID, x >= 0), ((sp.exp(x) - 1) * _SIGMOID, True)),
        source=Source("Basirat and Roth, arXiv:1808.00783", "definition"),
    ),
    Activation("lisht", x, x * sp.tanh(x), source=Source("Roy et al., arXiv:1901.05894", "definition")),
    Activation("tanh_exp", x, x * sp.tanh(sp.exp(x)), source=Source("Liu and Di, arXiv:2003.09855", "definition")),
    Activation("logish", x, x * sp.log(1 + _SIGMOID), source=Source("Zhu et al., Neurocomputing 2021", "definition")),
    Activation(
        "smish", x, x * sp.tanh(sp.log(1 + _SIGMOID)), source=Source("Wang et al., Electronics 2022", "definition")
    ),
    Activation(
        "serf",
        x,
        x * sp.erf(sp.log(1 + sp.exp(x))),
        source=Source("Nag and Bhattacharyya, arXiv:2108.09598", "definition"),
    ),
    Activation(
        "smelu",
        x,
        sp.Piecewise((x, x >= a), (0, x <= -a), ((x + a) ** 2 / (4 * a), True)),
        _POSITIVE,
        source=Source("Shamir et al., arXiv:2202.06499", "definition"),
    ),
    Activation(
        "star_relu",
        x,
        sp.Max(x, 0) ** 2 * sp.Rational(89, 100) - sp.Rational(448, 1000),
        source=Source("Yu et al., arXiv:2210.13452", "definition"),
    ),
    Activation(
        "swish_t", x, x * _SIGMOID + sp.tanh(x) / 10, source=Source("Seo et al., arXiv:2407.01012", "definition")
    ),
    Activation(
        "xielu",
        x,
        sp.Piecewise((x**2 * 4 / 5 + x / 2, x > 0), ((sp.exp(x) - 1 - x) * 4 / 5 + x / 2, True)),
        source=Source("Huang et al., arXiv:2411.13010", "definition"),
    ),
)


def composed(generator: random.Random, depth: int = 2) -> sp.Expr:
    """A random composition of operations that activations are made of."""
    if depth == 0:
        return generator.choice([x, x / 2, -x, 2 * x])
    inner = composed(generator, depth - 1)
    other = composed(generator, depth - 1)
    return generator.choice(
        [
            inner * _SIGMOID,
            sp.tanh(inner),
            sp.log(1 + sp.exp(inner)),
            sp.Max(inner, other),
            inner / sp.sqrt(1 + inner**2),
            inner + sp.tanh(other),
            sp.exp(-(inner**2)),
            inner / (1 + sp.Abs(inner)),
            sp.Min(inner, 0) + sp.Max(other, 0) / 2,
        ]
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--points", type=int, default=2000)
    parser.add_argument("--only", nargs="*", default=(), help="the names of those to measure")
    options = parser.parse_args()
    generator = random.Random(4)
    drawn = [Activation(f"random_{index}", x, composed(generator)) for index in range(options.random)]
    print("| activation | dtype | value ULP | derivative ULP | seconds | wrong |\n|---|---|---|---|---|---|")
    for item in (*RECENT, *drawn):
        if options.only and item.name not in options.only:
            continue
        start = time.process_time()
        try:
            rows = examine(item, generate(item), options.points)
        except (SymdlError, BudgetExceeded) as error:
            print(f"| {item.name} | | | | | refused: {error} |".replace("\n", " "))
            continue
        for row in rows:
            seconds = time.process_time() - start
            worst = f"{row.worst_value_ulp:.3g} | {row.worst_derivative_ulp:.3g}"
            print(f"| {item.name} | {row.dtype} | {worst} | {seconds:.0f} | {'; '.join(row.failures)} |", flush=True)


if __name__ == "__main__":
    main()
