"""Bias corrections that a document claims to be such: whether they are, and the repair if not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import sympy as sp

from symdl.core import (
    STEP,
    THETA,
    BudgetExceeded,
    Finding,
    Fix,
    Optimizer,
    UndefinedValue,
    UnsupportedOperation,
    Verdict,
    to_text,
)
from symdl.library import FAMILIES
from symdl.matching.corrections import Correction, corrected, corrections, diagnosis
from symdl.matching.families import Recognition, recognise
from symdl.matching.trajectories import trajectory

from .assessments import decided
from .rule_lines import RuleLine
from .sources import left_side, occurrences, step_letter
from .update_rules import DocumentRule

_EXCHANGE = "exchange the two decay rates"
_STEPS_SHOWN = 10
_VISIBLE = 0.1
_PURPOSE = re.compile(
    r"bias\W{0,3}correct|correct\w*\W+(for\W+)?(the\W+)?\w*\W*bias|unbias|debias|de-bias", re.IGNORECASE
)


@dataclass(frozen=True)
class ClaimedCorrection:
    """A correction whose formula is said to remove a bias, and the verdict on that."""

    correction: Correction
    line: RuleLine
    verdict: Verdict


@dataclass(frozen=True)
class CorrectedRule:
    """A rule whose claimed corrections were judged; ``repaired`` has the wrong ones put right."""

    claimed: tuple[ClaimedCorrection, ...]
    repaired: Optimizer
    recognised: Recognition | None

    @property
    def wrong(self) -> tuple[ClaimedCorrection, ...]:
        """The corrections that were refuted."""
        return tuple(claimed for claimed in self.claimed if claimed.verdict.refuted)


def judge_corrections(rule: DocumentRule) -> CorrectedRule | None:
    """Every claimed bias correction of a rule with its verdict; None when the rule has none."""
    assert rule.read is not None
    optimizer = rule.read.optimizer
    lines = {line.formula.number: line for line in rule.lines}
    found = []
    for correction in corrections(optimizer):
        line = lines.get(rule.read.origins[correction.number])
        if line is not None and _is_claimed(rule, line):
            found.append(ClaimedCorrection(correction, line, decided(correction.claim())))
    if not found:
        return None
    wrong = tuple(claimed.correction for claimed in found if claimed.verdict.refuted)
    repaired = corrected(optimizer, wrong)
    return CorrectedRule(tuple(found), repaired, recognise(repaired))


def _is_claimed(rule: DocumentRule, line: RuleLine) -> bool:
    """Whether the text says that a formula corrects a bias: in words, by a name, or by the rule's name."""
    formula = line.formula
    words = " ".join((formula.before, formula.after, formula.topic.lead))
    named = "corrected" in line.line.target or "unbiased" in line.line.target
    members = [family for family in FAMILIES if family.name in rule.families]
    return bool(_PURPOSE.search(words)) or named or any(corrections(next(family.points())) for family in members)


def correction_findings(rule: DocumentRule, judged: CorrectedRule) -> Iterator[tuple[int, Finding]]:
    """The finding of each wrong correction, by the number of its formula."""
    lines = [wrong.line.formula.place.line for wrong in judged.wrong]
    others = tuple(claimed.correction for claimed in judged.claimed)
    exchanged = _is_exchange(judged)
    for number, wrong in enumerate(judged.wrong):
        code = diagnosis(wrong.correction, others)
        fix = _fix(rule, wrong, code)
        action = (
            "exchange the two decay rates" if exchanged else f"divide by {to_text(1 / wrong.correction.right_factor)}"
        )
        message = f"{_message(rule, wrong)} {_consequence(rule, judged)}Repair: {action}."
        related = tuple(line for other, line in enumerate(lines) if other != number)
        yield wrong.line.formula.number, Finding(code, "error", message, Fix(fix), related)


def remedy(judged: CorrectedRule) -> str:
    """The repair of all wrong corrections of a rule, in words."""
    if _is_exchange(judged):
        return _EXCHANGE
    return ", ".join(f"divide {c.correction.state} by {to_text(1 / c.correction.right_factor)}" for c in judged.wrong)


def _is_exchange(judged: CorrectedRule) -> bool:
    """Whether each of two corrections has the decay of the other."""
    if len(judged.wrong) != 2:
        return False
    left, right = (wrong.correction for wrong in judged.wrong)
    swap = {left.average.decay: right.average.decay, right.average.decay: left.average.decay}
    return left.factor.xreplace(swap) == left.right_factor and right.factor.xreplace(swap) == right.right_factor


