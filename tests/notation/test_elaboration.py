import pytest
import sympy as sp

from symdl.core import ReadError, function, symbol
from symdl.notation import latex, plain
from symdl.notation.elaborate import compare, define, elaborate
from symdl.notation.profile import DEEP_LEARNING, PLAIN
from symdl.notation.results import unfold
from symdl.notation.scope import Scope

x, y, k, t = map(symbol, ("x", "y", "k", "t"))
F = Scope(opaque=frozenset({"f"}))

VALUES = [
    ("0.1 + 0.2", sp.Rational(3, 10)),
    ("2(x+1)", sp.Mul(2, x + 1, evaluate=False)),
    ("1/2x", 1 / (2 * x)),
    ("x*y/2*x", x**2 * y / 2),
    ("--x", x),
    ("x * -y", -x * y),
    ("e^x + e", sp.exp(x) + sp.E),
    ("pi", sp.pi),
    ("log(x, )", sp.log(x)),
    ("sech(x) coth(x)", sp.cosh(x) / sp.sinh(x) / sp.cosh(x)),
    ("sin^2 x", sp.sin(x) ** 2),
    ("clip(x, 0, 1)", sp.Min(1, sp.Max(0, x))),
    ("log1p(x) + expm1(x)", sp.log(1 + x) + sp.exp(x) - 1),
    ("{x if x > 0; 0 otherwise}", sp.Piecewise((x, x > 0), (0, True))),
    ("x^y", x**y),
    ("|x|", sp.Abs(x)),
    ("1e-3", sp.Rational(1, 1000)),
]


@pytest.mark.parametrize(("text", "value"), VALUES, ids=[text for text, _ in VALUES])
def test_plain_text_means_the_expression(text, value):
    assert elaborate(plain.parse(text)).expr == value


DEFINED = [
    ("x/x", ["x != 0"]),
    ("exp(log(x))", ["x > 0"]),
    ("sqrt(x) / x", ["x > 0"]),
    ("1/(1+exp(-x))", []),
    ("1/sqrt(x)", ["x > 0"]),
    ("tan(x)", ["cos(x) != 0"]),
    ("arctanh(x)", ["1 - x^2 > 0"]),
    ("x^0.5", ["x >= 0"]),
    ("x^-0.5", ["x > 0"]),
    ("x^-2", ["x != 0"]),
    ("x^y", ["x > 0"]),
    ("2^y", []),
    ("log(x^2 + 1)", []),
    ("{1/x if x > 1; 0 otherwise}", ["{x if x > 1; 1 otherwise} != 0"]),
    ("{1 if x > 0; 2 if x < 0}", ["{1 if x > 0 or x < 0; 0 otherwise} > 0"]),
    ("3/(2x)", ["x != 0"]),
]


@pytest.mark.parametrize(("text", "conditions"), DEFINED, ids=[text for text, _ in DEFINED])
def test_where_a_formula_has_a_value_is_seen_before_it_is_simplified(text, conditions):
    assert [str(condition) for condition in elaborate(plain.parse(text)).conditions] == conditions


def test_integer_exponents_ask_nothing_of_their_base():
    power = latex.parse(r"\beta^{t}")
    assert elaborate(power, DEEP_LEARNING).conditions == ()
    assert len(elaborate(power, PLAIN).conditions) == 1


def test_a_letter_before_a_bracket_is_a_function_only_where_it_is_known():
    node = latex.parse("f(x)(1-f(x))")
    assert elaborate(node, DEEP_LEARNING, F).expr == function("f")(x) * (1 - function("f")(x))
    f = symbol("f")
    assert elaborate(node, DEEP_LEARNING).expr == f * x * (1 - f * x)
    with pytest.raises(ReadError, match="unknown function f"):
        elaborate(node, PLAIN)


def test_sigma_is_the_sigmoid_unless_it_is_defined():
    node = latex.parse(r"\sigma(x)")
    assert elaborate(node, DEEP_LEARNING).expr == function("sigmoid")(x)
    own = define(latex.parse(r"\sigma(x) = x^3"))[0]
    assert elaborate(node, DEEP_LEARNING, Scope().define(own)).unfolded == x**3


def test_library_functions_stay_applied_and_bring_their_definition():
    result = elaborate(plain.parse("relu(2x) + LeakyReLU(y, k)"))
    assert {entry.function for entry in result.definitions} == {"relu", "leaky_relu"}
    assert result.unfolded == sp.Max(2 * x, 0) + sp.Piecewise((y, y > 0), (k * y, True))


def test_derivatives_stay_unevaluated():
    f = function("f")
    assert elaborate(latex.parse("f'(x)"), DEEP_LEARNING, F).expr == sp.Derivative(f(x), x)
    at_a_point = elaborate(latex.parse("f''(2x)"), DEEP_LEARNING, F).expr
    assert isinstance(at_a_point, sp.Subs)
    assert at_a_point.point == (2 * x,)
    assert elaborate(plain.parse("diff(x^2, x)")).expr == sp.Derivative(x**2, x)
    assert elaborate(latex.parse(r"\frac{\partial C}{\partial w_j}")).expr.expr == function("C")(symbol("w_j"))


