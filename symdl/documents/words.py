"""Claims that words make about a formula beside them: a rate that a rule has."""

from __future__ import annotations

import re
from dataclasses import replace

import sympy as sp

from symdl.core import STEP, THETA, Claim, Compare, Evidence, Optimizer, ReadError, to_text
from symdl.matching.lines import GRADIENT, name_of, sequences
from symdl.notation.elaborate import elaborate

from .assessments import Assessment, decided, verdict_findings
from .context import Context
from .formulas import Formula
from .update_rules import DocumentRule

_RATE = re.compile(r"\b(learning[- ]rates?|step[- ]sizes?)\b[^.;]*\b(is|are|equals?|becomes?)\s*:?$", re.IGNORECASE)


def states_rate(formula: Formula) -> bool:
    """Whether the words before a formula say that it is a learning rate.

    >>> bool(_RATE.search("in AdaGrad the learning rate of coordinate i is"))
    True
    """
    return _RATE.search(formula.before) is not None


def rule_meant(formula: Formula, rules: tuple[DocumentRule, ...]) -> DocumentRule | None:
    """The rule that a sentence names, else the last one before it."""
    earlier = [rule for rule in rules if rule.read is not None and rule.home.formula.number < formula.number]
    words = formula.before.lower()
    for rule in reversed(earlier):
        if rule.spoken and re.search(rf"\b{re.escape(rule.spoken.lower())}\b", words):
            return rule
    return earlier[-1] if earlier else None


def assess_rate(formula: Formula, rule: DocumentRule, context: Context) -> Assessment | None:
    """Is the formula what multiplies the gradient in the step of ``rule``?

    None where the formula uses quantities that the rule does not have.
    """
    assert formula.node is not None
    assert rule.read is not None
    try:
        elaborated = elaborate(formula.node, context.profile, context.scope(formula), sequences=True, text=formula.span)
    except ReadError:
        return None
    rate = in_symbols(elaborated.expr, rule)
    if rate is None:
        return None
    optimizer = rule.read.optimizer
    verdicts = [decided(claim) for claim in _claims(rate, optimizer)]
    verdict = next((v for v in verdicts if v.proved), verdicts[0] if verdicts else None)
    if verdict is None:
        return None
    read_as = f"{to_text(rate)} multiplies the gradient in {rule.name}"
    message = f"this is not what multiplies the gradient in {rule.spoken or rule.name}"
    assessment = Assessment("identity", "noted", read_as).judged(verdict, *verdict_findings(verdict, "OPT005", message))
    return replace(assessment, evidence=(*assessment.evidence, _independence(optimizer)))


def in_symbols(expr: sp.Expr, rule: DocumentRule) -> sp.Expr | None:
    """The expression in the symbols of the rule; None where one is missing, or older than the step."""
    assert rule.read is not None
    symbols = rule.read.symbols
    values = {}
    for value in sequences(expr):
        if value.args[0] != STEP or name_of(value) not in symbols:
            return None
        values[value] = symbols[name_of(value)]
    names = {s: symbols.get(str(s)) for s in expr.free_symbols - {STEP}}
    if None in names.values() or expr.has(GRADIENT):
        return None
    return expr.xreplace({**values, **names})


def _claims(rate: sp.Expr, rule: Optimizer) -> list[Claim]:
    """``rate d = -(step)`` for the gradient, and for each quantity that stands in its place in the step."""
    last = [assignment.expr for assignment in rule.step if assignment.expr.has(THETA)][-1]
    step = THETA - last
    given = tuple(relation for parameter in rule.hyper for relation in parameter.domain)
    directions = [e.symbol for e in rule.evaluations] + [a.symbol for a in rule.step if a.symbol != THETA]
    used = [d for d in dict.fromkeys(directions) if d in step.free_symbols and not rate.has(d)]
    name = f"the rate of {rule.name}"
    return [Claim(Compare(rate * d, "=", step), (*given, *positive(rate)), name) for d in used]


def positive(rate: sp.Expr) -> tuple[Compare, ...]:
    """Roots and denominators of the rate have a value."""
    bases = {power.base for power in rate.atoms(sp.Pow) if not power.exp.is_nonnegative}
    return tuple(Compare(base, ">", sp.Integer(0)) for base in sorted(bases, key=str))


def _independence(rule: Optimizer) -> Evidence:
    """Every step of a rule of this class works on one coordinate alone."""
    detail = f"{rule.name} is computed coordinate by coordinate: the step of one uses no other coordinate's gradient"
    return Evidence("structure", "the rule as it was read", detail)
