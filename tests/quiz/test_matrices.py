import pytest
from hypothesis import given
from hypothesis import strategies as st

from symdl.core import Question
from symdl.quiz import mark_answer


def _grade(gold, answer, *declared):
    return mark_answer(Question(gold, given=declared), answer).grade


def _matrix(rows, name="pmatrix"):
    return rf"\begin{{{name}}}" + r"\\".join("&".join(map(str, row)) for row in rows) + rf"\end{{{name}}}"


A, COLUMN, ROW = _matrix([[1, 2], [3, 4]]), _matrix([[1], [2]]), _matrix([[1, 2]])
ABCD = _matrix("ab cd".replace(" ", "\n").split("\n"))

SAME = [
    (_matrix([[5], [11]]), A + COLUMN),
    (A + COLUMN, "(5, 11)^T"),
    (A + COLUMN, A + "(1, 2)^T"),
    (A + A, A + "^2"),
    (_matrix([[7, 10]]), ROW + A),
    (_matrix([[1, 3], [2, 4]], "bmatrix"), _matrix([[1, 2], [3, 4]], "bmatrix") + "^{T}"),
    (r"(2x, 4y)^T", _matrix([["2x"], ["4y"]])),
    (r"(2x, 4y)^T", r"\nabla(x^2+2y^2)=(2x,\;4y)^T"),
    (r"(2x, 4y)", r"\nabla(x^2+2y^2)=(2x,\;4y)^T"),
    (r"ad-bc", rf"\det{ABCD}"),
    (r"ad-bc", rf"\det\left({ABCD}\right)"),
    (r"2(ad-bc)", rf"2\det{ABCD}"),
    (r"ad-bc", _matrix(["ab", "cd"], "vmatrix")),
    ("a+d", rf"\operatorname{{tr}}{ABCD}"),
    ("-306", rf"\det{_matrix([[6, 1, 1], [4, -2, 5], [2, 8, 7]])}"),
    ("5", r"\|(3,4)\|_2"),
    ("5", r"\|(3,4)\|"),
    ("7", r"\|(3,-4)\|_1"),
    ("4", r"\|(3,-4)\|_\infty"),
    ("25", r"\|(3,-4)\|_2^2"),
    (r"\sqrt{x^2+y^2}", rf"\left\|{_matrix([['x'], ['y']])}\right\|_2"),
    (r"\sqrt{30}", rf"\|{A}\|_F"),
    ("5", _matrix([[3], [4]], "Vmatrix")),
    ("11", r"(1,2)\cdot(3,4)"),
    ("11", r"\langle(1,2),(3,4)\rangle"),
    ("5", COLUMN + "^T" + COLUMN),
    (_matrix([[1, 2], [2, 4]]), COLUMN + COLUMN + r"^\top"),
    (_matrix([[1], [4]]), COLUMN + r"\odot" + COLUMN),
    (_matrix([["1+t"], ["2-t"]]), COLUMN + "+t" + _matrix([[1], [-1]])),
    (_matrix([["x/2"], ["y/2"]]), rf"\frac{{{_matrix([['x'], ['y']])}}}{{2}}"),
    (A + "^{-1}", rf"-\frac12{_matrix([[4, -2], [-3, 1]])}"),
    ("(-1, 2)", "2(1, 2) - (3, 2)"),
    ("[4, 6]", "[1, 2] + [3, 4]"),
    ("(3/5, 4/5)", r"\frac{(3,4)}{\|(3,4)\|}"),
    (_matrix([["x e^x"], ["2e^x"]]), rf"\exp(x){_matrix([['x'], [2]])}"),
    (r"\lambda^2-5\lambda-2", rf"\det\left({A}-\lambda{_matrix([[1, 0], [0, 1]])}\right)"),
]
OTHER = [
    (_matrix([[5], [12]]), A + COLUMN),
    (A + COLUMN, ROW + A),
    (A + A, A + r"\odot" + A),
    (A, A + r"^\top"),
    (r"(2x, 4y)^T", _matrix([["2x", "4y"]])),
    (r"(2x, 4y)^T", r"\nabla(x^2+2y^2)=(4x,\;4y)^T"),
    (r"(2x, 4y)^T", "(4y, 2x)^T"),
    ("ad+bc", rf"\det{ABCD}"),
    (ABCD, _matrix(["ab", "cd"], "vmatrix")),
    ("a-d", rf"\operatorname{{tr}}{ABCD}"),
    ("7", r"\|(3,-4)\|_2"),
    ("-1", r"\|(3,-4)\|_1"),
    ("5", r"\|(3,4)\|_2^2"),
    ("10", r"(1,2)\cdot(3,4)"),
    ("11", r"(1,2)\odot(3,4)"),
    ("11", "(1,2)(3,4)^T"),
    (_matrix([[3, 4], [6, 8]]), "(1,2)^T(3,4)"),
    ("5", COLUMN + COLUMN + "^T"),
    (_matrix([[3], [8]]), r"\begin{pmatrix}1\\2\end{pmatrix}\times\begin{pmatrix}3\\4\end{pmatrix}"),
    (_matrix([["1+t"], ["2+t"]]), COLUMN + "+t"),
    (_matrix([[0], [0]]), rf"\sigma{_matrix([[0], [0]])}"),
    (_matrix([[0], [0]]), rf"\sigma\left({_matrix([[0], [0]])}\right)"),
    (_matrix([[0], [0]]), rf"\exp{_matrix([[0], [0]])}"),
    (r"x_1^2+x_n^2", r"(x_1, \ldots, x_n)\cdot(x_1, \ldots, x_n)"),
    ("3", r"f(1,2)"),
    (A + "^{-1}", rf"\frac12{_matrix([[4, -2], [-3, 1]])}"),
    (_matrix([["1/a"]] * 2), rf"{_matrix([[1], [1]])} / (a + b)"),
    (rf"A{_matrix([[1], [0]])}", _matrix([["A"], [0]])),
    ("(2, 4)", "f(1, 2)"),
    ("(0, 1)", "2(0, 1)"),
    (r"[0, \|(3,4)\|]", "(0, 5)"),
    (_matrix([[5], [11]]), rf"{A}{_matrix([[1], [1]])} = {_matrix([[5], [11]])}"),
    (_matrix([[5], [11]]), rf"{A} = {_matrix([[5], [11]])}"),
    (r"\operatorname{softmax}(0, 0)", "(1, 1)"),
]


