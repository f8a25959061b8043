"""Products under powers, sums with symbols at both ends, powers of positive bases, integrals over kinks."""

import pytest

from symdl import mark

_BETAS = (r"0 < \beta_s < 1", "t positive integer")
_POSITIVE = ("x_i > 0", "n positive integer")
_RATES = (r"\eta_0 > 0", r"\eta_1 > 0", "T > 0")
_GAMMA = (r"0 < \gamma < 1",)
_MATRICES = ("A, B matrix(m, n)",)

SAME = [
    (r"\prod_{s=1}^{t}\sqrt{1-\beta_s}", r"\sqrt{\prod_{s=1}^{t}(1-\beta_s)}", _BETAS),
    (r"\sqrt{\prod_{s=1}^{t}(1-\beta_s)}", r"\exp\left(\frac12\sum_{s=1}^t\ln(1-\beta_s)\right)", _BETAS),
    (
        r"\sqrt{1-\prod_{s=1}^{t}(1-\beta_s)}",
        r"\sqrt{1-\left(\prod_{s=1}^{t}\sqrt{1-\beta_s}\right)^2}",
        _BETAS,
    ),
    (r"\ln\left[\left(\prod_{i=1}^n x_i\right)^{1/n}\right]", r"\frac1n\sum_{i=1}^n\ln x_i", _POSITIVE),
    (r"\prod_{i=1}^n x_i^{1/n}", r"\left(\prod_{i=1}^n x_i\right)^{1/n}", _POSITIVE),
    (r"\exp\left(-\frac1n\sum_i\ln x_i\right)", r"\left(\prod_{i=1}^{n}x_i\right)^{-1/n}", _POSITIVE),
    (r"\ln\prod_{i=1}^n x_i^{y_i}", r"\sum_{i=1}^n y_i\ln x_i", _POSITIVE),
    (
        r"\prod_{i=1}^n \sqrt{x_i y_i}",
        r"\sqrt{\prod_{i=1}^n x_i}\sqrt{\prod_{i=1}^n y_i}",
        (*_POSITIVE, "y_i > 0"),
    ),
    (r"2^{-\frac1n\sum_{i=1}^n\log_2 x_i}", r"\left(\prod_{i=1}^n x_i\right)^{-1/n}", _POSITIVE),
    (
        r"\ln\prod_{i=1}^n p^{y_i}(1-p)^{1-y_i}",
        r"\sum_{i=1}^n [y_i\ln p+(1-y_i)\ln(1-p)]",
        ("0 < p < 1", "n positive integer"),
    ),
    (
        r"\prod_{i=1}^n p_i^{y_i}(1-p_i)^{1-y_i}",
        r"\exp(\sum_{i=1}^n [y_i\ln p_i+(1-y_i)\ln(1-p_i)])",
        ("0 < p_i < 1", "n positive integer"),
    ),
    (r"\sum_{k=s}^{t}\gamma^{k-s}", r"\frac{1-\gamma^{t-s+1}}{1-\gamma}", _GAMMA),
    (r"\sum_{i=t}^{T}\gamma^{i-t} r", r"r\frac{1-\gamma^{T-t+1}}{1-\gamma}", _GAMMA),
    (r"\sum_{k=m}^{n} k", r"\frac{n(n+1)-m(m-1)}{2}", ()),
    (r"\operatorname{tr}(A^TB)", r"\sum_i\sum_j A_{ij}B_{ij}", _MATRICES),
    (r"\operatorname{tr}(A^TB)", r"\sum_{i=1}^m\sum_{j=1}^n A_{ij}B_{ij}", _MATRICES),
    (r"\operatorname{tr}(A^TB)", r"\sum_{j=1}^n\sum_{i=1}^m A_{ij}B_{ij}", _MATRICES),
    (r"\eta_0(\eta_1/\eta_0)^{t/T}", r"\eta_0^{1-t/T}\eta_1^{t/T}", _RATES),
    (r"a^{t/T}(a - 1)", r"a^{1+t/T} - a^{t/T}", ("a > 0", "T > 0")),
    (r"\int_{-1}^{1}\max(0,x)dx", r"\frac12", ()),
    (r"\int_{-1}^{1}\operatorname{ReLU}(x)dx", r"\frac12", ()),
    (r"\int_{1}^{-1}|x|dx", "-1", ()),
    (r"\int_{-1}^{2}\max(0, |x| - 1)dx", r"\frac12", ()),
    (r"\int_{0}^{2}|x^2-1|dx", "2", ()),
    (r"\int_{-1}^{1}|x|e^{x}dx", r"2-\frac{2}{e}", ()),
    (r"\frac12e^{2x}+C", r"\int e^{2x}dx", ()),
]


