"""How good is generated code for activations that the library does not hold, in NumPy, torch and jax?

``python tests/benchmarks/generated_activations.py [--seeds 1 2 ...] [--only NAME ...] [--targets numpy torch jax]
[--points COUNT] [--page]`` prints two tables. Errors: the worst of the value and the derivative over the whole
finite range, in ULP and as a multiple of the bound 4 ULP (1 + the sum over intermediate values v of
``|dlog f / dlog v|``), zeros, nan and infinities where the truth is a finite normal number, and the tests that
come with the code. Speed: NumPy against the formula written by hand (with common subexpressions computed once,
where nobody wrote it) and lambdify. ``--page`` writes docs/new-activations.md.
"""

from __future__ import annotations

from peers import interleaved, ratio  # isort: skip  (pins the process before NumPy is loaded)

import argparse
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp
from unseen_activations import BY_HAND, OTHERS, PAPERS, drawn, x

from symdl.calculus.derivatives import activation_derivative
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
    """The worst error in ULP, the worst multiple of the bound, and how many values are 0, nan or infinite wrongly."""

    worst: float = 0.0
    multiple: float = 0.0
    wrong: int = 0

    def __or__(self, other: Error) -> Error:
        return Error(max(self.worst, other.worst), max(self.multiple, other.multiple), self.wrong + other.wrong)


@dataclass(frozen=True)
class Case:
    """An activation with the code that was generated for it."""

    item: Activation
    code: ActivationCode
    seconds: float

    @property
    def formulas(self) -> tuple[tuple[str, sp.Expr], ...]:
        """The names of the functions with what they have to compute."""
        plain = located(self.item)
        values = parameter_sets(self.item)[0]
        slope = activation_derivative(plain.activation).xreplace(values)
        return (self.item.name, self.item.expr.xreplace(values)), (f"{self.item.name}_derivative", slope)

    @property
    def places(self) -> tuple[float, ...]:
        """Where branches meet."""
        values = parameter_sets(self.item)[0]
        return tuple(float(place.xreplace(values)) for place in located(self.item).places())


def generated(item: Activation) -> Case:
    """The code of an activation, with the processor time that it took."""
    start = time.process_time()
    code = activation_code(item)
    return Case(item, code, time.process_time() - start)


def sources(case: Case, target: str) -> tuple[str, str]:
    """The module for a target, and the tests of it."""
    if target == "numpy":
        return activation_source(case.code), activation_tests(case.code)
    framework = next(known for known in FRAMEWORKS if known.name == target)
    item = framework_activation(case.code, framework)
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
    least = float(info.tiny / info.eps) if flushed else float(info.tiny)
    seen = np.isfinite(size) & ((np.abs(true.points) >= info.tiny) | (not flushed))
    normal = seen & (size >= least)
    lost = (computed == 0) | ~np.isfinite(computed)
    wrong = int(np.count_nonzero(normal & lost)) + int(np.count_nonzero(seen & ~normal & np.isnan(computed)))
    errors = np.where(seen & ~lost & (normal | (not flushed)), ulp.distance(computed, true.values), 0.0)
    multiple = 0.0
    for index in np.argsort(-errors):
        if errors[index] <= _ALLOWED * multiple or not errors[index] or true.rounded[index] == 0:
            break
        allowed = _ALLOWED * (1 + condition_sum(expr, x, float(true.points[index])))
        multiple = max(multiple, float(errors[index]) / allowed)
    return Error(float(errors.max(initial=0.0)), multiple, wrong)


def errors_of(case: Case, target: str, module: dict[str, Any], count: int) -> list[Error]:
    """One row for the value and the derivative in each dtype."""
    return [
        error(on_arrays(module[name], target), expr, dtype, case.places, count, target == "jax")
        for name, expr in case.formulas
        for dtype in DTYPES
    ]


