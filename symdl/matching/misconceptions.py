"""Kinds of misconceptions: for each what it makes of a right answer, and a sentence that helps without giving it away.

A kind yields pairs of expressions: where the two of a pair are the same function, the given answer comes from the
right one by that slip. Most pairs are an edit of the right answer beside the given one; kinds about derivatives
compare derivatives, so that nothing has to be integrated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sympy as sp

from . import rule_slips, shape_slips
from .rule_slips import Case

Pairs = Callable[[Case], Iterator[tuple[sp.Expr, sp.Expr]]]


@dataclass(frozen=True)
class Misconception:
    """A kind: its name, what it makes of a right answer, and what is told to whoever made the slip.

    A ``specific`` kind is preferred to one under which the answer would be spelled as it is.
    """

    name: str
    pairs: Pairs
    sentence: str
    specific: bool = False

    def __str__(self) -> str:
        return f"{self.name}: {self.sentence}"


def _edits(edits: Callable[[sp.Expr], Iterator[sp.Expr]]) -> Pairs:
    def pairs(case: Case) -> Iterator[tuple[sp.Expr, sp.Expr]]:
        return ((edited, case.own) for edited in edits(case.gold))

    return pairs


_CHAIN = "a factor is missing that the derivative of an inner function contributes"
_SWAP = "two quantities stand in each other's place; say what each of them does"
_BACK = "differentiating was left out or went the wrong way; differentiate your answer and compare"
_TOO_FAR = "it was differentiated where that was not asked, or once too often"
_PARTS = "the derivative of a product or a quotient is not made of the derivatives alone"

MISCONCEPTIONS: tuple[Misconception, ...] = (
    Misconception(
        "wrong branch", _edits(shape_slips.branches), "check which case holds where, at a number in each", True
    ),
    Misconception("epsilon moved", _edits(shape_slips.epsilons), "the small constant stands in another place", True),
    Misconception("power of the step", _edits(shape_slips.steps), "how does it depend on the step?", True),
    Misconception("sign", _edits(shape_slips.signs), "follow each minus through your steps"),
    Misconception("logarithm", _edits(shape_slips.logarithms), "a rule for logarithms does not hold as it was used"),
    Misconception(
        "complement to one", _edits(shape_slips.ones), "something and what it lacks to one are mixed up", True
    ),
    Misconception("chain rule", rule_slips.inner_derivatives, _CHAIN, True),
    Misconception("integrated or differentiated", rule_slips.antiderivatives, _BACK, True),
    Misconception("product or quotient rule", rule_slips.products, _PARTS, True),
    Misconception("square or root", _edits(shape_slips.squares), "a square or a root is missing, or one too many"),
    Misconception("swapped", _edits(shape_slips.swaps_in_sums), _SWAP),
    Misconception(
        "off by one", _edits(shape_slips.shifts), "an index, a bound or a count is off; try the smallest case"
    ),
    Misconception("chain rule", _edits(shape_slips.left_out), _CHAIN),
    Misconception("factor", rule_slips.factors, "a constant factor is missing or too much"),
    Misconception("wrong variable", rule_slips.other_variables, "by which variable is it to be differentiated?"),
    Misconception("upside down", _edits(shape_slips.inversions), "a ratio is upside down; try a limit"),
    Misconception("swapped", rule_slips.exchanges, _SWAP),
    Misconception("missing term", rule_slips.terms, "the number of terms differs; account for each contribution"),
    Misconception("integrated or differentiated", rule_slips.derivatives, _TOO_FAR),
)
"""The kinds; where several explain an answer equally well, the first is told."""

BY_NAME = {kind.name: kind for kind in MISCONCEPTIONS}
"""The kinds by name; of those with two generators the last."""
