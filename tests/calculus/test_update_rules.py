"""Steps of update rules in symbols."""

import pytest
import sympy as sp

from symdl.calculus.update_rules import characteristic, step_matrix, stepped
from symdl.core import THETA, UnsupportedOperation, symbol
from symdl.library import adagrad, momentum, nesterov
from symdl.library.optimizers import momentum_family

a, z, beta, eta = map(symbol, ("a", "z", "beta", "eta"))


def test_the_forms_of_momentum_have_the_same_characteristic_polynomial():
    found = {sp.expand(characteristic(step_matrix(form, a), z)) for form in momentum_family.points()}
    assert found == {sp.expand(z**2 - (1 + beta - eta * a) * z + beta)}


def test_nesterov_looks_ahead_in_its_matrix():
    polynomial = characteristic(step_matrix(nesterov, a), z)
    assert sp.expand(polynomial - (z**2 - (1 + beta) * (1 - eta * a) * z + beta * (1 - eta * a))) == 0


def test_a_step_keeps_the_states_apart_from_the_parameter():
    assert set(stepped(momentum)) == {THETA, symbol("v")}


def test_a_rule_that_is_not_linear_has_no_step_matrix():
    with pytest.raises(UnsupportedOperation, match="not linear"):
        step_matrix(adagrad, a)
