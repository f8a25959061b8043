"""Run Math-Verify's own test cases through the adapter: how many come out as labelled.

Usage: python tests/benchmarks/math_verify_cases.py SDIST   (the unpacked source distribution of math-verify 0.9.0)

The cases are read out of its test files with this adapter in the place of its own modules; its package is not needed.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from symdl.quiz import math_verify


def install() -> None:
    """Put the adapter where the test files look for Math-Verify."""
    grader, parser = ModuleType("math_verify.grader"), ModuleType("math_verify.parser")
    grader.sympy_expr_eq = grader.verify = math_verify.verify  # type: ignore[attr-defined]
    parser.parse = math_verify.parse  # type: ignore[attr-defined]
    parser.LatexExtractionConfig = math_verify.LatexExtractionConfig  # type: ignore[attr-defined]
    other = ModuleType("latex2sympy2_extended")
    other.NormalizationConfig = dict  # type: ignore[attr-defined]
    math_verify.parser = parser  # type: ignore[attr-defined]
    names = {"math_verify": math_verify, "math_verify.grader": grader, "math_verify.parser": parser}
    sys.modules.update({**names, other.__name__: other})


def cases(root: Path) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Every labelled case: the name of its test, the test, its arguments."""
    sys.path.insert(0, str(root))
    for file in sorted((root / "tests").glob("test_*.py")):
        module = importlib.import_module(f"tests.{file.stem}")
        for name, test in vars(module).items():
            for mark in getattr(test, "pytestmark", []):
                if mark.name == "parametrize":
                    names = [part.strip() for part in mark.args[0].split(",")]
                    for values in mark.args[1]:
                        yield f"{file.stem}:{name}", test, dict(zip(names, values, strict=True))


def passes(test: Any, arguments: dict[str, Any]) -> bool:
    try:
        test(**arguments)
    except AssertionError:
        return False
    return True


def main(root: Path, *wanted: str) -> int:
    install()
    good, slow, count = 0, 0.0, 0
    for name, test, arguments in cases(root):
        if wanted and not any(word in name for word in wanted):
            continue
        began = time.process_time()
        count += 1
        if passes(test, arguments):
            good += 1
        else:
            shown = {key: repr(value)[-160:] for key, value in arguments.items()}
            print(name, shown)
        slow = max(slow, time.process_time() - began)
    print(f"{good} of {count} as labelled; slowest {slow:.2f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), *sys.argv[2:]))
