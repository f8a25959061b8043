"""Losses of classifiers, as data: margins, cross-entropies, divergences.

Main results: :data:`CLASSIFICATION_LOSSES`. Where a library has a loss under a name, the name is its
and so is the slope at a kink.
"""

import sympy as sp

from symdl.core import Activation, Compare, Loss, LossProperties, Parameter, Source, symbol
from symdl.core.arrays import apply, array, repeat, select

from .layers import log_softmax_of
from .smooth_units import logsigmoid, sigmoid

_ZERO, _ONE = sp.Integer(0), sp.Integer(1)
_BOOK = "Goodfellow, Bengio and Courville, Deep Learning, MIT Press 2016"
x, gamma, alpha, smoothing = map(symbol, ("x", "gamma", "alpha", "label_smoothing"))
prediction = array("prediction", "batch", "outputs")
target = array("target", "batch", "outputs")
logits = array("prediction", "batch", "classes")
distribution = array("target", "batch", "classes")
labels = array("target", "batch", integer=True)
pos_weight = array("pos_weight", "outputs")

_SIGNS = (Compare(symbol("target") ** 2, "=", _ONE),)
_NONNEGATIVE = (Compare(symbol("target"), ">=", _ZERO),)
_UNIT = (*_NONNEGATIVE, Compare(symbol("target"), "<=", _ONE))
_HARD = (Compare(symbol("target") ** 2, "=", symbol("target")),)
_PROBABILITY = (Compare(symbol("prediction"), ">=", _ZERO), Compare(symbol("prediction"), "<=", _ONE))

violation = Activation("violation", x, sp.Max(x, 0), slope_at={0: 1})
_t, _p = symbol("t"), symbol("p")
times_log = sp.Lambda((_t, _p), sp.Piecewise((0, sp.Eq(_t, 0)), (_t * sp.log(_p), True)))
"""t log(p), which is 0 where t is, also at p = 0."""

hinge_loss = Loss(
    "hinge_loss",
    (prediction, target),
    apply(violation, 1 - target * prediction).mean(),
    given=_SIGNS,
    properties=LossProperties(nonnegative=True, zero_at_target=True, convex=True),
    source=Source("Cortes and Vapnik, Support-vector networks, Machine Learning 20, 1995", "Equations 23 and 24"),
    also_called=("hinge", "Hinge", "max-margin loss"),
)

squared_hinge_loss = Loss(
    "squared_hinge_loss",
    (prediction, target),
    (apply(violation, 1 - target * prediction) ** 2).mean(),
    given=_SIGNS,
    properties=LossProperties(nonnegative=True, zero_at_target=True, convex=True),
    source=Source("Lee and Mangasarian, SSVM: a smooth support vector machine, 2001", "Equation 7"),
    also_called=("squared hinge", "SquaredHinge"),
)

soft_margin_loss = Loss(
    "soft_margin_loss",
    (prediction, target),
    -apply(logsigmoid, target * prediction).mean(),
    given=_SIGNS,
    properties=LossProperties(nonnegative=True, zero_at_target=False, convex=True),
    source=Source(
        "Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2nd edition", "Equation 10.18"
    ),
    also_called=("logistic loss", "SoftMarginLoss"),
)

binary_cross_entropy = Loss(
    "binary_cross_entropy",
    (prediction, target),
    -(apply(times_log, target, prediction) + apply(times_log, 1 - target, 1 - prediction)).mean(),
    given=(*_PROBABILITY, *_UNIT),
    properties=LossProperties(nonnegative=True, zero_at_target=False, convex=True),
    source=Source("Bishop, Pattern Recognition and Machine Learning, Springer 2006", "Equation 4.90"),
    also_called=("binary cross-entropy", "BCELoss", "log loss of two classes"),
)

binary_cross_entropy_with_logits = Loss(
    "binary_cross_entropy_with_logits",
    (prediction, target),
    -(target * apply(logsigmoid, prediction) + (1 - target) * apply(logsigmoid, -prediction)).mean(),
    given=_UNIT,
    properties=LossProperties(nonnegative=True, convex=True),
    source=Source(
        "Bishop, Pattern Recognition and Machine Learning, Springer 2006", "Equation 4.90 with Equation 4.87"
    ),
    also_called=("binary cross-entropy with logits", "BCEWithLogitsLoss", "sigmoid cross-entropy"),
)

