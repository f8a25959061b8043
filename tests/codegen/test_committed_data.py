"""Committed data: what is missing is worked out, what is broken is refused, what is changed is not served old."""

import json
from dataclasses import replace

import pytest
import sympy as sp

from symdl import library
from symdl.codegen import generate, rule_measures
from symdl.codegen.committed_data import read_object
from symdl.codegen.optimizer_source import optimizer_code
from symdl.core import InputError

RULES = (*library.OPTIMIZERS, *library.COUPLED)


@pytest.fixture
def no_measures(tmp_path, monkeypatch):
    """The committed measures of rules as a file that the test may write, missing at first."""
    path = tmp_path / "rule_measures.json"
    monkeypatch.setattr(rule_measures, "PATH", path)
    rule_measures.committed.cache_clear()
    yield path
    rule_measures.committed.cache_clear()


def test_every_rule_of_the_library_is_measured_and_nothing_else():
    assert {rule_measures.key(optimizer_code(rule)) for rule in RULES} == rule_measures.committed().keys()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_committed_measures_are_what_is_measured(rule):
    code = optimizer_code(rule)
    now, known = (rule_measures.row(f(code)) for f in (rule_measures.measured_now, rule_measures.with_measures))
    assert known == now | {"error": known["error"]}
    assert f"{known['error']:.0e}" == f"{now['error']:.0e}"


def test_source_is_the_same_where_committed_measures_are_missing(no_measures):
    with_them = generate(library.adam).source
    assert not no_measures.exists()
    assert generate(library.adam).source == with_them


def test_a_changed_rule_is_not_served_what_was_measured_of_the_old_one(no_measures):
    adam = library.adam
    no_measures.write_text(
        json.dumps({rule_measures.key(optimizer_code(adam)): {"error": 0.125, "singular": [], "example": []}})
    )
    assert "1e-01 of exact arithmetic" in generate(adam).source
    rate, *others = adam.hyper
    changed = replace(adam, hyper=(replace(rate, default=sp.Rational(1, 7)), *others))
    assert "1e-01 of exact arithmetic" not in generate(changed).source


@pytest.mark.parametrize("text", ["{", "[]", "", '"text"', "\x00"])
def test_a_broken_file_is_an_error_with_a_remedy(no_measures, text):
    no_measures.write_text(text)
    with pytest.raises(InputError, match=r"rule_measures\.json is broken") as refusal:
        generate(library.adam)
    assert "delete" in refusal.value.remedy
    with pytest.raises(InputError, match="broken"):
        read_object(no_measures)


def test_tests_are_written_when_they_are_asked_for(monkeypatch):
    made = generate(library.relu)
    assert "tests" not in vars(made)
    first = made.tests
    assert "def test_" in first
    assert made.tests is first
