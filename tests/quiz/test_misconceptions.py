"""Misconceptions: slips are named by their kind, right answers never blamed, and no more is told than is allowed.

``slips.json`` has ten slips of each of 17 kinds, and further ones: the kind, the right answer, what a slip makes of it,
and what is declared.
"""

import json
from collections import Counter
from pathlib import Path

import pytest
import sympy as sp

from symdl import mark
from symdl.core import Policy, Question
from symdl.matching.misconceptions import MISCONCEPTIONS
from symdl.matching.sampled import Sampler, agree
from symdl.quiz.banks import parse_bank
from symdl.quiz.class_files import Answer
from symdl.quiz.class_page import class_html
from symdl.quiz.classes import grade_class
from symdl.quiz.many import mark_many
from symdl.quiz.marking import mark_answer
from symdl.quiz.misconceptions import explained, misconception

ROWS = json.loads((Path(__file__).parent.parent / "data" / "slips.json").read_text())
DRESSES = ("({})", "{} + 0", "1 \\cdot ({})", "({}) + c - c", "\\frac{{2({})}}{{2}}")


def named(right: str, given: str, declared: tuple[str, ...] = ()) -> str:
    """The name of the kind that is found, empty for none."""
    found = misconception(Question(right, given=declared), given)
    return found.name if found else ""


@pytest.mark.parametrize("group", ["slips", "further"])
def test_nine_of_ten_slips_are_named_by_their_kind(group: str) -> None:
    rows = ROWS[group]
    assert [r for r in rows if mark_answer(Question(r[1]), r[2]).grade != "WRONG"] == []
    missed = [(kind, right, given, found) for kind, right, given in rows if (found := named(right, given)) != kind]
    assert len(missed) <= len(rows) // 10, missed


def test_slips_among_arrays_sums_and_labels_are_named_too() -> None:
    rows = [(*row[:3], tuple(row[3])) for row in ROWS["declared"]]
    missed = [row for row in rows if named(*row[1:]) != row[0]]
    assert len(missed) <= len(rows) // 10, missed


def test_every_kind_is_tried_ten_times() -> None:
    counts = Counter(kind for kind, *_ in ROWS["slips"])
    assert set(counts.values()) == {10}
    assert set(counts) == {kind.name for kind in MISCONCEPTIONS} | {"transposed"}


def test_right_answers_are_never_blamed() -> None:
    rights = dict.fromkeys(right for _, right, _ in ROWS["slips"])
    for right in rights:
        question = Question(right)
        for dress in DRESSES:
            own = dress.format(right)
            told = explained(question, own, mark_answer(question, own))
            assert told.misconception is None or told.grade == "WRONG"
            assert not (told.right and told.misconception)


def test_a_misconception_is_found_twice_alike() -> None:
    for _, right, given in ROWS["slips"][::17]:
        assert named(right, given) == named(right, given)


@pytest.mark.parametrize(
    ("right", "given"),
    [("x^2 + 3", r"\cos(7y) + e^{z}"), ("p - y", "17"), (r"\sigma(x)", r"\frac{x^5+1}{x^4+3}")],
)
def test_what_no_slip_explains_is_left_alone(right: str, given: str) -> None:
    assert mark(right, given).grade == "WRONG"
    assert mark(right, given).misconception is None


def test_no_sentence_shows_a_formula() -> None:
    for kind in MISCONCEPTIONS:
        assert not set("=\\$^{}") & set(str(kind))
        assert str(kind) == f"{kind.name}: {kind.sentence}"


def test_the_policy_may_forbid_to_tell() -> None:
    for told, expected in (("full", True), ("hint", True), ("grade", False)):
        question = Question("p - y", policy=Policy(feedback=told))  # type: ignore[arg-type]
        found = explained(question, "p + y", mark_answer(question, "p + y"))
        assert (found.misconception is not None) == expected


def test_marks_of_many_are_not_searched() -> None:
    (found,) = mark_many([("p - y", "p + y")])
    assert found.grade == "WRONG"
    assert found.misconception is None


def test_blanks_tell_which_one_has_a_slip() -> None:
    question = Question("", kind="blanks", blanks=(Question("2x", id="a"), Question("x^2 - y", id="b")))
    found = explained(question, "2x; x^2 + y", mark_answer(question, "2x; x^2 + y"))
    assert found.misconception is not None
    assert found.misconception.startswith("2: sign")
    assert [part.misconception is None for part in found.parts] == [True, False]


@pytest.mark.parametrize(
    ("question", "given", "kind"),
    [
        (Question("(0, 2/L)"), "(0, 1/L)", "factor"),
        (Question("0 < h < 2/L"), "0 < h < L/2", "upside down"),
        (Question(r"\begin{pmatrix} x & y \end{pmatrix}"), r"\begin{pmatrix} x & -y \end{pmatrix}", "sign"),
        (Question(r"\frac{x^2}{2}", kind="antiderivative", wrt="x"), "x^2 + 3", "factor"),
        (Question("x^2", kind="antiderivative", wrt="x"), "2", "integrated or differentiated"),
        (Question(r"m_t = \beta m_{t-1} + (1-\beta) g_t"), r"m_t = \beta m_t + (1-\beta) g_t", "off by one"),
    ],
)  # fmt: skip
def test_slips_in_other_kinds_of_answers(question: Question, given: str, kind: str) -> None:
    assert mark_answer(question, given).grade == "WRONG"
    found = misconception(question, given)
    assert found is not None
    assert found.name == kind


def test_a_class_page_counts_misconceptions_that_were_found() -> None:
    bank = parse_bank('[[question]]\nid="q"\nprompt="Differentiate."\nanswer="2x e^{x^2}"\n'.replace("\\", "\\\\"))
    answers = [Answer(name, "q", "e^{x^2}", place, "0") for place, name in enumerate(("Ann", "Ben"), 2)]
    marked = grade_class(bank, answers)
    assert [m.mark.misconception.split(":")[0] for m in marked if m.mark.misconception] == ["chain rule"] * 2
    assert "chain rule: a factor is missing" in class_html(bank, marked)


def test_values_at_points_tell_expressions_apart() -> None:
    x = sp.Symbol("x", real=True)
    f, n = sp.Function("f"), sp.Symbol("n", real=True)
    sampler = Sampler(({x: 0.5, n: 3.0}, {x: 2.0, n: 4.0}))
    for one, other in (((x + 1) ** 2, x**2 + 2 * x + 1), (sp.Sum(x, (n, 1, 3)), 3 * x), (f(x + x), f(2 * x))):
        assert agree(sampler.row(one), sampler.row(other))
    for one, other in ((x, x + 1), (f(x), f(x + 1)), (sp.log(-x), sp.log(-x))):
        assert not agree(sampler.row(one), sampler.row(other))
