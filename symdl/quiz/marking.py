"""``mark_answer(question, answer) -> Mark``: is the answer the right one?

RIGHT rests on a proof, WRONG on a confirmed witness or on a plain difference; everything else is UNDECIDED or
UNREADABLE, with the reason.
"""

from __future__ import annotations

from symdl.core import Claim, Compare, Evidence, Mark, Question, ReadError, Verdict
from symdl.notation.claims import read_equality, read_expression
from symdl.notation.profile import DEEP_LEARNING, PLAIN
from symdl.notation.results import Elaborated
from symdl.prover import decide

_PROFILES = {profile.name: profile for profile in (DEEP_LEARNING, PLAIN)}


def mark_answer(question: Question, answer: str) -> Mark:
    r"""The mark of ``answer``, deterministic and never RIGHT without a proof.

    >>> mark_answer(Question(r"1-\tanh^2(x)"), r"\operatorname{sech}^2 x").grade
    'RIGHT'
    >>> mark_answer(Question(r"1-\tanh^2(x)"), r"\operatorname{sech} x").grade
    'WRONG'
    """
    if question.kind not in ("auto", "expression"):
        return Mark("UNDECIDED", 0.0, f"answers of the kind {question.kind} are not marked yet")
    try:
        return _of_verdict(_same_function(question, answer), answer)
    except ReadError as problem:
        return Mark("UNREADABLE", 0.0, str(problem))


def _same_function(question: Question, answer: str) -> Verdict:
    """Equal, on the same domain up to points."""
    profile = _PROFILES[question.profile]
    arrays = read_equality(question.answer, answer, question.given, profile)
    if arrays is not None:
        return decide(arrays)
    gold, own = (read_expression(side, question.given, profile) for side in (question.answer, answer))
    assumed = tuple(dict.fromkeys((*gold.given, *own.given)))
    verdict = decide(Claim(Compare(gold.expr, "=", own.expr, gold.conditions + own.conditions), assumed))
    return _same_domain(verdict, gold, own) if verdict.proved else verdict


def _same_domain(equality: Verdict, gold: Elaborated, own: Elaborated) -> Verdict:
    assumed = equality.claim.given
    for inside, outside in ((gold, own), (own, gold)):
        for condition in (entry for entry in outside.conditions if entry.relation != "!="):
            verdict = decide(Claim(condition, (*assumed, *inside.conditions)))
            if not verdict.proved:
                return verdict
    return equality


def _of_verdict(verdict: Verdict, answer: str) -> Mark:
    evidence: tuple[Evidence, ...] = verdict.evidence
    match verdict.outcome:
        case "PROVED":
            return Mark("RIGHT", 1.0, "", None, answer, None, evidence)
        case "REFUTED":
            return Mark("WRONG", 0.0, f"differs {verdict.witness}", None, answer, verdict.witness, evidence)
    return Mark("UNDECIDED", 0.0, verdict.idea, None, answer, None, evidence)