_weights = repeat(pos_weight, 0, "batch")
weighted_binary_cross_entropy_with_logits = Loss(
    "weighted_binary_cross_entropy_with_logits",
    (prediction, target, pos_weight),
    -(_weights * target * apply(logsigmoid, prediction) + (1 - target) * apply(logsigmoid, -prediction)).mean(),
    given=(*_UNIT, Compare(symbol("pos_weight"), ">=", _ZERO)),
    properties=LossProperties(nonnegative=True, convex=True),
    source=Source(
        "King and Zeng, Logistic regression in rare events data, Political Analysis 9, 2001",
        "Equation 7, the weight of the negatives 1",
    ),
    also_called=("binary cross-entropy with logits and pos_weight", "weighted binary cross-entropy"),
)

sigmoid_focal_loss = Loss(
    "sigmoid_focal_loss",
    (prediction, target),
    -(
        alpha * target * apply(sigmoid, -prediction) ** gamma * apply(logsigmoid, prediction)
        + (1 - alpha) * (1 - target) * apply(sigmoid, prediction) ** gamma * apply(logsigmoid, -prediction)
    ).mean(),
    parameters=(
        Parameter(gamma, "gamma", sp.Integer(2), (Compare(gamma, ">=", _ZERO),)),
        Parameter(alpha, "alpha", sp.Rational(1, 4), (Compare(alpha, ">=", _ZERO), Compare(alpha, "<=", _ONE))),
    ),
    given=_HARD,
    properties=LossProperties(nonnegative=True, convex=False),
    source=Source(
        "Lin, Goyal, Girshick, He and Dollar, Focal loss for dense object detection, ICCV 2017", "Equation 5"
    ),
    also_called=("focal loss", "focal"),
)

soft_cross_entropy = Loss(
    "soft_cross_entropy",
    (logits, distribution),
    -(distribution * log_softmax_of(logits)).sum("classes").mean("batch"),
    given=_UNIT,
    properties=LossProperties(nonnegative=True, convex=True),
    source=Source("Bishop, Pattern Recognition and Machine Learning, Springer 2006", "Equation 4.108"),
    also_called=("cross-entropy with soft targets", "categorical cross-entropy"),
)

_log_probabilities = log_softmax_of(logits)
smoothed_cross_entropy = Loss(
    "smoothed_cross_entropy",
    (logits, labels),
    -(
        (1 - smoothing) * select(_log_probabilities, labels, "classes") + smoothing * _log_probabilities.mean("classes")
    ).mean("batch"),
    parameters=(
        Parameter(
            smoothing,
            "label_smoothing",
            sp.Rational(1, 10),
            (Compare(smoothing, ">=", _ZERO), Compare(smoothing, "<=", _ONE)),
        ),
    ),
    properties=LossProperties(nonnegative=True, convex=True),
    source=Source(
        "Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, Rethinking the Inception architecture, CVPR 2016", "Section 7"
    ),
    also_called=("cross-entropy with label smoothing", "label smoothing"),
)

kl_div = Loss(
    "kl_div",
    (logits, distribution),
    (apply(times_log, distribution, distribution) - distribution * logits).sum("classes").mean("batch"),
    given=_UNIT,
    properties=LossProperties(nonnegative=False, convex=True),
    source=Source(
        "Kullback and Leibler, On information and sufficiency, Annals of Mathematical Statistics 22, 1951",
        "Equation 2.4, from the logarithms of the predicted probabilities",
    ),
    also_called=("KLDivLoss", "Kullback-Leibler divergence from log-probabilities"),
)

kl_divergence = Loss(
    "kl_divergence",
    (logits, distribution),
    (apply(times_log, distribution, distribution) - apply(times_log, distribution, logits))
    .sum("classes")
    .mean("batch"),
    given=(*_UNIT, *_PROBABILITY),
    properties=LossProperties(nonnegative=False, zero_at_target=True, convex=True),
    source=Source(
        "Kullback and Leibler, On information and sufficiency, Annals of Mathematical Statistics 22, 1951",
        "Equation 2.4",
    ),
    also_called=("Kullback-Leibler divergence", "relative entropy", "KLDivergence"),
)

CLASSIFICATION_LOSSES: tuple[Loss, ...] = (
    hinge_loss,
    squared_hinge_loss,
    soft_margin_loss,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    weighted_binary_cross_entropy_with_logits,
    sigmoid_focal_loss,
    soft_cross_entropy,
    smoothed_cross_entropy,
    kl_div,
    kl_divergence,
)
