"""Random expressions over integers: reverse mode, normal forms and NumPy code against the expansion, exactly.

Small integers stay integers in float64, so equality is exact and a single wrong index shows.
"""

from types import SimpleNamespace

import numpy as np
import sympy as sp
from hypothesis import assume, given
from hypothesis import strategies as st

from symdl.calculus.expansion import expand
from symdl.calculus.reverse import gradient
from symdl.codegen.array_normal import normalise
from symdl.codegen.arrays import array_program_source
from symdl.codegen.modules import namespace
from symdl.core import Layer, symbol
from symdl.core.array_graph import graph, inputs_of
from symdl.core.array_places import Steps, overlap, window
from symdl.core.arrays import apply, array, contract, repeat, scatter, select
from symdl.core.dimensions import Dimension

SIZES = {"n": 2, "m": 3}
INPUTS = (array("x", "n"), array("y", "m"), array("A", "n", "n"), array("B", "m", "n"), array("C", "n", "m", "n"))
MOVES = ("window", "overlap")
MOVED = symbol("moved")
LARGEST = 2**50


def letters_for(draw, operands):
    """Letters for the axes of operands, equal ones only for equal sizes; repetitions allowed."""
    pools = {"n": "abcd", "m": "uvw"}
    return ["".join(draw(st.sampled_from(pools[d.name])) for d in operand.dimensions) for operand in operands]


whole = st.integers(1, 2).map(sp.Integer)
steps = st.builds(Steps, whole, whole, st.integers(0, 2).map(sp.Integer))


@st.composite
def expressions(draw, depth=4):
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        return draw(st.sampled_from(INPUTS))
    inner = expressions(depth=depth - 1)
    kind = draw(
        st.sampled_from(["formula", "contract", "sum", "repeat", "select", "scatter", "square", "broadcast", *MOVES])
    )
    operand = draw(inner)
    match kind:
        case "formula":
            return draw(st.sampled_from([1, 2, -3])) * operand + draw(st.sampled_from([0, 1]))
        case "square":
            return apply(lambda z: z**2 - z, operand)
        case "sum" if operand.rank:
            return operand.sum(draw(st.integers(0, operand.rank - 1)))
        case "repeat" if operand.rank < 3:
            return repeat(operand, draw(st.integers(0, operand.rank)), draw(st.sampled_from(["n", "m"])))
        case "select" if operand.rank:
            axis = draw(st.integers(0, operand.rank - 1))
            return select(operand, draw(st.integers(0, 1)), axis)
        case "scatter" if operand.rank < 3:
            return scatter(operand, draw(st.integers(0, 1)), draw(st.integers(0, operand.rank)), "n")
        case "window" if 0 < operand.rank < 3:
            place = draw(st.integers(0, operand.rank - 1))
            return window(operand, place, Dimension("m"), Dimension("n"), draw(steps))
        case "overlap" if operand.rank > 1:
            return overlap(operand, draw(st.integers(0, operand.rank - 2)), Dimension("m"), draw(steps))
        case "broadcast":
            return operand * operand.sum() if operand.rank < 3 else operand
        case "contract":
            operands = [operand, *([draw(inner)] if draw(st.booleans()) else [])]
            groups = letters_for(draw, operands)
            known = sorted(set("".join(groups)))
            output = draw(st.lists(st.sampled_from(known), max_size=3, unique=True)) if known else []
            return contract(f"{','.join(groups)}->{''.join(output)}", *operands)
    return operand


integers = st.integers(-2, 2)


@st.composite
def cases(draw):
    expr = draw(expressions())
    values = {}
    for a in inputs_of(expr):
        shape = tuple(SIZES[d.name] for d in a.dimensions)
        flat = [sp.Integer(draw(integers)) for _ in range(int(np.prod(shape)))]
        values[a.name] = np.array(flat, dtype=object).reshape(shape)
    return expr, values


@given(cases())
def test_normal_forms_of_random_expressions_have_their_value(case):
    expr, values = case
    (form,) = normalise(expr)
    assert form.dimensions == expr.dimensions
    assert np.array_equal(expand(form, SIZES, values), expand(expr, SIZES, values))


@given(cases(), st.data())
def test_gradients_of_random_expressions_are_those_of_the_expansion(case, data):
    expr, values = case
    assume(inputs_of(expr))
    target = data.draw(st.sampled_from(inputs_of(expr)))
    found = expand(gradient((expr * expr).sum(), target), SIZES, values)
    for place in np.ndindex(*found.shape):
        moved = values[target.name].copy()
        moved[place] = moved[place] + MOVED
        total = sum((e**2 for e in np.ravel(expand(expr, SIZES, {**values, target.name: moved}))), sp.Integer(0))
        assert found[place] == sp.Poly(total, MOVED).coeff_monomial(MOVED)


@given(cases())
def test_code_of_random_expressions_gives_the_integers_of_the_expansion(case):
    expr, values = case
    sizes = {d.name for node in graph(expr) for d in node.dimensions}
    assume(inputs_of(expr) and sizes == {d.name for a in inputs_of(expr) for d in a.dimensions})
    truth = expand(expr, SIZES, values)
    assume(all(abs(entry) < LARGEST for entry in np.ravel(truth)))
    item = Layer("random", inputs_of(expr), expr)
    function = SimpleNamespace(**namespace(array_program_source(item))).random
    arguments = {name: value.astype(np.float64) for name, value in values.items()}
    before = {name: value.copy() for name, value in arguments.items()}
    computed = np.asarray(function(**arguments))
    assert computed.dtype == np.float64
    assert computed.shape == truth.shape
    assert np.array_equal(computed, truth.astype(np.float64))
    assert all(np.array_equal(arguments[name], before[name]) for name in arguments)
