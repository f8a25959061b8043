"""Laws that every activation of the library obeys: derivatives, slopes at kinks, declared properties."""

import pytest
import sympy as sp
from flint import arb, fmpq

from symdl.calculus.derivatives import derivative, domain, evaluate, parameter_derivative
from symdl.calculus.kinks import joints, kinks
from symdl.core import Claim, Compare
from symdl.library.activations import ACTIVATIONS
from symdl.numerics import ball
from symdl.prover import decide, ledger
from symdl.prover.discovery import with_properties
from symdl.prover.properties import property_claims

BITS, STEP, CLOSE = 400, fmpq(1, 2**120), arb(2) ** -90
"""A difference quotient at 2^-120 is within 2^-120 times half the curvature, far below 2^-90, of the derivative."""
OFFSETS = [fmpq(n, 7) for n in (-40, -15, -6, -2, -1, 1, 3, 8, 20, 50)]
"""Points that are no kink at the parameters below: sevenths are not."""


@pytest.fixture(scope="module")
def stored():
    return ledger.read()


def branches(item):
    found = joints(item)
    return [*(joint.left for joint in found), found[-1].right if found else evaluate(item.expr)]


def sample(item):
    """The defaults of the parameters; those without one are 1, 2, 3 from the first on, which keeps their order."""
    return {p.symbol: p.default if p.default is not None else sp.Integer(n) for n, p in enumerate(item.parameters, 1)}


def quotient(expr, symbol, at):
    """The difference quotient of an expression, and the function of its derivative's enclosure, at a point."""
    function = ball.compiled(expr, (symbol,))
    return (arb(function(at + STEP)) - arb(function(at))) / arb(STEP)


def assert_close(expr, slope, symbol, at):
    with ball.precision(BITS):
        exact = arb(ball.compiled(slope, (symbol,))(at))
        assert abs(quotient(expr, symbol, at) - exact) < CLOSE * (1 + abs(exact)), (expr, at)


@pytest.mark.parametrize("item", ACTIVATIONS, ids=lambda item: item.name)
class TestEveryActivation:
    def test_derives_each_branch_as_sympy_does(self, item):
        for branch in branches(item):
            same = Compare(derivative(branch, item.argument), "=", sp.diff(branch, item.argument))
            assert decide(Claim(same, domain(item))).proved

    def test_has_the_limit_of_its_difference_quotient_as_derivative(self, item):
        values = sample(item)
        expr = item.expr.xreplace(values)
        slope = derivative(item.expr, item.argument, given=domain(item)).xreplace(values)
        for at in OFFSETS:
            assert_close(expr, slope, item.argument, at)

    def test_has_such_a_limit_in_each_parameter(self, item):
        for parameter in item.parameters:
            values = sample(item)
            at = fmpq(int(values[parameter.symbol].p), int(values[parameter.symbol].q))
            del values[parameter.symbol]
            slope = parameter_derivative(item, parameter).xreplace(values)
            for offset in OFFSETS:
                point = {item.argument: sp.Rational(int(offset.p), int(offset.q))}
                assert_close(item.expr.xreplace(values).xreplace(point), slope.xreplace(point), parameter.symbol, at)

    def test_declares_a_slope_at_each_kink(self, item):
        assert all(kink.declared is not None for kink in kinks(item))

    def test_has_all_claims_about_it_proved_in_the_ledger(self, item, stored):
        claims = property_claims(with_properties(item))
        assert len(claims) >= 5
        assert all(stored[claim.name].proved for claim in claims)