def tests_pass(directory: Path) -> dict[str, bool]:
    """Which test files of a directory pass, by the names of the activations."""
    report = directory / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", f"--junitxml={report}"]
    subprocess.run([*command, "-c", "/dev/null", "--rootdir", str(directory), str(directory)], capture_output=True)
    text = report.read_text() if report.exists() else ""
    found = {}
    for path in directory.glob("test_*.py"):
        rows = [row for row in text.split("<testcase ") if f'classname="{path.stem}"' in row]
        found[path.stem.removeprefix("test_")] = bool(rows) and not any(
            "<failure" in row or "<error" in row for row in rows
        )
    return found


def naive(expr: sp.Expr, shared: bool) -> Arrays:
    """``expr`` by lambdify."""
    return sp.lambdify(x, expr, modules=["scipy", "numpy"], cse=shared)


def peers(case: Case) -> Iterator[tuple[str, sp.Expr, dict[str, Arrays]]]:
    """The value and the derivative, by hand and by lambdify."""
    for name, expr in case.formulas:
        written = sp.piecewise_fold(expr) if expr.has(sp.Piecewise) else expr
        by_hand = BY_HAND.get(name) or naive(written, True)
        yield name, expr, {"hand": by_hand, "lambdify": naive(written, False)}


def speeds(case: Case, module: dict[str, Any]) -> list[str]:
    """How many times faster than by hand and than lambdify, for the value and the derivative, float32 / float64."""
    deviates = np.random.default_rng(0).normal(size=_SIZE) * _SPREAD
    cells = []
    for name, _, functions in peers(case):
        found: dict[str, list[str]] = {"hand": [], "lambdify": []}
        for dtype in DTYPES:
            points = deviates.astype(dtype)
            runs = {key: partial(f, points) for key, f in ({"own": module[name]} | functions).items()}
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                times = interleaved(runs, _ROUNDS)
            for peer, row in found.items():
                row.append(f"{ratio(times, peer, 'own'):.2g}")
        cells += [" / ".join(row) for row in found.values()]
    return cells


def peer_errors(case: Case, count: int) -> list[str]:
    """The worst of the value and the derivative by hand and by lambdify: ULP, or how often it is wrong."""
    cells = []
    for peer in ("hand", "lambdify"):
        for dtype in DTYPES:
            found = Error()
            for _, expr, functions in peers(case):
                found |= error(functions[peer], expr, dtype, case.places, count, False)
            cells.append(f"{found.wrong} wrong" if found.wrong else f"{found.multiple:.2g}")
    return cells


def _cell(found: Sequence[Error]) -> str:
    return " / ".join(f"{row.worst:.2g}" for row in found)


def table_of_errors(cases: Sequence[Case], targets: Sequence[str], count: int) -> Iterator[str]:
    """The rows of the first table."""
    yield "| activation | target | value, ULP | derivative, ULP | most of the bound | wrong | tests | seconds |"
    yield "|---|---|---|---|---|---|---|---|"
    with tempfile.TemporaryDirectory() as name:
        rows: list[tuple[Case, str, list[Error]]] = []
        passed: dict[tuple[str, str], bool] = {}
        for target in targets:
            directory = Path(name) / target
            directory.mkdir()
            for case in cases:
                try:
                    source, tests = sources(case, target)
                except SymdlError as refusal:
                    yield f"| {case.item.name} | {target} | refused: {refusal} | | | | | {case.seconds:.1f} |"
                    continue
                (directory / f"{case.item.name}.py").write_text(source, encoding="utf-8")
                (directory / f"test_{case.item.name}.py").write_text(tests, encoding="utf-8")
                rows.append((case, target, errors_of(case, target, namespace(source), count)))
            passed |= {(target, item): ok for item, ok in tests_pass(directory).items()}
        for case, target, found in sorted(
            rows, key=lambda row: [one.item.name for one in cases].index(row[0].item.name)
        ):
            multiple, wrong = max(row.multiple for row in found), sum(row.wrong for row in found)
            ok = "pass" if passed.get((target, case.item.name)) else "FAIL"
            yield (
                f"| {case.item.name} | {target} | {_cell(found[:2])} | {_cell(found[2:])} "
                f"| {multiple:.2f} | {wrong} | {ok} | {case.seconds:.1f} |"
            )


