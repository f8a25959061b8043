"""Generated update rules: their own tests pass, broken steps fail them."""

from functools import cache
from inspect import signature

import numpy as np
import pytest
import sympy as sp
from hypothesis import example, given
from hypothesis import strategies as st

from symdl import library
from symdl.codegen import generate
from symdl.core import (
    STEP,
    THETA,
    Assignment,
    Compare,
    Evaluation,
    Optimizer,
    Parameter,
    State,
    UnsupportedOperation,
    symbol,
)

g, m, s, eta, b, c, e = map(symbol, ("g", "m", "s", "eta", "beta", "gamma", "epsilon"))
RATE = Parameter(eta, "learning_rate", sp.Rational(1, 1000))
UNIT = (Parameter(b, "beta1", sp.Rational(9, 10)), Parameter(c, "beta2", sp.Rational(99, 100)))
TINY = Parameter(e, "epsilon", sp.Rational(1, 10**8))
AVERAGE = Assignment(m, b * m + (1 - b) * g)
lookahead = symbol("\\hat{\\theta}'")

INVENTED = (
    Optimizer("lion", (RATE, *UNIT), (State(m),), step=(
        Assignment(THETA, THETA - eta * sp.sign(b * m + (1 - b) * g)), Assignment(m, c * m + (1 - c) * g))),
    Optimizer("ada_belief", (RATE, *UNIT, TINY), (State(m), State(s)), step=(
        AVERAGE, Assignment(s, c * s + (1 - c) * (g - m) ** 2 + e),
        Assignment(THETA, THETA - eta * m / (1 - b**STEP) / (sp.sqrt(s / (1 - c**STEP)) + e)))),
    Optimizer("yogi", (RATE, *UNIT, TINY), (State(m), State(s, sp.Rational(1, 10**6))), step=(
        AVERAGE, Assignment(s, s - (1 - c) * sp.sign(s - g**2) * g**2),
        Assignment(THETA, THETA - eta * m / (sp.sqrt(s) + e)))),
    Optimizer("ada_max", (RATE, *UNIT, TINY), (State(m), State(s)), step=(
        AVERAGE, Assignment(s, sp.Max(c * s, sp.Abs(g))),
        Assignment(THETA, THETA - eta / (1 - b**STEP) * m / (s + e)))),
    Optimizer("decaying", (RATE, Parameter(b, "decay", None, (Compare(b, ">", sp.Integer(0)),))), step=(
        Assignment(THETA, (1 - eta * b) * THETA - eta / sp.sqrt(STEP) * g),)),
    Optimizer("averaged", (RATE,), (State(lookahead, THETA),), step=(
        Assignment(THETA, THETA - eta * g), Assignment(lookahead, lookahead + (THETA - lookahead) / STEP))),
    Optimizer("clipped", (RATE,), step=(
        Assignment(THETA, THETA - eta * sp.Piecewise((g, sp.Abs(g) < 1), (sp.sign(g), True))),)),
    Optimizer("far_sighted", (RATE, UNIT[0]), (State(m, THETA), State(s, 2 * eta)),
              (Evaluation(g, THETA + b * (THETA - m) / STEP),), (
        Assignment(m, THETA), Assignment(THETA, THETA - eta * g - s / 1000))),
)  # fmt: skip
POINTS = tuple(point for family in library.FAMILIES for point in family.points())


@cache
def generated(item):
    return generate(item)


def by_name(item):
    return "-".join([item.name, *item.conventions.values()])


@pytest.mark.parametrize("item", [*library.OPTIMIZERS, *POINTS, *INVENTED], ids=by_name)
def test_the_generated_tests_pass(item, failures):
    assert failures(generated(item)) == {}


@pytest.mark.parametrize("item", [*library.OPTIMIZERS, *POINTS], ids=by_name)
def test_the_exact_run_is_met_to_the_stated_tolerance(item):
    assert "within 1e-12 of exact arithmetic" in " ".join(generated(item).source.split())


MUTATIONS = (
    ("np.add(", "np.subtract("),
    ("np.subtract(", "np.add("),
    ("np.multiply(", "np.divide("),
    ("np.divide(", "np.multiply("),
    ("np.square(", "np.absolute("),
    ("np.sqrt(", "np.absolute("),
    ("1.0 - ", "1.0005 - "),
    ("beta1", "beta2"),
    ("beta2", "beta1"),
    ("momentum, out", "1.0005*momentum, out"),
    ("learning_rate, out", "1.0005*learning_rate, out"),
    ("learning_rate/", "1.0005*learning_rate/"),
    ("learning_rate*", "1.0005*learning_rate*"),
    ("math.sqrt(", "1.0005*math.sqrt("),
    ("np.add(epsilon", "np.add(1.1*epsilon"),
    ("epsilon*", "1.1*epsilon*"),
    ('state["step"]', '(state["step"] + 1)'),
    ("zeros_like", "ones_like"),
)


