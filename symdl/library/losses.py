"""Losses, as data, averaged over a batch of examples.

Main results: :data:`LOSSES`.
"""

from symdl.core.arrays import array, select
from symdl.core.items import Loss, LossProperties
from symdl.core.symbols import Source

from .classification_losses import CLASSIFICATION_LOSSES
from .embedding_losses import EMBEDDING_LOSSES
from .layers import log_softmax_of
from .penalties import PENALTIES
from .regression_losses import REGRESSION_LOSSES

prediction = array("prediction", "batch", "outputs")
target = array("target", "batch", "outputs")

squared_error = Loss(
    "squared_error",
    (prediction, target),
    ((prediction - target) ** 2 / 2).sum("outputs").mean("batch"),
    properties=LossProperties(nonnegative=True, zero_at_target=True, convex=True),
    source=Source(
        "Bishop, Pattern Recognition and Machine Learning, Springer 2006",
        "Equation 5.11, divided by the number of examples",
    ),
    also_called=("half mean squared error", "sum-of-squares error", "MSE"),
)

logits = array("prediction", "batch", "classes")
labels = array("target", "batch", integer=True)

cross_entropy = Loss(
    "cross_entropy",
    (logits, labels),
    -select(log_softmax_of(logits), labels, "classes").mean("batch"),
    properties=LossProperties(nonnegative=True, convex=True),
    source=Source("Goodfellow, Bengio and Courville, Deep Learning, MIT Press 2016", "Section 6.2.2.3, Equation 6.30"),
    also_called=("negative log-likelihood of softmax", "softmax cross-entropy", "log loss"),
)

LOSSES: tuple[Loss, ...] = (
    squared_error,
    cross_entropy,
    *REGRESSION_LOSSES,
    *CLASSIFICATION_LOSSES,
    *EMBEDDING_LOSSES,
    *PENALTIES,
)
