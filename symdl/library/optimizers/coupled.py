"""Rules whose entries depend on each other: norms of an array, factored moments, orthogonalised steps.

Main results: :data:`COUPLED`, :data:`COUPLED_FAMILIES`.
"""

from __future__ import annotations

import sympy as sp

from symdl.core import STEP, THETA, Assignment, Compare, Evaluation, Family, Optimizer, Parameter, Source, State, symbol
from symdl.core.couplings import column_total, damped_solution, product_with, product_with_transposed, row_total, total

from .moments import MOMENT_STEPS, STATES, first, second
from .parts import (
    OUTSIDE,
    average,
    beta,
    decay,
    epsilon,
    eta,
    g,
    learning_rate,
    mean,
    nonnegative,
    over_root,
    stabiliser,
    unbiased,
)

_LAMB = Source("You et al., Large batch optimization for deep learning, ICLR 2020", "Algorithm 2")
_ADAFACTOR = Source("Shazeer and Stern, Adafactor, ICML 2018", "Algorithms 4 and 5")
_MUON = Source("Jordan et al., Muon: an optimizer for hidden layers in neural networks, 2024", "Algorithm 2")

_NEWTON = Source("Nocedal and Wright, Numerical Optimization, Springer 2006", "Equation 3.30")

IN_RATIO, BEFORE_RATIO = "inside the trust ratio", "before the trust ratio"
FACTORED, WHOLE = "of rows and columns", "of entries"
ADDED, LEAST = "added to the square", "least root"
RELATIVE, AS_GIVEN = "at most 1/sqrt(t)", "as given"
SUM, MOVING, UNBIASED = "sum", "moving average", "corrected moving average"
ROWS_OVER_COLUMNS, COLUMNS_OVER_ROWS, LARGER_SIDE, UNSCALED = (
    "sqrt of rows over columns",
    "sqrt of columns over rows",
    "larger side",
    "not scaled",
)
NEWTON_SCHULZ_STEPS = 5

direction, ratio, length = symbol("r"), symbol("ratio"), symbol("length")


def root_mean_square(expr: sp.Expr) -> sp.Expr:
    """The root of the mean of squares over an array."""
    return sp.sqrt(total(expr**2) / total(sp.Integer(1)))


def _positive(name: sp.Symbol, role: str, default: str) -> Parameter:
    return Parameter(name, role, sp.Rational(default), (Compare(name, ">", sp.Integer(0)),))


def _lamb(weight_decay: str) -> Optimizer:
    """Adam's direction, scaled in each array to the length of the parameter."""
    own = symbol("theta_length")
    adaptive = over_root(unbiased(symbol("m"), first), unbiased(symbol("v"), second), OUTSIDE)
    inside = decay * THETA if weight_decay == IN_RATIO else sp.Integer(0)
    shrink = (Assignment(THETA, THETA - eta * decay * THETA),) if weight_decay == BEFORE_RATIO else ()
    trust = sp.Piecewise((own / length, sp.Gt(own * length, 0)), (1, True))
    return Optimizer(
        "lamb",
        (
            learning_rate("0.001"),
            average(first, "beta1", "0.9"),
            average(second, "beta2", "0.999"),
            stabiliser("1e-6"),
            nonnegative(decay, "weight_decay", "0"),
        ),
        STATES,
        step=(
            *shrink,
            *MOMENT_STEPS,
            Assignment(direction, adaptive + inside),
            Assignment(own, sp.sqrt(total(THETA**2))),
            Assignment(length, sp.sqrt(total(direction**2))),
            Assignment(ratio, trust),
            Assignment(THETA, THETA - eta * ratio * direction),
        ),
        conventions={"weight_decay": weight_decay},
        source=_LAMB,
    )


def _second_moment(moment: str, convention: str) -> tuple[tuple[State, ...], tuple[Assignment, ...], sp.Expr]:
    """The states of Adafactor's second moment, their steps, and the root of the moment that they stand for."""
    weight, entries = symbol("beta_t"), symbol("v")
    square = g**2 + epsilon if convention == ADDED else g**2
    falls = Assignment(weight, 1 - STEP ** -symbol("c"))
    if moment == WHOLE:
        v = entries
        return (
            (State(v),),
            (falls, mean(v, weight, square)),
            sp.sqrt(v) if convention == ADDED else sp.Max(sp.sqrt(v), epsilon),
        )
    rows, columns, level, squared = symbol("R"), symbol("C"), symbol("level"), symbol("s")
    one = sp.Integer(1)
    steps = (
        falls,
        Assignment(squared, square),
        mean(rows, weight, row_total(squared) / row_total(one)),
        mean(columns, weight, column_total(squared) / column_total(one)),
        Assignment(level, total(rows) / total(one)),
    )
    root = sp.sqrt(rows / (level if convention == ADDED else sp.Max(level, epsilon))) * sp.sqrt(columns)
    return (State(rows), State(columns)), steps, root if convention == ADDED else sp.Max(root, epsilon)


