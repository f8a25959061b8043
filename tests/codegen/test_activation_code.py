"""Generated activations: their own tests pass, broken modules fail them, programs mean the formula."""

from functools import cache, partial

import numpy as np
import pytest
import sympy as sp

from symdl import library
from symdl.codegen import Generated, generate
from symdl.codegen.accuracy import specimen
from symdl.codegen.activation_source import activation_code, activation_source
from symdl.codegen.activation_tests import activation_tests
from symdl.codegen.halves import Half, Style
from symdl.codegen.kernels import Plan, term
from symdl.codegen.terms import meaning
from symdl.core import (
    Activation,
    Claim,
    Compare,
    DefinitionError,
    Parameter,
    Source,
    UnsupportedDerivative,
    UnsupportedOperation,
    symbol,
)
from symdl.numerics import ball
from symdl.prover import decide

x = symbol("x")
k = symbol("k")
sigma = 1 / (1 + sp.exp(-x))

INVENTED = (
    Activation("bent", x, (sp.sqrt(x**2 + 1) - 1) / 2 + x),
    Activation("tanh_of_the_notes", x, (sp.exp(x) - sp.exp(-x)) / (sp.exp(x) + sp.exp(-x))),
    Activation("hard_tanh", x, sp.Max(-1, sp.Min(1, x))),
    Activation("absolute", x, sp.Abs(x), slope_at={0: 0}),
    Activation("spline", x, sp.Piecewise((x - k, x > 2 * k), (x**2 / (4 * k), x > 0), (0, True)), (
        Parameter(k, "bend", None, (Compare(k, ">", sp.Integer(0)),)),
    )),
    Activation("lisht", x, x * sp.tanh(x)),
    Activation("constant_slope", x, 3 * x - 1),
)  # fmt: skip
ITEMS = (*library.ACTIVATIONS, *INVENTED)


MEANT = ("cells", "exact", "style", "tails")


@cache
def code_of(item):
    return activation_code(item)


@cache
def generated(item):
    return Generated(item.name, activation_source(code_of(item)), partial(activation_tests, code_of(item)))


def by_name(item):
    return item.name


@pytest.mark.parametrize("item", ITEMS, ids=by_name)
def test_the_generated_tests_pass(item, failures):
    assert failures(generated(item)) == {}


@pytest.mark.parametrize("item", library.ACTIVATIONS, ids=by_name)
def test_library_programs_are_proved_to_mean_their_formula(item):
    for routine in code_of(item).routines[:2]:
        exact_plans = [plan for plan in routine.bound.plans.values() if not plan.near and not plan.far]
        # What guards the infinities and clips far out is measured, not proved.
        for plan in dict.fromkeys(Plan(**{n: getattr(p, n) for n in MEANT}) for p in exact_plans):
            written = meaning(term(routine.function, plan))
            claim = Claim(Compare(written, "=", routine.function.expr), routine.function.given)
            assert decide(claim).outcome == "PROVED", routine.name


@pytest.mark.parametrize("item", INVENTED, ids=by_name)
def test_programs_mean_their_formula_at_points(item):
    code = code_of(item)
    for routine in code.routines[:2]:
        plan = routine.bound.plans["float64"]
        if plan.floor or plan.ceiling or any(plan.ends):
            continue
        written = meaning(term(routine.function, plan)).subs(dict(code.values))
        exact = routine.function.expr.subs(dict(code.values))
        for point in (-40, sp.Rational(-7, 3), sp.Rational(1, 5), 11):
            difference = ball.evaluate(written - exact, {x: point}, 200)
            assert abs(difference).mid() < 1e-40, (routine.name, point)


def statements(source, name):
    """Indices of the lines that compute something, after the definition of ``name``."""
    lines = source.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith(f"def {name}("))
    return [
        i for i, line in enumerate(lines) if i > start and (line.lstrip().startswith("np.") or " = _select" in line)
    ]


MUTATIONS = (
    ("np.add(", "np.subtract("),
    ("np.subtract(", "np.add("),
    ("np.multiply(", "np.divide("),
    ("np.divide(", "np.multiply("),
    ("np.exp(", "np.expm1("),
    ("np.expm1(", "np.exp("),
    ("np.log1p(", "np.log("),
    ("np.maximum(", "np.minimum("),
    (".clip(0.0, np.inf", ".clip(-np.inf, 0.0"),
    ("np.ceil(", "np.floor("),
    ("np.square(", "np.absolute("),
    ("np.absolute(", "np.positive("),
    ("np.negative(", "np.positive("),
    ("np.tanh(", "np.arctan("),
    ("np.sign(", "np.positive("),
    ("np.maximum(a, b", "np.minimum(a, b"),
    ("1.0", "1.0005"),
    ("4.0", "4.002"),
    ("-2.0", "-2.001"),
    ("a, 1.0, out", "a, 0.9995, out"),
    ("negative_slope", "1.0005*negative_slope"),
)


PLAIN = (library.relu, library.leaky_relu, library.sigmoid, library.tanh, library.logsigmoid)


@pytest.mark.parametrize("item", PLAIN, ids=by_name)
def test_every_broken_kernel_fails_the_generated_tests(item, failures):
    module = generated(item)
    lines = module.source.splitlines()
    planted = 0
    for index in statements(module.source, item.name):
        for before, after in MUTATIONS:
            if before in lines[index].split("#")[0]:
                broken = [*lines[:index], lines[index].replace(before, after, 1), *lines[index + 1 :]]
                assert failures(module, "\n".join(broken), stop=True), f"{lines[index].strip()}: {before} -> {after}"
                planted += 1
    assert planted >= 1


