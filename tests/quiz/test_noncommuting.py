import pytest

from symdl import mark

SAME = [
    (r"(ABC)^T", r"C^TB^TA^T"),
    (r"\operatorname{diag}(p) - pp^T", r"\mathrm{diag}(p) - p\,p^{\top}"),
    (r"W - \eta\,\delta x^T", r"W - \eta (x \delta^\top)^\top"),
    (r"W - \eta\,\delta x^T", r"-\eta\,\delta\,x^{\top} + W"),
    (r"W \leftarrow W - \eta\,\delta x^T", r"W - \eta\,\delta x^\top"),
    (r"g + \lambda\,(u + v) w^\top", r"g + \lambda u w^\top + \lambda v w^\top"),
    (r"\frac{\eta}{2}\,a b^\top + c", r"c + \frac12 \eta\, a b^\top"),
    (r"W_2^T(\hat{y}-y)\odot(1-h\odot h)", r"(1-h\odot h)\odot W_2^T(\hat{y}-y)"),
    (r"W_2^T(\hat{y}-y)\odot(1-h\odot h)", r"W_2^T(\hat{y}-y) - h\odot W_2^T(\hat{y}-y)\odot h"),
    (r"(u \odot v) x^T + b", r"b + (x (v \odot u)^T)^T"),
    (r"\sum_{n=1}^{N}\delta_nx_n^T", r"\left(\sum_{n=1}^N x_n\delta_n^T\right)^T"),
    (r"\sum_{n=1}^{N}\delta_nx_n^T", r"\sum_{i=1}^N \delta_i x_i^T"),
    (r"\frac{1}{N}\sum_{n=1}^{N}(a_n - y_n)x_n^T", r"\sum_{n=1}^N \frac1N a_n x_n^T - \frac1N\sum_{n=1}^N y_n x_n^T"),
    (r"W - \eta\sum_{n=1}^N \delta_n x_n^T", r"W - \sum_{n=1}^N\eta\,\delta_n x_n^T"),
    (r"\sum_{i=1}^m\sum_{j=1}^n u_i v_j^T", r"\left(\sum_{a=1}^m\sum_{b=1}^n v_b u_a^T\right)^T"),
]
OTHER = [
    (r"(ABC)^T", r"A^TB^TC^T"),
    (r"W - \eta\,\delta x^T", r"W - \eta\,x \delta^\top"),
    (r"W - \eta\,\delta x^T", r"W + \eta\,\delta x^\top"),
    (r"\operatorname{diag}(p) - pp^T", r"\operatorname{diag}(p) - p^T p"),
    (r"g + f(u + v) w^\top", r"g + f(u) w^\top + f(v) w^\top"),
    (r"uv^T", r"vu^T"),
    (r"W - \eta\,\delta x^T", r"W - \eta\,\delta x^T + \log s - \log s"),
    (r"W_2^T(\hat{y}-y)\odot(1-h\odot h)", r"W_2(\hat{y}-y)\odot(1-h\odot h)"),
    (r"W_2^T(\hat{y}-y)\odot(1-h\odot h)", r"W_2^T(\hat{y}-y)\odot(1-h)"),
    (r"W_2^T(\hat{y}-y)\odot(1-h\odot h)", r"W_2^T((\hat{y}-y)\odot(1-h\odot h))"),
    (r"W_2^T(\hat{y}-y)\odot(1-h\odot h)", r"W_2^T(\hat{y}-y)(1-h\odot h)"),
    (r"W(1-h\odot h) x^T", r"W x^T - W(h \odot h) x^T"),
    (r"A\odot B C", r"(A\odot B) C"),
    (r"A\odot A", "A^2"),
    (r"(A\odot B)^T", r"B\odot A"),
    (r"\sum_{n=1}^{N}\delta_nx_n^T", r"\sum_{n=1}^N x_n\delta_n^T"),
    (r"\sum_{n=1}^{N}\delta_nx_n^T", r"\sum_{n=1}^M \delta_nx_n^T"),
    (r"\sum_{n=1}^{N}\delta_nx_n^T", r"\sum_{i=1}^N \delta_n x_i^T"),
    (r"\sum_{n=1}^{N} f(x_n) x_n x_n^T", r"f(x_n)\sum_{n=1}^N x_n x_n^T"),
    (r"\sum_{n=1}^{N} a_n \sum_{m=1}^N b_n^T", r"\sum_{n=1}^{N} a_n \sum_{m=1}^N b_m^T"),
    (r"\sum_{n=1}^{N} a_n b_n^T", r"\sum_{n=1}^{N} a_n \sum_{n=1}^N b_n^T"),
    (r"\sum_{n=1}^{\infty} (a_n - b_n) x^T", r"\sum_{n=1}^{\infty} a_n x^T - \sum_{n=1}^{\infty} b_n x^T"),
]


@pytest.mark.parametrize(("gold", "answer"), SAME)
def test_formulas_that_are_equal_under_every_meaning_of_their_letters_are_right(gold, answer):
    assert mark(gold, answer).grade == mark(answer, gold).grade == "RIGHT"


@pytest.mark.parametrize(("gold", "answer"), OTHER)
def test_words_in_another_order_are_not_accepted(gold, answer):
    assert mark(gold, answer).grade != "RIGHT"
    assert mark(answer, gold).grade != "RIGHT"
