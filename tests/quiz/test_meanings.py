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
        (r"\sum_{k=0}^\infty a_k", r"\sum_{k=1}^\infty a_k"),
        (r"\frac{\sigma^2}{n}", r"\operatorname{Var}(\bar X)"),
    ],
)
def test_what_is_not_computed_is_not_refuted(gold, answer):
    assert symdl.mark(gold, answer).grade == "UNDECIDED"


@pytest.mark.parametrize("answer", ["{2, 1}", r"\{2, 1\}", "{1, 4/2}"])
def test_sets_in_plain_braces_have_no_order(answer):
    assert symdl.mark("{1, 2}", answer).grade == "RIGHT"
    assert symdl.mark("{1, 3}", answer).grade == "WRONG"


@pytest.mark.parametrize(
    ("answer", "grade"),
    [
        (r"(1-\beta)\sum_{k=0}^{t-1}\beta^k g_{t-k}", "RIGHT"),
        (r"(1-\beta)\sum_{k=1}^{t}\beta^{k-1} g_{t+1-k}", "RIGHT"),
        (r"(1-\beta)\sum_{k=0}^{t}\beta^k g_{t-k}", "WRONG"),
        (r"(1-\beta)\sum_{k=1}^{t}\beta^k g_{t-k}", "WRONG"),
    ],
)
def test_sums_run_both_ways(answer, grade):
    assert symdl.mark(r"(1-\beta)\sum_{i=1}^t\beta^{t-i}g_i", answer).grade == grade