def _message(rule: DocumentRule, wrong: ClaimedCorrection) -> str:
    correction = wrong.correction
    value, decay = correction.average.input, correction.average.decay
    estimate = to_text(value * correction.remaining)
    others = correction.factor.free_symbols - decay.free_symbols - {STEP}
    weight = f"{correction.state} has the weight {to_text(correction.average.bias_factor(STEP))} after {STEP} steps"
    text = (
        f"{wrong.line.line.target} is {correction.state} over {to_text(1 / correction.factor)}, but "
        f"{f'{correction.state} decays by {to_text(decay)}' if others else weight}: "
        f"under a constant gradient the corrected average of {to_text(value)} is {estimate}"
    )
    if len(others) == 1 and correction.factor.has(STEP):
        text += f", right only if {others.pop()} = {decay}"
    return text + "."


def _consequence(rule: DocumentRule, judged: CorrectedRule) -> str:
    """What the slip does to the first step, by an exact run at the usual values of the known rule."""
    if judged.recognised is None or rule.read is None:
        return ""
    defaults = {p.name: p.default for p in judged.recognised.variant.rule.hyper}
    values = {s: value for s, name in judged.recognised.names if (value := defaults[name]) is not None}
    rates = [symbol for symbol, name in judged.recognised.names if name == "learning_rate"]
    if len(values) < len(judged.recognised.names) or not rates:
        return ""
    sizes = [_step_sizes(optimizer, values, values[rates[0]]) for optimizer in (rule.read.optimizer, judged.repaired)]
    if not all(sizes):
        return ""
    number = next(
        (n for n, (own, right) in enumerate(zip(*sizes, strict=True)) if abs(own / right - 1) > _VISIBLE), None
    )
    if number is None:
        return ""
    decays = {
        s: v for s, v in values.items() if any(s in c.correction.average.decay.free_symbols for c in judged.claimed)
    }
    usual = " and ".join(f"{symbol} = {_decimal(value)}" for symbol, value in decays.items())
    which = "the first step is" if number == 0 else f"step {number + 1} under a constant gradient is"
    return f"At {usual} {which} {sizes[0][number]:.4g} times the learning rate. "


def _step_sizes(rule: Optimizer, values: dict[sp.Symbol, sp.Rational], rate: sp.Rational) -> list[float]:
    """The sizes of the first steps under a constant gradient of 1, in learning rates, from an exact run."""
    slopes = (sp.Integer(1),) * _STEPS_SHOWN
    try:
        places = [0.0, *(float(row[THETA]) for row in trajectory(rule, values, slopes, sp.Integer(0), curvature=0))]
    except (UndefinedValue, UnsupportedOperation, BudgetExceeded):
        return []
    return [abs(after - before) / float(rate) for before, after in pairwise(places)]


def _decimal(value: sp.Rational) -> str:
    return f"{float(value):g}"


def _fix(rule: DocumentRule, wrong: ClaimedCorrection, code: str) -> str:
    """The formula with the right decay in the place of the wrong one, in the text's own spelling."""
    formula, correction = wrong.line.formula, wrong.correction
    right = _written(str(correction.average.decay), rule.lines, rule)
    used = {str(s) for s in correction.factor.free_symbols - {STEP}}
    if code != "OPT003" and right and len(used) == 1:
        power = "" if code == "OPT001" else f"^{_step(wrong)}"
        spots = [found for found in occurrences(formula) if _symbol(found.name, rule) in used]
        if spots:
            return formula.edited({(found.start, found.end): right + power for found in spots})
    state = _written(str(correction.state), (wrong.line,), rule) or str(correction.state)
    decay = right or to_text(correction.average.decay)
    return f"{left_side(formula)} = \\frac{{{state}}}{{1 - {decay}^{_step(wrong)}}}"


def _step(wrong: ClaimedCorrection) -> str:
    r"""The number of the step as an exponent in the text's own counting: ``t``, or ``{t+1}`` for ``\hat m_{t+1}``."""
    line, letter = wrong.line, step_letter(wrong.line.formula)
    ours, theirs = _exponents(wrong.correction.factor), _exponents(line.line.expr)
    ahead = theirs[0] - ours[0] if len(ours) == len(theirs) == 1 else sp.Integer(line.line.shift or 0)
    return f"{{{letter}{int(ahead):+d}}}" if ahead.is_Integer and ahead else letter


def _exponents(expr: sp.Expr) -> list[sp.Expr]:
    return list({power.exp for power in expr.atoms(sp.Pow) if power.exp.has(STEP)})


def _symbol(name: str, rule: DocumentRule) -> str:
    """The symbol of the rule that a name of the text stands for."""
    assert rule.read is not None
    return str(rule.read.symbols.get(name, ""))


def _written(symbol: str, lines: tuple[RuleLine, ...], rule: DocumentRule) -> str:
    """How the text writes a symbol of the rule; empty where it does not."""
    found = (spot for line in lines for spot in occurrences(line.formula) if _symbol(spot.name, rule) == symbol)
    return next((spot.text for spot in found), "")
