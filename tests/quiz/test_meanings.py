"""Roundings, Kronecker's delta and functions of a fixed meaning in marks."""

import pytest

import symdl


@pytest.mark.parametrize(
    ("gold", "answer", "grade"),
    [
        (r"\lfloor (n+2p-k)/s \rfloor + 1", r"\left\lfloor \frac{n+2p-k}{s}+1\right\rfloor", "RIGHT"),
        (r"\lceil n/2 \rceil - 1", r"\lceil (n-2)/2 \rceil", "RIGHT"),
        (r"p_i(\delta_{ij}-p_j)", r"p_j(\delta_{ij}-p_i)", "RIGHT"),
        (r"p_i(\delta_{ij}-p_j)", r"p_i\delta_{ij}-p_i^2", "WRONG"),
        (r"p_i(\delta_{ij}-p_j)", r"p_i(1-p_j)", "WRONG"),
        (r"p_i(\delta_{ij}-p_j)", r"p_i(\delta_{ij}+p_j)", "WRONG"),
    ],
)
def test_names_of_a_fixed_meaning_are_taken_at_it(gold, answer, grade):
    assert symdl.mark(gold, answer).grade == grade


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        (r"\lfloor x \rfloor", r"\lceil x \rceil - 1"),
        (r"x\Phi(x)", r"\frac{x}{2}(1+\operatorname{erf}(x/\sqrt 2))"),
        (r"\Phi(x)+x\phi(x)", r"\Phi(x)+x\Phi'(x)"),
    ],
)
def test_what_is_not_computed_is_not_refuted(gold, answer):
    assert symdl.mark(gold, answer).grade == "UNDECIDED"


@pytest.mark.parametrize("answer", ["{2, 1}", r"\{2, 1\}", "{1, 4/2}"])
def test_sets_in_plain_braces_have_no_order(answer):
    assert symdl.mark("{1, 2}", answer).grade == "RIGHT"
    assert symdl.mark("{1, 3}", answer).grade == "WRONG"
