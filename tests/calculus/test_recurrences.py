"""Closed forms against the recurrence itself, exactly."""

import pytest
import sympy as sp
from hypothesis import assume, given
from hypothesis import strategies as st

from symdl.calculus.recurrences import bias_correction_claim, closed_form, moving_average, unrolled
from symdl.core import Belongs, Compare, DefinitionError, InputError, Recurrence, function, symbol

d, c, g, t, a = (symbol(name) for name in "dcgta")
average = function("x")
previous = average(t - 1)
ZERO = sp.Integer(0)


def sequence(following, start=ZERO):
    return Recurrence("x", t, start, following)


def gap(recurrence, steps=5):
    """The distances between closed form and unrolled recurrence, as rational normal forms."""
    form = closed_form(recurrence)
    return [
        sp.cancel(sp.together(sp.expand(form.subs(t, step) - truth)))
        for step, truth in enumerate(unrolled(recurrence, steps))
    ]


@pytest.mark.parametrize(
    "recurrence",
    [
        sequence(d * previous + (1 - d) * g),
        sequence(d * previous + (1 - d) * g**2, a),
        sequence(previous + d * (g - previous)),
        sequence(previous + g**2),
        sequence(previous, a),
        sequence(d * previous, a),
        sequence(d * previous + (1 - c) * g),
        sequence(d * previous + c**t),
        sequence(d * previous + g * c ** (2 * t + 1) + d),
        sequence(d * previous + a * d ** (t - 1) + g),
        sequence(2 * previous + 2 ** (t + 1)),
        sequence(sp.Rational(9, 10) * previous + g / 10),
        sequence(d * previous + (1 - d) * g * c**t, a),
    ],
    ids=str,
)
def test_closed_forms_are_the_unrolled_recurrence(recurrence):
    assert gap(recurrence) == [0] * 6


NONZERO = st.fractions(-2, 2, max_denominator=5).filter(bool).map(lambda f: sp.Rational(f.numerator, f.denominator))


@given(NONZERO, NONZERO, NONZERO, NONZERO, NONZERO)
def test_closed_forms_with_numbers_are_the_unrolled_recurrence(factor, start, weight, base, constant):
    assume(base != factor or base != 1)
    assert gap(sequence(factor * previous + weight * base**t + constant, start)) == [0] * 6


def test_a_closed_form_with_a_wrong_power_would_be_caught(monkeypatch):
    recurrence = sequence(d * previous + (1 - d) * g)
    wrong = closed_form(recurrence).subs(d**t, d ** (t - 1))
    monkeypatch.setitem(globals(), "closed_form", lambda _: wrong)
    assert gap(recurrence) != [0] * 6


@pytest.mark.parametrize(
    "following",
    [
        previous**2,
        t * previous,
        previous + average(t - 2),
        d * previous + t,
        sp.exp(previous),
        d * previous + g**t * t,
        d * previous + function("g")(t),
        g + 0 * previous,
        sp.Max(previous, g),
        previous / (1 + t),
    ],
    ids=str,
)
def test_recurrences_outside_the_class_have_no_closed_form(following):
    assert closed_form(sequence(following)) is None


def test_unrolling_writes_inputs_of_each_step():
    u = function("g")
    assert unrolled(sequence(previous + u(t)), 2) == (0, u(1), u(1) + u(2))
    with pytest.raises(InputError):
        unrolled(sequence(previous), -1)


@pytest.mark.parametrize(
    ("following", "decay", "shown"),
    [
        (d * previous + (1 - d) * g, d, g),
        (d * previous + (1 - d) * g**2, d, g**2),
        (previous + a * (g - previous), 1 - a, g),
        (previous - (1 - d) * (previous - g), d, g),
        (sp.Rational(9, 10) * previous + g / 10, sp.Rational(9, 10), g),
        (d * previous + (1 - d) * function("g")(t) ** 2, d, function("g")(t) ** 2),
        (d**2 * previous + (1 - d) * (1 + d) * g, d**2, g),
    ],
    ids=str,
)
def test_moving_averages_are_recognised(following, decay, shown):
    found = moving_average(sequence(following))
    assert (found.decay, found.input) == (decay, shown)
    assert sp.expand(found.decay + found.weight) == 1


@pytest.mark.parametrize(
    "following",
    [
        d * previous + (1 - c) * g,
        d * previous + g,
        d * previous + d * g,
        sp.Rational(9, 10) * previous + g,
        sp.Rational(9, 10) * previous + g / 100,
        previous + g**2,
        d * previous,
        d * previous - g * (d + 1),
        previous**2 + g,
    ],
    ids=str,
)
def test_other_recurrences_are_no_moving_averages(following):
    assert moving_average(sequence(following)) is None


@pytest.mark.parametrize("inner", [g, g**2, sp.Abs(g) ** 2])
def test_the_bias_factor_is_the_sum_of_the_weights(inner):
    recurrence = sequence(d * previous + (1 - d) * inner)
    found = moving_average(recurrence)
    assert sp.expand(closed_form(recurrence) - found.bias_factor(t) * found.input) == 0


def at_step(claim, step, values):
    """Both sides of a claim on a recurrence, the recurrence replaced by its exact value."""
    recurrence = next(given for given in claim.given if isinstance(given, Recurrence))
    value = unrolled(recurrence, step)[-1]
    lhs = claim.statement.lhs.xreplace({function(recurrence.function)(t): value})
    return lhs.subs(t, step).subs(values), claim.statement.rhs.subs(values)


@pytest.mark.parametrize("inner", [function("g")(t), function("g")(t) ** 2, g, g**2], ids=str)
def test_the_claim_holds_for_the_own_decay_and_fails_for_another(inner):
    recurrence = sequence(d * previous + (1 - d) * inner)
    right = bias_correction_claim(recurrence, average(t) / (1 - d**t), "unbiased")
    wrong = bias_correction_claim(recurrence, average(t) / (1 - c**t))
    values = {d: sp.Rational(1, 2), c: sp.Rational(1, 3), g: sp.Integer(3)}
    for step in (1, 2, 5):
        left, target = at_step(right, step, values)
        assert left == target
        left, target = at_step(wrong, step, values)
        assert left != target


def test_the_claim_states_its_assumptions():
    claim = bias_correction_claim(sequence(d * previous + (1 - d) * function("g")(t)), average(t) / (1 - c**t))
    assert claim.given[1:] == (
        Belongs(t, "positive integer"),
        Compare(c, ">", ZERO),
        Compare(c, "<", sp.Integer(1)),
        Compare(d, ">", ZERO),
        Compare(d, "<", sp.Integer(1)),
    )
    assert claim.statement.rhs == g
    assert claim.statement.defined == (Compare(1 - c**t, "!=", ZERO),)


def test_a_claim_on_a_recurrence_that_is_no_average_is_refused():
    with pytest.raises(DefinitionError, match="moving average"):
        bias_correction_claim(sequence(previous + g**2), average(t))
    with pytest.raises(DefinitionError, match="changes with"):
        bias_correction_claim(sequence(d * previous + (1 - d) * g**t), average(t))