def moved(item, source):
    """The parameters after each of 40 steps, at hyper-parameters that hide nothing."""
    functions = {}
    exec(source, functions)
    asked = signature(functions[f"{item.name}_step"]).parameters
    hyper = dict(zip([p.name for p in item.hyper], (0.05, 0.8, 0.9, 0.07, 0.03, 0.6), strict=False))
    hyper |= {"grow": 1.3, "smallest": 0.01, "largest": 0.2}
    hyper = {name: value for name, value in hyper.items() if name in {p.name for p in item.hyper}}
    started = {name: hyper[name] for name in signature(functions[f"{item.name}_init"]).parameters if name in hyper}
    theta, rows = np.array([1.0, -2.0, 0.5]), []
    state = functions[f"{item.name}_init"](theta, **started)
    gradients = np.random.default_rng(5).standard_normal((40, 3))
    for gradient in gradients:
        functions[f"{item.name}_step"](theta, gradient, state, **{k: v for k, v in hyper.items() if k in asked})
        rows.append(theta.copy())
    return np.array(rows)


def takes_other_steps(item, source, broken):
    """Whether a change of the code shows at all: the sign of m does not where only m^2 is used."""
    with np.errstate(all="ignore"):
        try:
            return not np.allclose(moved(item, source), moved(item, broken), rtol=1e-9, atol=1e-12, equal_nan=True)
        except (ArithmeticError, ValueError, LookupError, NameError, TypeError):
            return True


@pytest.mark.parametrize("item", library.OPTIMIZERS, ids=by_name)
def test_every_broken_step_fails_the_generated_tests(item, failures):
    module = generated(item)
    lines = [line.split("  # ")[0] for line in module.source.splitlines()]
    start = next(index for index, line in enumerate(lines) if line.startswith(f"def {item.name}_init"))
    code = ("np.", "c1 =", "c2 =", "c3 =", "c4 =", "t =", '"')
    planted = 0
    for index in (i for i in range(start, len(lines)) if lines[i].lstrip().startswith(code)):
        for before, after in MUTATIONS:
            if before in lines[index] and '"""' not in lines[index]:
                broken = "\n".join([*lines[:index], lines[index].replace(before, after, 1), *lines[index + 1 :]])
                if takes_other_steps(item, module.source, broken):
                    assert failures(module, broken, stop=True), f"{lines[index].strip()}: {before} -> {after}"
                    planted += 1
    assert planted >= 3


def test_a_stale_buffer_fails(failures):
    module = generated(library.adam)
    wrong = module.source.replace("np.add(v, a, out=v)", "np.add(v, a, out=a)")
    assert wrong != module.source
    assert failures(module, wrong)


def test_a_look_ahead_without_momentum_fails(failures):
    module = generated(library.nesterov)
    wrong = module.source.replace("np.add(theta, a, out=point)", "np.copyto(point, theta)")
    assert wrong != module.source
    assert failures(module, wrong)


def test_zero_gradients_do_not_warn_and_do_not_move():
    for item in library.OPTIMIZERS:
        functions = vars(generated(item).load())
        theta, hyper = np.array([1.0, -2.0]), {p.name: 0.5 for p in item.hyper if p.default is None}
        hyper |= {p.name: 0.0 for p in item.hyper if p.name == "weight_decay"}
        state = functions[f"{item.name}_init"](theta)
        functions[f"{item.name}_step"](theta, np.zeros(2), state, **hyper)
        assert np.array_equal(theta, [1.0, -2.0])


def test_a_singular_epsilon_is_said_in_the_docstring():
    assert "With epsilon = 0 a first gradient of zero gives 0/0" in generated(library.adagrad).source
    assert "0/0" not in generated(library.momentum).source


def test_no_rate_is_invented():
    with pytest.raises(TypeError, match="learning_rate"):
        generated(library.sgd).load().sgd_step(np.ones(2), np.ones(2), {"step": 0})


def test_two_gradients_in_a_step_are_refused():
    other = symbol("h")
    rule = Optimizer("twice", (RATE,), evaluations=(Evaluation(g), Evaluation(other)), step=(
        Assignment(THETA, THETA - eta * g - eta * other),))  # fmt: skip
    with pytest.raises(UnsupportedOperation, match="takes 2 gradients"):
        generate(rule)


