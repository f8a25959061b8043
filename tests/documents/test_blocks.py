"""The structure of notes: what each formula is about."""

import re

import pytest

from symdl.documents.blocks import Outline, outline


def outlined(text: str) -> tuple[Outline, list[int]]:
    """The outline of a text whose formulas stand between dollars, and where they begin."""
    formulas = [match.span() for match in re.finditer(r"\$[^$]+\$", text)]
    return outline(text, formulas), [start for start, _ in formulas]


@pytest.mark.parametrize(
    ("text", "lead"),
    [
        ("- Adam: $x$", "Adam"),
        ("* **Adam**: $x$", "Adam"),
        ("**Adam.** The step is $x$", "Adam"),
        ("# Adam\n\ntext $x$", "Adam"),
        ("1. Adam: $x$", "Adam"),
        ("1.2 Descent methods\n\n$x$", "Descent methods"),
        ("- tanh: $x$", "tanh"),
        ("| name | f |\n|---|---|\n| Adam | $x$ |", "Adam"),
        ("The update rule is: $x$", ""),
        ("where the step is:\n$x$", ""),
        ("a plain sentence with $x$", ""),
    ],
)
def test_the_lead_says_what_a_formula_is_about(text: str, lead: str) -> None:
    structure, (position,) = outlined(text)
    assert structure.topic(position).lead == lead


def test_an_indented_paragraph_belongs_to_the_item_before_it() -> None:
    structure, (first, second, third) = outlined("- Adam: $a$\n\n    then $b$\n\nback outside $c$")
    assert structure.topic(first) == structure.topic(second)
    assert structure.topic(third).lead == ""


def test_nested_items_lie_inside_the_item_around_them() -> None:
    structure, (position,) = outlined("# Layers\n\n- Activations: some\n    - ReLU: $a$")
    leads = {topic.path: topic.lead for topic in structure.topics}
    path = structure.topic(position).path
    assert [leads[path[:depth]] for depth in (1, 2, 3)] == ["Layers", "Activations", "ReLU"]


def test_a_heading_closes_what_lies_deeper() -> None:
    structure, positions = outlined("# One\n\n- A: $a$\n\n# Two\n\n$b$")
    assert [structure.topic(position).lead for position in positions] == ["A", "Two"]


def test_each_row_of_a_table_is_a_topic_with_the_heads_of_its_columns() -> None:
    structure, (first, second) = outlined("| f | derivative |\n|---|---|\n| $a|b|$ | $c$ |")
    assert structure.column(first) == "f"
    assert structure.column(second) == "derivative"


def test_the_words_before_a_display_are_those_that_lead_up_to_it() -> None:
    structure, (_, position) = outlined("Let $x$ be a number. Correct the bias by\n\n$y$")
    assert structure.words_before(position) == "Correct the bias by"
    structure, (position,) = outlined("All is said here.\n\n$y$")
    assert structure.words_before(position) == ""


def test_marks_inside_formulas_are_no_structure() -> None:
    structure, (position,) = outlined("Text $a\n- b: c$ more")
    assert len(structure.blocks) == 1
    assert structure.topic(position).lead == ""
