"""``decide(claim) -> Verdict``: independent checkers, the cheap ones first.

Provers and refuters are functions ``Claim -> Evidence | None``. A prover's evidence proves, a
refuter's carries a confirmed witness and refutes; both at once is a :class:`Contradiction`. Whatever
else happens leaves the claim UNDECIDED, with the reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from symdl.core import (
    BudgetExceeded,
    Claim,
    Contradiction,
    DefinitionError,
    Evidence,
    UndefinedValue,
    UnsupportedDerivative,
    UnsupportedOperation,
    Verdict,
)

from .control import Open
from .equality import by_normal_form
from .inequalities import by_signs
from .refutation import by_descent, by_model, by_small_rationals

Checker = Callable[[Claim], Evidence | None]

PROVERS: tuple[Checker, ...] = (by_normal_form, by_signs)
REFUTERS: tuple[Checker, ...] = (by_small_rationals, by_descent, by_model)

_REASONS = (
    Open,
    BudgetExceeded,
    DefinitionError,
    UndefinedValue,
    UnsupportedDerivative,
    UnsupportedOperation,
)


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
    reasons: list[Evidence] = []
    proof = _first(PROVERS, claim, reasons)
    witness = _first(REFUTERS[:1] if proof else REFUTERS, claim, reasons)
    if proof and witness:
        raise Contradiction(
            f"{proof.method} proves and {witness.method} refutes: {claim}, {witness.witness}",
            remedy="please report it: one of the two checkers is wrong",
        )
    if proof:
        return Verdict(claim, "PROVED", (proof,))
    if witness:
        return Verdict(claim, "REFUTED", (witness,))
    return Verdict(claim, "UNDECIDED", tuple(reasons) or (_out_of_class(),))


def _first(checkers: Iterable[Checker], claim: Claim, reasons: list[Evidence]) -> Evidence | None:
    """The first evidence that a checker finds; why the others stopped goes into ``reasons``."""
    for checker in checkers:
        try:
            found = checker(claim)
        except _REASONS as reason:
            evidence = Evidence(checker.__name__.replace("_", " "), "nothing", str(reason).split("\n")[0])
            reasons += [evidence] if all(known.detail != evidence.detail for known in reasons) else []
            continue
        if found is not None:
            return found
    return None


def _out_of_class() -> Evidence:
    return Evidence("none", "nothing", "no checker covers a claim of this kind, and no witness against it was found")
