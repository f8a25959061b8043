"""Bias corrections of moving averages: what they say, whether it is so, and what follows if not.

A correction is a step ``X_hat = X factor`` where the factor holds no state: Adam's
``m_hat = m / (1 - beta1^t)``. That a text calls it a bias correction makes it a claim.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import sympy as sp

from symdl.calculus.recurrences import MovingAverage, bias_correction_claim, moving_average
from symdl.core import STEP, THETA, Assignment, Claim, Optimizer, Recurrence, function


@dataclass(frozen=True)
class Correction:
    """Step number ``number`` of a rule corrects the average that the state ``average_of`` keeps."""

    number: int
    state: sp.Symbol
    factor: sp.Expr
    recurrence: Recurrence
    average: MovingAverage

    @property
    def remaining(self) -> sp.Expr:
        """What the corrected average of a constant input is multiplied by: 1 when the correction is right."""
        return self.factor * self.average.bias_factor(STEP)

    @property
    def right_factor(self) -> sp.Expr:
        """The factor that leaves no bias."""
        return 1 / self.average.bias_factor(STEP)

    def claim(self, name: str = "") -> Claim:
        """Under a constant input the corrected average equals that input."""
        corrected = self.factor * function(self.recurrence.function)(STEP)
        return bias_correction_claim(self.recurrence, corrected, name)


def corrections(rule: Optimizer) -> tuple[Correction, ...]:
    """Every step of ``rule`` that corrects a moving average.

    >>> from symdl import library
    >>> [str(c.remaining) for c in corrections(library.adam)]
    ['1', '1']
    """
    return tuple(_corrections(rule))


def _corrections(rule: Optimizer) -> Iterator[Correction]:
    states = {state.symbol: state.start for state in rule.state}
    for number, assignment in enumerate(rule.step):
        sources = assignment.expr.free_symbols & set(states)
        if len(sources) != 1 or assignment.symbol in (THETA, *states):
            continue
        (state,) = sources
        factor = assignment.expr / state
        if factor.has(state) or factor.is_number or factor.free_symbols & {e.symbol for e in rule.evaluations}:
            continue
        recurrence = _recurrence(rule, state, states[state])
        average = moving_average(recurrence) if recurrence else None
        if recurrence and average:
            yield Correction(number, state, factor, recurrence, average)


def averages(rule: Optimizer) -> dict[sp.Symbol, MovingAverage]:
    """The states of a rule that are moving averages."""
    found = {}
    for state in rule.state:
        recurrence = _recurrence(rule, state.symbol, state.start)
        average = moving_average(recurrence) if recurrence is not None else None
        if average is not None:
            found[state.symbol] = average
    return found


def _recurrence(rule: Optimizer, state: sp.Symbol, start: sp.Expr) -> Recurrence | None:
    updates = [assignment.expr for assignment in rule.step if assignment.symbol == state]
    if len(updates) != 1:
        return None
    return Recurrence(str(state), STEP, start, updates[0].xreplace({state: function(str(state))(STEP - 1)}))


def corrected(rule: Optimizer, wrong: tuple[Correction, ...]) -> Optimizer:
    """The rule with the right factor in each of these corrections."""
    repaired = {c.number: Assignment(rule.step[c.number].symbol, c.state * c.right_factor) for c in wrong}
    return replace(rule, step=tuple(repaired.get(n, assignment) for n, assignment in enumerate(rule.step)))


def diagnosis(correction: Correction, others: tuple[Correction, ...]) -> str:
    """The rule code of a wrong correction: the decay of another average, no power of the step, or other."""
    if not correction.factor.has(STEP):
        return "OPT002"
    borrowed = any(
        correction.factor.xreplace({other.average.decay: correction.average.decay}) == correction.right_factor
        for other in others
        if other.average.decay != correction.average.decay
    )
    return "OPT001" if borrowed else "OPT003"
