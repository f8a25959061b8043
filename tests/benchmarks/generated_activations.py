"""How good is generated code for activations that the library does not hold, in NumPy, torch and jax?

``python tests/benchmarks/generated_activations.py [--seeds 1 2 ...] [--only NAME ...] [--targets numpy torch jax]
[--points COUNT] [--kept FOLDER] [--page]`` prints two tables. Errors: the worst of the value and the derivative over
the whole finite range, in ULP and as a multiple of the bound 4 ULP (1 + the sum over intermediate values v of
``|dlog f / dlog v|``), zeros, nan and infinities where the truth is a finite normal number, and the tests that
come with the code. Speed: NumPy against the formula written by hand (with common subexpressions computed once,
where nobody wrote it) and lambdify. ``--kept`` takes what a run before it wrote to that folder, and writes there what
it measures; ``--page`` writes docs/new-activations.md.
"""

from __future__ import annotations

from peers import interleaved, ratio  # isort: skip  (pins the process before NumPy is loaded)

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp
from unseen_activations import BY_HAND, OTHERS, PAPERS, drawn, x

from symdl.codegen.activation_source import ActivationCode, activation_code, activation_source
from symdl.codegen.activation_tests import activation_tests
from symdl.codegen.framework_accuracy import framework_activation
from symdl.codegen.framework_activation_tests import framework_activation_tests
from symdl.codegen.framework_activations import framework_activation_source
from symdl.codegen.frameworks import FRAMEWORKS
from symdl.codegen.located import located
from symdl.codegen.modules import namespace
from symdl.core import Activation, SymdlError, to_text
from symdl.numerics import ulp
from symdl.numerics.conditioning import condition_sum
from symdl.testing.measure import parameter_sets, truth

PAGE = Path(__file__).parents[2] / "docs" / "new-activations.md"
DTYPES = ("float32", "float64")
_ALLOWED = 4.0
_SIZE, _ROUNDS, _SPREAD = 200_000, 7, 3.0

Arrays = Callable[[Any], Any]