def _adafactor(moment: str, epsilon: str, rate: str) -> Optimizer:
    """Scaled gradients, kept short in the mean, at a rate relative to the size of the parameter."""
    states, steps, root = _second_moment(moment, epsilon)
    small, least, most = symbol("epsilon"), symbol("epsilon_2"), symbol("d")
    u, size, alpha = symbol("u"), symbol("size"), symbol("alpha")
    relative = sp.Min(eta, 1 / sp.sqrt(STEP)) if rate == RELATIVE else eta
    return Optimizer(
        "adafactor",
        (
            learning_rate("0.01"),
            nonnegative(symbol("c"), "decay_power", "0.8"),
            _positive(small, "epsilon", "1e-30"),
            nonnegative(least, "smallest_scale", "0.001"),
            _positive(most, "clip", "1"),
        ),
        states,
        step=(
            Assignment(alpha, sp.Max(least, root_mean_square(THETA)) * relative),
            *steps,
            Assignment(u, g / root),
            Assignment(size, root_mean_square(u)),
            Assignment(THETA, THETA - alpha * u / sp.Max(1, size / most)),
        ),
        conventions={"moment": moment, "epsilon": epsilon, "rate": rate},
        source=_ADAFACTOR,
    )


def newton_schulz(matrix: sp.Expr) -> tuple[tuple[Assignment, ...], sp.Symbol]:
    """Five steps of ``X <- a X + (b X X^T + c (X X^T)^2) X`` from a matrix of norm 1 at most, and the result."""
    a, b, c = sp.Rational("3.4445"), sp.Rational("-4.775"), sp.Rational("2.0315")
    x, steps = symbol("X_0"), [Assignment(symbol("X_0"), matrix)]
    for count in range(1, NEWTON_SCHULZ_STEPS + 1):
        square, following = symbol(f"A_{count}"), symbol(f"X_{count}")
        steps.append(Assignment(square, product_with_transposed(x, x)))
        steps.append(Assignment(following, a * x + product_with(b * square + c * product_with(square, square), x)))
        x = following
    return tuple(steps), x


def _muon(buffer: str, shape: str) -> Optimizer:
    """Momentum whose step is replaced by a nearly orthogonal matrix with the same singular vectors."""
    m, ahead, rows, columns = symbol("m"), symbol("m_ahead"), column_total(sp.Integer(1)), row_total(sp.Integer(1))
    pushed = beta * m + (g if buffer == SUM else (1 - beta) * g)
    looking = pushed
    if buffer == UNBIASED:
        looking = beta * m / (1 - beta ** (STEP + 1)) + (1 - beta) * g / (1 - beta**STEP)
    steps, orthogonal = newton_schulz(ahead / (length + epsilon))
    factor = {
        ROWS_OVER_COLUMNS: sp.sqrt(sp.Max(1, rows / columns)),
        COLUMNS_OVER_ROWS: sp.sqrt(sp.Max(1, columns / rows)),
        LARGER_SIDE: sp.Rational("0.2") * sp.sqrt(sp.Max(rows, columns)),
        UNSCALED: sp.Integer(1),
    }[shape]
    return Optimizer(
        "muon",
        (
            learning_rate("0.02"),
            average(beta, "momentum", "0.95"),
            _positive(epsilon, "epsilon", "1e-7"),
            nonnegative(decay, "weight_decay", "0"),
        ),
        (State(m),),
        step=(
            Assignment(m, pushed),
            Assignment(ahead, looking),
            Assignment(length, sp.sqrt(total(ahead**2))),
            *steps,
            Assignment(THETA, THETA - eta * (factor * orthogonal + decay * THETA)),
        ),
        conventions={"buffer": buffer, "shape": shape},
        source=_MUON,
    )


def _newton(name: str, hyper: tuple[Parameter, ...], rate: sp.Expr, damping: sp.Expr) -> Optimizer:
    """The step to the minimum of the quadratic model, whole or shortened and with a damped curvature."""
    curvature, whole = symbol("H"), symbol("p")
    return Optimizer(
        name,
        hyper,
        (),
        (Evaluation(g), Evaluation(curvature, quantity="curvature")),
        (Assignment(whole, damped_solution(curvature, damping, g)), Assignment(THETA, THETA - rate * whole)),
        source=_NEWTON,
    )


lamb_family = Family("lamb", {"weight_decay": (IN_RATIO, BEFORE_RATIO)}, _lamb)
adafactor_family = Family(
    "adafactor", {"moment": (FACTORED, WHOLE), "epsilon": (ADDED, LEAST), "rate": (RELATIVE, AS_GIVEN)}, _adafactor
)
muon_family = Family(
    "muon",
    {
        "buffer": (SUM, MOVING, UNBIASED),
        "shape": (ROWS_OVER_COLUMNS, COLUMNS_OVER_ROWS, LARGER_SIDE, UNSCALED),
    },
    _muon,
)

lamb = _lamb(IN_RATIO)
adafactor = _adafactor(FACTORED, ADDED, RELATIVE)
muon = _muon(SUM, ROWS_OVER_COLUMNS)

newton = _newton("newton", (), sp.Integer(1), sp.Integer(0))
damped_newton = _newton(
    "damped_newton", (learning_rate("1"), nonnegative(symbol("mu"), "damping", "0.01")), eta, symbol("mu")
)
newton_family = Family("newton", {}, lambda: newton)
damped_newton_family = Family("damped_newton", {}, lambda: damped_newton)

COUPLED: tuple[Optimizer, ...] = (lamb, adafactor, muon, newton, damped_newton)
COUPLED_FAMILIES: tuple[Family, ...] = (
    lamb_family,
    adafactor_family,
    muon_family,
    newton_family,
    damped_newton_family,
)