@pytest.mark.parametrize(("answer", "other", "given"), SAME)
def test_equal_products_sums_and_integrals_are_right_in_either_order(
    answer: str, other: str, given: tuple[str, ...]
) -> None:
    assert mark(answer, other, given=given).grade == "RIGHT"
    assert mark(other, answer, given=given).grade == "RIGHT"


PLANTED = [
    (r"\prod_{s=1}^{t}\sqrt{1-\beta_s}", r"\prod_{s=1}^{t}(1-\beta_s)", _BETAS),
    (r"\prod_{s=1}^{t}\sqrt{1-\beta_s}", r"\sqrt{1-\prod_{s=1}^{t}\beta_s}", _BETAS),
    (r"\prod_{i=1}^n \sqrt{x_i^2}", r"\prod_{i=1}^n x_i", ()),
    (r"\sqrt{\prod_{i=1}^n x_i^2}", r"\prod_{i=1}^n x_i", ("n positive integer",)),
    (r"\prod_{i=1}^n \sqrt{x_i}", r"\sqrt{\prod_{i=1}^n x_i}", ("n positive integer",)),
    (r"\ln\left[\left(\prod_{i=1}^n x_i\right)^{1/n}\right]", r"\sum_{i=1}^n\ln x_i", _POSITIVE),
    (r"\exp\left(-\frac1n\sum_i\ln x_i\right)", r"\left(\prod_{i=1}^{n}x_i\right)^{1/n}", _POSITIVE),
    (r"\sum_{k=s}^{t}\gamma^{k-s}", r"\frac{1-\gamma^{t-s}}{1-\gamma}", _GAMMA),
    (
        r"\prod_{i=1}^n p_i^{y_i}(1-p_i)^{1-y_i}",
        r"\exp(\sum_{i=1}^n [y_i\ln p_i-(1-y_i)\ln(1-p_i)])",
        ("0 < p_i < 1", "n positive integer"),
    ),
    (r"2^{-\frac1n\sum_{i=1}^n\ln x_i}", r"\left(\prod_{i=1}^n x_i\right)^{-1/n}", _POSITIVE),
    (r"\sum_{k=m}^{n} k", r"\frac{n(n+1)-m(m+1)}{2}", ("m, n positive integer",)),
    (r"\operatorname{tr}(A^TB)", r"\sum_{i=1}^m\sum_{j=1}^n A_{ij}B_{ji}", ("A, B matrix(m, m)",)),
    (r"\operatorname{tr}(A^TB)", r"\sum_{i=1}^n\sum_{j=1}^m A_{ij}B_{ij}", _MATRICES),
    (r"\eta_0(\eta_1/\eta_0)^{t/T}", r"\eta_0^{t/T}\eta_1^{1-t/T}", _RATES),
    (r"(a b)^{t/T}", r"a^{t/T}b^{T/t}", ("a > 0", "b > 0", "T > 0")),
    (r"\int_{-2}^{3}|x|dx", r"\frac{5}{2}", ()),
    (r"\int_{-1}^{1}\frac{1}{|x|}dx", "2", ()),
    (r"\cos x + C", r"\int \sin x\,dx", ()),
    ("C x", r"\int \sin x\,dx", ()),
]


@pytest.mark.parametrize(("answer", "other", "given"), PLANTED)
def test_planted_products_sums_and_integrals_are_not_right(answer: str, other: str, given: tuple[str, ...]) -> None:
    assert mark(answer, other, given=given).grade != "RIGHT"
    assert mark(other, answer, given=given).grade != "RIGHT"
