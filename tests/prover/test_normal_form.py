"""Equalities: what is true is proved and never refuted; planted errors are refuted and never proved."""

import pytest
import sympy as sp

from symdl.core import Belongs, Claim, Compare, Definition, UnsupportedOperation, function, symbol
from symdl.core.operations import OPERATIONS
from symdl.prover import decide
from symdl.prover.budget import Work
from symdl.prover.cells import Cell, Setting, in_cell
from symdl.prover.equality import by_normal_form
from symdl.prover.evaluate import FUNCTIONS, evaluate

x, y, z, a, b, k, t, u = map(symbol, ("x", "y", "z", "a", "b", "k", "t", "u"))
f, h = function("f"), function("h")
ZERO, ONE = sp.Integer(0), sp.Integer(1)
COUNT = Belongs(t, "positive integer")
root = sp.sqrt


def unevaluated_root(value):
    return sp.Pow(value, sp.Rational(1, 2), evaluate=False)


def positive(*symbols):
    return tuple(Compare(symbol, ">", ZERO) for symbol in symbols)


def unit(symbol):
    return Compare(symbol, ">", ZERO), Compare(symbol, "<", ONE)


TRUE = [
    ("a square", (x + y) ** 2, x**2 + 2 * x * y + y**2, ()),
    ("a quotient", (x**2 - 1) / (x - 1), x + 1, ()),
    ("a sum of exponents", sp.exp(x + y, evaluate=False), sp.exp(x) * sp.exp(y), ()),
    ("half an exponent", sp.exp(x / 2) ** 2 + sp.exp(x / 3) ** 3, 2 * sp.exp(x), ()),
    ("hyperbolic functions", sp.cosh(x) ** 2 - sp.sinh(x) ** 2, ONE, ()),
    ("an exponent that is a quotient", sp.exp(1 / (1 + x)) * sp.exp(x / (1 + x)), sp.E, ()),
    ("nested exponentials", sp.exp(sp.exp(x) + 1), sp.E * sp.exp(sp.exp(x)), ()),
    ("a logarithm of a product", sp.log(x * y), sp.log(x) + sp.log(y), positive(x, y)),
    ("a logarithm of a square", sp.log(x**2), 2 * sp.log(sp.Abs(x)), ()),
    ("logarithms of numbers", sp.log(12), 2 * sp.log(2) + sp.log(3), ()),
    ("a logarithm of a factor", sp.log(x**2 + x), sp.log(x) + sp.log(x + 1), positive(x)),
    ("a power of a positive base", x ** (y + 1), x * sp.exp(y * sp.log(x)), positive(x)),
    ("a root of a square", unevaluated_root(x**2), sp.Abs(x), ()),
    ("a root of a quotient", root(x / y), root(x) / root(y), positive(x, y)),
    ("roots of numbers", root(2) * root(3), unevaluated_root(sp.Integer(6)), ()),
    ("a cube root", x ** sp.Rational(1, 3) * x ** sp.Rational(2, 3), x, ()),
    ("root and its reciprocal", 1 / root(x), root(x) / x, ()),
    ("inverse hyperbolic sine", sp.asinh(x), sp.log(x + root(x**2 + 1)), ()),
    ("inverse hyperbolic tangent", sp.atanh(x), sp.log((1 + x) / (1 - x)) / 2, ()),
    ("double angle", sp.sin(2 * x), 2 * sp.sin(x) * sp.cos(x), ()),
    ("tangent", sp.tan(x) ** 2 + 1, 1 / sp.cos(x) ** 2, ()),
    ("odd error function", sp.erf(y - x), -sp.erf(x - y), ()),
    ("complementary error function", sp.erfc(x), 1 - sp.erf(x), ()),
    ("maximum and minimum", sp.Max(x, y, z) + sp.Min(-x, -y, -z), ZERO, ()),
    ("absolute value by cases", sp.Abs(x), sp.Piecewise((x, x > 0), (-x, True)), ()),
    ("a guard on a product", sp.Abs(x * y), sp.Abs(x) * sp.Abs(y), ()),
    ("an exponential guard", sp.Max(sp.exp(x), 1), sp.exp(sp.Max(x, 0)), ()),
    ("a logarithmic guard", sp.Max(sp.log(x), 0), sp.log(sp.Max(x, 1)), positive(x)),
    ("a power with an index", b * b ** (t - 1), b**t, (COUNT,)),
    ("two below the index", b**2 * b ** (t - 2), b**t, (COUNT,)),
    ("a power of a negative base", (-b) ** t, (-1) ** t * b**t, (COUNT,)),
    ("a power of a product", (a * b) ** t, a**t * b**t, (COUNT,)),
    ("a power and its exponential form", x**t, sp.exp(t * sp.log(x)), (COUNT,)),
    ("the size of a power", sp.Abs(x**t), sp.Abs(x) ** t, (COUNT,)),
    ("half an index, where the base is not negative", x ** (t / 2), unevaluated_root(x**t), (COUNT, *positive(x))),
    ("an index doubled", b ** (2 * t), (b**t) ** 2, (COUNT,)),
    ("solved equation", a + b, 2 * a, (Compare(a, "=", b),)),
    ("shares that sum to 1", a * x + b * x + k * x, x, (Compare(a + b + k, "=", ONE), *positive(a, b, k))),
    ("equation of exponentials", x + y, ZERO, (Compare(sp.exp(x) * sp.exp(y), "=", ONE),)),
    ("equation of second degree", x**3 - x, ZERO, (Compare(x**2, "=", ONE),)),
    ("unknown functions at equal points", f((x + 1) ** 2), f(x**2 + 2 * x + 1), ()),
    ("derivative of an unknown function", sp.Derivative(f(x) * x, x), f(x) + x * sp.Derivative(f(x), x), ()),
    ("constants", (1 + root(5)) ** 2 / 4, (1 + root(5)) / 2 + 1, ()),
]
FALSE = [
    ("a sign", (x + y) ** 2, x**2 - 2 * x * y + y**2, ()),
    ("a factor", sp.tanh(x), 2 / (1 + sp.exp(-x)) - 1, ()),
    ("a missing term", (x + y) ** 3, x**3 + 3 * x**2 * y + y**3, ()),
    ("off by a twentieth of a percent", sp.exp(x), sp.Rational(10005, 10000) * sp.exp(x), ()),
    ("off by 10^-12", sp.tanh(x), sp.tanh(x) * (1 + sp.Rational(1, 10**12)), ()),
    ("off by 10^-60", sp.exp(x), sp.exp(x) + sp.Rational(1, 10**60), ()),
    ("wrong in a tail", sp.exp(x), sp.exp(x) + sp.Max(x - 50, 0), ()),
    ("wrong in a narrow cell", x, x + sp.Max(0, sp.Rational(1, 100) - sp.Abs(x - sp.Rational(37, 7))), ()),
    ("wrong at a kink only", sp.Abs(x), sp.Piecewise((x, x > 0), (-x, x < 0), (ONE, True)), ()),
    ("a root of a square", unevaluated_root(x**2), x, ()),
    ("exponents that add", sp.exp(x) + sp.exp(y), sp.exp(x + y), ()),
    ("swapped decays", (1 - a**t) / (1 - b**t), ONE, (COUNT, *unit(a), *unit(b))),
    ("a power one off", b ** (t - 1), b**t, (COUNT,)),
    ("a power of a negative base", (-b) ** t, b**t, (COUNT,)),
    ("the size of a power with a wrong sign", sp.Abs(x**t), x**t, (COUNT,)),
    ("a sum of powers", a**t + b**t, (a + b) ** t, (COUNT,)),
    ("the wrong branch", sp.Max(x, k * x), sp.Piecewise((k * x, x > 0), (x, True)), unit(k)),
    ("an unknown function that is linear", f(x + y), f(x) + f(y), ()),
    ("an unknown function of another point", f(x), f(x + 1), ()),
    ("a missing chain term", sp.Derivative(sp.exp(2 * x), x), sp.exp(2 * x), ()),
    ("two-sided slope of abs", sp.Derivative(sp.Abs(x), x), ONE, ()),
]  # fmt: skip


