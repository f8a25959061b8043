"""Wrong derivatives, kernels and update rules, each of which the check for it must catch."""

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from symdl import library
from symdl.core import (
    STEP,
    THETA,
    Assignment,
    DefinitionError,
    Evaluation,
    InputError,
    Optimizer,
    UndefinedValue,
    symbol,
)
from symdl.matching.edits import edits
from symdl.numerics.runs import exact_run
from symdl.testing import check_gradient, check_kink, check_optimizer, examine
from symdl.testing.optimizers import typical_hyper

RNG = np.random.default_rng(11)
W = RNG.standard_normal((5, 5))
TARGET = RNG.standard_normal(5)


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def sigmoid_slope(x):
    e = np.exp(-np.abs(x))
    return e / (1 + e) ** 2


def tanh_slope(x):
    e = np.exp(-np.abs(x))
    return 4 * (e / (1 + e * e) ** 2) * e


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def silu(x):
    return x * sigmoid(x)


def silu_slope(x):
    return sigmoid(x) + x * sigmoid_slope(x)


def relu_slope(x):
    return np.where(np.isnan(x), x, (x > 0).astype(x.dtype))


def leaky(x):
    return np.where(x > 0, x, 0.01 * x)


def leaky_slope(x):
    return np.where(np.isnan(x), x, np.where(x > 0, 1, 0.01))


def square_loss(w):
    return 0.5 * np.sum((np.tanh(W @ w) - TARGET) ** 2)


def square_loss_gradient(w):
    y = np.tanh(W @ w)
    return W.T @ ((y - TARGET) * (1 - y**2))


def softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()


def cross_entropy(z):
    return np.log(np.sum(np.exp(z - z.max()))) + z.max() - z[2]


def cross_entropy_gradient(z):
    return softmax(z) - np.eye(5)[2]


# Derivatives: (function, right derivative, wrong derivatives by name, points)