def test_unfolding_a_definition_that_refers_to_itself_is_refused():
    f = define(latex.parse("f(x) = g(x) + 1"), DEEP_LEARNING, Scope(opaque=frozenset({"g"})))[0]
    g = define(latex.parse("g(x) = f(x) + 1"), DEEP_LEARNING, Scope(opaque=frozenset({"f"})))[0]
    with pytest.raises(ReadError, match="refers to itself"):
        unfold(function("f")(x), (f, g))
    with pytest.raises(ReadError, match="refers to itself"):
        define(latex.parse("f(x) = f(x) + 1"), DEEP_LEARNING, F)


def test_a_gradient_carries_its_point_and_its_variable():
    result = elaborate(latex.parse(r"\nabla_{\theta_t} L(\theta_t + v)"), DEEP_LEARNING, sequences=True)
    (gradient,) = result.gradients
    assert gradient.point == function("theta")(t) + symbol("v")
    assert (gradient.of, gradient.variable, gradient.component) == ("L", "theta", None)
    assert result.expr == function("gradient")(gradient.point)


def test_constants_with_a_number_below_are_no_sequences_unless_declared():
    node = latex.parse(r"\beta_1 M_0")
    assert elaborate(node, DEEP_LEARNING, sequences=True).expr == symbol("beta_1") * symbol("M_0")
    declared = Scope(sequences=frozenset({"M"}))
    assert elaborate(node, DEEP_LEARNING, declared, sequences=True).expr == symbol("beta_1") * function("M")(0)


REFUSED = [
    ("1/0", "division by zero"),
    ("x/(y - y)", "division by zero"),
    ("0^-1", "division by zero"),
    ("log(0)", "no positive number"),
    ("sqrt(-1)", "negative number"),
    ("x + oo", "infinity"),
    ("sigmiod(x)", "did you mean sigmoid"),
    ("max()", "expected an expression"),
    ("exp(x, y)", "takes 1 argument"),
    ("sigmoid(x, y)", "takes 1 argument"),
    ("x!", "unknown function factorial"),
    ("sin^-1(x)", "inverse or its reciprocal"),
    ("x ± 1", "two values"),
    ("limit(x, x, 0) + 1", "stands alone"),
    ("(x, y)", "a list"),
    ("sqrt(2, 3)", "takes 1 argument"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[text for text, _ in REFUSED])
def test_what_has_no_scalar_value_is_refused_with_a_remedy(text, message):
    with pytest.raises(ReadError, match=message) as caught:
        elaborate(plain.parse(text), text=text)
    assert caught.value.remedy


LATEX_REFUSED = [
    (r"W^\top x", "transpose"),
    (r"\|x\|", "norms"),
    (r"\mathbb E_x", "expectation"),
    (r"p(x|z)", "no definition here"),
    (r"f_\theta(\cdot)", "a dot stands"),
    (r"\nabla_\theta", "gradient of nothing"),
    (r"\nabla^2 L(x)", "several meanings"),
    (r"\sum_{i \in S} x_i", "range of the sum"),
    (r"\frac{d}{dx}", "derivative of nothing"),
    (r"A \otimes B", "outer product"),
    (r"x_1 + \ldots + x_n", "leave open"),
    (r"\begin{pmatrix} a \\ b \end{pmatrix}", "matrices"),
    (r"\max_i x", "over an index"),
]


@pytest.mark.parametrize(("tex", "message"), LATEX_REFUSED, ids=[tex for tex, _ in LATEX_REFUSED])
def test_what_is_no_scalar_formula_is_refused_by_name(tex, message):
    with pytest.raises(ReadError, match=message):
        elaborate(latex.parse(tex), DEEP_LEARNING, text=tex)


def test_membership_in_an_interval_is_two_bounds():
    links, _ = compare(latex.parse(r"k \in (0, 1]"))
    assert [str(link) for link in links] == ["k > 0", "k <= 1"]


def test_conditions_of_a_link_are_those_of_its_own_sides():
    links, result = compare(plain.parse("1/x = y = log(k)"))
    assert [[str(c) for c in link.defined] for link in links] == [["x != 0"], ["k > 0"]]
    assert {str(c) for c in result.conditions} == {"x != 0", "k > 0"}


def test_a_short_run_of_letters_is_a_product_under_deep_learning_only():
    w = symbol("w")
    assert elaborate(plain.parse("2wx^2"), DEEP_LEARNING).expr == 2 * w * x**2
    assert elaborate(plain.parse("wx"), PLAIN).expr == symbol("wx")
    assert elaborate(plain.parse("wx"), DEEP_LEARNING, Scope(variables=frozenset({"wx"}))).expr == symbol("wx")
    assert elaborate(latex.parse(r"\text{rate} \beta"), DEEP_LEARNING).expr == symbol("rate") * symbol("beta")