def table_of_speeds(cases: Sequence[Case], count: int) -> Iterator[str]:
    """The rows of the second table."""
    yield (
        "| activation | value: hand | value: lambdify | derivative: hand | derivative: lambdify "
        "| hand, float32 | hand, float64 | lambdify, float32 | lambdify, float64 |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for case in cases:
        module = namespace(activation_source(case.code))
        yield f"| {' | '.join([case.item.name, *speeds(case, module), *peer_errors(case, count)])} |"


_HEAD = """# Activations that the library does not hold

Five activations of recent papers and {count} compositions drawn at random from the operation table (their seeds
stand in their names; `tests/benchmarks/unseen_activations.py` draws them), generated for NumPy, torch and jax as any
user's own would be. `python tests/benchmarks/generated_activations.py --page` writes this page.

Errors are the worst over the whole finite range, subnormals included (in jax, which flushes them, without),
float32 / float64. They are held against 4 ULP times (1 + the sum over the intermediate values v of the formula of
abs(dlog f / dlog v)), by ball arithmetic (`symdl.numerics.conditioning`): "most of the bound" is the worst quotient
over value, derivative and both dtypes, so 1 is the limit. Next to a root, where terms cancel, errors in ULP are
large for any code and the bound is too. "Wrong" counts zeros, nan and infinities where the truth is a finite normal
number. "Tests" are those that come with the code. Seconds are the processor time of the search, which is the same
for all targets.
"""
_SPEED = """
## Against hand-written NumPy and lambdify

How many times faster the generated NumPy code is (float32 / float64; {size} normal deviates times 3, one thread,
medians of {rounds} interleaved runs), and how good the others are: the most of the same bound, or at how many points
they are wrong. "Hand" is what one would write (`BY_HAND` beside the activations, with SciPy's erf); where nobody
wrote one, and for derivatives, the formula with common subexpressions computed once.
"""


def page(cases: Sequence[Case], errors: Sequence[str], speed: Sequence[str]) -> str:
    """The text of docs/new-activations.md."""
    formulas = [f"| {case.item.name} | `{to_text(case.item.expr)}` | {case.item.source or ''} |" for case in cases]
    listed = "\n".join(["\n| activation | formula | source |", "|---|---|---|", *formulas])
    head = _HEAD.format(count=len(cases) - len(PAPERS))
    return "\n".join([head, *errors, _SPEED.format(size=_SIZE, rounds=_ROUNDS), *speed, listed, ""])


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="*", default=tuple(range(1, 16)))
    parser.add_argument("--only", nargs="*", default=(), help="the names of those to measure")
    parser.add_argument("--targets", nargs="*", default=("numpy", "torch", "jax"))
    parser.add_argument("--points", type=int, default=1500)
    parser.add_argument("--page", action="store_true", help="write docs/new-activations.md")
    options = parser.parse_args()
    items = [item for item in (*PAPERS, *map(drawn, options.seeds)) if not options.only or item.name in options.only]
    items += [item for item in OTHERS if item.name in options.only]
    cases = []
    for item in items:
        try:
            cases.append(generated(item))
        except SymdlError as refusal:
            print(f"{item.name} is refused: {to_text(item.expr)}: {refusal}", flush=True)
    errors = list(table_of_errors(cases, options.targets, options.points))
    print("\n".join(errors), flush=True)
    speed = list(table_of_speeds(cases, options.points // 3))
    print("\n".join(speed), flush=True)
    if options.page:
        PAGE.write_text(page(cases, errors, speed), encoding="utf-8")


if __name__ == "__main__":
    main()
