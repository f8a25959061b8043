import pytest

from symdl.core import ReadError
from symdl.notation import latex, plain
from symdl.notation.syntax import (
    Addition,
    Bracketed,
    Call,
    Conditional,
    Expectation,
    Gradient,
    Juxtaposed,
    Listing,
    Matrix,
    Name,
    Number,
    Placeholder,
    Product,
    Relation,
    Scripted,
    walk,
)

X = Name("x")


def test_application_and_product_are_left_undecided():
    assert latex.parse("f(x)") == Juxtaposed((Name("f"), Bracketed((X,))))
    assert latex.parse("a(x+1)").items[0] == Name("a")


def test_subscript_and_superscript_are_left_undecided():
    assert latex.parse("x_i^T") == Scripted(X, Name("i"), Name("T"))
    assert latex.parse(r"w^{(i)}").superscript == Bracketed((Name("i"),))


@pytest.mark.parametrize("text", [r"f_\theta(\cdot)", r"f(\cdot;\theta)", r"\psi^2(.)"])
def test_a_dot_in_the_place_of_an_argument_is_a_placeholder(text):
    assert any(isinstance(node, Placeholder) for node in walk(latex.parse(text)))


@pytest.mark.parametrize("text", [r"p(x|z)", r"p_\theta(x \mid z)"])
def test_one_bar_in_brackets_means_given(text):
    (bracket,) = [node for node in walk(latex.parse(text)) if isinstance(node, Bracketed)]
    assert bracket.items == (Conditional(X, Name("z")),)


@pytest.mark.parametrize("text", ["2|x|", "|x||y|", r"\left|x\right|", r"\lvert x \rvert", "||x|-1|"])
def test_bars_in_pairs_are_absolute_values(text):
    assert any(type(node).__name__ == "Absolute" for node in walk(latex.parse(text)))


def test_an_expectation_may_lack_its_argument():
    node = latex.parse(r"\mathbb E_{x\sim\mathcal D}")
    assert node == Expectation(Relation(X, (("~", Name("D", ("cal",))),)), None)
    assert latex.parse(r"\mathbb{E}_{x}[f(x)]").argument is not None


def test_a_gradient_keeps_its_variable_apart_from_its_point():
    node = latex.parse(r"\nabla_{\theta_t} L(\theta_t + v)")
    assert node.variable == Scripted(Name("theta"), Name("t"))
    assert isinstance(node, Gradient)
    assert isinstance(node.argument.items[1].items[0], Addition)


def test_decorations_stand_from_the_inside_out():
    assert latex.parse(r"\hat{\mathbf{v}}_t").base == Name("v", ("bold", "hat"))
    assert latex.parse(r"\widehat{v_t}") == latex.parse(r"\widehat{v}_t")
    assert latex.parse(r"\Delta w_t") == Scripted(Name("w", ("Delta",)), Name("t"))


def test_functions_without_brackets_reach_to_the_next_operator_or_function():
    assert latex.parse(r"\sin 2x \cos x").items[0] == Call(Name("sin"), (Juxtaposed((Number("2"), X)),), bare=True)
    assert isinstance(latex.parse(r"\ln x + 1"), Addition)


def test_a_division_takes_the_product_behind_it():
    assert latex.parse("1/2x") == plain.parse("1/2x") == Product(Number("1"), (("/", Juxtaposed((Number("2"), X))),))


def test_author_macros_are_expanded():
    macros = {"Vr": r"\mathbf{r}", "half": r"\frac{#1}{2}"}
    assert latex.parse(r"\Vr", macros) == Name("r", ("bold",))
    assert latex.parse(r"\half{x}", macros) == latex.parse(r"\frac{x}{2}")
    with pytest.raises(ReadError, match="macro"):
        latex.parse(r"\a", {"a": r"\a \a"})


def test_matrices_have_rows_of_cells():
    node = latex.parse(r"\begin{bmatrix} a & b \\ c & d \end{bmatrix}")
    assert node == Matrix(((Name("a"), Name("b")), (Name("c"), Name("d"))))


def test_a_list_is_one_statement_and_two_relations_are_two():
    assert latex.read("x, y").statements == (Listing((X, Name("y"))),)
    assert len(latex.read("x = 1, y = 2").statements) == 2


def test_digits_behind_a_power_are_kept_and_remarked():
    parsed = latex.read("x^10")
    assert parsed.statements[0] == Scripted(X, superscript=Number("10"))
    assert (parsed.remarks[0].code, parsed.remarks[0].fix) == ("TEX002", "^{10}")
    assert latex.parse(r"\frac12").denominator == Number("2")


REFUSED = [
    ("", 0, "nothing to read"),
    ("x +", 3, "ends too early"),
    ("= x", 0, "expected an expression"),
    ("(x", 2, "expected '\\)'"),
    ("x)", 1, "closes nothing"),
    ("[x)", 2, "closed by"),
    ("2 3", 2, "two numbers"),
    (r"\fraq{1}{2}", 0, "unknown command"),
    (r"a + \foo", 4, "unknown command"),
    (r"\begin{foo} x \end{foo}", 0, "unknown environment"),
    (r"\begin{cases} x", 15, "not closed"),
    ("x_1_2", 3, "second subscript"),
    ("x^1^2", 3, "second superscript"),
    (r"\exp -", 6, "ends too early"),
    (r"\lim x", 0, "needs its point"),
    (r"\frac{1}", 8, "ends too early"),
    (r"\hat{x+1}", 0, "more than a letter"),
    (r"2{a+b}", 1, "not printed"),
    (r"{a+b}^2", 0, "not printed"),
    ("|x", 0, "not closed"),
    (r"\int x", 0, "no differential"),
    ("a § b", 2, "no meaning"),
    ("x\\", 1, "backslash at the end"),
    (r"\color x", 7, "needs an argument"),
]


@pytest.mark.parametrize(("text", "position", "message"), REFUSED)
def test_what_cannot_be_read_is_refused_at_its_place(text, position, message):
    with pytest.raises(ReadError, match=message) as caught:
        latex.read(text)
    assert caught.value.position == position
    assert caught.value.remedy


def test_an_unknown_command_gets_a_suggestion():
    with pytest.raises(ReadError, match=r"did you mean .*frac"):
        latex.parse(r"\fracc{1}{2}")


def test_what_is_divided_by_ends_where_a_sum_begins():
    mean = latex.parse(r"1/n \sum_i x_i")
    assert mean == latex.parse(r"1/n \cdot \sum_i x_i")
    assert [operator for operator, _ in latex.parse(r"1/2n \sum_i x_i").rest] == ["/", "cdot"]
