"""How update rules come about: every equation of the story is decided, none refuted."""

from dataclasses import replace

import pytest
import sympy as sp

from symdl.calculus.minimisers import PLACE, local_model, minimiser
from symdl.core import THETA, Assignment, UnsupportedOperation, symbol
from symdl.library import adam, adamw, gradient_descent, lion, momentum, nesterov, rmsprop, sign_descent
from symdl.library.optimizers import adam_family, nesterov_family
from symdl.prover.rule_derivations import derive_rule
from symdl.report import derivation_json, derivation_text

eta, g, beta, v, epsilon = map(symbol, ("eta", "g", "beta", "v", "epsilon"))


@pytest.mark.parametrize(
    "rule", [gradient_descent, momentum, nesterov, rmsprop, adam, sign_descent, lion], ids=lambda rule: rule.name
)
def test_every_step_of_a_story_is_proved_or_a_definition(rule):
    steps = derive_rule(rule).steps
    assert {step.outcome for step in steps} <= {"PROVED", None}
    assert any("model" in step.rule for step in steps)


def test_adam_is_told_with_its_corrections_its_model_and_its_efficient_form():
    titles = [step.rule for step in derive_rule(adam, tuple(adam_family.points())).steps]
    assert titles.count("unbiased when divided by its weights") == 2
    assert "efficient form" in titles
    assert [title for title in titles if title.endswith("hat")] == ["same steps at epsilon = 0: hat"]


def test_the_efficient_form_has_epsilon_times_the_root_of_the_weights():
    (step,) = (step for step in derive_rule(adam).steps if step.rule == "efficient form")
    assert sp.sqrt(1 - symbol("beta_2") ** symbol("t")) * epsilon in sp.preorder_traversal(step.after)


def test_a_correction_with_the_other_rate_is_not_taken_for_the_right_one():
    first, second = symbol("beta_1"), symbol("beta_2")
    swapped = replace(
        adam,
        step=tuple(
            Assignment(a.symbol, a.expr.xreplace({first: second, second: first})) if "hat" in a.symbol.name else a
            for a in adam.step
        ),
    )
    notes = [step.note for step in derive_rule(swapped).steps if step.rule.startswith("unbiased")]
    assert len(notes) == 2
    assert all("leaves this correction out" in note for note in notes)


def test_the_forms_of_nesterov_are_tied():
    notes = [step.note for step in derive_rule(nesterov, tuple(nesterov_family.points())).steps]
    assert any("theta_previous = theta - v" in note for note in notes)


def test_a_minimiser_is_where_the_slope_vanishes():
    model = g * (PLACE - THETA) + (PLACE - THETA) ** 2 * (sp.sqrt(v) + epsilon) / (2 * eta)
    point, curvature = minimiser(model)
    assert sp.cancel(point - (THETA - eta * g / (sp.sqrt(v) + epsilon))) == 0
    assert sp.cancel(curvature - (sp.sqrt(v) + epsilon) / eta) == 0
    with pytest.raises(UnsupportedOperation, match="not quadratic"):
        minimiser(PLACE**3)


@pytest.mark.parametrize("moved", [THETA + eta * g, THETA - eta * g**2, THETA - eta * sp.sign(g), THETA])
def test_a_step_that_is_no_descent_along_a_letter_has_no_model(moved):
    assert local_model(moved, g) is None


def test_stories_are_printed_as_text_latex_and_json():
    story = derive_rule(gradient_descent)
    assert derivation_text(story, steps=True).startswith("1. local model with a penalty: model(x) = g*(-theta + x)")
    assert derivation_text(story) == "theta <- -eta*g + theta"
    assert r"\leftarrow" in derivation_text(story, latex=True)
    found = derivation_json(story)
    assert [step["outcome"] for step in found["steps"]] == [None, "PROVED"]
    assert derivation_json(derive_rule(adamw))["assignments"][-1]["symbol"] == "theta"
