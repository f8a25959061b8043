"""Random claims of known truth against the prover.

True claims are built by rewriting, so that they are true by construction; false ones by a small change,
whose falsity is settled at a point in ball arithmetic alone. ``python tests/benchmarks/fuzz_prover.py
10000 --processes 2`` prints how many are decided, how fast, and every wrong verdict.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from symdl.core import Belongs, Claim, Compare, SymdlError, symbol
from symdl.numerics import ball
from symdl.prover import decide

X, Y, K, B, T, S = map(symbol, ("x", "y", "k", "b", "t", "s"))
UNIT = (Compare(K, ">", sp.Integer(0)), Compare(K, "<", sp.Integer(1)))
RATE = (Belongs(T, "positive integer"), Compare(B, ">", sp.Integer(0)), Compare(B, "<", sp.Integer(1)))
NEGATED = {"=": "!=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_POINTS = 60


@dataclass(frozen=True)
class Case:
    """A claim with its truth and the kind that it is of."""

    claim: Claim
    truth: bool
    kind: str


# --- expressions and other forms of them


def leaf(r: random.Random) -> sp.Expr:
    return r.choice(
        [
            X,
            X,
            Y,
            X + Y,
            2 * X,
            X - 1,
            1 - X,
            X / 2,
            K * X,
            sp.Integer(r.randint(1, 4)),
            sp.Rational(r.randint(1, 5), 3),
        ]
    )


def expression(r: random.Random, depth: int) -> sp.Expr:
    if depth == 0:
        return leaf(r)
    a = expression(r, depth - 1)
    return r.choice(
        [
            lambda: a + expression(r, depth - 1),
            lambda: a * expression(r, depth - 1),
            lambda: a - expression(r, depth - 1),
            lambda: sp.Max(a, expression(r, 0)),
            lambda: sp.Min(a, expression(r, 0)),
            lambda: sp.Abs(a),
            lambda: sp.sqrt(1 + a**2),
            lambda: 1 / (1 + sp.exp(-a)),
            lambda: sp.tanh(a),
            lambda: sp.log(1 + sp.exp(a)),
            lambda: sp.log(1 + a**2),
            lambda: sp.exp(a),
            lambda: sp.erf(a),
            lambda: sp.sin(a),
            lambda: a / (1 + a**2),
            lambda: sp.Piecewise((a, X > 0), (K * a, True)),
        ]
    )()


def other_form(r: random.Random, e: sp.Expr) -> sp.Expr:
    """The same function, written in another way."""
    if not e.args or e.is_Rational:
        return e
    if isinstance(e, sp.Piecewise):
        (a, _), (b, _) = e.args
        return sp.Piecewise((other_form(r, b), X <= 0), (other_form(r, a), True))
    p = [other_form(r, argument) for argument in e.args]
    match e:
        case sp.tanh():
            return r.choice(
                [1 - 2 / (sp.exp(2 * p[0]) + 1), sp.sinh(p[0]) / sp.cosh(p[0]), -sp.tanh(-p[0], evaluate=False)]
            )
        case sp.exp():
            return r.choice([sp.exp(p[0] / 2) ** 2, sp.cosh(p[0]) + sp.sinh(p[0]), 1 / sp.exp(-p[0])])
        case sp.Max() if len(p) == 2:
            return r.choice(
                [(p[0] + p[1] + sp.Abs(p[0] - p[1])) / 2, p[0] + sp.Max(0, p[1] - p[0]), -sp.Min(-p[0], -p[1])]
            )
        case sp.Min() if len(p) == 2:
            return (p[0] + p[1] - sp.Abs(p[0] - p[1])) / 2
        case sp.Abs():
            return r.choice(
                [sp.sqrt(p[0] ** 2, evaluate=False), sp.Max(p[0], -p[0]), sp.Piecewise((-p[0], p[0] < 0), (p[0], True))]
            )
        case sp.log():
            return r.choice([2 * sp.log(sp.sqrt(p[0])), -sp.log(1 / p[0]), sp.log(3 * p[0]) - sp.log(3)])
        case sp.erf():
            return -sp.erf(-p[0], evaluate=False)
        case sp.sin():
            return 2 * sp.sin(p[0] / 2) * sp.cos(p[0] / 2)
        case sp.Mul():
            return r.choice([sp.expand(sp.Mul(*p)), sp.Mul(*p)])
        case sp.Pow() if e.exp == 2:
            return sp.expand(p[0] ** 2)
    return e.func(*p)


def changed(r: random.Random, e: sp.Expr) -> sp.Expr:
    """``e`` with one small slip."""
    inner = [n for n in sp.preorder_traversal(e) if isinstance(n, sp.Expr) and not isinstance(n, sp.Piecewise)]
    node = r.choice(inner)
    new = r.choice(
        [
            -node,
            node + 1,
            2 * node,
            node * (1 + sp.Rational(1, 10 ** r.randint(1, 9))),
            node + X / 10 ** r.randint(1, 6),
            node.args[0] if node.args and isinstance(node.args[0], sp.Expr) else node + sp.Rational(1, 1000),
            sp.Abs(node),
        ]
    )
    return e.xreplace({node: new})


def nonnegative(r: random.Random, depth: int) -> sp.Expr:
    """An expression that is never below 0."""
    a, b = expression(r, depth), expression(r, 0)
    return r.choice(
        [
            a**2,
            sp.Abs(a),
            sp.Max(a, 0),
            sp.exp(a),
            sp.log(1 + a**2),
            sp.log(1 + sp.exp(a)),
            1 - sp.tanh(a),
            1 - sp.erf(a) ** 2,
            sp.Abs(a) + sp.Abs(b) - sp.Abs(a + b),
            sp.sqrt(1 + a**2) - a,
            sp.exp(b) - 1 - b,
            sp.log(sp.cosh(b)),
            sp.log(2) - sp.log(1 + sp.exp(b)) + sp.Max(b, 0),
            (a - b) ** 2 + sp.Rational(r.randint(0, 2), 10),
        ]
    )


# --- bounds of known curves: value and side of a sharp bound, shifted by a hair

SHARP = (
    (X / (1 + sp.exp(-X)), ">=", sp.Rational("-0.27846454276107379510935")),
    (X * (1 + sp.erf(X / sp.sqrt(2))) / 2, ">=", sp.Rational("-0.16997120747990369128")),
    (X * sp.tanh(sp.log(1 + sp.exp(X))), ">=", sp.Rational("-0.30884341309019386")),
    (X * sp.exp(-X), "<=", sp.Rational("0.36787944117144232159552377016")),
    (X * sp.exp(-(X**2)), "<=", sp.Rational("0.42888194248035339")),
    (X / (1 + X**2), "<=", sp.Rational(1, 2)),
    (1 / (1 + sp.exp(-X)) * (1 - 1 / (1 + sp.exp(-X))), "<=", sp.Rational(1, 4)),
    (sp.log(1 + sp.exp(X)) - sp.Max(X, 0), "<=", sp.Rational("0.69314718055994530941723")),
    (sp.sin(X) + sp.cos(X), "<=", sp.Rational("1.41421356237309504880168872")),
)


def sharp_bound(r: random.Random) -> tuple[sp.Expr, str, sp.Expr, bool]:
    curve, relation, value = r.choice(SHARP)
    hair = sp.Rational(1, 10 ** r.randint(1, 7)) * r.randint(1, 9)
    holds = r.random() < 0.5
    outward = hair if (relation == "<=") == holds else -hair
    shift, scale = sp.Integer(r.randint(-2, 2)), sp.Rational(r.randint(1, 3), r.randint(1, 3))
    return curve.xreplace({X: scale * X + shift}), relation, value + outward, holds


# --- claims over an index


def indexed(r: random.Random) -> tuple[sp.Expr, sp.Expr]:
    c = r.randint(1, 4)
    return r.choice(
        [
            (sp.Sum(c * B**S, (S, 0, T)), c * (1 - B ** (T + 1)) / (1 - B)),
            (sp.Sum(S + c, (S, 1, T)), T * (T + 1) / 2 + c * T),
            (sp.Sum(S**2, (S, 1, T)), T * (T + 1) * (2 * T + 1) / 6),
            (sp.Sum((1 - B) * B ** (T - S), (S, 1, T)), 1 - B**T),
            (B ** (T + c) - B**T, B**T * (B**c - 1)),
            ((-1) ** (2 * T + c) * B**T, (-1) ** c * B**T),
        ]
    )


# --- cases


def case(seed: int) -> Case | None:
    """The case of a seed; None where a change makes no certain difference or an expression has no value."""
    r = random.Random(seed)
    kind = r.choice(["equality", "equality", "bound", "sharp", "sharp", "index"])
    try:
        return globals()[f"_{kind}"](r, r.random() < 0.5)
    except (TypeError, ValueError, RecursionError):
        return None


def _case(
    left: sp.Expr, relation: str, right: sp.Expr, given: tuple, kind: str, truth: bool, r: random.Random
) -> Case | None:
    if left.has(sp.zoo, sp.nan, sp.I, sp.oo) or right.has(sp.zoo, sp.nan, sp.I, sp.oo):
        return None
    fails = fails_somewhere(left, relation, right, bool(given) and given[0] == RATE[0], r)
    if truth and fails:
        raise AssertionError(f"the generator is wrong: {left} {relation} {right}")
    if fails == truth:
        return None
    return Case(Claim(Compare(left, relation, right), given), truth, f"{kind} {'true' if truth else 'false'}")


def _equality(r: random.Random, truth: bool) -> Case | None:
    e = expression(r, r.choice([1, 2, 2, 3]))
    right = other_form(r, e)
    return _case(e, "=", right if truth else changed(r, right), UNIT, "equality", truth, r)


def _bound(r: random.Random, truth: bool) -> Case | None:
    e, gap = expression(r, 1), nonnegative(r, 1)
    left, right = e + sp.expand(gap), other_form(r, e)
    if not truth:
        left = left - sp.Rational(1, 10 ** r.randint(0, 3))
    return _case(left, ">=", right, UNIT, "bound", truth, r)


def _sharp(r: random.Random, truth: bool) -> Case | None:
    left, relation, right, holds = sharp_bound(r)
    return Case(Claim(Compare(left, relation, right)), holds, f"sharp {'true' if holds else 'false'}")


def _index(r: random.Random, truth: bool) -> Case | None:
    left, right = indexed(r)
    return _case(left, "=", right if truth else changed(r, right), RATE, "index", truth, r)


def fails_somewhere(left: sp.Expr, relation: str, right: sp.Expr, index: bool, r: random.Random) -> bool:
    """Whether the comparison certainly fails at one of some random points."""
    for _ in range(_POINTS):
        values = {X: Fraction(r.randint(-400, 400), 100), Y: Fraction(r.randint(-400, 400), 100)}
        values |= {K: Fraction(r.randint(1, 99), 100), B: Fraction(r.randint(1, 99), 100)}
        values[T] = Fraction(r.randint(1, 6))
        try:
            sides = [written_out(side, values) for side in (left, right)] if index else [left, right]
            gap = ball.evaluate(sp.Add(sides[0], -sides[1], evaluate=False), values, 256)
        except SymdlError:
            continue
        if _violates(gap, relation):
            return True
    return False


def _violates(gap: object, relation: str) -> bool:
    if not gap.is_finite():  # type: ignore[attr-defined]
        return False
    return {"=": gap > 0 or gap < 0, "<=": gap > 0, ">=": gap < 0}[relation]  # type: ignore[operator]


def written_out(e: sp.Expr, values: dict) -> sp.Expr:
    steps = int(values[T])
    e = e.xreplace({T: sp.Integer(steps)})
    sums = {
        s: sp.Add(
            *(s.function.xreplace({S: sp.Integer(i)}) for i in range(int(s.limits[0][1]), int(s.limits[0][2]) + 1))
        )
        for s in e.atoms(sp.Sum)
    }
    return e.xreplace(sums)


# --- running them


@dataclass(frozen=True)
class Row:
    seed: int
    kind: str
    outcome: str
    right: bool | None
    seconds: float
    text: str


def judged(seed: int) -> Row | None:
    """The verdict on the case of a seed, with its processor time."""
    found = case(seed)
    if found is None:
        return None
    start = time.process_time()
    verdict = decide(found.claim)
    seconds = time.process_time() - start
    right = None if verdict.outcome == "UNDECIDED" else verdict.proved == found.truth
    return Row(seed, found.kind, verdict.outcome, right, seconds, str(found.claim))


def run(seeds: range) -> list[Row]:
    return [row for seed in seeds if (row := judged(seed)) is not None]


def report(rows: list[Row]) -> str:
    """Decided, median, p99, wrong, by kind."""
    times = sorted(row.seconds for row in rows)
    decided = sum(row.right is not None for row in rows)
    wrong = [row for row in rows if row.right is False]
    lines = [
        f"{len(rows)} claims, {decided} decided ({100 * decided / len(rows):.1f} %), {len(wrong)} wrong",
        f"median {1000 * statistics.median(times):.1f} ms, p99 {1000 * times[int(0.99 * len(times))]:.0f} ms, "
        f"longest {times[-1]:.2f} s, total {sum(times):.0f} s",
    ]
    kinds = Counter(row.kind for row in rows)
    open_ = Counter(row.kind for row in rows if row.right is None)
    lines += [f"  {kind}: {count} claims, {open_[kind]} undecided" for kind, count in sorted(kinds.items())]
    return "\n".join([*lines, *(f"WRONG {row.outcome} seed {row.seed}: {row.text}" for row in wrong)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--open", action="store_true", help="print undecided claims too")
    options = parser.parse_args()
    rows: list[Row] = []
    start, step = options.first, 100
    with ProcessPoolExecutor(options.processes) as pool:
        while len(rows) < options.count:
            chunks = [range(start + i * step, start + (i + 1) * step) for i in range(4 * options.processes)]
            start += step * len(chunks)
            for chunk in pool.map(run, chunks):
                rows += chunk
    rows = rows[: options.count]
    print(report(rows))
    for row in sorted(rows, key=lambda r: -r.seconds) if options.open else []:
        if row.right is None or row.seconds > 1:
            print(f"{row.outcome} {row.seconds:.2f} s seed {row.seed} {row.kind}: {row.text[:300]}")


if __name__ == "__main__":
    main()
