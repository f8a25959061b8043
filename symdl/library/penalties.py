"""Penalties of parameters, as data: scalars that are added to a loss.

Main results: :data:`PENALTIES`.
"""

import sympy as sp

from symdl.core import Compare, Loss, LossProperties, Parameter, Source, symbol
from symdl.core.arrays import apply, array

from .regression_losses import absolute

strength = symbol("strength")
parameters = array("parameters", "entries")
_STRENGTH = (Parameter(strength, "strength", sp.Integer(1), (Compare(strength, ">=", sp.Integer(0)),)),)
_BOOK = "Goodfellow, Bengio and Courville, Deep Learning, MIT Press 2016"

l1_penalty = Loss(
    "l1_penalty",
    (parameters,),
    strength * apply(absolute, parameters).sum(),
    parameters=_STRENGTH,
    properties=LossProperties(nonnegative=True, convex=True),
    source=Source(_BOOK, "Equation 7.18"),
    also_called=("L1 regularisation", "lasso penalty"),
)

l2_penalty = Loss(
    "l2_penalty",
    (parameters,),
    strength * (parameters**2).sum() / 2,
    parameters=_STRENGTH,
    properties=LossProperties(nonnegative=True, convex=True),
    source=Source(_BOOK, "Section 7.1.1"),
    also_called=("L2 regularisation", "weight decay penalty", "ridge penalty"),
)

PENALTIES: tuple[Loss, ...] = (l1_penalty, l2_penalty)
