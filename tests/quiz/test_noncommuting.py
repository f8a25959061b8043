import pytest

from symdl import mark

SAME = [
    (r"\operatorname{diag}(p) - pp^T", r"\mathrm{diag}(p) - p\,p^{\top}"),
    (r"W - \eta\,\delta x^T", r"W - \eta (x \delta^\top)^\top"),
    (r"W - \eta\,\delta x^T", r"-\eta\,\delta\,x^{\top} + W"),
    (r"W \leftarrow W - \eta\,\delta x^T", r"W - \eta\,\delta x^\top"),
    (r"g + \lambda\,(u + v) w^\top", r"g + \lambda u w^\top + \lambda v w^\top"),
    (r"\frac{\eta}{2}\,a b^\top + c", r"c + \frac12 \eta\, a b^\top"),
]
OTHER = [
    (r"W - \eta\,\delta x^T", r"W - \eta\,x \delta^\top"),
    (r"W - \eta\,\delta x^T", r"W + \eta\,\delta x^\top"),
    (r"\operatorname{diag}(p) - pp^T", r"\operatorname{diag}(p) - p^T p"),
    (r"g + f(u + v) w^\top", r"g + f(u) w^\top + f(v) w^\top"),
    (r"uv^T", r"vu^T"),
    (r"W - \eta\,\delta x^T", r"W - \eta\,\delta x^T + \log s - \log s"),
]


@pytest.mark.parametrize(("gold", "answer"), SAME)
def test_formulas_that_are_equal_under_every_meaning_of_their_letters_are_right(gold, answer):
    assert mark(gold, answer).grade == mark(answer, gold).grade == "RIGHT"


@pytest.mark.parametrize(("gold", "answer"), OTHER)
def test_words_in_another_order_are_not_accepted(gold, answer):
    assert mark(gold, answer).grade != "RIGHT"
    assert mark(answer, gold).grade != "RIGHT"
