"""Cards: every item has one, and it agrees with the item, its code and its page."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

import symdl
from symdl import library
from symdl.calculus.kinks import kinks
from symdl.codegen import Generated, generate
from symdl.core import Activation, Loss, Source, symbol, to_text
from symdl.core.arrays import apply, array
from symdl.numerics import ball
from symdl.report import cards as making
from symdl.report.card_forms import card_html, card_json, card_markdown, card_text
from symdl.report.cards import card, module_path, source_code
from symdl.report.curves import curve, curve_text, write_figure
from symdl.report.pages import pages, write

ROOT = Path(__file__).parent.parent.parent
ITEMS = {item.name: item for item in library.ITEMS}
x = symbol("x")

bend = Activation(
    "bend",
    x,
    sp.Max(x, x / 4),
    slope_at={0: 1},
    source=Source("the test of cards", "its first item"),
    also_called=("bent rectifier",),
)


@pytest.fixture
def without_code(monkeypatch):
    """Cards of new items without their code, which takes seconds to choose."""
    monkeypatch.setattr(making, "source_code", lambda item: "")


@pytest.fixture(scope="module")
def cards():
    return {name: card(item) for name, item in ITEMS.items()}


@pytest.mark.parametrize("name", ITEMS)
def test_every_item_shows_its_definition_code_and_source_in_every_form(name, cards):
    shown = cards[name]
    assert shown.definition
    assert shown.routines
    assert shown.source == str(ITEMS[name].source)
    json.dumps(card_json(shown), allow_nan=False)
    for text in (card_text(shown), card_markdown(shown), card_html(shown)):
        assert name in text
        assert "<lambda>" not in text
    assert str(shown) == card_text(shown)


@pytest.mark.parametrize("name", ITEMS)
def test_rows_of_tables_have_as_many_cells_as_their_head(name, cards):
    for line in card_markdown(cards[name]).splitlines():
        if line.startswith("| "):
            width = len(line.split(" | "))
        elif not line:
            width = 0
        if line.startswith("| "):
            assert width == len(line.strip("| ").split(" | ")), line


@pytest.mark.parametrize("item", library.ACTIVATIONS, ids=lambda item: item.name)
def test_the_curve_is_that_of_the_generated_code(item):
    functions = Generated(item.name, source_code(item)).load()
    shown = curve(item, 9)
    keywords = {p.name: 0.5 for p in item.parameters if p.default is None}
    for name, values in ((item.name, shown.values), (f"{item.name}_derivative", shown.slopes)):
        computed = getattr(functions, name)(np.array(shown.points), **keywords)
        kept = [place for place, value in enumerate(values) if value is not None]
        assert kept
        wanted = np.array([values[place] for place in kept], float)
        assert np.allclose(computed[kept], wanted, rtol=1e-10, atol=1e-12)  # 40 bits of the ball are 1e-12


@pytest.mark.parametrize("item", library.ACTIVATIONS, ids=lambda item: item.name)
def test_an_activation_states_its_kinks_and_the_error_of_its_code(item, cards):
    shown = cards[item.name]
    assert [row.point for row in shown.kinks] == [to_text(kink.point) for kink in kinks(item)]
    *alone, both = shown.routines
    assert all("ULP" in routine.error for routine in alone)
    assert both.error == f"Error: that of {item.name} and of {item.name}_derivative."
    assert shown.curve is not None


@pytest.mark.parametrize("item", library.OPTIMIZERS, ids=lambda item: item.name)
def test_an_update_rule_states_its_place_in_its_family(item, cards):
    shown = cards[item.name]
    assert shown.family
    assert {row.axis: row.choice for row in shown.conventions} == dict(item.conventions)


def test_the_pages_of_the_library_are_those_of_the_cards():
    stored = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "library").glob("*.md")}
    assert stored == dict(pages()), "run python -m symdl.report.pages"


def test_pages_of_items_that_are_no_more_are_removed(tmp_path, without_code):
    (tmp_path / "forgotten.md").write_text("old", encoding="utf-8")
    write(tmp_path, pages([bend]))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bend.md", "index.md"]


def test_a_new_item_has_a_card_a_page_code_tests_and_bounds_without_further_data(tmp_path, monkeypatch):
    made = generate(bend)
    monkeypatch.setattr(making, "source_code", lambda item: made.source)
    shown = card(bend)
    assert shown.domain == "every real x"
    assert [(row.point, row.interval, row.declared) for row in shown.kinks] == [("0", ("1/4", "1"), "1")]
    assert shown.module == ""
    assert all("ULP in float32" in routine.error for routine in shown.routines[:-1])
    assert "[bend](bend.md)" in pages([bend])["index.md"]
    (tmp_path / "bend.py").write_text(made.source, encoding="utf-8")
    (tmp_path / "test_bend.py").write_text(made.tests, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    assert subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode == 0


def test_a_new_loss_and_a_new_update_rule_have_cards():
    prediction, target = array("prediction", "batch"), array("target", "batch")
    hinge = Loss("hinge", (prediction, target), apply(library.relu, 1 - target * prediction).mean("batch"))
    shown = card(hinge)
    assert shown.definition[0].text.startswith("hinge = sum(relu(")
    assert shown.derivative[0].text.startswith("prediction_gradient[i] = ")
    rule = symdl.optimizer("mine", ["m = beta*m + g", "theta = theta - eta*sign(m)"], start={"m": 0})
    assert card(rule).definition[-1].text == "theta <- theta - eta*sign(m)"
    assert card(rule).family == ""


@pytest.mark.parametrize(
    ("formula", "domain"),
    [("log(1 + x^2)", "every real x"), ("sqrt(x)", "x with x >= 0"), ("1/(x - 1)", "x with x - 1 != 0")],
)
def test_the_domain_lists_the_conditions_that_do_not_hold_everywhere(formula, domain, without_code):
    assert card(symdl.activation("f", formula)).domain == domain


def test_what_cannot_be_worked_out_is_a_note_not_an_error(without_code):
    shown = card(symdl.activation("f", "max(x, cos(x))"))
    assert any(note.startswith("kinks: ") for note in shown.notes)
    assert shown.definition[0].text == "f(x) = max(x, cos(x))"


def test_what_is_no_item_has_no_card():
    with pytest.raises(symdl.SymdlError, match="card"):
        card(3)  # type: ignore[arg-type]


def test_a_name_of_the_library_alone_does_not_stand_for_its_module():
    assert module_path(library.relu) is not None
    assert module_path(Activation("relu", x, sp.Max(x, 0) + 1)) is None


def test_the_drawing_has_a_mark_for_each_value_and_labels_for_its_ends():
    shown = curve(library.relu)
    drawing = curve_text(shown).splitlines()
    assert drawing[0].split()[0] == "4"
    assert drawing[-2].split() == ["-4", "0", "4"]
    columns = {place for line in drawing[:-2] for place, mark in enumerate(line) if mark in "*@"}
    assert len(columns) == len(shown.points)


def test_points_without_a_value_are_left_out():
    shown = curve(symdl.activation("f", "sqrt(x)"), 9)
    assert shown.values[:4] == (None,) * 4
    assert shown.values[4] == 0.0
    assert curve_text(shown)


@pytest.mark.parametrize("name", ["relu.svg", "relu.png"])
def test_figures_are_written_and_the_same_twice(name, tmp_path):
    pytest.importorskip("matplotlib")
    for path in (tmp_path / name, tmp_path / f"again_{name}"):
        write_figure("relu", curve(library.relu), path)
    first, second = ((tmp_path / file).read_bytes() for file in (name, f"again_{name}"))
    assert first == second
    assert len(first) > 1000


def test_a_figure_of_another_kind_is_refused(tmp_path):
    with pytest.raises(symdl.SymdlError, match="svg or png"):
        write_figure("relu", curve(library.relu), tmp_path / "relu.gif")


def test_matplotlib_is_asked_for_by_name(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(symdl.SymdlError, match=r"symdl\[plot\]"):
        write_figure("relu", curve(library.relu), tmp_path / "relu.svg")


def test_values_of_the_curve_lie_in_their_balls():
    shown = curve(library.sigmoid, 5)
    for point, value in zip(shown.points, shown.values, strict=True):
        true = ball.enclose(library.sigmoid.expr, {x: sp.Rational(point)}, 120)
        assert abs(float(true.mid()) - value) < 1e-11


@pytest.mark.parametrize("name", ITEMS)
def test_items_print_as_their_formulas(name):
    item = ITEMS[name]
    assert str(item).startswith(name)
    assert "object at" not in str(item)
    latex = item._repr_latex_()
    assert latex[0] == latex[-1] == "$"
    assert latex.count("{") == latex.count("}")


def test_properties_that_are_not_declared_are_found(without_code):
    shown = card(symdl.activation("bump", "1/(1 + x^2)"))
    assert {"at least 0", "at most 1"} <= set(shown.declared)
    assert {row.outcome for row in shown.properties} == {"PROVED"}