@pytest.mark.parametrize(("gold", "answer"), SAME)
def test_arithmetic_of_written_out_matrices_is_worked_out_on_both_sides(gold, answer):
    assert _grade(gold, answer) == _grade(answer, gold) == "RIGHT"


@pytest.mark.parametrize(("gold", "answer"), OTHER)
def test_other_values_of_written_out_matrices_are_never_right(gold, answer):
    assert _grade(gold, answer) != "RIGHT"
    assert _grade(answer, gold) != "RIGHT"


def test_a_chain_that_ends_in_the_right_matrix_is_right_where_its_steps_are():
    assert _grade(_matrix([[5], [11]]), rf"{A}{COLUMN} = {_matrix([[5], [11]])}") == "RIGHT"
    assert _grade(_matrix([[5], [11]]), rf"v = {A}{COLUMN} = {_matrix([[5], [11]])}") == "RIGHT"
    assert _grade(_matrix([[5], [11]]), rf"v = {A}{ROW}^T = {_matrix([[5], [12]])}") == "WRONG"


def test_a_product_of_vectors_with_several_meanings_is_undecided():
    assert _grade(r"(1,2,3)\times(4,5,6)", "(-3, 6, -3)") == "UNDECIDED"
    assert _grade(r"(1,2,3)\times(4,5,6)", "32") == "UNDECIDED"


entries = st.lists(st.integers(-9, 9), min_size=4, max_size=4)


@given(entries, entries, st.integers(-1, 1))
def test_products_of_integer_matrices_are_right_exactly_when_they_are_the_product(first, second, slip):
    a, b, c, d = first
    p, q, r, s = second
    product = [[a * p + b * r + slip, a * q + b * s], [c * p + d * r, c * q + d * s]]
    grade = _grade(_matrix(product), _matrix([[a, b], [c, d]]) + _matrix([[p, q], [r, s]]))
    assert grade == ("WRONG" if slip else "RIGHT")


