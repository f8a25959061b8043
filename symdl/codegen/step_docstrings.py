"""What the docstring of a step says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symdl.core import symbol

from .text import formula, prose

if TYPE_CHECKING:
    from .optimizer_source import OptimizerCode

RUN_STEPS = 50
"""The length of the exact run that the tests hold."""


def step_docstring(code: OptimizerCode) -> list[str]:
    """The lines of the docstring of a step: the rule, its arrays and numbers, what holds of it, its source."""
    where = " at the evaluation point" if code.looks_ahead else ""
    rows = ["One step, in place on ``parameters`` and ``state``.", ""]
    rows += [prose(f"{a.symbol} <- {formula(a.expr)}", 8).replace("\n", "\n    ") for a in code.optimizer.step]
    rows = [f"    {row}" if index > 1 else row for index, row in enumerate(rows)] + [""]
    rows += prose(
        f"``parameters`` and ``gradients``{where} ({code.gradient}) are arrays, or lists of arrays, of the same shapes "
        f"and dtypes, float32 or float64; ``state`` comes from {code.optimizer.name}_init."
    ).split("\n    ")
    if code.curvature:
        rows += prose(
            f"``curvature`` ({code.curvature}) holds for each array the matrix of second derivatives by its entries, "
            "in C order. Raises numpy.linalg.LinAlgError, a ValueError, where it is singular."
        ).split("\n    ")
    for name, parameter in code.hyper:
        domain = " and ".join(map(str, parameter.domain)) or "any real number"
        note = f" ({code.notation[name]} in the source)" if name in code.notation else ""
        rows += prose(f"``{name}``{note}: {domain}.").split("\n    ")
    rows += prose("t counts the steps, 1 at the first.").split("\n    ") if _counts(code) else []
    for name in code.singular:
        rows += prose(f"With {name} = 0 a first gradient of zero gives 0/0, which is nan.").split("\n    ")
    if code.error is not None:
        rows += prose(_accuracy(code.error, "array" if code.shapes else "element")).split("\n    ")
    rows += (
        prose(f"Conventions: {', '.join(f'{k} {v}' for k, v in code.optimizer.conventions.items())}.").split("\n    ")
        if code.optimizer.conventions
        else []
    )
    rows += prose(f"Source: {code.optimizer.source}.").split("\n    ") if code.optimizer.source else []
    rows += prose(
        "Raises TypeError for what is no such array, ValueError for shapes or dtypes that do not match, for a state "
        "of other parameters and for hyper-parameters outside of their domains."
    ).split("\n    ")
    return [*rows, *code.example]


def _accuracy(error: float, what: str) -> str:
    return (
        f"Over {RUN_STEPS} steps float64 stays within {error:.0e} of exact arithmetic, relative to the largest value "
        f"of each {what} so far; the generated tests hold that run."
    )


def _counts(code: OptimizerCode) -> bool:
    return any(symbol("t") in step.expr.free_symbols for step in code.optimizer.step)
