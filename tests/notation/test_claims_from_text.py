import pytest
import sympy as sp

from symdl.core import Belongs, Claim, Compare, Definition, Exists, Limit, Not, ReadError, Recurrence, function, symbol
from symdl.notation.claims import read_claim, read_claims, read_expression
from symdl.notation.given import read_given
from symdl.notation.profile import DEEP_LEARNING, PLAIN

x, k, t = map(symbol, ("x", "k", "t"))


def test_a_chain_is_a_conjunction_of_claims():
    assert [str(claim.statement) for claim in read_claims("a = b <= c")] == ["a = b", "b <= c"]
    with pytest.raises(ReadError, match="2 claims"):
        read_claim("a = b = c")


def test_limits_negations_and_existence_are_statements_of_their_own():
    assert read_claim("limit(1/x, x, -oo) = 0").statement == Limit(1 / x, x, -sp.oo, sp.Integer(0))
    assert isinstance(read_claim("not (x = 1)").statement, Not)
    assert read_claim("exists x, k: x = k").statement == Exists((x, k), Compare(x, "=", k))


def test_nearly_equal_means_to_the_printed_digits():
    statement = read_claim("x ≈ 0.35").statement
    assert (statement.relation, statement.rhs) == ("<=", sp.Rational(1, 200))
    assert statement.lhs.subs(x, sp.Rational(7, 20)) == 0
    with pytest.raises(ReadError, match="printed number"):
        read_claim("x ≈ k")


def test_a_claim_carries_the_definitions_and_assumptions_that_it_uses():
    claim = read_claim(r"\sigma(x) + \epsilon > 0", profile=DEEP_LEARNING)
    assert Compare(symbol("epsilon"), ">", sp.Integer(0)) in claim.given
    assert any(isinstance(entry, Definition) and entry.function == "sigmoid" for entry in claim.given)


def test_what_is_no_claim_is_refused():
    for text in ["x + 1", "x", "", "x ->", "x in y"]:
        with pytest.raises(ReadError):
            read_claims(text)


def test_sympy_relations_come_in_with_their_assumptions():
    p, n = sp.Symbol("p", positive=True), sp.Symbol("n", integer=True, positive=True)
    claim = read_claim(sp.Gt(sp.log(p) + 0.5, n * p, evaluate=False))
    assert claim.statement == Compare(
        sp.log(symbol("p")) + sp.Rational(1, 2),
        ">",
        symbol("n") * symbol("p"),
        (Compare(symbol("p"), ">", sp.Integer(0)),),
    )
    assert set(claim.given) == {Compare(symbol("p"), ">", sp.Integer(0)), Belongs(symbol("n"), "positive integer")}


def test_sympy_expressions_that_cannot_be_stated_are_refused():
    with pytest.raises(ReadError, match="even"):
        read_expression(sp.Symbol("n", even=True))
    with pytest.raises(ReadError, match="two different symbols"):
        read_expression(sp.Symbol("a") + sp.Symbol("a", positive=True))
    with pytest.raises(ReadError, match="no relation"):
        read_claim(sp.true)


def test_sympy_functions_become_real_ones():
    assert read_expression(sp.Function("f")(sp.Symbol("x"))).expr == function("f")(x)


def test_given_phrases_set_the_range_of_names():
    ready = read_given([r"\beta positive", "t is a positive integer", "n, m integers", "f function", "e real"], PLAIN)
    assert [str(entry) for entry in ready.entries] == [
        "beta > 0",
        "t positive integer",
        "n integer",
        "m integer",
        "e real",
    ]
    assert read_claim("f(e) = e^t", ["f function", "e real", "t positive integer"]).statement.rhs == symbol("e") ** t


def test_a_given_definition_wins_over_the_profile():
    claim = read_claim(r"\sigma(x) = x^2", [r"\sigma(x) = x^2"], DEEP_LEARNING)
    assert claim.given == (Definition("sigma", (x,), x**2),)
    assert claim.statement.lhs == function("sigma")(x)


def test_a_number_for_a_name_is_a_definition():
    assert read_given(["a = 2"], PLAIN).entries == (Definition("a", (), sp.Integer(2)),)


@pytest.mark.parametrize(
    "given",
    [
        ["m(t) = k*m(t-1) + 1", "m(0) = 0", "t positive integer"],
        [r"m_t = k m_{t-1} + 1", "m_0 = 0", "t positive integer"],
        [r"m_{t+1} = k m_t + 1", r"m_0 = 0", "t positive integer"],
    ],
)
def test_recurrences_are_given_with_their_start(given):
    m = function("m")
    claim = read_claim(r"m_{t} = 1", given)
    assert Recurrence("m", t, sp.Integer(0), k * m(t - 1) + 1) in claim.given
    assert claim.statement.lhs == m(t)


def test_a_recurrence_without_a_start_is_refused():
    with pytest.raises(ReadError, match="has no start"):
        read_given(["m(t) = m(t-1) + 1"], PLAIN)


@pytest.mark.parametrize("text", ["x + 1", "W matrix(m)", "2 real", "x(t) <", "x real y"])
def test_what_is_no_assumption_is_refused(text):
    with pytest.raises(ReadError):
        read_given([text], PLAIN)


def test_claims_and_statements_pass_through():
    claim = Claim(Compare(x, "=", x), name="reflexive")
    assert read_claims(claim) == (claim,)
    assert read_claims(claim.statement) == (Claim(claim.statement),)


def test_profiles_print_and_extend():
    own = PLAIN.extend("mine", kinds={"p": "probability"}, constants={"c": sp.Integer(3)}, functions={"s": "sigmoid"})
    assert "p probability" in str(own)
    result = read_expression("s(p) + c", profile=own)
    assert result.expr == function("sigmoid")(symbol("p")) + 3
    assert [str(entry) for entry in result.assumptions] == ["p >= 0", "p <= 1"]
