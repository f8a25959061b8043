"""Marks of answers: cases with labels, other dresses of right answers, planted wrong ones, determinism."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symdl.cli import main
from symdl.core import Choice, Mark, Policy, Question, Tolerance
from symdl.quiz.marking import mark_answer

CASES = Path(__file__).parent.parent / "data" / "answers"


def cases(name: str) -> Iterator[tuple[Question, str, bool, str]]:
    """Question, answer, whether it is right, and the category."""
    for line in (CASES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        fields = {key: _value(value) for key, value in row.get("question", {}).items()}
        question = Question(row["gold"], given=tuple(row.get("given", ())), **fields)
        yield question, row["answer"], row["equal"], row["category"]


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return Tolerance(**value) if isinstance(value, dict) else value


@cache
def marked(name: str) -> tuple[tuple[Question, str, bool, str, Mark], ...]:
    """The marks of all cases of a file."""
    return tuple((q, text, equal, category, mark_answer(q, text)) for q, text, equal, category in cases(name))


@pytest.mark.parametrize(("name", "share"), [("pairs", 0.02), ("traps", 0.02), ("kinds", 0.03)])
def test_no_wrong_answer_is_accepted_and_few_right_ones_are_not(name: str, share: float) -> None:
    rows = marked(name)
    accepted = [(q.answer, text) for q, text, equal, _, mark in rows if mark.right and not equal]
    missed = [(q.answer, text, mark.grade) for q, text, equal, _, mark in rows if equal and not mark.right]
    assert not accepted
    assert len(missed) <= share * sum(equal for _, _, equal, _, _ in rows), missed


@pytest.mark.parametrize("name", ["pairs", "traps", "kinds"])
def test_no_right_answer_is_called_wrong(name: str) -> None:
    assert not [(q.answer, text) for q, text, equal, _, mark in marked(name) if equal and mark.grade == "WRONG"]


@pytest.mark.parametrize("name", ["pairs", "traps"])
def test_marks_rest_on_evidence(name: str) -> None:
    for _, text, _, _, mark in marked(name):
        assert mark.grade not in ("RIGHT", "WRONG") or mark.evidence, text
        assert mark.grade == "RIGHT" or mark.feedback, text
        assert not mark.sampled


@pytest.mark.parametrize("name", ["pairs", "traps", "kinds"])
def test_swapped_sides_have_the_same_grade(name: str) -> None:
    plain = [row for row in marked(name) if row[0] == Question(row[0].answer, given=row[0].given)]
    for question, text, _, _, mark in plain:
        swapped = mark_answer(Question(text, given=question.given), question.answer)
        assert swapped.grade == mark.grade, (question.answer, text)


def test_a_hundred_repeats_and_threads_give_one_mark() -> None:
    rows = list(marked("pairs"))[::12] + list(marked("traps"))[::12]
    with ThreadPoolExecutor(4) as pool:
        threaded = list(pool.map(lambda row: mark_answer(row[0], row[1]), rows))
    assert threaded == [row[-1] for row in rows]
    for question, text, _, _, mark in rows[::4]:
        assert {mark_answer(question, text) for _ in range(100)} == {mark}


DRESSES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("dollars", lambda text: f"${text}$"),
    ("display", lambda text: rf"\[ {text} \]"),
    ("box", lambda text: rf"\boxed{{{text}}}"),
    ("full stop", lambda text: f"  {text} . "),
    ("dfrac", lambda text: text.replace(r"\frac", r"\dfrac")),
    ("no left and right", lambda text: text.replace(r"\left", "").replace(r"\right", "")),
    ("display style", lambda text: rf"\displaystyle {text}"),
    ("ln", lambda text: text.replace(r"\log", r"\ln")),
    ("exp", lambda text: re.sub(r"(?<![a-z])e\^\{([^{}]*)\}", r"\\exp(\1)", text)),
    ("slash", lambda text: re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", text)),
    ("thin spaces", lambda text: text.replace("+", r"\,+\,")),
)


@pytest.mark.parametrize(("name", "dress"), DRESSES, ids=[name for name, _ in DRESSES])
def test_another_dress_of_a_right_answer_is_right(name: str, dress: Callable[[str], str]) -> None:
    rows = [(q, text) for q, text, equal, _ in cases("pairs") if equal and "=" not in text]
    missed = [dress(text) for q, text in rows if not mark_answer(q, dress(text)).right]
    assert len(missed) <= 0.02 * len(rows), missed


SLIPS: tuple[tuple[str, str], ...] = (
    ("plus one", "{}+1"),
    ("doubled", "2({})"),
    ("negated", "-({})"),
    ("squared more", "({})^3"),
)


@pytest.mark.parametrize("slip", [slip for _, slip in SLIPS], ids=[name for name, _ in SLIPS])
def test_planted_wrong_answers_are_not_accepted(slip: str) -> None:
    golds = {q: None for q, _, _, category in cases("pairs") if "=" not in q.answer}
    accepted = [q.answer for q in golds if mark_answer(q, slip.format(q.answer)).right]
    assert accepted in ([], ["0"])


TOKENS = [
    r"x",
    r"y",
    r"w",
    r"1",
    r"2",
    r"0.5",
    r"+",
    r"-",
    r"*",
    r"/",
    r"^",
    r"_",
    r"(",
    r")",
    r"[",
    r"]",
    r"{",
    r"}",
    r",",
    r"=",
    r"<",
    r"\frac",
    r"\sqrt",
    r"\ln",
    r"\exp",
    r"\sigma",
    r"\hat",
    r"\sum_i",
    r"\begin{cases}",
    r"\end{cases}",
    r"&",
    r"\\",
    r"\mathbb{R}",
    r"'",
    r"|",
    r"^T",
    r"\odot",
    r"\cup",
    r"\pm",
    r"or",
    r"True",
    r"W",
    r"f",
    r"g",
    r"softmax",
    r"\begin{pmatrix}",
    r"\end{pmatrix}",
    r"O(",
    r"p(y|x)",
    r"!",
    r"%",
    r"$",
    r"√",
    r".T",
    r"@",
]
BAD = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(TOKENS), max_size=9).map(" ".join))


@given(BAD, st.sampled_from(["x^2+1", r"W^Tx", r"\{1,2\}", r"[0,1)", "x>0", r"w\leftarrow w-\eta g", "(1,2)", "O(n)"]))
def test_any_text_gets_a_mark(text: str, gold: str) -> None:
    mark = mark_answer(Question(gold), text)
    assert mark.grade in ("RIGHT", "WRONG", "UNDECIDED", "UNREADABLE")
    assert mark.grade == "RIGHT" or mark.feedback


@pytest.mark.parametrize("text", ["", "   ", "$$", "x" * 100_000, "\x00\x01", "(" * 5_000, "import os; os.system('x')"])
def test_what_is_no_answer_is_unreadable(text: str) -> None:
    assert mark_answer(Question("x + 1"), text).grade == "UNREADABLE"


@pytest.mark.parametrize("text", [r"\eta\in(0,\frac2L)", "v_t < 1", r"v_t \ne g_t"])
def test_an_update_is_an_equation(text: str) -> None:
    assert mark_answer(Question(r"v_t=\mu v_{t-1}+g_t"), text).grade == "UNREADABLE"


# Policies and kinds


def test_agreement_at_points_is_right_only_where_the_policy_allows_it_and_is_labelled() -> None:
    gold, answer = r"\sin(\sin(x))\sqrt{2+\cos x}^{\,\cos x}", r"\sin(\sin x)e^{\frac{\cos x}{2}\ln(2+\cos x)}"
    strict = mark_answer(Question(gold), answer)
    lenient = mark_answer(Question(gold, policy=Policy(sampling=True)), answer)
    assert strict.grade in ("RIGHT", "UNDECIDED")
    assert lenient.right
    assert lenient.sampled == (strict.grade == "UNDECIDED")


def test_choices_take_keys_and_give_parts() -> None:
    choices = tuple(
        Choice(key, text) for key, text in (("a", "it is noisy"), ("b", "it is exact"), ("c", "it is biased"))
    )
    one, two = Question("a", kind="choice", choices=choices), Question("a, c", kind="choice", choices=choices)
    assert mark_answer(one, "(A)").right
    assert mark_answer(one, "it is noisy").right
    assert mark_answer(one, "b").grade == "WRONG"
    assert mark_answer(one, "d").grade == "UNREADABLE"
    assert mark_answer(two, "ac").right
    assert mark_answer(two, "a").score == 0.5
    assert mark_answer(two, "a b").score == 0.0


def test_blanks_are_marked_one_by_one() -> None:
    question = Question("", kind="blanks", blanks=(Question("2x"), Question("x^2", points=3.0)))
    assert mark_answer(question, "2x; x*x").right
    assert mark_answer(question, "2x\nx^3").score == 0.25
    assert mark_answer(question, "2x").grade == "UNREADABLE"


def test_other_right_answers_and_aliases_count() -> None:
    assert mark_answer(Question("x", also=("y",)), "y").right
    assert mark_answer(Question(r"w-\eta g", aliases=(("lr", "eta"),), names=("lr",)), "w - lr*g").right


def test_a_label_that_is_asked_for_is_compared() -> None:
    question = Question("p - y", label=r"\frac{\partial L}{\partial z}")
    assert mark_answer(question, r"L'(z) = p - y").right
    assert mark_answer(question, r"\frac{\partial L}{\partial w} = p - y").grade == "WRONG"


@pytest.mark.parametrize(
    "code",
    [
        "__import__('os').system('touch canary')",
        "open('canary', 'w')",
        "[open('canary', 'w') for _ in (1,)]",
        "lambda x: exec('x')",
        "while True: pass",
        "f'{x}'",
        "x if x > 0 else y.z",
        "1" + "+1" * 9_000,
        "(" * 300 + ")" * 300,
    ],
)
def test_code_is_read_and_never_run(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert mark_answer(Question("np.exp(x)", kind="code"), code).grade == "UNREADABLE"
    assert mark_answer(Question("e^x"), code).grade != "RIGHT"
    assert not list(tmp_path.iterdir())


def test_feedback_follows_the_policy() -> None:
    told = [mark_answer(Question("x", policy=Policy(feedback=f)), "2x") for f in ("full", "hint", "grade")]
    assert told[0].witness is not None
    assert told[1].witness is None
    assert told[2].feedback == ""


@pytest.mark.parametrize(("answer", "code"), [("-x*x", 0), ("-x^3", 1), ("-x^(", 1)])
def test_the_command_exits_with_0_on_right_alone(answer: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mark", "-x^2", answer, "--format", "json"]) == code
    printed = json.loads(capsys.readouterr().out)
    assert list(printed)[:6] == ["grade", "score", "feedback", "misconception", "read_as", "witness"]
    assert (printed["grade"] == "RIGHT") == (code == 0)


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        (r"d^{-0.5}\min(t^{-0.5},t\,w^{-1.5})", r"d^{-0.5}\max(t^{-0.5},tw^{-1.5})+w^Tw"),
        (r"e^{-\frac1N\sum_{i=1}^N\log p_i}", r"\exp\left(-\frac1N\sum_{i=1}^N\ln- p_i\right)"),
        (r"e^{e^{e^{e^{e}}}}", r"e^{e^{e^{e^{e}}}}+1"),
    ],
)
def test_what_stops_the_prover_leaves_the_answer_undecided(gold: str, answer: str) -> None:
    assert mark_answer(Question(gold, given=("p_i > 0",)), answer).grade == "UNDECIDED"


@pytest.mark.parametrize(
    ("gold", "answer", "right"),
    [
        ("np.maximum(0, x)", "def relu(z):\n    return np.maximum(0, z)", True),
        ("np.maximum(0, x)", "lambda t: np.where(t > 0, t, 0)", True),
        ("np.maximum(0, x)", "def relu(z):\n    return np.maximum(0, x)", False),
        ("def f(p, y):\n    return p - y", "lambda a, b: a - b", True),
        ("def f(p, y):\n    return p - y", "def g(y, p):\n    return p - y", False),
    ],
)
def test_parameters_of_code_have_any_name(gold: str, answer: str, right: bool) -> None:
    assert mark_answer(Question(gold, kind="code"), answer).right == right