DERIVATIVES = {
    "sigmoid": (
        sigmoid,
        sigmoid_slope,
        {
            "sign": lambda x: -sigmoid_slope(x),
            "without the factor 1 - s": sigmoid,
            "wrong power": lambda x: sigmoid(x) ** 2 * sigmoid(-x),
            "off by .05%": lambda x: 1.0005 * sigmoid_slope(x),
        },
    ),
    "tanh": (
        np.tanh,
        tanh_slope,
        {
            "1 + tanh^2": lambda x: 1 + np.tanh(x) ** 2,
            "without the square": lambda x: 1 - np.tanh(x),
            "factor 2 missing in the exponent": lambda x: 4 * np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))) ** 2,
            "off by -.05%": lambda x: 0.9995 * tanh_slope(x),
        },
    ),
    "tanh(3x)": (
        lambda x: np.tanh(3 * x),
        lambda x: 3 * tanh_slope(3 * x),
        {"missing chain term": lambda x: tanh_slope(3 * x), "chain term taken twice": lambda x: 9 * tanh_slope(3 * x)},
    ),
    "softplus": (
        softplus,
        sigmoid,
        {"of the wrong branch": lambda x: sigmoid(-x), "of a threshold": lambda x: np.where(x > 1, 1.0, sigmoid(x))},
    ),
    "silu": (
        silu,
        silu_slope,
        {
            "missing product term": sigmoid,
            "product term with the wrong sign": lambda x: sigmoid(x) - x * sigmoid_slope(x),
            "x outside": lambda x: x * silu_slope(x),
        },
    ),
    "gelu by tanh": (
        lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
        lambda x: (
            0.5 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
            + 0.5
            * x
            * tanh_slope(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
            * np.sqrt(2 / np.pi)
            * (1 + 0.134145 * x**2)
        ),
        {
            "constant not tripled": lambda x: (
                0.5 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
                + 0.5
                * x
                * tanh_slope(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
                * np.sqrt(2 / np.pi)
                * (1 + 0.044715 * x**2)
            ),
        },
    ),
    "leaky relu": (leaky, leaky_slope, {"branches exchanged": lambda x: np.where(x > 0, 0.01, 1.0)}),
    "x |x|": (lambda x: x * np.abs(x), lambda x: 2 * np.abs(x), {"sign lost": lambda x: 2 * x}),
}
POINTS = (-2.3, -0.4, 0.6, 1.7)

GRADIENTS = {
    "square loss": (
        square_loss,
        square_loss_gradient,
        {
            "weights not transposed": lambda w: W @ ((np.tanh(W @ w) - TARGET) * (1 - np.tanh(W @ w) ** 2)),
            "activation not derived": lambda w: W.T @ (np.tanh(W @ w) - TARGET),
            "factor 2": lambda w: 2 * square_loss_gradient(w),
            "one entry off by .05%": lambda w: square_loss_gradient(w) * np.array([1, 1, 1.0005, 1, 1]),
            "entries exchanged": lambda w: square_loss_gradient(w)[[1, 0, 2, 3, 4]],
        },
    ),
    "cross-entropy": (
        cross_entropy,
        cross_entropy_gradient,
        {
            "target missing": softmax,
            "sign": lambda z: -cross_entropy_gradient(z),
            "target of the next class": lambda z: softmax(z) - np.eye(5)[3],
        },
    ),
}

KINKS = {
    "relu: one half at 0": (np.maximum, lambda x: np.where(x == 0, 0.5, relu_slope(x)), (0, 1), 0),
    "relu: one at 0": (np.maximum, lambda x: np.where(x >= 0, 1.0, 0.0), (0, 1), 0),
    "relu: nan at 0": (np.maximum, lambda x: np.where(x == 0, np.nan, relu_slope(x)), (0, 1), 0),
    "relu: outside the interval": (np.maximum, lambda x: np.where(x == 0, -0.1, relu_slope(x)), (0, 1), None),
    "relu: kink shifted by 1e-30": (np.maximum, lambda x: np.where(x > 1e-30, 1.0, 0.0), (0, 1), 0),
    "relu: minus zero on the right": (np.maximum, lambda x: np.where(np.signbit(x), 0.0, 1.0), (0, 1), 0),
    "abs: right slope at 0": (lambda x, _: np.abs(x), lambda x: np.where(x >= 0, 1.0, -1.0), (-1, 1), 0),
    "leaky: slope off by .05%": (lambda x, _: leaky(x), lambda x: np.where(x > 0, 1.0, 0.010005), (0.01, 1), None),
}

# Kernels: item, (value, derivative) overrides, and a word of the failure

SLOPES = {"sigmoid": (sigmoid, sigmoid_slope), "tanh": (np.tanh, tanh_slope), "softplus": (softplus, sigmoid)}
SLOPES |= {"relu": (lambda x: np.maximum(x, 0), relu_slope), "leaky_relu": (leaky, leaky_slope)}

KERNELS = {
    "sigmoid: exp overflows": ("sigmoid", lambda x: 1 / (1 + np.exp(-x)), None, "warns: overflow"),
    "sigmoid: left tail cut": ("sigmoid", lambda x: np.where(x < -20, 0, sigmoid(x)), None, "is 0 at"),
    "sigmoid: by tanh": ("sigmoid", lambda x: (1 + np.tanh(x / 2)) / 2, None, "is 0 at"),
    "sigmoid: branches exchanged": ("sigmoid", lambda x: sigmoid(-x), None, "ULP"),
    "sigmoid: off by .05%": ("sigmoid", lambda x: 1.0005 * sigmoid(x), None, "ULP"),
    "sigmoid: right tail 1 too early": ("sigmoid", lambda x: np.where(x > 12, 1, sigmoid(x)), None, "ULP"),
    "sigmoid derivative: s (1 - s)": ("sigmoid", None, lambda x: sigmoid(x) * (1 - sigmoid(x)), "is 0 at"),
    "sigmoid derivative: wrong power": (
        "sigmoid",
        None,
        lambda x: np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))),
        "ULP",
    ),
    "sigmoid derivative: sign": ("sigmoid", None, lambda x: -sigmoid_slope(x), "off by 200%"),
    "tanh: rational approximation": (
        "tanh",
        lambda x: np.clip(x * (27 + x * x) / (27 + 9 * x * x), -1, 1),
        None,
        "ULP",
    ),
    "tanh: 8 digits in the middle": ("tanh", lambda x: np.tanh(x * (1 + 1e-6)), None, "ULP"),
    "tanh: sign of the left lost": ("tanh", lambda x: np.tanh(np.abs(x)), None, "ULP"),
    "tanh derivative: 1 - tanh^2": ("tanh", None, lambda x: 1 - np.tanh(x) ** 2, "is 0 at"),
    "tanh derivative: the argument overflows": (
        "tanh",
        None,
        lambda x: 4 * np.exp(-2 * np.abs(x)) / (1 + np.exp(-2 * np.abs(x))) ** 2,
        "warns: overflow",
    ),
    "tanh derivative: of the output's root": ("tanh", None, lambda x: 1 - np.abs(np.tanh(x)), "ULP"),
    "softplus: log(1 + exp x)": ("softplus", lambda x: np.log(1 + np.exp(x)), None, "infinity at"),
    "softplus: threshold at 20": ("softplus", lambda x: np.where(x > 20, x, softplus(x)), None, "ULP"),
    "softplus: log without log1p": (
        "softplus",
        lambda x: np.maximum(x, 0) + np.log(1 + np.exp(-np.abs(x))),
        None,
        "is 0 at",
    ),
    "softplus derivative: threshold": ("softplus", None, lambda x: np.where(x > 10, 1, sigmoid(x)), "ULP"),
    "relu: by a mask": ("relu", lambda x: x * (x > 0), None, "limit"),
    "relu: nan becomes 0": ("relu", lambda x: np.where(x > 0, x, 0), None, "nan gives nan"),
    "relu: capped": ("relu", lambda x: np.clip(x, 0, 1e30), None, "ULP"),
    "relu: leaks by 1e-12": ("relu", lambda x: np.where(x > 0, x, 1e-12 * x), None, "ULP"),
    "relu derivative: one at 0": ("relu", None, lambda x: np.where(np.isnan(x), x, (x >= 0)), "kink at 0"),
    "relu derivative: subnormals flushed": ("relu", None, lambda x: np.where(np.isnan(x), x, (x > 1e-37)), "is 0 at"),
    "leaky: slope off by .05%": ("leaky_relu", lambda x: np.where(x > 0, x, 0.010005 * x), None, "ULP"),
    "leaky: slopes exchanged": ("leaky_relu", lambda x: np.where(x > 0, 0.01 * x, x), None, "ULP"),
    "leaky derivative: undeclared slope at 0": (
        "leaky_relu",
        None,
        lambda x: np.where(np.isnan(x), x, np.where(x >= 0, 1, 0.01)),
        "kink at 0",
    ),
}

