"""Losses of embeddings, as data: cosines, margins between distances, contrast within a batch.

Main results: :data:`EMBEDDING_LOSSES`. A cosine with a row of zeros has no value: nan.
"""

import sympy as sp

from symdl.core import Compare, Loss, LossProperties, Parameter, Source, symbol
from symdl.core.arrays import ArrayExpr, apply, array, select

from .classification_losses import violation
from .dense import log_softmax_of

_ZERO, _ONE = sp.Integer(0), sp.Integer(1)
margin, epsilon, temperature = map(symbol, ("margin", "epsilon", "temperature"))
prediction = array("prediction", "batch", "features")
target = array("target", "batch", "features")
positive = array("positive", "batch", "features")
negative = array("negative", "batch", "features")
other = array("other", "batch", "features")
same = array("target", "batch")
keys = array("keys", "keys", "features")
positives = array("target", "batch", integer=True)


def norm_of(rows: ArrayExpr) -> ArrayExpr:
    """The Euclidean norm of each row."""
    return apply(sp.sqrt, (rows**2).sum(1))


def cosine_of(rows: ArrayExpr, others: ArrayExpr) -> ArrayExpr:
    """The cosine of the angle between rows of two arrays."""
    return (rows * others).sum(1) / (norm_of(rows) * norm_of(others))


def distance_of(rows: ArrayExpr, others: ArrayExpr) -> ArrayExpr:
    """The Euclidean distance of rows, ``epsilon`` added to each difference."""
    return norm_of(rows - others + epsilon)


cosine_distance = Loss(
    "cosine_distance",
    (prediction, target),
    (1 - cosine_of(prediction, target)).mean("batch"),
    properties=LossProperties(nonnegative=True, zero_at_target=True, convex=False),
    source=Source(
        "Manning, Raghavan and Schuetze, Introduction to Information Retrieval, Cambridge University Press 2008",
        "Equation 6.10, subtracted from 1",
    ),
    also_called=("cosine loss", "cosine similarity loss"),
)

_cosine = cosine_of(prediction, other)
cosine_embedding_loss = Loss(
    "cosine_embedding_loss",
    (prediction, other, same),
    ((1 + same) / 2 * (1 - _cosine) + (1 - same) / 2 * apply(violation, _cosine - margin)).mean("batch"),
    parameters=(Parameter(margin, "margin", _ZERO, (Compare(margin, ">=", -_ONE), Compare(margin, "<=", _ONE))),),
    given=(Compare(symbol("target") ** 2, "=", _ONE),),
    differentiable=(other,),
    properties=LossProperties(nonnegative=True, convex=False),
    source=Source(
        "Hadsell, Chopra and LeCun, Dimensionality reduction by learning an invariant mapping, CVPR 2006",
        "Section 2.1, contrast of pairs that belong together (1) or do not (-1), in cosines",
    ),
    also_called=("cosine embedding loss", "CosineEmbeddingLoss"),
)

triplet_margin_loss = Loss(
    "triplet_margin_loss",
    (prediction, positive, negative),
    apply(violation, distance_of(prediction, positive) - distance_of(prediction, negative) + margin).mean("batch"),
    parameters=(
        Parameter(margin, "margin", _ONE, (Compare(margin, ">", _ZERO),)),
        Parameter(epsilon, "epsilon", sp.Rational(1, 10**6), (Compare(epsilon, ">=", _ZERO),)),
    ),
    differentiable=(positive, negative),
    properties=LossProperties(nonnegative=True, convex=False),
    source=Source(
        "Balntas, Riba, Ponsa and Mikolajczyk, Learning local feature descriptors with triplets, BMVC 2016",
        "Section 2, with epsilon added to the differences",
    ),
    also_called=("triplet loss", "triplet margin loss", "TripletMarginLoss"),
)

info_nce_loss = Loss(
    "info_nce_loss",
    (prediction, keys, positives),
    -select(log_softmax_of(prediction @ keys.T / temperature), positives, "keys").mean("batch"),
    parameters=(Parameter(temperature, "temperature", sp.Rational(7, 100), (Compare(temperature, ">", _ZERO),)),),
    differentiable=(keys,),
    properties=LossProperties(nonnegative=True, convex=True),
    source=Source(
        "He, Fan, Wu, Xie and Girshick, Momentum contrast for unsupervised visual representation learning, CVPR 2020",
        "Equation 1; the target is the position of the positive key of each query, 0 to n - 1 within a batch",
    ),
    also_called=("InfoNCE", "contrastive loss", "InfoNCELoss"),
)

EMBEDDING_LOSSES: tuple[Loss, ...] = (
    cosine_distance,
    cosine_embedding_loss,
    triplet_margin_loss,
    info_nce_loss,
)