@dataclass(frozen=True)
class Error:
    """The worst error in ULP, the worst multiple of the bound and where, how many values are 0, nan or infinite
    wrongly, and the first of these."""

    worst: float = 0.0
    multiple: float = 0.0
    at: float | None = None
    wrong: int = 0
    first: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the bound is kept everywhere."""
        return self.multiple <= 1 and not self.wrong


@dataclass(frozen=True)
class Made:
    """What was made for one target, or why it was refused."""

    refusal: str = ""
    errors: tuple[Error, ...] = ()
    """Of the value and the derivative, each in both dtypes."""
    failures: tuple[str, ...] = ()
    """The tests of its own that fail."""
    seconds: float = 0.0
    """The processor time of choosing plans and writing, beyond what all targets share."""

    @property
    def holds(self) -> bool:
        """Whether it exists, keeps the bound and passes its tests."""
        return not self.refusal and not self.failures and all(error.holds for error in self.errors)


@dataclass(frozen=True)
class Row:
    """An activation with all that was measured."""

    name: str
    formula: str
    source: str
    seconds: float
    targets: dict[str, Made]
    speeds: dict[str, list[float]] = field(default_factory=dict)
    """By peer: value in float32 and float64, derivative in both."""
    peers: dict[str, list[list[float]]] = field(default_factory=dict)
    """By peer and dtype: the most of the bound, and how many values are wrong."""

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Row:
        """The row that was saved."""
        targets = {
            name: Made(**{**made, "errors": tuple(Error(**one) for one in made["errors"])})
            for name, made in data["targets"].items()
        }
        return cls(**{**data, "targets": targets})


def _formulas(item: Activation) -> tuple[tuple[str, sp.Expr], ...]:
    """The names of the functions with what they have to compute."""
    values = parameter_sets(item)[0]
    slope = located(item).slope().xreplace(values)
    return (item.name, item.expr.xreplace(values)), (f"{item.name}_derivative", slope)


def _places(item: Activation) -> tuple[float, ...]:
    """Where branches meet."""
    values = parameter_sets(item)[0]
    return tuple(float(place.xreplace(values)) for place in located(item).places())


def sources(code: ActivationCode, target: str) -> tuple[str, str]:
    """The module for a target, and the tests of it."""
    if target == "numpy":
        return activation_source(code), activation_tests(code)
    framework = next(known for known in FRAMEWORKS if known.name == target)
    item = framework_activation(code, framework)
    return framework_activation_source(item), framework_activation_tests(item)


def on_arrays(function: Arrays, target: str) -> Arrays:
    """``function`` of a target as one of NumPy arrays."""
    if target == "numpy":
        return function
    if target == "torch":
        import torch

        return lambda points: function(torch.from_numpy(points.copy())).numpy()
    import jax
    import jax.numpy as jnp

    def computed(points: Any) -> Any:
        with jax.enable_x64(True):
            return np.asarray(function(jnp.asarray(points)))

    return computed


def error(function: Arrays, expr: sp.Expr, dtype: str, places: tuple[float, ...], count: int, flushed: bool) -> Error:
    """The errors of ``function`` over the whole range; where subnormals are ``flushed``, without these."""
    true = truth(expr, x, dtype, count, places)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        computed = np.asarray(function(true.points.copy()))
    info = np.finfo(dtype)
    size = np.abs(true.rounded)
    seen = np.isfinite(size) & ((np.abs(true.points) >= info.tiny) | (true.points == 0) | (not flushed))
    normal = seen & (size >= float(info.tiny))
    lost = (computed == 0) | ~np.isfinite(computed)
    bad = (normal & lost) | (seen & ~normal & np.isnan(computed))
    errors = np.where(seen & ~lost & (normal | (not flushed)), ulp.distance(computed, true.values), 0.0)
    multiple, at = 0.0, None
    for index in np.argsort(-errors):
        if errors[index] <= _ALLOWED * multiple or not errors[index] or true.rounded[index] == 0:
            break
        allowed = _ALLOWED * (1 + condition_sum(expr, x, float(true.points[index])))
        if errors[index] > allowed * multiple:
            multiple, at = float(errors[index]) / allowed, float(true.points[index])
    first = float(true.points[np.argmax(bad)]) if bad.any() else None
    return Error(float(errors.max(initial=0.0)), multiple, at, int(np.count_nonzero(bad)), first)


def made(item: Activation, code: ActivationCode, target: str, count: int) -> Made:
    """The module of a target with its tests: refused, or written, measured and tested."""
    start = time.process_time()
    try:
        source, tests = sources(code, target)
    except SymdlError as refusal:
        return Made(str(refusal), seconds=time.process_time() - start)
    seconds = time.process_time() - start
    module = namespace(source)
    errors = tuple(
        error(on_arrays(module[name], target), expr, dtype, _places(item), count, target == "jax")
        for name, expr in _formulas(item)
        for dtype in DTYPES
    )
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / f"{item.name}.py").write_text(source, encoding="utf-8")
        (Path(directory) / f"test_{item.name}.py").write_text(tests, encoding="utf-8")
        return Made("", errors, failing(directory), seconds)


def failing(directory: str) -> tuple[str, ...]:
    """The lines in which pytest names the tests of a directory that fail."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-c", "/dev/null"]
    run = subprocess.run([*command, "--rootdir", directory, directory], capture_output=True, text=True)
    named = [row.split("::")[-1] for row in run.stdout.splitlines() if row.startswith(("FAILED", "ERROR"))]
    return tuple(named or (["no test could be run"] if run.returncode else []))


def naive(expr: sp.Expr, shared: bool) -> Arrays:
    """``expr`` by lambdify."""
    return sp.lambdify(x, expr, modules=["scipy", "numpy"], cse=shared)


def peers(item: Activation) -> Iterator[tuple[str, sp.Expr, dict[str, Arrays]]]:
    """The value and the derivative, by hand and by lambdify."""
    for name, expr in _formulas(item):
        yield name, expr, {"hand": BY_HAND.get(name) or naive(expr, True), "lambdify": naive(expr, False)}


def speeds(item: Activation, module: dict[str, Any]) -> dict[str, list[float]]:
    """How many times faster than by hand and than lambdify, for the value and the derivative in both dtypes."""
    deviates = np.random.default_rng(0).normal(size=_SIZE) * _SPREAD
    found: dict[str, list[float]] = {"hand": [], "lambdify": []}
    for name, _, functions in peers(item):
        for dtype in DTYPES:
            points = deviates.astype(dtype)
            runs = {key: partial(f, points) for key, f in ({"own": module[name]} | functions).items()}
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                times = interleaved(runs, _ROUNDS)
            for peer, row in found.items():
                row.append(float(ratio(times, peer, "own")))
    return found