# Update rules: the right rule, the wrong assignments by target

eta, beta, epsilon, rho, g, v, m, total = (symbol(n) for n in ("eta", "beta", "epsilon", "rho", "g", "v", "m", "G"))
first, second, m_hat, v_hat = (symbol(n) for n in ("beta_1", "beta_2", "m_hat", "v_hat"))
SLIGHTLY = sp.Rational(10005, 10000)

UPDATES = {
    "gradient_descent: ascends": (library.gradient_descent, {THETA: THETA + eta * g}),
    "gradient_descent: off by .05%": (library.gradient_descent, {THETA: THETA - SLIGHTLY * eta * g}),
    "gradient_descent: sign of the gradient": (library.gradient_descent, {THETA: THETA - eta * sp.sign(g)}),
    "sgd: clips large gradients": (library.sgd, {THETA: THETA - eta * sp.Min(sp.Max(g, -50), 50)}),
    "momentum: damped": (library.momentum, {v: beta * v - (1 - beta) * eta * g}),
    "momentum: velocity not kept": (library.momentum, {v: -eta * g}),
    "momentum: rate applied twice": (library.momentum, {THETA: THETA + eta * v}),
    "momentum: decay off by .05%": (library.momentum, {v: beta * v / SLIGHTLY - eta * g}),
    "nesterov: sign of the velocity": (library.nesterov, {THETA: THETA - v}),
    "nesterov: momentum applied twice": (library.nesterov, {THETA: THETA + beta * v}),
    "adagrad: sum not squared": (library.adagrad, {total: total + sp.Abs(g)}),
    "adagrad: no root": (library.adagrad, {THETA: THETA - eta * g / (total + epsilon)}),
    "adagrad: an average": (library.adagrad, {total: (total + g**2) / 2}),
    "adagrad: epsilon a thousand times larger": (
        library.adagrad,
        {THETA: THETA - eta * g / (sp.sqrt(total) + 10**6 * epsilon)},
    ),
    "rmsprop: weights exchanged": (library.rmsprop, {v: (1 - rho) * v + rho * g**2}),
    "rmsprop: new term not weighed": (library.rmsprop, {v: rho * v + g**2}),
    "rmsprop: the old average": (library.rmsprop, {v: rho * v + (1 - rho) * g * sp.Abs(g)}),
    "rmsprop: numerator off by .05%": (
        library.rmsprop,
        {THETA: THETA - SLIGHTLY * eta * g / (sp.sqrt(v) + epsilon)},
    ),
    "adam: decay rates of the corrections exchanged": (
        library.adam,
        {m_hat: m / (1 - second**STEP), v_hat: v / (1 - first**STEP)},
    ),
    "adam: first correction missing": (library.adam, {m_hat: m}),
    "adam: second correction missing": (library.adam, {v_hat: v}),
    "adam: correction without the power": (library.adam, {m_hat: m / (1 - first)}),
    "adam: correction one step late": (library.adam, {v_hat: v / (1 - second ** (STEP + 1))}),
    "adam: no square": (library.adam, {v: second * v + (1 - second) * g}),
    "adam: second moment around the first": (library.adam, {v: second * v + (1 - second) * (g - m) ** 2}),
    "adam: maximum of the second moments": (library.adam, {v: sp.Max(v, second * v + (1 - second) * g**2)}),
    "adam: gradient for the first moment": (library.adam, {THETA: THETA - eta * g / (sp.sqrt(v_hat) + epsilon)}),
    "adam: weight decay of 1e-6": (
        library.adam,
        {THETA: THETA * (1 - sp.Rational(1, 10**6)) - eta * m_hat / (sp.sqrt(v_hat) + epsilon)},
    ),
}


