"""What a formula is, by its form."""

import pytest

from symdl.documents.statements import kind_of, letters
from symdl.notation.latex import parse


@pytest.mark.parametrize(
    ("tex", "kind"),
    [
        (r"\theta", "mention"),
        (r"f_\theta(\cdot)", "mention"),
        (r"\mathbb E_{x \sim D}", "mention"),
        (r"\frac{\eta}{\sqrt{v}}", "mention"),
        ("f(x) = x^2", "function"),
        (r"\sigma(x) = \frac{1}{1+e^{-x}}", "function"),
        ("f'(x) = 2x", "derivative"),
        (r"\tanh'(x) = 1", "derivative"),
        (r"\frac{d}{dx} \sin x = \cos x", "derivative"),
        (r"f' = f(1 - f)", "derivative"),
        (r"\theta_{t+1} = \theta_t", "line"),
        (r"x_{k+1} \leftarrow x_k", "line"),
        (r"w \leftarrow w - \eta g", "line"),
        (r"w = w - \eta g", "line"),
        (r"g = \nabla L(w)", "line"),
        ("m_0 = 0", "initial"),
        ("y = W x + b", "constant"),
        ("k = 0.01", "constant"),
        (r"\tanh x = \frac{e^{2x} - 1}{e^{2x} + 1}", "equation"),
        ("0 < k < 1", "assumption"),
        (r"0 \le \beta_1 < 1", "assumption"),
        ("x \\neq 0", "assumption"),
        (r"e^x \ge 1 + x", "inequality"),
        (r"\alpha \in (0, 1)", "loose"),
        (r"x \sim N", "loose"),
    ],
)
def test_the_form_of_a_formula_tells_its_kind(tex: str, kind: str) -> None:
    assert kind_of(parse(tex)) == kind


def test_a_number_as_an_index_is_a_step_for_sequences_alone() -> None:
    assert kind_of(parse(r"\beta_1 = 0.9"), frozenset({"m"})) == "constant"
    assert kind_of(parse("m_0 = 0"), frozenset({"m"})) == "initial"


def test_letters_are_functions_or_sequences_by_how_they_are_used() -> None:
    found = letters([parse("m_t = m_{t-1} + u"), parse("L(y, z)"), parse("f'(x) = 1"), parse("a(x + 1)")])
    assert found.sequences == {"m"}
    assert found.functions == {"L", "f"}
