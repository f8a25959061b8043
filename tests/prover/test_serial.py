"""Claims to JSON and back, and nothing else."""

import json

import pytest
import sympy as sp

from symdl.core import Claim, Compare, Definition, Exists, InputError, Limit, Not, SameRun, function, symbol
from symdl.library.optimizers import FAMILIES
from symdl.prover import decide
from symdl.prover.serial import claim_from_json, claim_to_json, decode, encode, verdict_from_json, verdict_to_json

x, y, t = map(symbol, ("x", "y", "t"))
f = function("f")

EXPRESSIONS = [
    x + 2 * y - sp.Rational(22, 7),
    sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi) + sp.E,
    sp.Piecewise((x, sp.And(x > 0, sp.Ne(y, 1))), (sp.Max(x, y, 0), sp.Or(x < -1, sp.Eq(x, y))), (sp.Abs(x), True)),
    sp.Sum(f(t) * x**t, (t, 1, 5)),
    sp.Derivative(f(x), (x, 2)),
    sp.Subs(sp.Derivative(f(x), x), x, y + 1),
    sp.Derivative(sp.Max(x, 0), x),
    sp.Pow(sp.Integer(9), sp.Pow(9, 9, evaluate=False), evaluate=False),
    sp.oo,
    -sp.oo,
    sp.erfc(x) * sp.sign(y) + sp.asinh(x),
]


@pytest.mark.parametrize("expr", EXPRESSIONS, ids=str)
def test_an_expression_survives_json(expr):
    text = json.dumps(encode(expr))
    assert decode(json.loads(text)) == expr


@pytest.mark.parametrize(
    "statement",
    [
        Compare(x, "<=", y, (Compare(y, "!=", sp.Integer(0)),)),
        Not(Compare(x, "=", y)),
        Exists((x, y), Compare(x, "<", y)),
        Limit(1 / x, x, sp.oo, sp.Integer(0)),
        *(
            SameRun(a, b, ((x, y),), 3, ((x, x + y),))
            for family in FAMILIES
            for a, b in [list(family.points())[:1] * 2]
        ),
    ],
    ids=str,
)
def test_a_statement_survives_json(statement):
    claim = Claim(statement, (Definition("f", (x,), x**2), Compare(y, ">", x)), "name", expected="REFUTED")
    assert claim_from_json(json.loads(json.dumps(claim_to_json(claim)))) == claim


def test_a_verdict_survives_json():
    for claim in (
        Claim(Compare(x + x, "=", 2 * x)),
        Claim(Compare(f(x), "=", x)),
        Claim(Compare(sp.gamma(2 * x), "=", x)),
    ):
        verdict = decide(claim)
        if not claim.statement.lhs.has(sp.gamma):
            assert verdict_from_json(json.loads(json.dumps(verdict_to_json(verdict)))) == verdict


@pytest.mark.parametrize(
    "value",
    [
        "__import__('os').system('true')",
        "1/0",
        "1e400",
        ["eval", "1"],
        ["symbol", 3],
        ["symbol"],
        [],
        None,
        3.5,
        ["add", ["lambda", "x"]],
        ["call", 7],
        "9" * 5000,
    ],
    ids=str,
)
def test_anything_else_is_refused(value):
    with pytest.raises(InputError):
        decode(value)


def test_deep_nesting_is_refused():
    value = "1"
    for _ in range(300):
        value = ["exp", value]
    with pytest.raises(InputError, match="nested"):
        decode(value)


@pytest.mark.parametrize("value", [{}, {"statement": ["what"]}, {"statement": 3, "given": [], "source": None}])
def test_what_is_no_claim_is_refused(value):
    with pytest.raises(InputError):
        claim_from_json(value)


def test_what_has_no_json_form_is_refused_by_name():
    with pytest.raises(InputError, match="gamma"):
        encode(sp.gamma(x))
