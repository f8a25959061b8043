import pytest

from symdl.core import ReadError
from symdl.notation import latex, plain
from symdl.notation.text import read_text

SAME = [
    ("theta_{t+1}", r"\theta_{t+1}"),
    ("M_hat_t", r"\hat{M}_t"),
    ("Delta_w_t", r"\Delta w_t"),
    ("G_t[i]", "G_t[i]"),
    ("α·β − γ", r"\alpha\cdot\beta - \gamma"),
    ("x² ≤ √y", r"x^{2} \le \sqrt y"),
    ("f’(x) ≠ f′(y)", r"f'(x) \ne f'(y)"),
    ("x ** 2", "x^2"),
    ("max(x, 0)", r"\max(x, 0)"),
    ("sum(s, s, 1, t)", r"\sum_{s=1}^{t} s"),
    ("limit(x, x, oo)", r"\lim_{x \to \infty} x"),
    ("diff(x, x, 2)", r"\frac{d^2 x}{dx^2}"),
    ("not (a = b)", r"\neg (a = b)"),
    ("exists x: x = 1", r"\exists x: x = 1"),
    ("-2x", "-2x"),
    ("-p_1p_2", r"-p_1\,p_2"),
    ("beta_1m", r"\beta_1 m"),
    ("w_ix_i", r"w_i x_i"),
    ("-p_jp_i", r"-p_j p_i"),
    ("W_QW_K", r"W_Q W_K"),
    ("a := 2", "a := 2"),
    ("|x|", r"\left|x\right|"),
]


@pytest.mark.parametrize(("text", "tex"), SAME)
def test_plain_text_and_latex_give_one_tree(text, tex):
    assert plain.parse(text) == latex.parse(tex)


def test_powers_group_to_the_right_and_brackets_in_exponents_only_group():
    assert plain.parse("2^3^2") == plain.parse("2^(3^2)")
    assert plain.parse("x^-1") == plain.parse("x^(-1)")
    assert plain.parse("-x^2") == plain.parse("-(x^2)") or plain.parse("-x^2").terms[0][0] == "-"


@pytest.mark.parametrize(
    ("text", "position"),
    [("x @ y", 2), ("diff(x)", 0), ("sum(s, 1, t)", 0), ("x & y", 2), ("exists x x", 9), ("a #", 2)],
)
def test_what_cannot_be_read_is_refused_at_its_place(text, position):
    with pytest.raises(ReadError) as caught:
        plain.read(text)
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        (r"\frac{x}{2}", latex.read),
        ("x^{2}", latex.read),
        ("$x$", latex.read),
        ("x^2", plain.read),
        ("max(x, 0)", plain.read),
    ],
)
def test_auto_takes_a_backslash_braced_scripts_and_dollars_for_latex(text, same_as):
    assert read_text(text) == same_as(text)


def test_an_unknown_syntax_is_refused():
    with pytest.raises(ReadError, match="no syntax"):
        read_text("x", "tex")  # type: ignore[arg-type]
