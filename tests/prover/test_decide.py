"""The laws of a verdict: who may prove, who may refute, what a spent budget means."""

import time

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symdl.core import Claim, Compare, Contradiction, Evidence, Witness, symbol
from symdl.prover import decide, verdicts
from symdl.prover.refutation import by_simplest_rationals

x, y, z = map(symbol, "xyz")
NINE = sp.Integer(9)


def power(base, exponent):
    return sp.Pow(base, exponent, evaluate=False)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((x + y + z) ** 1000, (x + y + z) ** 999 * (x + 1) + x),
        (power(NINE, power(NINE, power(NINE, NINE))) * x, x),
        (sp.Sum(x * symbol("s"), (symbol("s"), 1, 10**9)), x),
        (x ** (10**9) + 1, (x + 1) ** (10**9)),
        (sp.exp(10**9 * x) + sp.exp(x), sp.exp(x)),
        (sp.prod([sp.Abs(symbol(f"a{i}")) for i in range(30)]), sp.Integer(0)),
    ],
    ids=["power", "tower", "sum", "degree", "exponent", "cells"],
)
def test_what_is_too_large_is_undecided_or_refuted_at_once(left, right):
    start = time.process_time()
    verdict = decide(Claim(Compare(left, "=", right)))
    assert not verdict.proved
    assert verdict.refuted or "over budget" in verdict.idea
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "expr",
    [
        sp.exp(sp.exp(sp.exp(sp.exp(sp.Integer(10))))),
        sp.Sum(x * y, (x, 1, 5), (y, 1, 5)),
        sp.Sum(x, (x, 1, sp.oo)),
        sp.Float("0.5"),
        sp.sqrt(-1),
        sp.zoo,
        sp.Integral(x, x),
        sp.Derivative(sp.gamma(x), x),
        sp.factorial(x),
    ],
    ids=str,
)
def test_what_is_outside_the_class_is_undecided_with_a_reason(expr):
    for claim in (Claim(Compare(expr, "=", z)), Claim(Compare(expr, ">", sp.Integer(1)))):
        verdict = decide(claim)
        assert verdict.outcome == "UNDECIDED" or not expr.has(sp.Float), verdict
        assert verdict.evidence[0].detail


def test_a_deeply_nested_expression_is_undecided():
    expr = x
    for _ in range(100):
        expr = 1 / (1 + sp.exp(expr, evaluate=False))
    assert "nested" in decide(Claim(Compare(expr, "=", x))).idea


def test_a_true_claim_over_budget_is_undecided_with_the_reason():
    cells = sum(sp.Abs(symbol(f"a{i}")) for i in range(12))
    verdict = decide(Claim(Compare(cells, "=", sum(sp.Max(a.args[0], -a.args[0]) for a in cells.args))))
    assert verdict.outcome == "UNDECIDED"
    assert "over budget" in verdict.idea


def test_the_same_claim_gets_the_same_verdict():
    claim = Claim(Compare(sp.Max(x, y) ** 2, "=", sp.Max(x**2, y**2)))
    first, second = decide(claim), decide(claim)
    assert first == second


def test_two_checkers_that_disagree_raise(monkeypatch):
    def liar(claim):
        return Evidence("liar", "nothing", witness=Witness((("x", sp.Integer(1)),), "1", "2"))

    monkeypatch.setattr(verdicts, "CHECKERS", (("REFUTED", liar), *verdicts.CHECKERS))
    with pytest.raises(Contradiction, match="please report"):
        decide(Claim(Compare(x + x, "=", 2 * x)))


def test_refuters_look_at_a_claim_before_provers_do():
    outcomes = [outcome for outcome, _ in verdicts.CHECKERS]
    assert verdicts.CHECKERS[0][1] is by_simplest_rationals
    assert outcomes.index("PROVED") == 3


def test_sampling_proves_nothing():
    """True, and beyond the provers: every sample agrees, and the verdict is UNDECIDED."""
    verdict = decide(Claim(Compare(sp.sin(sp.exp(x)) + sp.exp(x), ">", sp.Integer(0))))
    assert verdict.outcome == "UNDECIDED"


_LEAVES = st.sampled_from([x, y, x + y, 2 * x, x - 1, sp.Integer(2), sp.Rational(1, 3)])


def _compound(inner):
    return st.one_of(
        st.tuples(inner, inner).map(lambda pair: pair[0] + pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] * pair[1]),
        st.tuples(inner, inner).map(lambda pair: sp.Max(*pair)),
        inner.map(lambda e: sp.sqrt(1 + e**2)),
        inner.map(lambda e: 1 / (1 + sp.exp(-e))),
        inner.map(sp.tanh),
        inner.map(sp.Abs),
    )


EXPRESSIONS = st.recursive(_LEAVES, _compound, max_leaves=4)


def rewritten(expr):
    """Another form of the same function."""
    if not expr.args:
        return expr
    parts = [rewritten(argument) for argument in expr.args]
    if isinstance(expr, sp.tanh):
        return 1 - 2 / (sp.exp(2 * parts[0]) + 1)
    if isinstance(expr, sp.exp):
        return sp.exp(parts[0] / 2) ** 2 * sp.cosh(parts[0]) / sp.cosh(-parts[0])
    if isinstance(expr, sp.Max) and len(parts) == 2:
        return (sum(parts) + sp.Abs(parts[0] - parts[1])) / 2
    if isinstance(expr, sp.Abs):
        return power(parts[0] ** 2, sp.Rational(1, 2))
    return expr.func(*parts)


@given(EXPRESSIONS)
def test_a_rewritten_expression_is_never_refuted(expr):
    verdict = decide(Claim(Compare(expr, "=", sp.expand(rewritten(expr)))))
    assert not verdict.refuted, verdict
    assert verdict.proved or "over budget" in verdict.idea or "not shown" in verdict.idea


@given(EXPRESSIONS, st.sampled_from([sp.Rational(1, 10**6), x / 2000, sp.Max(x - 7, 0), sp.Abs(y) / 10**4]))
def test_a_changed_expression_is_refuted(expr, change):
    verdict = decide(Claim(Compare(expr, "=", rewritten(expr) + change)))
    assert verdict.refuted, verdict