def test_a_wrong_slope_at_a_kink_fails(failures):
    module = generated(library.leaky_relu)
    wrong = module.source.replace("x.clip(0.0, 1.0, ", "np.heaviside(x, 1.0, ")
    assert wrong != module.source
    assert "test_kinks_have_the_expected_slope" in failures(module, wrong)


def test_an_error_in_a_tail_alone_fails(failures):
    module = generated(library.logsigmoid)
    wrong = module.source.replace("        x.clip(-np.inf, 0.0, out=a)\n", "        x.clip(-np.inf, 1e-30, out=a)\n")
    assert wrong != module.source
    assert failures(module, wrong)


def test_a_kernel_that_warns_fails(failures):
    module = generated(library.sigmoid)
    wrong = module.source.replace("np.absolute(x, out=a)", "np.positive(x, out=a)")
    assert failures(module, wrong)


def test_tanh_written_in_exponentials_is_computed_by_tanh():
    item = next(item for item in INVENTED if item.name == "tanh_of_the_notes")
    assert "np.tanh(x, out=part)" in generated(item).source
    points = np.linspace(-30, 30, 1001)
    assert np.array_equal(generated(item).load().tanh_of_the_notes(points), np.tanh(points))


def test_a_parameter_without_default_is_required_and_its_domain_kept():
    functions = generated(next(item for item in INVENTED if item.name == "spline")).load()
    with pytest.raises(TypeError, match="bend"):
        functions.spline(1.0)
    with pytest.raises(ValueError, match=r"expected bend > 0, not -1\.0"):
        functions.spline(1.0, bend=-1)
    assert functions.spline(np.float32(3.0), bend=1).dtype == np.float32


def test_a_kink_without_declared_slope_gets_the_left_one_and_says_so():
    source = generated(next(item for item in INVENTED if item.name == "hard_tanh")).source
    assert "it is that from the left" in " ".join(source.split())


def test_what_has_a_derivative_from_its_output():
    names = {item.name for item in ITEMS if f"{item.name}_derivative_from_output" in generated(item).source}
    assert {"relu", "leaky_relu", "softplus"} <= names
    assert not names & {"sigmoid", "tanh", "silu", "gaussian"}


def test_specimens_lie_in_the_domain():
    beyond = (Compare(k, ">", sp.Integer(1)), Compare(k, "<", sp.Integer(3)))
    assert specimen((Parameter(k, "k", None, beyond),)) == {k: 2}
    with pytest.raises(DefinitionError, match="no small number"):
        specimen((Parameter(k, "k", None, (Compare(k, ">", sp.Integer(100)),)),))


def test_what_numpy_cannot_say_is_refused():
    unknown = sp.Function("mystery", real=True)
    with pytest.raises(UnsupportedOperation):
        generate(Activation("strange", x, unknown(x)))


def test_the_formula_and_source_stand_in_every_docstring():
    item = Activation("cited", x, x * sigma, source=Source("Some Author, A Title, 2020", "Equation 7"))
    functions = generate(item).load()
    for function in (functions.cited, functions.cited_derivative):
        assert "Equation 7" in function.__doc__
        assert "exp(-x)" in function.__doc__


@pytest.mark.parametrize("item", library.ACTIVATIONS, ids=by_name)
def test_numbers_give_numbers_and_out_is_given_back(item):
    hyper = {p.name: 0.5 for p in item.parameters if p.default is None}
    for routine in code_of(item).routines:
        function = getattr(generated(item).load(), routine.name)
        for kind in (np.float32, np.float64):
            assert type(function(kind(0.5), **hyper)) is kind
            assert type(function(np.array(0.5, kind), **hyper)) is kind
            out = np.zeros((), kind)
            assert function(kind(0.5), out=out, **hyper) is out


@pytest.mark.parametrize("formula", [sp.sqrt(x), x + sp.sin(x), sp.log(x / (1 - x)), 1 / x], ids=str)
def test_nothing_warns_where_there_is_no_value(formula):
    module = generate(Activation("partial", x, formula)).load()
    for kind in (np.float32, np.float64):
        points = np.array([-np.inf, -np.finfo(kind).max, -2, -0.0, 0, 2, np.finfo(kind).max, np.inf, np.nan], kind)
        assert np.isnan(module.partial(points)[-1])
        module.partial_derivative(points)


def test_a_sum_with_a_common_factor_is_evaluated():
    total = x * k**2 + 2 * x * k + x
    assert sp.expand(meaning(Half(x, None, 1, Style())._polynomial(total)) - total) == 0


def test_limits_hold_even_where_the_rest_is_not_accurate_everywhere():
    shrink, bell = (generate(Activation("f", x, formula)).load() for formula in (x - sp.tanh(x), 1 / (1 + x**2)))
    ends = np.array([-np.inf, np.inf])
    assert np.array_equal(shrink.f(ends), ends)
    assert np.array_equal(bell.f_derivative(ends), [0, 0])


def test_an_infinite_slope_is_refused_by_name():
    with pytest.raises(UnsupportedDerivative, match="no finite one-sided derivative at x = 0"):
        generate(Activation("entropy", x, x * sp.log(sp.Abs(x))))


def test_a_slope_without_bound_next_to_its_root_says_so():
    slope = generate(Activation("sinhc", x, sp.sinh(x) / x)).source.split("def sinhc_derivative(")[1]
    stated = " ".join(slope[: slope.index("Raises")].split())
    assert "roots -1" not in stated
    assert "not accurate everywhere." in stated
