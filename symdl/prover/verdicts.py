"""``decide(claim) -> Verdict``: independent checkers, the cheap ones first.

Provers and refuters are functions ``Claim -> Evidence | None``. A prover's evidence proves, a
refuter's carries a confirmed witness and refutes; both at once is a :class:`Contradiction`. Whatever
else happens leaves the claim UNDECIDED, with the reasons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from symdl.core import (
    All,
    BudgetExceeded,
    Claim,
    Contradiction,
    DefinitionError,
    Evidence,
    Exists,
    Not,
    UndefinedValue,
    UnsupportedDerivative,
    UnsupportedOperation,
    Verdict,
)

from .array_equality import by_array_normal_form, by_small_arrays
from .boxes import by_boxes
from .cells import TOO_MANY
from .closed_sums import by_closed_sums
from .conjunction import conjunction
from .constancy import by_constancy
from .control import Open, OutsideDomain, Split
from .enclosures import by_enclosure
from .equality import by_normal_form, by_rules_alone
from .identical_rules import by_renaming
from .induction import by_closed_form, by_induction
from .inequalities import by_signs
from .joint_runs import by_joint_induction, by_unrolling
from .limits import against_limit, by_algebra
from .limits_by_parts import against_parts, by_parts
from .limits_far_out import by_growth, by_last_branch
from .problems import require_bounded
from .quantifiers import existence, negation
from .refutation import by_descent, by_model, by_simplest_rationals, by_small_rationals, by_touching
from .run_witnesses import by_longer_runs, by_short_runs
from .scaling import by_scaling
from .slopes import by_slope
from .weakest import weakest_assumption

Checker = Callable[[Claim], Evidence | None]

CHECKERS: tuple[tuple[Literal["PROVED", "REFUTED"], Checker], ...] = (
    ("REFUTED", by_simplest_rationals),
    ("REFUTED", by_short_runs),
    ("REFUTED", by_small_arrays),
    ("PROVED", by_renaming),
    ("REFUTED", by_longer_runs),
    ("PROVED", by_enclosure),
    ("PROVED", by_normal_form),
    ("PROVED", by_array_normal_form),
    ("REFUTED", by_small_rationals),
    ("PROVED", by_algebra),
    ("REFUTED", against_limit),
    ("PROVED", by_parts),
    ("REFUTED", against_parts),
    ("PROVED", by_last_branch),
    ("PROVED", by_growth),
    ("PROVED", by_signs),
    ("REFUTED", by_descent),
    ("PROVED", by_closed_form),
    ("PROVED", by_induction),
    ("PROVED", by_closed_sums),
    ("PROVED", by_boxes),
    ("PROVED", by_scaling),
    ("PROVED", by_slope),
    ("PROVED", by_constancy),
    ("PROVED", by_joint_induction),
    ("PROVED", by_unrolling),
    ("REFUTED", by_touching),
    ("REFUTED", by_model),
)
"""Provers and refuters, each with the outcome that its evidence means, the cheap ones first."""

CASE_BY_CASE: tuple[Checker, ...] = (by_boxes, by_slope, by_model)
"""Checkers that look at the same cells as those before them, and are spared where these are too many."""

_REASONS = (
    Open,
    OutsideDomain,
    Split,
    BudgetExceeded,
    DefinitionError,
    UndefinedValue,
    UnsupportedDerivative,
    UnsupportedOperation,
    ValueError,
    TypeError,
)
"""What stops a checker: our own refusals, no case left to look at, and steps that SymPy refuses (a minimum of
numbers that are not real)."""


def decide(claim: Claim) -> Verdict:
    """The verdict on a claim, with its evidence.

    PROVED and REFUTED are final; UNDECIDED says why. Raises :class:`Contradiction` when two checkers
    disagree, which is a bug in symdl.

    >>> from symdl.core import Compare, symbol
    >>> x = symbol("x")
    >>> print(decide(Claim(Compare((x + 1) ** 2, "=", x**2 + 2 * x + 1))))
    PROVED  (x + 1)^2 = x^2 + 2*x + 1
      numerator of the difference 0
    >>> decide(Claim(Compare((x + 1) ** 2, "=", x**2 + 1))).witness.as_dict()
    {'x': '1'}
    """
    try:
        require_bounded(claim)
    except BudgetExceeded as reason:
        return Verdict(claim, "UNDECIDED", (Evidence("none", "nothing", str(reason)),))
    match claim.statement:
        case Not() as statement:
            return negation(claim, statement, decide)
        case Exists() as statement:
            return existence(claim, statement, decide)
        case All() as statement:
            return conjunction(claim, statement, decide)
    reasons: dict[str, Evidence] = {}
    for outcome, checker in CHECKERS:
        if TOO_MANY in reasons and checker in CASE_BY_CASE:
            continue
        evidence = evidence_of(checker, claim, reasons)
        if evidence is not None:
            if outcome == "REFUTED":
                _cross_check(claim, evidence)
            return Verdict(claim, outcome, (evidence,))
    return Verdict(claim, "UNDECIDED", tuple(reasons.values()) or (_out_of_class(),))


def explain(verdict: Verdict) -> Verdict:
    """A refuted verdict with the weakest usual assumption that the claim lacks, where one is found.

    >>> import sympy as sp
    >>> from symdl.core import Compare, symbol
    >>> x = symbol("x")
    >>> explain(decide(Claim(Compare(sp.Abs(x), "=", x)))).evidence[-1].detail
    'true for x >= 0'
    """
    lacking = weakest_assumption(verdict.claim, verdict.witness) if verdict.refuted else None
    return replace(verdict, evidence=(*verdict.evidence, lacking)) if lacking else verdict


def _cross_check(claim: Claim, refutation: Evidence) -> None:
    """Raise :class:`Contradiction` when normal forms prove what was refuted.

    The other way round needs no check of its own: the refuters by small numbers look at every claim
    before any prover does.
    """
    proof = evidence_of(by_rules_alone, claim) or evidence_of(by_array_normal_form, claim)
    if proof is not None:
        raise Contradiction(
            f"{proof.method} proves and {refutation.method} refutes: {claim}, {refutation.witness}",
            remedy="please report it: one of the two checkers is wrong",
        )


def evidence_of(checker: Checker, claim: Claim, reasons: dict[str, Evidence] | None = None) -> Evidence | None:
    """What a checker finds, None when it stops short; the reason of that goes into ``reasons``."""
    try:
        return checker(claim)
    except _REASONS as reason:
        detail = str(reason).split("\n")[0] or type(reason).__name__
        if reasons is not None:
            reasons.setdefault(detail, Evidence(checker.__name__.replace("_", " "), "nothing", detail))
        return None


def _out_of_class() -> Evidence:
    return Evidence("none", "nothing", "no checker covers a claim of this kind, and no witness against it was found")
