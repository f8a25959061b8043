import pytest

from symdl.notation import latex, plain
from symdl.notation.indices import Indexed, indexed, time_names
from symdl.notation.names import name_of

ROWS = [
    (r"\theta_{t+1}[i]", Indexed("theta", "t", 1, "i")),
    (r"\theta_t", Indexed("theta", "t", 0)),
    (r"\theta", Indexed("theta")),
    (r"\theta_{t-1,i}", Indexed("theta", "t", -1, "i")),
    (r"G_{i,t}", Indexed("G", "t", 0, "i")),
    (r"G_{t,ii}", Indexed("G", "t", 0, "ii")),
    (r"w_{t+1}^{(i)}", Indexed("w", "t", 1, "i")),
    (r"w^{(t+2)}", Indexed("w", "t", 2)),
    (r"\hat{G}_t[i]", Indexed("G_hat", "t", 0, "i")),
    (r"M_0", Indexed("M", None, 0)),
    (r"\beta_1", Indexed("beta", None, 1)),
    (r"x_{\text{in}}", Indexed("x_in")),
    (r"x_i", Indexed("x_i")),
    (r"\rho_\infty", Indexed("rho_oo")),
    (r"m(t-1)", Indexed("m", "t", -1)),
    (r"E[g^2]_t", Indexed("E[g^2]", "t", 0)),
    (r"g_t'", Indexed("g_prime", "t", 0)),
    (r"x_t^2", None),
    (r"f(x)", None),
    (r"x + 1", None),
]


@pytest.mark.parametrize(("tex", "expected"), ROWS, ids=[tex for tex, _ in ROWS])
def test_indices_are_taken_apart(tex, expected):
    assert indexed(latex.parse(tex)) == expected


def test_plain_text_has_the_same_indices():
    assert indexed(plain.parse("theta_{t+1}[i]")) == indexed(latex.parse(r"\theta_{t+1}[i]"))


def test_the_letter_that_a_statement_shifts_counts_its_time():
    node = latex.parse(r"x_{k+1} = x_k - \sum_{j\le k} g_j + y_i")
    assert time_names(node) == {"t", "s", "tau", "k", "j"}
    assert indexed(latex.parse("x_{k+1}"), time_names(node)) == Indexed("x", "k", 1)


NAMES = [
    (r"\hat{M}_t", "M_hat_t"),
    (r"\mathcal L", "L_cal"),
    (r"\Delta w_t", "Delta_w_t"),
    (r"\theta_{t+1}", "theta_{t+1}"),
    (r"w_t^{(i)}", "w_t[i]"),
    (r"x^*", "x_star"),
    (r"s^{\text{corrected}}_{dW}", "s_corrected_dW"),
    (r"x^2", None),
    (r"2", None),
]


@pytest.mark.parametrize(("tex", "name"), NAMES, ids=[tex for tex, _ in NAMES])
def test_names_are_stable_and_read_back(tex, name):
    assert name_of(latex.parse(tex)) == name
    if name is not None:
        assert name_of(plain.parse(name)) == name
