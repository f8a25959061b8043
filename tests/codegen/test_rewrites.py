"""Law 5: every rewrite rule of codegen is a claim, and the prover proves it."""

from dataclasses import replace

import pytest
import sympy as sp

from symdl.codegen.rewrites import REWRITES
from symdl.core import Compare
from symdl.prover import decide


@pytest.mark.parametrize("rule", REWRITES, ids=lambda rule: rule.name)
def test_every_rewrite_is_proved(rule):
    assert decide(rule).outcome == "PROVED"


@pytest.mark.parametrize("rule", REWRITES, ids=lambda rule: rule.name)
def test_no_rewrite_is_proved_with_the_other_sign(rule):
    statement = rule.statement
    wrong = replace(rule, statement=Compare(statement.lhs, "=", -statement.rhs + sp.Rational(1, 1000)))
    assert decide(wrong).outcome != "PROVED"


def test_rule_names_are_unique():
    names = [rule.name for rule in REWRITES]
    assert len(set(names)) == len(names)