def planted_derivatives():
    return [(name, what) for name, (_, _, wrong) in DERIVATIVES.items() for what in wrong]


def planted_gradients():
    return [(name, what) for name, (_, _, wrong) in GRADIENTS.items() for what in wrong]


def test_there_are_at_least_sixty_planted_errors():
    counts = len(planted_derivatives()), len(planted_gradients()), len(KINKS), len(KERNELS), len(UPDATES)
    assert sum(counts) >= 60
    assert min(counts) >= 8


@pytest.mark.parametrize(("name", "what"), planted_derivatives())
def test_wrong_derivatives_fail(name, what):
    f, _, wrong = DERIVATIVES[name]
    outcomes = [check_gradient(f, wrong[what], point).outcome for point in POINTS]
    assert "failed" in outcomes
    assert "kink" not in outcomes


@pytest.mark.parametrize("name", DERIVATIVES)
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_right_derivatives_pass(name, size):
    f, right, _ = DERIVATIVES[name]
    for point in POINTS:
        check = check_gradient(lambda x: size * f(x), lambda x: size * right(x), point)
        assert check, str(check)


@pytest.mark.parametrize(("name", "what"), planted_gradients())
def test_wrong_gradients_fail(name, what):
    f, _, wrong = GRADIENTS[name]
    point = np.array([0.3, -0.7, 1.1, 0.2, -0.4])
    assert check_gradient(f, wrong[what], point).outcome == "failed"
    assert check_gradient(lambda w: 1e-6 * f(w), lambda w: 1e-6 * wrong[what](w), point).outcome == "failed"


@pytest.mark.parametrize("name", GRADIENTS)
def test_right_gradients_pass(name):
    f, right, _ = GRADIENTS[name]
    assert check_gradient(f, right, np.array([0.3, -0.7, 1.1, 0.2, -0.4]))


@pytest.mark.parametrize("name", KINKS)
def test_wrong_slopes_at_kinks_fail(name):
    f, derivative, (left, right), declared = KINKS[name]
    assert not check_kink(lambda x: f(x, 0), derivative, 0, left, right, declared)


def test_right_slopes_at_kinks_pass():
    assert check_kink(lambda x: np.maximum(x, 0), relu_slope, 0, 0, 1, 0)
    assert check_kink(np.abs, np.sign, 0, -1, 1, 0)
    assert check_kink(leaky, leaky_slope, 0, 0.01, 1, 0.01)


