"""Every checker by itself against claims whose truth it would get wrong: none may.

In a verdict one checker shields another: a false claim is mostly refuted before a faulty proof of it
is tried. Here each proving checker meets false claims and each refuting one true claims, alone. Beside
the claims of ``fuzz_prover`` there are strict inequalities that fail only on a closed edge of their
domain: f(x) > f(w) for x >= w, the edge w a number or another variable.
``python tests/benchmarks/fuzz_checkers.py 2000`` prints what each checker said, and every wrong answer.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator

import sympy as sp
from fuzz_prover import UNIT, K, X, Y, case, expression

from symdl.core import Claim, Compare
from symdl.prover.verdicts import CHECKERS, evidence_of


def edge(seed: int) -> Claim | None:
    """A strict inequality between f(x) and f at a closed edge, where both are the same."""
    r = random.Random(seed)
    f = expression(r, r.choice([1, 1, 2]))
    start = r.choice([sp.Integer(0), sp.Integer(1), sp.Rational(-1, 2), K, Y, 1 - K])
    at_start = f.xreplace({X: start})
    if X not in f.free_symbols or at_start.has(sp.zoo, sp.nan, sp.I, sp.oo):
        return None
    statement = Compare(f, r.choice([">", "<"]), at_start)
    return Claim(statement, (*UNIT, Compare(X, r.choice([">=", "<="]), start)))


def claims(seed: int) -> Iterator[tuple[Claim, bool]]:
    """Claims of a seed with their truth."""
    found, at_edge = case(seed), edge(seed)
    if found is not None:
        yield found.claim, found.truth
    if at_edge is not None:
        yield at_edge, False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=1_000, help="how many seeds")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    options = parser.parse_args()
    asked, wrong = Counter(), Counter()
    for seed in range(options.first, options.first + options.count):
        for claim, truth in claims(seed):
            for outcome, checker in CHECKERS:
                if (outcome == "PROVED") == truth:
                    continue
                asked[checker.__name__] += 1
                if evidence_of(checker, claim) is not None:
                    wrong[checker.__name__] += 1
                    print(f"WRONG {checker.__name__} says {outcome}, seed {seed}: {claim}", flush=True)
    for name, count in asked.items():
        print(f"{name}: {count} claims, {wrong[name]} wrong")


if __name__ == "__main__":
    main()