def test_symbols_of_notes_become_identifiers():
    functions = generated(next(item for item in INVENTED if item.name == "averaged")).load()
    state = functions.averaged_init(np.ones(2))
    assert all(key.isidentifier() for key in state)


NAMES = (THETA, m, s, symbol("q"), symbol("r"))


def expressions(leaves):
    pairs = st.tuples(st.sampled_from((sp.Add, sp.Max, lambda a, b: a - b / 2, lambda a, b: a * g / 8)), leaves, leaves)
    return pairs.map(lambda parts: parts[0](*parts[1:]))


@st.composite
def rules(draw):
    """Assignments in any order, with copies, swaps and local values that outlive what they were read from."""
    known, steps = [THETA, m, s, g], []
    for target in draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=6)):
        leaves = st.sampled_from([*known, sp.Integer(2), sp.Rational(1, 4)])
        steps.append(Assignment(target, draw(leaves | expressions(leaves) | expressions(leaves | expressions(leaves)))))
        known += [target] if target not in known else []
    last = draw(st.sampled_from(known))
    return Optimizer(
        "rule", hyper=(), state=(State(m), State(s, THETA)), step=(*steps, Assignment(THETA, last / 2 + g))
    )


def per_element(state, theta):
    """A state as an array: one that is the same for all elements is kept as a number."""
    return state[0] if isinstance(state, list) else np.full_like(theta, state)


@given(rules())
@example(
    Optimizer(
        "rule",
        (),
        (State(m), State(s, THETA)),
        step=(Assignment(m, m), Assignment(THETA, sp.Max(2, m, THETA)), Assignment(THETA, g + THETA / 2)),
    )
)
def test_any_order_of_assignments_keeps_its_meaning(rule):
    functions = generate(rule).load()
    start, gradients = np.array([0.5, -1.25]), np.array([[0.75, -0.5], [-2.0, 1.0]])
    theta = start.copy()
    state = functions.rule_init(theta)
    for gradient in gradients:
        functions.rule_step(theta, gradient, state)
    for element in range(start.size):
        exact = {THETA: sp.Rational(start[element]), m: sp.Integer(0), s: sp.Rational(start[element])}
        for gradient in gradients[:, element]:
            exact[g] = sp.Rational(gradient)
            for assignment in rule.step:
                exact[assignment.symbol] = assignment.expr.xreplace(exact)
        computed = {THETA: theta, **{name: per_element(state[str(name)], theta) for name in (m, s)}}
        for name, values in computed.items():
            assert values[element] == pytest.approx(float(exact[name]), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("place", [slice(0, -3), slice(3, None), slice(None, None, -1)], ids=str)
def test_a_gradient_in_the_memory_of_its_parameter_is_read_before_that_changes(place):
    rule = Optimizer("late", (), (State(m),), step=(Assignment(THETA, THETA - g / 4), Assignment(m, g)))
    functions = generate(rule).load()
    memory = np.random.default_rng(0).standard_normal(90_000)
    theta, gradient = memory[: memory[place].size], memory[place]
    expected_theta, expected_m = theta - gradient / 4, gradient.copy()
    state = functions.late_init(theta)
    functions.late_step(theta, gradient, state)
    assert np.array_equal(theta, expected_theta)
    assert np.array_equal(state["m"][0], expected_m)


def test_rules_without_a_value_at_zero_and_rules_that_explode_are_generated_without_warnings(failures):
    singular = Optimizer("singular", (RATE,), (State(m),), step=(
        Assignment(m, m + g**2), Assignment(THETA, THETA - eta * g / sp.sqrt(m))))  # fmt: skip
    exploding = Optimizer("exploding", (RATE,), (), step=(Assignment(THETA, THETA**2 + eta * g),))
    assert failures(generate(singular)) == {}
    assert failures(generate(exploding)) == {}


def test_names_of_the_step_itself_are_left_to_it():
    names = [symbol(name) for name in ("listed", "slopes", "arrays", "part", "a")]
    rule = Optimizer("own", tuple(Parameter(n, n.name, sp.Rational(1, 2)) for n in names), (), step=(
        Assignment(THETA, THETA - sp.Mul(*names) * g),))  # fmt: skip
    functions = generate(rule).load()
    theta = np.ones(1)
    functions.own_step(theta, np.ones(1), functions.own_init(theta))
    assert theta == 1 - 0.5**5


def test_a_read_only_parameter_changes_nothing():
    module = generated(library.momentum).load()
    theta, state = np.ones(2), module.momentum_init(np.ones(2))
    theta.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        module.momentum_step(theta, np.ones(2), state, learning_rate=0.1, momentum=0.9)
    assert state["step"] == 0
    assert not state[next(key for key in state if key != "step")][0].any()
