"""Where losses of torch go another way, as data: the place, an example, and why.

Main results: :data:`LOSS_DISAGREEMENTS`, in float64. Everywhere else values and gradients agree. ``python -m
symdl.library.loss_counterparts`` prints the table of ``docs/library-disagreements.md``; the tests hold each example
against torch and against ball arithmetic.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LossDisagreement:
    """A loss, its value or its gradient by an input, where torch differs, arguments there, and the reason."""

    loss: str
    quantity: str
    where: str
    example: tuple[tuple[str, Any], ...]
    reason: str


_LOST = "a probability minus the target, where the difference has lost its digits"
_OVERFLOW = "log(1 + exp(-t x)), where the exponential overflows"
_ADDED = "1e-12 is added to the square of each norm"

LOSS_DISAGREEMENTS: tuple[LossDisagreement, ...] = (
    LossDisagreement(
        "cross_entropy",
        "prediction gradient",
        "the target is all but certain",
        (("prediction", [[0.0, 60.0]]), ("target", [1])),
        _LOST,
    ),
    LossDisagreement(
        "binary_cross_entropy_with_logits",
        "prediction gradient",
        "the target is all but certain",
        (("prediction", [[40.0]]), ("target", [[1.0]])),
        _LOST,
    ),
    LossDisagreement(
        "soft_margin_loss",
        "value",
        "target times prediction below -709",
        (("prediction", [[-800.0]]), ("target", [[1.0]])),
        _OVERFLOW,
    ),
    LossDisagreement(
        "soft_margin_loss",
        "prediction gradient",
        "target times prediction below -709",
        (("prediction", [[-800.0]]), ("target", [[1.0]])),
        _OVERFLOW,
    ),
    LossDisagreement(
        "binary_cross_entropy",
        "value",
        "a probability below exp(-100)",
        (("prediction", [[1e-60]]), ("target", [[1.0]])),
        "logarithms are cut off at -100",
    ),
    LossDisagreement(
        "binary_cross_entropy",
        "prediction gradient",
        "a probability within 1e-12 of 0 or 1",
        (("prediction", [[1e-20]]), ("target", [[0.5]])),
        "(p - t)/(p (1 - p)) with a denominator of at least 1e-12",
    ),
    LossDisagreement(
        "gaussian_nll_loss",
        "variance gradient",
        "a variance below epsilon",
        (("prediction", [[1.0]]), ("target", [[0.0]]), ("variance", [[1e-8]])),
        "the variance is clamped without its derivative: the gradient is not that of the formula",
    ),
    LossDisagreement(
        "cosine_embedding_loss",
        "value",
        "rows with norms below 1e-3",
        (("prediction", [[1e-7, 0.0]]), ("other", [[1.0, 1.0]]), ("target", [1.0])),
        _ADDED,
    ),
    LossDisagreement(
        "cosine_embedding_loss",
        "prediction gradient",
        "rows with norms below 1e-3 or above 1e77",
        (("prediction", [[1e-7, 0.0]]), ("other", [[1.0, 1.0]]), ("target", [1.0])),
        _ADDED,
    ),
    LossDisagreement(
        "cosine_distance",
        "value",
        "rows with norms above 1e154, or below 1e-8",
        (("prediction", [[1e-9, 0.0]]), ("target", [[1.0, 1.0]])),
        "norms are at least 1e-8, and the sums of squares overflow",
    ),
)


def table() -> str:
    """The disagreements as rows of Markdown.

    >>> table().splitlines()[2]
    '| cross_entropy | prediction gradient | the target is all but certain | a probability minus the target, where the \
difference has lost its digits |'
    """
    rows = ["| loss | what | where | why |", "|---|---|---|---|"]
    rows += [f"| {d.loss} | {d.quantity} | {d.where} | {d.reason} |" for d in LOSS_DISAGREEMENTS]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(table(), end="")
