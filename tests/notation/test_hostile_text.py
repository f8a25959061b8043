"""Whatever is typed, reading ends quickly, in an expression or in a ReadError."""

import importlib.util
import random
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symdl.core import ReadError, to_text
from symdl.notation import latex, plain
from symdl.notation.claims import read_claims, read_expression
from symdl.notation.profile import DEEP_LEARNING, PLAIN
from symdl.notation.tokens import MAX_DEPTH

HOSTILE = {
    "parentheses": "(" * 9_000 + "x" + ")" * 9_000,
    "a megabyte": "x+" * 500_000,
    "braces": "{" * 10_000,
    "bars": "|" * 800 + "x",
    "tower": "9^9^9",
    "an index that is no name": r"v_t = v_{t\otimes-1}",
    "tower in braces": "9^{9^{9}}",
    "big exponent": "10^{10^{9}}",
    "nested powers": "((2^4000)^4000)",
    "hidden number": "(2x)^{100000}",
    "hidden power of two": r"\exp(1000000 \log 2)",
    "root of high degree": "2^(1/1000000007)",
    "long number": "9" * 15_000,
    "huge decimal exponent": "1e999999999",
    "factorial": "(10^9)!",
    "fractions": r"\frac{1}{1+" * 200 + "x" + "}" * 200,
    "commands": r"\frac" * 2_000,
    "exponents": "x^" * 5_000 + "x",
    "roots": "√" * 5_000 + "x",
    "negations": "not " * 3_000,
    "subscripts": "x_" * 5_000,
    "numbers in a row": "1 2 3 4 5 6 " * 1_000,
    "many powers": "*".join(["2^9999"] * 2_000),
    "macro bomb": r"\a",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_refused_quickly(text):
    start = time.process_time()
    with pytest.raises(ReadError) as caught:
        read_expression(text)
    assert time.process_time() - start < 1
    assert len(str(caught.value)) < 1_000


LONG = {
    "sum": "+".join(f"x_{n}" for n in range(1_500)),
    "ones": "1+" * 9_000 + "1",
    "signs": "-" * 15_000 + "x",
    "power of a sum": "(x+y+z+1)^60 - 1",
    "nested sums": r"\sum_{i=1}^{10^4}\sum_{j=1}^{10^4}\sin(ij)",
    "prose": "the answer is about " * 900,
    "tower of letters": "e^{e^{e^{e^{x}}}}",
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
def test_long_text_is_read_without_being_worked_out(text):
    start = time.process_time()
    assert to_text(read_expression(text, profile=DEEP_LEARNING).expr)
    assert time.process_time() - start < 3


NESTS = ["(", "f(", "sqrt(", "1/(1+", "max(y, x+", "abs(x-", "exp(-", "sigmoid(", "log(1+"]


@pytest.mark.parametrize("opening", NESTS)
def test_the_deepest_formula_that_is_read_is_also_printed(opening):
    depth = MAX_DEPTH - 1
    assert to_text(read_expression(opening * depth + "x" + ")" * depth, ["f function"]).expr)


PIECES = st.sampled_from(
    [
        r"\frac",
        r"\sqrt",
        r"\sum_",
        r"\prod",
        r"\nabla",
        r"\partial",
        r"\left(",
        r"\right)",
        r"\left|",
        r"\right.",
        r"\begin{cases}",
        r"\end{cases}",
        r"\\",
        r"&",
        r"{",
        r"}",
        r"(",
        r")",
        r"[",
        r"]",
        r"|",
        r"\|",
        r"_",
        r"^",
        r"'",
        r"’",
        r"+",
        r"-",
        r"*",
        r"/",
        r"=",
        r"<",
        r"\le",
        r"\leftarrow",
        r",",
        r";",
        r".",
        r"1",
        r"2.5",
        r"x",
        r"f",
        r"\theta",
        r"\hat",
        r"\mathbf",
        r"\mathbb",
        r"\text{if}",
        r"\max",
        r"\log",
        r"\exp",
        r"e",
        r"\cdot",
        r"\quad",
        r"\color{red}",
        r"\mathbb{E}",
        r"dx",
        r"\frac{d}{dx}",
        r"_{t+1}",
        r"^{2}",
        r"[i]",
        r"\{",
        r"\}",
        r"\int",
        r"!",
        r"\ldots",
        r"\to",
        r"\in",
        r"$",
        r"%",
        r"~",
        r"\!",
        r"not",
        r"exists",
        r"if",
        r":",
    ]
)
PLAIN_PIECES = st.sampled_from(
    [
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "|",
        "_",
        "^",
        "**",
        "'",
        "+",
        "-",
        "*",
        "/",
        "=",
        "<",
        ">=",
        "!=",
        ":=",
        ",",
        ";",
        ".",
        "1",
        "2.5",
        "1e-8",
        "x",
        "f(x)",
        "theta_t",
        "M_hat",
        "e",
        "pi",
        "oo",
        "max(",
        "sigmoid(",
        "diff(",
        "sum(",
        "limit(",
        "if",
        "otherwise",
        "not",
        "exists",
        ":",
        "in",
        "√",
        "α",
        "²",
        "≤",
        "≈",
        "!",
        "~",
        "sin",
        "log",
        "->",
        "{x",
        "if",
        "x",
        ">",
        "0;",
        "0",
        "otherwise}",
    ]
)


def refusal(read, *arguments):
    """The error that reading ends in, if any; nothing but a ReadError may come."""
    try:
        read(*arguments)
    except ReadError as error:
        return error
    return None


def reads_or_refuses(text, profile, syntax):
    error = refusal(read_claims, text, ["f function"], profile, syntax)
    assert error is None or (str(error) and 0 <= error.position <= len(text))


@given(st.lists(PIECES, max_size=14))
def test_pieces_of_latex_are_read_or_refused(pieces):
    reads_or_refuses(" ".join(pieces), DEEP_LEARNING, "latex")


@given(st.lists(PLAIN_PIECES, max_size=12))
def test_pieces_of_plain_text_are_read_or_refused(pieces):
    reads_or_refuses(" ".join(pieces), PLAIN, "plain")


@given(st.text(max_size=40), st.sampled_from(["latex", "plain"]))
def test_any_text_is_read_or_refused(text, syntax):
    reads_or_refuses(text, DEEP_LEARNING, syntax)


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(data):
    for read in (latex.read, plain.read):
        error = refusal(read, data.decode("latin-1"))
        assert error is None or str(error)


FORMULA = (
    r"\theta_{t+1}[i] \leftarrow \theta_t[i] - \frac{\eta}{\sqrt{G_t[i] + \epsilon}} (\nabla_{\theta_t} L(\theta_t))[i]"
)


@given(st.integers(0, len(FORMULA)), st.integers(0, 6), st.text(alphabet="{}[]()\\_^|&+= x1t", max_size=3))
def test_mutated_latex_is_read_or_refused(start, length, inserted):
    reads_or_refuses(FORMULA[:start] + inserted + FORMULA[start + length :], DEEP_LEARNING, "latex")


def test_mutated_formulas_give_our_own_errors_and_end_in_time():
    path = Path(__file__).parents[1] / "benchmarks" / "fuzz_reader.py"
    spec = importlib.util.spec_from_file_location("fuzz_reader", path)
    fuzz = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fuzz)
    generator = random.Random(11)
    texts = [fuzz.mutated(generator) for _ in range(250)]
    assert [(text, problem) for text in texts if (problem := fuzz.broken(text)) is not None] == []


@pytest.mark.parametrize("letters", ["abcdefghijklmnopqrstuvw"])
def test_macros_that_double_are_refused_at_once(letters):
    macros = {f"m{one}": f"\\m{two} \\m{two}" for one, two in pairwise(letters)} | {f"m{letters[-1]}": "x"}
    with pytest.raises(ReadError, match="expands to more"):
        latex.read(r"\ma", macros)
    with pytest.raises(ReadError, match="nested deeper"):
        latex.read(r"\underset{" * 200 + "x" + "}{y}" * 200)