def claim(left, right, given):
    return Claim(Compare(left, "=", right), given)


@pytest.mark.parametrize(("left", "right", "given"), [row[1:] for row in TRUE], ids=[row[0] for row in TRUE])
def test_a_true_equality_is_proved(left, right, given):
    verdict = decide(claim(left, right, given))
    assert verdict.proved, verdict


@pytest.mark.parametrize(("left", "right", "given"), [row[1:] for row in FALSE], ids=[row[0] for row in FALSE])
def test_a_planted_error_is_refuted_with_a_witness(left, right, given):
    verdict = decide(claim(left, right, given))
    assert verdict.refuted, verdict
    assert verdict.witness.lhs != verdict.witness.rhs


def test_witnesses_are_simple():
    assert decide(claim(unevaluated_root(x**2), x, ())).witness.as_dict() == {"x": "-1"}
    assert decide(claim(sp.Max(x, k * x), x, positive(x, k))).witness.as_dict() == {"k": "2", "x": "1"}
    assert set(decide(claim(f(x + 1), f(x), ())).witness.as_dict()) == {"x", "f(1)", "f(0)"}


@pytest.mark.parametrize(
    ("left", "right", "given"),
    [
        (1 / (x - x), ONE, ()),
        (root(-1 - x**2), root(-1 - x**2), ()),
        (sp.log(-(x**2)), sp.log(-(x**2)), ()),
        (x, x + 1, (Compare(x, ">", ONE), Compare(x, "<", ZERO))),
        (x, x, (Compare(x**2, "<", ZERO),)),
        (sp.nan, sp.nan, ()),
    ],
)
def test_nothing_is_proved_of_an_empty_domain(left, right, given):
    assert decide(claim(left, right, given)).outcome == "UNDECIDED"


