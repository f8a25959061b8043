"""Committed data: what is missing is worked out, what is broken is refused, what is changed is not served old."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import sympy as sp

import symdl
from symdl import library
from symdl.codegen import committed_modules, generate, plans_file, rule_measures
from symdl.codegen.committed_data import read_object
from symdl.codegen.committed_modules import committed_source, generator_digest, index
from symdl.codegen.generation import derived
from symdl.codegen.optimizer_source import optimizer_code
from symdl.core import InputError

RULES = (*library.OPTIMIZERS, *library.COUPLED)


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """A folder with one committed module and its index, which the test may change."""
    monkeypatch.setattr(committed_modules, "DIRECTORY", tmp_path)
    monkeypatch.setattr(committed_modules, "PATH", tmp_path / "committed_modules.json")
    (tmp_path / "relu.py").write_text("# relu as committed\n")
    committed_modules.write(index({library.relu: "# relu as committed\n"}))
    yield tmp_path
    committed_modules._committed.cache_clear()
    generator_digest.cache_clear()


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
    with_them = derived(library.adam).source
    assert not no_measures.exists()
    assert derived(library.adam).source == with_them


def test_a_changed_rule_is_not_served_what_was_measured_of_the_old_one(no_measures):
    adam = library.adam
    no_measures.write_text(
        json.dumps({rule_measures.key(optimizer_code(adam)): {"error": 0.125, "singular": [], "example": []}})
    )
    assert "1e-01 of exact arithmetic" in derived(adam).source
    rate, *others = adam.hyper
    changed = replace(adam, hyper=(replace(rate, default=sp.Rational(1, 7)), *others))
    assert "1e-01 of exact arithmetic" not in derived(changed).source


@pytest.mark.parametrize("text", ["{", "[]", "", '"text"', "\x00"])
def test_a_broken_file_is_an_error_with_a_remedy(no_measures, text):
    no_measures.write_text(text)
    with pytest.raises(InputError, match=r"rule_measures\.json is broken") as refusal:
        derived(library.adam)
    assert "delete" in refusal.value.remedy
    with pytest.raises(InputError, match="broken"):
        read_object(no_measures)


@pytest.mark.parametrize(
    "row",
    [None, 3, [], {}, {"error": "much", "singular": [], "example": []}, {"error": 1.0, "singular": 2, "example": []}],
)
def test_a_broken_entry_is_an_error_that_names_it(no_measures, row):
    no_measures.write_text(json.dumps({"adam 1": row}))
    with pytest.raises(InputError, match=r"rule_measures\.json is broken: the entry 'adam 1'"):
        derived(library.adam)


@pytest.mark.parametrize("row", [None, {}, {"plan": 1}, {"plan": {"style": [], "unheard": True}, "ulp": {}}])
def test_a_broken_plan_is_an_error_that_names_it(tmp_path, monkeypatch, row):
    monkeypatch.setattr(plans_file, "PATH", tmp_path / "plans.json")
    plans_file.PATH.write_text(json.dumps({"x -> x": row}))
    plans_file.committed.cache_clear()
    with pytest.raises(InputError, match=r"plans\.json is broken: the entry 'x -> x'"):
        derived(library.relu)
    plans_file.committed.cache_clear()


def test_tests_are_written_when_they_are_asked_for(monkeypatch):
    made = derived(library.relu)
    assert "tests" not in vars(made)
    first = made.tests
    assert "def test_" in first
    assert made.tests is first


def test_the_committed_module_is_served(modules):
    assert generate(library.relu).source == "# relu as committed\n"
    assert "def test_" in generate(library.relu).tests


def test_an_equal_definition_is_served_the_same_module(modules):
    assert committed_source(replace(library.relu)) == "# relu as committed\n"


@pytest.mark.parametrize(
    "change",
    [
        {"expr": sp.Max(library.relu.argument, 1)},
        {"slope_at": {0: 1}},
        {"source": None},
        {"properties": None},
        {"also_called": ("ramp",)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_definition_is_not_served_the_old_module(modules, change):
    changed = replace(library.relu, **change)
    assert committed_source(changed) is None
    assert generate(changed).source == derived(changed).source


def test_a_changed_text_is_not_served(modules):
    (modules / "relu.py").write_text("# relu as somebody else wrote it\n")
    assert committed_source(library.relu) is None
    assert generate(library.relu).source == derived(library.relu).source


def test_a_changed_generator_is_not_served_old_code(modules, monkeypatch):
    monkeypatch.setattr(committed_modules, "generator_digest", lambda: "0" * 32)
    assert committed_source(library.relu) is None


@pytest.mark.parametrize("room", ["calculus", "codegen"])
def test_every_file_of_code_and_data_is_in_the_digest_of_the_generator(tmp_path, monkeypatch, room):
    for name in ("calculus", "codegen"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(committed_modules, "_PACKAGE", tmp_path)
    digests = []
    for name, text in (("a.py", "x = 1"), ("a.py", "x = 2"), ("plans.json", "{}"), ("plans.json", '{"a": 1}')):
        (tmp_path / room / name).write_text(text)
        generator_digest.cache_clear()
        digests.append(generator_digest())
    generator_digest.cache_clear()
    assert len(set(digests)) == 4


def test_missing_modules_and_a_missing_index_are_derived(modules):
    (modules / "relu.py").unlink()
    assert committed_source(library.relu) is None
    committed_modules.PATH.unlink()
    committed_modules._committed.cache_clear()
    assert committed_source(library.relu) is None
    assert generate(library.relu).source == derived(library.relu).source


@pytest.mark.parametrize("text", ["{", "[]", "nothing"])
def test_a_broken_index_is_an_error_with_a_remedy(modules, text):
    committed_modules.PATH.write_text(text)
    committed_modules._committed.cache_clear()
    with pytest.raises(InputError, match="is broken") as refusal:
        generate(library.relu)
    assert "delete" in refusal.value.remedy


def test_an_index_of_something_else_serves_nothing(modules):
    for row in (None, 3, [], {"relu": 1}):
        committed_modules.PATH.write_text(json.dumps({committed_modules.GENERATOR: generator_digest(), "relu": row}))
        committed_modules._committed.cache_clear()
        assert committed_source(library.relu) is None


def test_wheels_hold_the_committed_data():
    settings = tomllib.loads((Path(symdl.__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert "**/*.json" in settings["tool"]["setuptools"]["package-data"]["symdl"]
