"""Derivations as text, LaTeX and JSON."""

from __future__ import annotations

from typing import Any

from ..calculus.derivatives import Derivation
from ..core import to_latex, to_text
from ..prover.rule_derivations import RuleDerivation


def derivation_text(derivation: Derivation | RuleDerivation, *, latex: bool = False, steps: bool = False) -> str:
    """The derivative or the update rule, or with ``steps`` each step under the name of its rule."""
    if isinstance(derivation, RuleDerivation):
        return _rule_text(derivation, latex, steps)
    write = to_latex if latex else to_text
    if not steps:
        return write(derivation.result)
    rows = []
    for number, step in enumerate(derivation.steps, 1):
        note = f"  ({step.note})" if step.note else ""
        rows.append(f"{number}. {step.rule}: {write(step.before)} = {write(step.after)}{note}")
    return "\n".join([*rows, f"result: {write(derivation.result)}"])


def _rule_text(derivation: RuleDerivation, latex: bool, steps: bool) -> str:
    """The assignments of a rule, after the steps that lead to it, each with its outcome."""
    write = to_latex if latex else to_text
    rows = []
    for number, step in enumerate(derivation.steps if steps else (), 1):
        note = f"  ({step.note})" if step.note else ""
        outcome = f", {step.outcome}" if step.outcome else ""
        rows.append(f"{number}. {step.rule}{outcome}: {write(step.before)} = {write(step.after)}{note}")
    arrow = r"\leftarrow" if latex else "<-"
    return "\n".join([*rows, *(f"{write(a.symbol)} {arrow} {write(a.expr)}" for a in derivation.rule.step)])


def _rule_json(derivation: RuleDerivation) -> dict[str, Any]:
    rule = derivation.rule
    return {
        "version": 1,
        "rule": rule.name,
        "source": str(rule.source) if rule.source else None,
        "assignments": [{"symbol": str(a.symbol), "expr": to_text(a.expr)} for a in rule.step],
        "latex": "; ".join(rf"{to_latex(a.symbol)} \leftarrow {to_latex(a.expr)}" for a in rule.step),
        "steps": [
            {
                "rule": s.rule,
                "before": to_text(s.before),
                "after": to_text(s.after),
                "outcome": s.outcome,
                "note": s.note,
            }
            for s in derivation.steps
        ],
    }


def derivation_json(derivation: Derivation | RuleDerivation) -> dict[str, Any]:
    """The value that ``symdl derive --format json`` prints."""
    if isinstance(derivation, RuleDerivation):
        return _rule_json(derivation)
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
