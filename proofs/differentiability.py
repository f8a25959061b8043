"""Where a loss has a derivative: difference quotients at its kinks, and the distance from a slope.

Main results: absolute error, hinge and pinball loss have two slopes at their kink and no derivative there; Huber,
squared hinge, squared epsilon-insensitive and smooth L1 loss have one everywhere, with a bound on the quotient's
distance from it; losses of logits are smooth.

References: Huber, Ann. Math. Statist. 35, 1964; Rosasco et al., Are loss functions all the same?, Neural Computation
16, 2004; Koenker, Quantile regression, Cambridge 2005, Section 1.3.
"""

from collections.abc import Iterator

import sympy as sp

from symdl.core import All, Claim, Compare, Source, symbol

_HUBER = Source("Huber, Robust estimation of a location parameter, Ann. Math. Statist. 35, 1964", "Section 4")
_HINGE = Source("Rosasco et al., Are loss functions all the same?, Neural Computation 16, 2004", "Section 2")
_PINBALL = Source("Koenker, Quantile regression, Cambridge University Press 2005", "Section 1.3")

d, h, q, x = map(symbol, ("d", "h", "q", "x"))
positive = Compare(d, ">", sp.Integer(0))

absolute, hinge = sp.Abs(x), sp.Max(0, 1 - x)
pinball = sp.Max(q * x, (q - 1) * x)
huber = sp.Piecewise((x**2 / 2, sp.Abs(x) <= d), (d * (sp.Abs(x) - d / 2), True))
squared_hinge = sp.Max(0, 1 - x) ** 2
insensitive = sp.Max(0, sp.Abs(x) - d) ** 2
smooth = sp.Piecewise((x**2 / (2 * d), sp.Abs(x) < d), (sp.Abs(x) - d / 2, True))
logistic, squared = sp.log(1 + sp.exp(-x)), x**2 / 2


def _quotient(loss: sp.Expr, point: sp.Expr) -> sp.Expr:
    """``(loss(point + h) - loss(point))/h``."""
    return (loss.xreplace({x: point + h}) - loss.xreplace({x: point})) / h


def _claim(name, left, relation, right, *given, source=_HINGE, expected="PROVED"):
    return Claim(Compare(sp.sympify(left), relation, sp.sympify(right)), given, name, source, expected)


def _two_slopes(name, loss, point, below, above, source, *given) -> Iterator[Claim]:
    """A kink: the quotient is one constant on the right, another on the left."""
    quotient = _quotient(loss, sp.sympify(point))
    for side, relation, value in (("right", ">", above), ("left", "<", below)):
        yield _claim(f"{name}_has_this_slope_on_the_{side}_of_its_kink", quotient, "=", value,
                     Compare(h, relation, sp.Integer(0)), *given, source=source)  # fmt: skip
    yield _claim(f"{name}_has_no_one_slope_at_its_kink", quotient, "=", quotient.xreplace({h: -h}),
                 Compare(h, "!=", sp.Integer(0)), *given, source=source, expected="REFUTED")  # fmt: skip


def _one_slope(name, loss, point, slope, constant, source, *given) -> Claim:
    """No kink: the quotient is within a multiple of the distance from the slope."""
    distance = sp.Abs(_quotient(loss, sp.sympify(point)) - slope)
    return _claim(f"{name}_has_a_slope_there", distance, "<=", constant * sp.Abs(h),
                  Compare(h, "!=", sp.Integer(0)), *given, source=source)  # fmt: skip


def _kinks() -> Iterator[Claim]:
    yield from _two_slopes("absolute_error", absolute, 0, -1, 1, _HUBER)
    yield from _two_slopes("hinge_loss", hinge, 1, -1, 0, _HINGE)
    within = (Compare(q, ">", sp.Integer(0)), Compare(q, "<", sp.Integer(1)))
    yield from _two_slopes("pinball_loss", pinball, 0, q - 1, q, _PINBALL, *within)


def _smooth() -> Iterator[Claim]:
    yield _one_slope("squared_error_anywhere", squared, x, x, 1, _HUBER)
    yield _one_slope("huber_loss_at_its_upper_join", huber, d, d, 1, _HUBER, positive)
    yield _one_slope("huber_loss_at_its_lower_join", huber, -d, -d, 1, _HUBER, positive)
    yield _one_slope("squared_hinge_loss_at_1", squared_hinge, 1, 0, 1, _HINGE)
    yield _one_slope("squared_insensitive_loss_at_its_join", insensitive, d, 0, 1, _HINGE, positive)
    yield _one_slope("smooth_l1_loss_at_its_join", smooth, d, 1, 1 / d, _HUBER, positive)
    yield _claim("logistic_loss_has_a_slope_everywhere", sp.Derivative(logistic, x), "=", -1 / (1 + sp.exp(x)))
    yield Claim(
        All(
            (
                Compare(sp.Derivative(logistic, x, x), ">", sp.Integer(0)),
                Compare(sp.Derivative(logistic, x, x), "<=", sp.Rational(1, 4)),
            )
        ),
        (),
        "logistic_loss_has_a_curvature_of_at_most_a_quarter",
        _HINGE,
    )
    bent = _quotient(sp.Piecewise((x, sp.Abs(x) <= d), (d, True)), d)
    yield _claim("huber_loss_has_no_second_slope_at_its_join", bent, "=", 1, Compare(h, "!=", sp.Integer(0)), positive,
                 source=_HUBER, expected="REFUTED")  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_kinks(), *_smooth())
