"""Derivations as text, LaTeX and JSON."""

from __future__ import annotations

from typing import Any

from ..calculus.derivatives import Derivation
from ..core import to_latex, to_text


def derivation_text(derivation: Derivation, *, latex: bool = False, steps: bool = False) -> str:
    """The derivative, or with ``steps`` each step under the name of its rule."""
    write = to_latex if latex else to_text
    if not steps:
        return write(derivation.result)
    rows = []
    for number, step in enumerate(derivation.steps, 1):
        note = f"  ({step.note})" if step.note else ""
        rows.append(f"{number}. {step.rule}: {write(step.before)} = {write(step.after)}{note}")
    return "\n".join([*rows, f"result: {write(derivation.result)}"])


def derivation_json(derivation: Derivation) -> dict[str, Any]:
    """The value that ``symdl derive --format json`` prints."""
    return {
        "version": 1,
        "expr": to_text(derivation.expr),
        "variable": str(derivation.variable),
        "derivative": to_text(derivation.result),
        "latex": to_latex(derivation.result),
        "steps": [
            {"rule": s.rule, "before": to_text(s.before), "after": to_text(s.after), "note": s.note}
            for s in derivation.steps
        ],
    }
