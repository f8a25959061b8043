import pytest

from symdl import mark

SIGMOID = r"s = \frac{1}{1+e^{-x}}"


@pytest.mark.parametrize(
    ("gold", "answer", "given", "grade"),
    [
        ("s(1-s)", r"\frac{e^{-x}}{(1+e^{-x})^2}", [SIGMOID], "RIGHT"),
        ("s(1-s)", r"\frac{e^{-x}}{(1+e^{-x})^3}", [SIGMOID], "WRONG"),
        ("p - y", r"\sigma(z) - y", [r"p = \sigma(z)"], "RIGHT"),
        ("p - y", r"\sigma(-z) - y", [r"p = \sigma(z)"], "WRONG"),
        ("u^2", "4x^2 + 4x + 1", ["u = v + 1", "v = 2x"], "RIGHT"),
        ("u^2", "4x^2 + 4x + 1", ["v = 2x", "u = v + 1"], "RIGHT"),
        ("1 - q", "p", ["p + q = 1"], "RIGHT"),
        (r"\sqrt{u}", "x", ["u = x^2", "x > 0"], "RIGHT"),
        (r"\sqrt{u}", "x", ["u = x^2"], "WRONG"),
        ("a", "b", ["a = b + 1", "b = a - 1"], "WRONG"),
    ],
)
def test_letters_that_a_question_defines_are_written_out(gold, answer, given, grade):
    assert mark(gold, answer, given=given).grade == grade
