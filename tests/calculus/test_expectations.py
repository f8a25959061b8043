"""Expectations against the sum over every outcome, in exact rationals."""

from fractions import Fraction
from itertools import permutations, product
from math import prod

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symdl.calculus.expectations import evaluate, is_expectation, law_conditions
from symdl.core import BudgetExceeded, DefinitionError, UnsupportedOperation, function, symbol
from symdl.core.expectations import bernoulli, drawn, drawn_apart, expectation, gaussian, moments, variance

x, y, m, v, p, a, b, n, i, N, B = map(symbol, ("x", "y", "m", "v", "p", "a", "b", "n", "i", "N", "B"))
G, H, I, X = map(function, ("g", "h", "i", "x"))  # noqa: E741
VALUES = [Fraction(3), Fraction(-1, 2), Fraction(2), Fraction(5)]
OTHERS = [Fraction(1), Fraction(4), Fraction(-2), Fraction(1, 3)]


def at_data(expr, size, count):
    """``expr`` for data sets of a size, the sums written out."""
    result = evaluate(expr).xreplace({N: sp.Integer(size), B: sp.Integer(count)}).doit()
    values = {G(k + 1): sp.Rational(str(VALUES[k])) for k in range(size)}
    values |= {H(k + 1): sp.Rational(str(OTHERS[k])) for k in range(size)}
    return Fraction(str(result.xreplace(values)))


def mean_over(outcomes, quantity):
    outcomes = list(outcomes)
    return sum(quantity(outcome) for outcome in outcomes) / Fraction(len(outcomes))


def total(head):
    return sp.Sum(head(I(b)), (b, 1, B))


@pytest.mark.parametrize("size", [2, 3, 4])
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(
    ("law", "outcomes"),
    [
        (drawn, lambda size, count: product(range(size), repeat=count)),
        (drawn_apart, lambda s, c: permutations(range(s), c)),
    ],
)
def test_sums_over_a_mini_batch_are_the_mean_over_all_of_them(size, count, law, outcomes):
    batches = list(outcomes(size, count))
    rule = law(i, N)
    first = at_data(expectation(total(G), rule), size, count)
    assert first == mean_over(batches, lambda batch: sum(VALUES[k] for k in batch))
    second = at_data(expectation(total(G) ** 2, rule), size, count)
    assert second == mean_over(batches, lambda batch: sum(VALUES[k] for k in batch) ** 2)
    mixed = at_data(expectation(total(G) * total(H), rule), size, count)
    assert mixed == mean_over(batches, lambda d: sum(VALUES[k] for k in d) * sum(OTHERS[k] for k in d))


@pytest.mark.parametrize("power", range(1, 5))
def test_a_polynomial_of_bernoulli_numbers_is_the_sum_over_all_of_them(power):
    chance = Fraction(1, 3)
    keep = sp.Rational(1, 3)
    expr = (x + a * y + 2) ** power
    found = evaluate(expectation(expr, bernoulli(x, keep), bernoulli(y, p))).xreplace({a: sp.Integer(3), p: keep})
    weights = {1: chance, 0: 1 - chance}
    truth = sum(prod((weights[j], weights[k])) * (j + 3 * k + 2) ** power for j in (0, 1) for k in (0, 1))
    assert Fraction(str(found)) == truth


@given(st.integers(0, 6))
def test_central_moments_of_a_gaussian_are_double_factorials(half):
    central = evaluate(expectation((x - m) ** (2 * half), gaussian(x, m, v)))
    assert sp.expand(central) == sp.factorial2(2 * half - 1) * v**half
    assert sp.expand(evaluate(expectation((x - m) ** (2 * half + 1), gaussian(x, m, v)))) == 0


def test_the_exponential_of_a_gaussian_gives_its_moments():
    transform = evaluate(expectation(sp.exp(a * x), gaussian(x, m, v)))
    assert transform == sp.exp(a * m + a**2 * v / 2)
    tilted = evaluate(expectation(x**2 * sp.exp(a * x), gaussian(x, m, v)))
    assert sp.expand(tilted - sp.diff(transform, a, 2)) == 0


def test_terms_of_a_sequence_are_independent():
    law = moments(x, m, v)
    assert evaluate(expectation(X(1) * X(2), law)) == m**2
    assert sp.expand(evaluate(variance(X(1) - X(2), law))) == 2 * v
    with pytest.raises(UnsupportedOperation, match="same term"):
        evaluate(expectation(X(n) * X(i), law))


def test_a_plain_unknown_function_named_e_is_left_alone():
    opaque = function("E")(x)
    assert not is_expectation(opaque)
    assert evaluate(opaque) == opaque


@pytest.mark.parametrize(
    ("expr", "law"),
    [
        (sp.tanh(x), gaussian(x, m, v)),
        (1 / x, gaussian(x, m, v)),
        (sp.exp(x**2), gaussian(x, m, v)),
        (sp.sqrt(x), moments(x, m, v)),
        (x**3, moments(x, m, v)),
        (sp.exp(x), moments(x, m, v)),
        (sp.exp(sp.Sum(X(n), (n, 1, N))), gaussian(x, m, v)),
        (sp.Sum(X(n), (n, 1, N)) ** 3, gaussian(x, m, v)),
        (X(1) * sp.Sum(X(n), (n, 1, N)), gaussian(x, m, v)),
        (sp.Sum(X(n) * X(n + 1), (n, 1, N)), gaussian(x, m, v)),
        (x, gaussian(x, x, v)),
    ],
    ids=str,
)
def test_what_has_no_closed_form_is_refused_and_never_guessed(expr, law):
    with pytest.raises(UnsupportedOperation):
        evaluate(expectation(expr, law))


def test_long_powers_are_refused_before_they_are_expanded():
    with pytest.raises(BudgetExceeded):
        evaluate(expectation((x + y + a + b) ** 50, gaussian(x, m, v)))


def test_laws_say_what_they_presuppose():
    batch = expectation(total(G), drawn_apart(i, N))
    assert [str(c) for c in law_conditions(batch)] == ["N >= 1", "B <= N"]
    assert [str(c) for c in law_conditions(expectation(x, gaussian(x, m, v)))] == ["v > 0"]


def test_an_expectation_needs_laws_of_symbols():
    with pytest.raises(DefinitionError):
        expectation(x)
    with pytest.raises(DefinitionError):
        gaussian(2 * x, m, v)
