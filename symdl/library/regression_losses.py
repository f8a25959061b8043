"""Losses of real predictions, as data: functions of the residual, likelihoods of a mean and of a rate.

Main results: :data:`REGRESSION_LOSSES`. All are averaged over the entries. Slopes at kinks are those
that deep-learning libraries return.
"""

import sympy as sp

from symdl.core import Activation, Compare, Loss, LossProperties, Parameter, Source, symbol
from symdl.core.arrays import apply, array

_ZERO = sp.Integer(0)
x, delta, beta, epsilon = map(symbol, ("x", "delta", "beta", "epsilon"))
prediction = array("prediction", "batch", "outputs")
target = array("target", "batch", "outputs")
variance = array("variance", "batch", "outputs")
residual = prediction - target


def _positive(parameter: sp.Symbol, default: sp.Rational | int) -> Parameter:
    return Parameter(parameter, parameter.name, sp.Rational(default), (Compare(parameter, ">", _ZERO),))


_delta, _beta, _epsilon = _positive(delta, 1), _positive(beta, 1), _positive(epsilon, sp.Rational(1, 10**6))

absolute = Activation("absolute", x, sp.Abs(x), slope_at={0: 0})
huber = Activation(
    "huber",
    x,
    sp.Piecewise((x**2 / 2, sp.Abs(x) <= delta), (delta * (sp.Abs(x) - delta / 2), True)),
    parameters=(_delta,),
)
smooth_l1 = Activation(
    "smooth_l1",
    x,
    sp.Piecewise((x**2 / (2 * beta), sp.Abs(x) < beta), (sp.Abs(x) - beta / 2, True)),
    parameters=(_beta,),
)
at_least = Activation("at_least", x, sp.Max(x, epsilon), parameters=(_epsilon,), slope_at={epsilon: 1})

l1_loss = Loss(
    "l1_loss",
    (prediction, target),
    apply(absolute, residual).mean(),
    properties=LossProperties(nonnegative=True, zero_at_target=True, convex=True),
    source=Source("Bishop, Pattern Recognition and Machine Learning, Springer 2006", "Equation 1.91 with q = 1"),
    also_called=("absolute error", "mean absolute error", "MAE", "L1Loss"),
)

mse_loss = Loss(
    "mse_loss",
    (prediction, target),
    (residual**2).mean(),
    properties=LossProperties(nonnegative=True, zero_at_target=True, convex=True),
    source=Source("Goodfellow, Bengio and Courville, Deep Learning, MIT Press 2016", "Equation 5.4"),
    also_called=("mean squared error", "MSELoss", "L2 loss"),
)

huber_loss = Loss(
    "huber_loss",
    (prediction, target),
    apply(huber, residual).mean(),
    parameters=(_delta,),
    properties=LossProperties(nonnegative=True, zero_at_target=True, convex=True),
    source=Source(
        "Huber, Robust estimation of a location parameter, Annals of Mathematical Statistics 35, 1964",
        "Section 1, Equation 7",
    ),
    also_called=("Huber", "HuberLoss"),
)

smooth_l1_loss = Loss(
    "smooth_l1_loss",
    (prediction, target),
    apply(smooth_l1, residual).mean(),
    parameters=(_beta,),
    properties=LossProperties(nonnegative=True, zero_at_target=True, convex=True),
    source=Source("Girshick, Fast R-CNN, ICCV 2015", "Equation 3, at beta = 1"),
    also_called=("smooth L1", "SmoothL1Loss"),
)

log_cosh_loss = Loss(
    "log_cosh_loss",
    (prediction, target),
    apply(lambda r: sp.log(sp.cosh(r)), residual).mean(),
    properties=LossProperties(nonnegative=True, zero_at_target=True, convex=True),
    source=Source(
        "Green, Bayesian reconstructions from emission tomography data using a modified EM algorithm, IEEE "
        "Transactions on Medical Imaging 9, 1990",
        "Section II, the potential function log cosh",
    ),
    also_called=("log-cosh", "LogCosh"),
)

gaussian_nll_loss = Loss(
    "gaussian_nll_loss",
    (prediction, target, variance),
    (apply(sp.log, apply(at_least, variance)) / 2 + residual**2 / apply(at_least, variance) / 2).mean(),
    parameters=(_epsilon,),
    given=(Compare(symbol("variance"), ">=", _ZERO),),
    differentiable=(variance,),
    properties=LossProperties(nonnegative=False, zero_at_target=False, convex=True),
    source=Source(
        "Nix and Weigend, Estimating the mean and variance of the target probability distribution, ICNN 1994",
        "Equation 4, without the constant log(2 pi)/2; a variance below epsilon counts as epsilon",
    ),
    also_called=("Gaussian negative log-likelihood", "GaussianNLLLoss"),
)

poisson_nll_loss = Loss(
    "poisson_nll_loss",
    (prediction, target),
    (apply(sp.exp, prediction) - target * prediction).mean(),
    given=(Compare(symbol("target"), ">=", _ZERO),),
    properties=LossProperties(nonnegative=False, zero_at_target=False, convex=True),
    source=Source(
        "McCullagh and Nelder, Generalized Linear Models, 2nd edition, Chapman and Hall 1989",
        "Section 6.2, the Poisson log-likelihood under the log link, without the term log(target!)",
    ),
    also_called=("Poisson negative log-likelihood", "PoissonNLLLoss"),
)

REGRESSION_LOSSES: tuple[Loss, ...] = (
    l1_loss,
    mse_loss,
    huber_loss,
    smooth_l1_loss,
    log_cosh_loss,
    gaussian_nll_loss,
    poisson_nll_loss,
)
