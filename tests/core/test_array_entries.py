"""Formulas with indices say what the array expressions say: both are evaluated at small sizes."""

import itertools
import re

import numpy as np
import pytest
import sympy as sp

from symdl import library
from symdl.calculus.reverse import gradient
from symdl.core import Loss, symbol
from symdl.core.array_entries import entry
from symdl.core.array_graph import graph, inputs_of
from symdl.core.arrays import Map, apply, argmax, array, contract, reduce, scatter, select
from symdl.core.chains import Final

SIZES = {"batch": 2, "classes": 3, "outputs": 2, "features": 3, "n": 3, "m": 2}
DEFAULTS = {p.symbol.name: p.default for loss in library.LOSSES for p in loss.parameters}


def value_of(expr, arrays, places):
    """A formula with indices evaluated: sums run, names with brackets are looked up, counted from 1."""
    if isinstance(expr, sp.Sum):
        (index, low, high), *outer = expr.limits
        body = expr.func(expr.function, *outer) if outer else expr.function
        steps = range(int(low), int(value_of(high, arrays, places)) + 1)
        return sum(value_of(body, arrays, places | {index.name: step}) for step in steps)
    if expr.is_Symbol:
        return named(expr.name, arrays, places)
    if expr.is_number:
        return expr
    return expr.func(*(value_of(argument, arrays, places) for argument in expr.args))


def named(name, arrays, places):
    if name in DEFAULTS:
        return DEFAULTS[name]
    if bracket := re.fullmatch(r"\[(.*) = (.*)\]", name):
        return sp.Integer(named(bracket[1], arrays, places) == named(bracket[2], arrays, places))
    if name in places:
        return sp.Integer(places[name])
    if name in SIZES:
        return sp.Integer(SIZES[name])
    if name.isdecimal():
        return sp.Integer(name)
    base, _, inner = name.partition("[")
    at = [int(named(part, arrays, places)) - 1 for part in split(inner[:-1])]
    return sp.sympify(arrays[base][tuple(at)])


def split(text):
    depth, parts = 0, [""]
    for character in text:
        depth += (character == "[") - (character == "]")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def by_numpy(node, arrays, known):
    """The same by NumPy, node by node; labels count from 1 here."""
    if node not in known:
        known[node] = computed(node, [by_numpy(o, arrays, known) for o in node.operands], arrays)
    return known[node]


def computed(node, parts, arrays):
    kind = type(node).__name__
    shape = [SIZES[d.name] for d in node.dimensions]
    if kind == "Array":
        return arrays[node.name]
    if kind == "Constant":
        return np.full(shape, float(sized(node.value)))
    if kind == "Contract":
        return np.einsum(node.subscripts, *parts)
    if kind == "Map":
        function = sp.lambdify(node.function.variables, sized(node.function.expr), "numpy")
        return np.broadcast_to(function(*parts), shape)
    if kind == "Reduce":
        return parts[0].sum(node.axis)
    if kind == "Repeat":
        return np.repeat(np.expand_dims(parts[0], node.axis), shape[node.axis], node.axis)
    if kind == "Select":
        return np.take_along_axis(parts[0], np.expand_dims(parts[1] - 1, node.axis), node.axis).squeeze(node.axis)
    assert kind == "Scatter"
    result = np.zeros(shape)
    np.put_along_axis(result, np.expand_dims(parts[1] - 1, node.axis), np.expand_dims(parts[0], node.axis), node.axis)
    return result


def sized(expr):
    return expr.subs({symbol(name): value for name, value in DEFAULTS.items()}).replace(
        lambda e: getattr(e.func, "__name__", "") == "size", lambda e: sp.Integer(SIZES[str(e.args[0])])
    )


W, v, z = array("W", "n", "m"), array("v", "m"), array("z", "n", "m")
y = array("y", "n", integer=True)
EXPRESSIONS = {
    "a product": W @ v,
    "a trace": contract("ii->", contract("ij,kj->ik", W, z)),
    "a choice": select(z, y, "m"),
    "a scattering": scatter((z * z).sum("m"), y, 1, "m"),
    "a mean of squares": ((W - z) ** 2).mean(),
    "a double sum": ((W @ v).sum() * W).sum("n"),
    "the gradient of a choice": gradient(select(apply(sp.exp, z), y, "m").sum(), z),
} | {
    f"{loss.name} and its gradient by {index}": expr
    for loss in library.LOSSES
    for index, expr in enumerate((loss.expr, gradient(loss.expr, loss.inputs[0])))
    if {d.name for a in loss.inputs for d in a.dimensions} <= SIZES.keys()
    and all(
        type(n).__name__ in ("Array", "Constant", "Contract", "Repeat", "Select", "Scatter")
        or (isinstance(n, Map) and isinstance(n.function, sp.Lambda))
        or getattr(n, "kind", "") == "sum"
        for n in graph(expr)
    )
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_entries_have_the_values_of_the_array(name):
    expr = EXPRESSIONS[name]
    generator = np.random.default_rng(3)
    arrays = {}
    for a in inputs_of(expr):
        shape = [SIZES[d.name] for d in a.dimensions]
        arrays[a.name] = generator.integers(1, 3, shape) if a.integer else generator.uniform(0.2, 0.8, shape)
    found, true = entry(expr), by_numpy(expr, arrays, {})
    for place in itertools.product(*(range(SIZES[d.name]) for d in expr.dimensions)):
        places = {index.name: at + 1 for index, at in zip(found.indices, place, strict=True)}
        assert abs(float(value_of(found.expr, arrays, places)) - true[place]) < 1e-12


def test_letters_of_indices_name_nothing_else():
    i, j = array("i", "n"), array("j", "n")
    assert entry(i @ j).text == "sum(i[k]*j[k], k, 1, n)"


def test_a_chain_is_a_recurrence_beside_the_formula():
    found = entry(library.mlp.expr)
    assert any(isinstance(node, Final) for node in graph(library.mlp.expr))
    assert [str(place).split("[")[:2] for place, _ in found.where] == [["state", "0]"], ["state", "l + 1]"]]


def test_a_diagonal_has_a_bracket_for_what_lies_beside_it():
    assert entry(contract("i->ii", v)).text == "[i = j]*v[i]"


def test_maxima_name_their_index():
    assert entry(reduce("max", z, 1)).text == "max(z[i, j], j)"
    assert entry(reduce("max", z, 1)).latex == r"\max_{j} z_{i,j}"
    assert entry(argmax(z, 1)).text == "argmax(z[i, j], j)"


def test_losses_show_the_names_of_their_inputs():
    for loss in library.LOSSES:
        assert isinstance(loss, Loss)
        assert all(a.name in entry(loss.expr).text for a in loss.inputs)