def test_conditions_that_are_found_are_listed():
    verdict = decide(claim((x**2 - 1) / (x - 1) * sp.log(y), (x + 1) * sp.log(y), ()))
    assert verdict.idea.endswith("where x - 1 != 0, y > 0")
    known = decide(claim(sp.log(y) / y, sp.log(y) / y + x - x, positive(y)))
    assert "where" not in known.idea


def test_the_assumption_that_a_proof_uses_is_named():
    given = unit(k)
    verdict = decide(claim(sp.Max(x, k * x), sp.Piecewise((x, x > 0), (k * x, True)), given))
    assert verdict.idea.endswith("uses k <= 1")


def test_definitions_are_unfolded_and_kinks_have_no_value():
    sigmoid = Definition("f", (x,), 1 / (1 + sp.exp(-x)))
    slope = sp.Derivative(f(x), x)
    assert decide(claim(slope, f(x) * (1 - f(x)), (sigmoid,))).proved
    assert decide(claim(slope, f(x) * (1 + f(x)), (sigmoid,))).refuted
    relu = Definition("f", (x,), sp.Max(x, 0))
    assert decide(claim(slope, sp.Piecewise((ONE, x > 0), (ZERO, True)), (relu,))).proved
    assert decide(claim(slope, sp.Piecewise((ONE, x >= 0), (ZERO, True)), (relu,))).proved
    at_two = sp.Subs(sp.Derivative(f(x), x), x, 2)
    assert decide(claim(at_two, sp.Integer(4), (Definition("f", (x,), x**2),))).proved
    constant = Definition("c", (), sp.Integer(3))
    assert decide(claim(symbol("c") * x, 3 * x, (constant,))).proved


def test_a_definition_by_itself_is_no_definition():
    verdict = decide(claim(f(x), x, (Definition("f", (x,), f(x) + 1),)))
    assert verdict.outcome == "UNDECIDED"
    assert "defined by itself" in verdict.idea


def test_the_domain_of_what_is_differentiated_counts():
    assert decide(claim(sp.Derivative(sp.log(x), x), 1 / sp.Abs(x), ())).proved


def test_an_equation_that_is_written_with_conditions_uses_them():
    statement = Compare(x / sp.Abs(x), "=", ONE, (Compare(x, ">", ZERO),))
    assert decide(Claim(statement)).proved
    assert decide(Claim(Compare(statement.lhs, "=", ONE))).refuted


def test_laws_hold_only_where_both_sides_are_defined():
    product = claim(sp.log(x * y), sp.log(x) + sp.log(y), ())
    assert "y > 0" in by_normal_form(product).detail
    assert decide(claim(sp.log(x * y), sp.log(sp.Abs(x)) + sp.log(sp.Abs(y)), ())).proved


def test_the_prover_has_a_meaning_for_every_operation_of_the_table():
    names = symbol("p"), symbol("q"), symbol("r")
    for operation in OPERATIONS.values():
        arguments = names[: operation.arity]
        if operation.name == "where":
            arguments = (names[0] > 0, names[1], names[2])
        meaning = operation.meaning(*arguments)
        if isinstance(meaning, sp.Expr):
            verdict = decide(claim(meaning, meaning + u - u, ()))
            assert verdict.outcome in ("PROVED",), (operation.name, verdict)
    assert set(FUNCTIONS) <= set(OPERATIONS)


def test_what_is_outside_the_table_is_refused_by_name():
    verdict = decide(claim(sp.gamma(x), sp.gamma(x) + x - x, ()))
    assert verdict.outcome == "UNDECIDED"
    assert "gamma" in verdict.idea
    with pytest.raises(UnsupportedOperation, match="decimals"):
        in_cell(Setting(), Cell(), Work(), lambda scope: evaluate(scope, sp.Float("0.5")))