@pytest.mark.parametrize("name", KERNELS)
def test_wrong_kernels_fail(name, module):
    item, value, derivative, word = KERNELS[name]
    right_value, right_derivative = SLOPES[item]
    code = module(getattr(library, item), value or right_value, derivative or right_derivative)
    with np.errstate(all="ignore"):
        failures = [line for row in examine(getattr(library, item), code, count=1500) for line in row.failures]
    assert any(word in line for line in failures), failures


@pytest.mark.parametrize("item", SLOPES)
def test_right_kernels_pass(item, module):
    for row in examine(getattr(library, item), module(getattr(library, item), *SLOPES[item]), count=1500):
        assert row.passed, row


def mutant(rule, changes):
    changed = {symbol: sp.sympify(expr) for symbol, expr in changes.items()}
    return replace(rule, step=tuple(Assignment(a.symbol, changed.get(a.symbol, a.expr)) for a in rule.step))


@pytest.mark.parametrize("name", UPDATES)
def test_wrong_updates_fail(name, interpreted):
    rule, changes = UPDATES[name]
    with np.errstate(all="ignore"):
        check = check_optimizer(interpreted(mutant(rule, changes)), rule, steps=20)
    assert not check
    assert check.first_step is not None


def test_a_gradient_taken_elsewhere_fails(interpreted):
    elsewhere = {
        "nesterov at theta": (library.nesterov, THETA),
        "nesterov half way": (library.nesterov, THETA + beta * v / 2),
        "momentum looks ahead": (library.momentum, THETA + beta * v),
    }
    for rule, point in elsewhere.values():
        check = check_optimizer(interpreted(replace(rule, evaluations=(Evaluation(g, point),))), rule)
        assert "the gradient is taken at" in check.reason


def single_edits(rule):
    for edit in edits(rule):
        changed = dict(edit.changes)
        step = tuple(replace(a, expr=changed.get(n, a.expr)) for n, a in enumerate(rule.step))
        try:
            wrong = replace(rule, step=step)
        except DefinitionError:
            continue
        if wrong.step != rule.step:
            yield wrong


def takes_the_same_steps(wrong, rule):
    """Whether an edit changes nothing, in exact arithmetic: a sign of m where only m^2 is used."""
    hyper = typical_hyper(rule)
    gradients = [0.75, -1.5, 0.25, 2.0, -0.5, 1.25, -3.0, 0.125, 1.0, -0.25, 0.5, 4.0]
    try:
        runs = [exact_run(either, gradients, hyper, 1.0) for either in (wrong, rule)]
    except (UndefinedValue, InputError):
        return False
    return all(a[THETA].overlaps(b[THETA]) for a, b in zip(*runs, strict=True))


@pytest.mark.parametrize("rule", library.OPTIMIZERS, ids=lambda rule: rule.name)
def test_every_single_slip_in_a_rule_fails_and_is_named(rule, interpreted):
    wrong = list(single_edits(rule))
    for index in np.linspace(0, len(wrong) - 1, 8).astype(int):
        if takes_the_same_steps(wrong[index], rule):
            continue
        with np.errstate(all="ignore"):
            check = check_optimizer(interpreted(wrong[index]), rule, steps=12)
        assert not check, wrong[index].step
        assert "as if" in check.reason or np.isnan(check.computed), (check.reason, wrong[index].step)


@pytest.mark.parametrize("family", library.FAMILIES, ids=lambda family: family.name)
def test_right_updates_pass_in_both_dtypes(family, interpreted):
    for rule in family.points():
        for dtype in (np.float32, np.float64):
            check = check_optimizer(interpreted(rule), rule, dtype=dtype)
            assert check, str(check)


def test_forms_of_one_rule_pass_for_each_other(interpreted):
    forms = list(library.optimizers.momentum_family.points())
    for implementation in forms:
        for rule in forms:
            assert check_optimizer(interpreted(implementation), rule), (implementation.conventions, rule.conventions)


def test_new_rules_of_ones_own_pass(interpreted):
    lion = Optimizer(
        "lion",
        library.adam.hyper[:3],
        library.adam.state[:1],
        (Evaluation(g),),
        (
            Assignment(symbol("c"), first * m + (1 - first) * g),
            Assignment(THETA, THETA - eta * sp.sign(symbol("c"))),
            Assignment(m, second * m + (1 - second) * g),
        ),
    )
    assert check_optimizer(interpreted(lion), lion)
    assert not check_optimizer(interpreted(mutant(lion, {m: first * m + (1 - first) * g})), lion)