SIZED_SAME = [
    ("x^T y", "y^T x", "x matrix(n, 1)", "y matrix(n, 1)"),
    (r"W^T\delta", r"(\delta^T W)^T", "W matrix(3, 2)", r"\delta matrix(3, 1)"),
    (r"X^T(Xw-y)", "X^TXw - X^T y", "X matrix(100, 5)", "w vector(5)", "y matrix(100, 1)"),
    (r"\delta x^T", r"(x\delta^T)^T", r"\delta matrix(m, 1)", "x matrix(n, 1)"),
]
SIZED_OTHER = [
    ("x^T y", "x y^T", "x matrix(n, 1)", "y matrix(n, 1)"),
    (r"W^T\delta", r"W\delta", "W matrix(3, 2)", r"\delta matrix(3, 1)"),
    (r"W^T\delta", r"\delta^T W", "W matrix(3, 2)", r"\delta vector(3)"),
    (r"\operatorname{tr}(A B)", r"\operatorname{tr}(B^T A)", "A, B matrix(2, 2)"),
]


@pytest.mark.parametrize(("gold", "answer", "declared"), [(g, a, d) for g, a, *d in SIZED_SAME])
def test_sizes_may_be_numbers_and_a_matrix_with_one_column_is_a_vector(gold, answer, declared):
    assert _grade(gold, answer, *declared) == _grade(answer, gold, *declared) == "RIGHT"


@pytest.mark.parametrize(("gold", "answer", "declared"), [(g, a, d) for g, a, *d in SIZED_OTHER])
def test_other_products_of_arrays_with_numbers_as_sizes_are_wrong(gold, answer, declared):
    assert _grade(gold, answer, *declared) == _grade(answer, gold, *declared) == "WRONG"


@pytest.mark.parametrize("declared", ["x matrix(1, n)", "x matrix(1, 1)", "x vector(1)", "Q symmetric matrix(n, 1)"])
def test_sizes_that_make_no_matrix_or_vector_are_refused(declared):
    assert _grade("x + 1", "x + 1", declared) == "UNREADABLE"


NORMS_SAME = [
    (r"\frac{\|w\|}{\|g\|+\lambda\|w\|}", r"\left(\frac{\|g\|}{\|w\|}+\lambda\right)^{-1}", r"\|w\| > 0"),
    (r"\frac{\|w\|}{\|g\|}", r"\left(\frac{\|g\|}{\|w\|}\right)^{-1}", r"\|w\| > 0", r"\lVert g\rVert > 0"),
    (r"\sqrt{\|w\|^2}", r"\|w\|"),
    (r"\frac{\lambda}{2}\|w\|_2^2", r"\lambda\|w\|^2/2"),
    ("2", r"2\|w\|", r"\|w\| = 1"),
    (r"\|w\|", r"\sqrt{w^T w}", "w vector(n)"),
]
NORMS_OTHER = [
    (r"\frac{\|w\|}{\|g\|+\lambda\|w\|}", r"\left(\frac{\|g\|}{\|w\|}-\lambda\right)^{-1}", r"\|w\| > 0"),
    (r"\frac{\|w\|}{\|g\|+\lambda\|w\|}", r"\left(\frac{\|w\|}{\|g\|}+\lambda\right)^{-1}", r"\|w\| > 0"),
    ("2", r"2\|w\|"),
    (r"\|w_t\|^2", r"\|w_{t+1}\|^2"),
    (r"\|w\|_1", r"\|w\|_2"),
    (r"\|W\|_F", r"\|W\|_2"),
    (r"\frac{w}{\|w\|}", r"\frac{w}{\|w\|^2}", r"\|w\| > 0"),
    (r"\|u + v\|", r"\|u\| + \|v\|"),
    (r"\|x\|", "x"),
]


@pytest.mark.parametrize(("gold", "answer", "declared"), [(g, a, d) for g, a, *d in NORMS_SAME])
def test_norms_of_names_that_stand_nowhere_else_are_numbers_that_are_not_negative(gold, answer, declared):
    assert _grade(gold, answer, *declared) == _grade(answer, gold, *declared) == "RIGHT"


@pytest.mark.parametrize(("gold", "answer", "declared"), [(g, a, d) for g, a, *d in NORMS_OTHER])
def test_other_formulas_of_norms_are_never_right(gold, answer, declared):
    assert _grade(gold, answer, *declared) != "RIGHT"
    assert _grade(answer, gold, *declared) != "RIGHT"


def test_what_is_given_of_a_norm_keeps_a_vector_beside_it_from_being_refuted():
    assert _grade("w", r"w / \|w\|", "w vector(n)", r"\|w\| = 1") != "WRONG"
    assert _grade("1", r"\|w\|_1", r"\|w\|_2 = 1") != "RIGHT"
