r"""Losses that a document defines as a sum or a mean over examples: ``L = \frac{1}{n} \sum_i (y_i - \hat y_i)^2``."""

from __future__ import annotations

import re
from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import Compare, DefinitionError, Loss, ReadError, symbol
from symdl.core.arrays import apply, array
from symdl.matching.rules import identifier
from symdl.notation.elaborate import defined_head, elaborate
from symdl.notation.syntax import Relation

from .context import Context
from .formulas import Formula
from .statements import kind_of

_CALLED_A_LOSS = re.compile(r"loss|error|cost|objective|risk|\bmse\b", re.IGNORECASE)
_LOSS_LETTERS = frozenset(("L", "J", "E", "ell", "L_cal", "J_cal"))


@dataclass(frozen=True)
class ReadLoss:
    """A formula as a loss of a prediction and a target, one number for each example."""

    formula: Formula
    loss: Loss


def read_losses(formulas: tuple[Formula, ...], context: Context) -> tuple[ReadLoss, ...]:
    """Every loss of a document that is a sum or a mean of a smooth function of two numbers an example.

    Functions that are not defined for all numbers (a logarithm of the prediction) are left out.
    """
    found = []
    for formula in formulas:
        node = formula.node
        if isinstance(node, Relation) and kind_of(node) in ("function", "constant") and _is_called_a_loss(formula):
            loss = _loss(formula, context)
            found += [ReadLoss(formula, loss)] if loss is not None else []
    return tuple(found)


def _is_called_a_loss(formula: Formula) -> bool:
    assert isinstance(formula.node, Relation)
    head = defined_head(formula.node.first)
    words = f"{formula.topic.lead} {formula.before}"
    return head is not None and (head[0].split("_")[0] in _LOSS_LETTERS or bool(_CALLED_A_LOSS.search(words)))


def _loss(formula: Formula, context: Context) -> Loss | None:
    assert isinstance(formula.node, Relation)
    try:
        elaborated = elaborate(formula.node.rest[0][1], context.profile, context.scope(formula), text=formula.span)
    except ReadError:
        return None
    sums = list(elaborated.unfolded.atoms(sp.Sum))
    if len(sums) != 1 or _restrict(elaborated.conditions, sums[0]):
        return None
    factor = elaborated.unfolded / sums[0]
    index, lower, upper = sums[0].limits[0]
    if len(sums[0].limits) != 1 or lower != 1 or not upper.is_Symbol or factor.has(sp.Sum):
        return None
    return _of_summand(formula, sums[0].function, index, upper, factor)


def _restrict(conditions: tuple[Compare, ...], total: sp.Sum) -> bool:
    """Whether what is summed has a value for some numbers only."""
    return any(condition.lhs.free_symbols & total.function.free_symbols for condition in conditions)


def _of_summand(formula: Formula, summand: sp.Expr, index: sp.Symbol, count: sp.Symbol, factor: sp.Expr) -> Loss | None:
    """The loss when the summand has exactly two symbols with the index of the sum."""
    carried = [term for term in summand.atoms(AppliedUndef) if term.args == (index,)]
    summand = summand.xreplace({term: symbol(f"{term.func.__name__}_{index}") for term in carried})
    indexed = sorted((s for s in summand.free_symbols if str(s).endswith(f"_{index}")), key=str)
    mean = sp.cancel(factor * count)
    if len(indexed) != 2 or summand.free_symbols != set(indexed) or not (factor.is_Rational or mean.is_Rational):
        return None
    predicted, true = sorted(indexed, key=_likeness_to_target)
    prediction, target = array("prediction", "n"), array("target", "n")
    values = apply(sp.Lambda((predicted, true), summand), prediction, target)
    expr = values.mean() * mean if mean.is_Rational else values.sum() * factor
    try:
        return Loss(_name(formula), (prediction, target), expr)
    except DefinitionError:
        return None


def _likeness_to_target(symbol: sp.Symbol) -> tuple[bool, bool, str]:
    """Sorts the prediction before the target: a hat marks the one, y and t the other."""
    name = str(symbol)
    return "hat" not in name, name[0] in "yt", name


def _name(formula: Formula) -> str:
    assert isinstance(formula.node, Relation)
    head = defined_head(formula.node.first)
    own = head[0] if head is not None else "loss"
    lead = re.sub(r"\([^)]*\)", "", formula.topic.lead).strip().lower()
    return identifier(lead if lead and not formula.topic.heading else f"{own}_loss".lower())
