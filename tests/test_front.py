"""What ``import symdl`` offers: makers that read text, and what they refuse."""

import numpy as np
import pytest
import sympy as sp

import symdl
from symdl.core import DefinitionError, InputError, ReadError, UnboundSymbol
from symdl.front import find

x = sp.Symbol("x", positive=True)


@pytest.mark.parametrize(
    ("left", "right", "given", "outcome"),
    [
        (r"\sigma(x)(1-\sigma(x))", r"\frac{e^{-x}}{(1+e^{-x})^2}", (), "PROVED"),
        (r"\sigma(x)(1-\sigma(x))", r"\frac{e^{x}}{(1+e^{x})^2}", (), "PROVED"),
        (r"\sigma(x)(1+\sigma(x))", r"\frac{e^{-x}}{(1+e^{-x})^2}", (), "REFUTED"),
        (r"\ln x", r"\ln |x|", (), "REFUTED"),
        (r"\ln x", r"\ln |x|", ("x > 0",), "PROVED"),
        ("x/x", "1", (), "PROVED"),
        ("x", "x", (), "PROVED"),
    ],
)
def test_equivalence_asks_for_values_and_domain(left, right, given, outcome):
    assert symdl.equivalent(left, right, given=given).outcome == outcome
    assert symdl.equivalent(right, left, given=given).outcome == outcome


def test_assumptions_of_sympy_symbols_count_as_given():
    assert symdl.verify(sp.Gt(sp.Symbol("y", positive=True) + x, 0, evaluate=False)).proved
    assert symdl.verify("sqrt(x^2) = x", given=["x > 0"]).proved
    assert symdl.verify("sqrt(x^2) = x").refuted


def test_a_chain_is_proved_link_by_link():
    assert symdl.verify("0 < sigmoid(x) < 1").proved
    broken = symdl.verify("(x+1)^2 = x^2 + 2x + 2 = (x+1)^2 + 1")
    assert broken.refuted
    assert broken.witness is not None


def test_require_raises_unless_proved():
    assert symdl.verify("x = x").require().proved
    with pytest.raises(symdl.SymdlError, match="REFUTED"):
        symdl.verify("x = x + 1").require()
    with pytest.raises(TypeError, match="proved"):
        bool(symdl.verify("x = x"))


def test_an_activation_is_made_from_text():
    swish = symdl.activation("swish", "x/(1+exp(-beta*x))", parameters={"beta": "1.5"})
    assert [(p.name, p.default) for p in swish.parameters] == [("beta", sp.Rational(3, 2))]
    module = symdl.generate(swish).load()
    at = np.linspace(-5, 5, 11)
    np.testing.assert_allclose(module.swish(at, beta=2.0), at / (1 + np.exp(-2 * at)), rtol=1e-14)


def test_domains_of_parameters_decide_between_branches():
    formula = "max(x, 0) + min(0, alpha*(exp(x) - 1))"
    at = np.array([-1.0, 2.0])
    anywhere = symdl.generate(symdl.activation("elu", formula, parameters={"alpha": 1})).load()
    np.testing.assert_allclose(anywhere.elu(at, alpha=-1.0), [0.0, 2.0 - np.expm1(2.0)], rtol=1e-14)
    elu = symdl.activation("elu", formula, parameters={"alpha": 1}, given=["alpha > 0"])
    module = symdl.generate(elu).load()
    np.testing.assert_allclose(module.elu(at, alpha=3.0), [3 * np.expm1(-1.0), 2.0], rtol=1e-14)
    with pytest.raises(ValueError, match="alpha > 0"):
        module.elu(at, alpha=-1.0)


def test_an_optimizer_is_made_from_text_and_keeps_its_starts():
    rule = symdl.optimizer(
        "drift",
        step=["v = mu*v + (theta - p)", "p = theta", "theta = theta - eta*(g - v)"],
        start={"v": 0, "p": "theta"},
        hyper={"mu": "0.5"},
    )
    assert {s.symbol.name: s.start for s in rule.state}["p"] == symdl.symbol("theta")
    assert symdl.testing.check_optimizer(symdl.generate(rule).load(), spec=rule).passed


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: symdl.activation("a b", "x"), DefinitionError),
        (lambda: symdl.activation("f", "x + "), ReadError),
        (lambda: symdl.activation("f", "a*x + b"), UnboundSymbol),
        (lambda: symdl.activation("f", "a*y + b"), DefinitionError),
        (lambda: symdl.activation("f", "x", parameters={"a": "one"}), InputError),
        (lambda: symdl.optimizer("f", step=["m = g"]), DefinitionError),
        (lambda: symdl.optimizer("f", step=["theta - g"]), DefinitionError),
        (lambda: symdl.optimizer("f", step=["theta = theta - eta*m"], start={"v": 0}).step, None),
        (lambda: symdl.generate("no_such_item"), DefinitionError),
        (lambda: symdl.derive("a*b"), InputError),
        (lambda: symdl.derive("squared_error"), InputError),
        (lambda: symdl.verify("import os"), symdl.SymdlError),
        (lambda: symdl.verify("__import__('os').system('true') = 1"), symdl.SymdlError),
        (lambda: symdl.check_file("no-such-file.md"), InputError),
    ],
)
def test_makers_refuse_what_they_cannot_use(make, error):
    if error is None:
        make()
        return
    with pytest.raises(error):
        make()


def test_the_package_lists_what_it_offers():
    assert set(symdl.__all__) <= set(dir(symdl))
    assert all(getattr(symdl, name) is not None for name in symdl.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = symdl.no_such_name


def test_a_word_that_is_no_item_is_not_derived_as_a_variable() -> None:
    with pytest.raises(DefinitionError, match="no item 'softplos'"):
        symdl.derive("softplos")
    assert symdl.derive("alpha").result == symdl.derive("x").result == 1


def test_a_definition_names_the_activation_that_is_generated():
    bump = find("bump(t) = exp(-t^2)")
    assert (bump.name, bump.argument, bump.expr) == ("bump", sp.Symbol("t", real=True), sp.exp(-(bump.argument**2)))
    with pytest.raises(InputError, match="defined in y"):
        find("f(y) = x")
    with pytest.raises(ReadError, match="nothing to read"):
        find("f(x) = ")