def peer_errors(item: Activation, count: int) -> dict[str, list[list[float]]]:
    """The worst of the value and the derivative by hand and by lambdify, in each dtype."""
    found: dict[str, list[list[float]]] = {"hand": [], "lambdify": []}
    for peer, row in found.items():
        for dtype in DTYPES:
            both = [error(f[peer], expr, dtype, _places(item), count, False) for _, expr, f in peers(item)]
            row.append([max(one.multiple for one in both), sum(one.wrong for one in both)])
    return found


def measured(item: Activation, targets: Sequence[str], count: int) -> Row:
    """Everything about one activation."""
    formula, source = to_text(item.expr), str(item.source or "")
    start = time.process_time()
    try:
        code = activation_code(item)
    except SymdlError as refusal:
        return Row(item.name, formula, source, time.process_time() - start, dict.fromkeys(targets, Made(str(refusal))))
    seconds = time.process_time() - start
    results = {target: made(item, code, target, count) for target in targets}
    compared = (speeds(item, namespace(activation_source(code))), peer_errors(item, count // 3))
    return Row(item.name, formula, source, seconds, results, *compared)


def kept(item: Activation, targets: Sequence[str], count: int, folder: Path | None) -> Row:
    """The row in the folder, else one that is measured now and saved there."""
    path = folder / f"{item.name}.json" if folder else None
    if path is not None and path.exists():
        return Row.from_json(json.loads(path.read_text(encoding="utf-8")))
    row = measured(item, targets, count)
    if path is not None:
        path.write_text(json.dumps(asdict(row), indent=1), encoding="utf-8")
    return row


def _cell(found: Sequence[Error]) -> str:
    return " / ".join(f"{row.worst:.2g}" for row in found)


HEAD_OF_ERRORS = (
    "| activation | target | value, ULP | derivative, ULP | most of the bound | wrong | tests | seconds |\n"
    "|---|---|---|---|---|---|---|---|"
)


def rows_of_errors(row: Row) -> Iterator[str]:
    """Those of the first table."""
    for target, one in row.targets.items():
        if one.refusal:
            yield f"| {row.name} | {target} | refused: {one.refusal} | | | | | {row.seconds + one.seconds:.1f} |"
            continue
        multiple, wrong = max(e.multiple for e in one.errors), sum(e.wrong for e in one.errors)
        ok = f"{len(one.failures)} FAIL" if one.failures else "pass"
        yield (
            f"| {row.name} | {target} | {_cell(one.errors[:2])} | {_cell(one.errors[2:])} "
            f"| {multiple:.2f} | {wrong} | {ok} | {row.seconds + one.seconds:.1f} |"
        )


def _geometric(values: Sequence[float]) -> float:
    return math.exp(sum(map(math.log, values)) / len(values))


def table_of_speeds(rows: Sequence[Row]) -> Iterator[str]:
    """The second table, with geometric means."""
    yield (
        "| activation | value: hand | value: lambdify | derivative: hand | derivative: lambdify "
        "| hand, float32 | hand, float64 | lambdify, float32 | lambdify, float64 |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    compared = [row for row in rows if row.speeds]
    for row in compared:
        goodness = [f"{wrong} wrong" if wrong else f"{most:.2g}" for peer in row.peers.values() for most, wrong in peer]
        yield f"| {' | '.join([row.name, *_ratios(row.speeds), *goodness])} |"
    means = {
        peer: [_geometric([row.speeds[peer][index] for row in compared]) for index in range(4)]
        for peer in ("hand", "lambdify")
    }
    yield f"| {' | '.join(['**geometric mean**', *_ratios(means)])} | | | | |"


def _ratios(found: dict[str, list[float]]) -> Iterator[str]:
    for part in (slice(0, 2), slice(2, 4)):
        for peer in ("hand", "lambdify"):
            yield " / ".join(f"{value:.2g}" for value in found[peer][part])


def summary(rows: Sequence[Row], targets: Sequence[str]) -> Iterator[str]:
    """How many hold in each target, and what does not."""
    for target in targets:
        good = [row for row in rows if row.targets[target].holds]
        yield f"- {target}: {len(good)} of {len(rows)} keep the bound, return nothing wrong and pass their tests."
    for row in rows:
        for target, one in row.targets.items():
            if not one.holds:
                yield f"- {row.name} in {target}: {'; '.join(_faults(one))}"


def _faults(one: Made) -> Iterator[str]:
    if one.refusal:
        yield f"refused ({one.refusal})"
    for (name, dtype), found in zip(
        ((n, d) for n in ("value", "derivative") for d in DTYPES), one.errors, strict=False
    ):
        if found.multiple > 1:
            yield f"{name} in {dtype} {found.multiple:.2g} times the bound at x = {found.at!r}"
        if found.wrong:
            yield f"{name} in {dtype} 0, nan or infinite at {found.wrong} points, the first x = {found.first!r}"
    yield from (f"fails {failure}" for failure in one.failures)


_HEAD = """# Activations that the library does not hold

Five activations of recent papers and {count} compositions drawn at random from the operation table (their seeds
stand in their names; `tests/benchmarks/unseen_activations.py` draws them), generated for NumPy, torch and jax as any
user's own would be. `python tests/benchmarks/generated_activations.py --page` writes this page.

Errors are the worst at some {points} points over the whole finite range, closer together next to kinks and roots,
float32 / float64; in jax, which takes subnormal numbers for 0, where argument and value are normal. They are held
against 4 ULP times (1 + the sum over the intermediate values v of the formula of abs(dlog f / dlog v)), by ball
arithmetic (`symdl.numerics.conditioning`): "most of the bound" is the worst quotient over value, derivative and both
dtypes, so 1 is the limit. Next to a root, where terms cancel, errors in ULP are large for any code and the bound is
too. "Wrong" counts zeros, nan and infinities where the truth is a finite normal number. "Tests" are those that come
with the code. Seconds are the processor time of the search for plans and of
writing the module.
"""
_SPEED = """
## Against hand-written NumPy and lambdify

How many times faster the generated NumPy code is (float32 / float64; {size} normal deviates times 3, one thread,
medians of {rounds} interleaved runs), and how good the others are: the most of the same bound, or at how many points
they are wrong. "Hand" is what one would write (`BY_HAND` beside the activations, with SciPy's erf); where nobody
wrote one, and for derivatives, the formula with common subexpressions computed once. Below 1 the generated code is
the slower one: it keeps the bound over the whole range, where the others return 0, nan or infinity, and float64 code
that carries rounding errors along costs several times what the bare formula does.
"""


def page(rows: Sequence[Row], targets: Sequence[str], points: int) -> str:
    """The text of docs/new-activations.md."""
    listed = ["\n| activation | formula | source |", "|---|---|---|"]
    listed += [f"| {row.name} | `{row.formula}` | {row.source} |" for row in rows]
    head = _HEAD.format(count=sum(row.name.startswith("seed_") for row in rows), points=points)
    errors = [HEAD_OF_ERRORS, *(line for row in rows for line in rows_of_errors(row))]
    speed = [_SPEED.format(size=_SIZE, rounds=_ROUNDS), *table_of_speeds(rows)]
    return "\n".join([head, *summary(rows, targets), "", *errors, *speed, *listed, ""])


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="*", default=tuple(range(1, 16)))
    parser.add_argument("--only", nargs="*", default=(), help="the names of those to measure")
    parser.add_argument("--targets", nargs="*", default=("numpy", "torch", "jax"))
    parser.add_argument("--points", type=int, default=1500)
    parser.add_argument("--kept", type=Path, help="a folder with what was measured before")
    parser.add_argument("--page", action="store_true", help="write docs/new-activations.md")
    options = parser.parse_args()
    items = [item for item in (*PAPERS, *map(drawn, options.seeds)) if not options.only or item.name in options.only]
    items += [item for item in OTHERS if item.name in options.only]
    if options.kept:
        options.kept.mkdir(parents=True, exist_ok=True)
    rows = []
    print(HEAD_OF_ERRORS, flush=True)
    for item in items:
        rows.append(kept(item, options.targets, options.points, options.kept))
        print("\n".join(rows_of_errors(rows[-1])), flush=True)
    print("\n".join(["", *table_of_speeds(rows), "", *summary(rows, options.targets)]), flush=True)
    if options.page:
        PAGE.write_text(page(rows, options.targets, options.points), encoding="utf-8")


if __name__ == "__main__":
    main()
