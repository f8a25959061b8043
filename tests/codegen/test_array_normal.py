"""Every rewrite is an identity: both sides are written out in scalars and compared exactly."""

import numpy as np
import pytest
import sympy as sp

from symdl.calculus.expansion import expand
from symdl.calculus.reverse import gradient
from symdl.codegen.array_normal import normalise
from symdl.codegen.array_stable import Exponentials, meaning, stabilise
from symdl.core.array_graph import graph
from symdl.core.array_rewriting import substitute
from symdl.core.arrays import apply, array, contract, repeat, scatter, select
from symdl.core.symbols import symbol
from symdl.library.layers import log_softmax_of, mlp, softmax_of
from symdl.library.losses import cross_entropy

Z, Y = array("Z", "batch", "classes"), array("Y", "batch", integer=True)
x, W = array("x", "classes"), array("W", "out", "classes")
SIZES = {"batch": 2, "classes": 3, "out": 2, "outputs": 2, "width": [2, 2, 2], "depth": 2}
GIVEN = {"Y": [2, 0]}
temperature = symbol("T")


def nll(logits):
    return -select(log_softmax_of(logits), Y, "classes").mean()


LOGARITHM_FIRST = -select(apply(sp.log, softmax_of(Z)), Y, "classes").mean()
SELECTION_FIRST = -apply(sp.log, select(softmax_of(Z), Y, "classes")).mean()
DIFFERENCE = (apply(sp.log, apply(sp.exp, Z).sum(1)) - select(Z, Y, 1)).mean()

CHANCE = select(softmax_of(Z), Y, "classes")
FOCAL = -((1 - CHANCE) ** 2 * apply(sp.log, CHANCE)).mean()

FORMULAS = [
    (3 * Z).sum("classes") * (Z / 3).sum("classes"),
    (Z * repeat(Z.sum(1), 1, "classes")).sum(1),
    select(Z * repeat(Z.sum(1), 1, "classes") + 1, Y, 1),
    (scatter(Z.sum(1), Y, 1, "classes") * Z**2 + Z).sum(1),
    select(scatter(Z.sum(1), Y, 1, "classes"), Y, 1),
    (Z @ W.T @ W).T,
    contract("ij->ji", contract("ij,kj->ik", Z, W)),
    contract("ij->", Z * 2),
    contract("i->ii", x),
    contract("ii->i", contract("i,j->ij", x, x)),
    repeat(x.sum(), 0, "batch"),
    softmax_of(Z),
    softmax_of(Z / temperature + 1),
    softmax_of(Z) * array("U", "batch", "classes"),
    softmax_of(Z) ** 2,
    log_softmax_of(Z),
    apply(sp.log, softmax_of(Z)),
    apply(sp.log, apply(sp.exp, Z).sum(1)),
    apply(sp.log, apply(sp.exp, 2 * Z).sum(1)) + Z.sum(1),
    apply(sp.exp, Z).sum(1) + 1,
    LOGARITHM_FIRST,
    SELECTION_FIRST,
    DIFFERENCE,
    nll(Z / temperature),
    CHANCE,
    CHANCE**2 / (1 + CHANCE),
    FOCAL,
    gradient(FOCAL, Z),
    gradient((CHANCE**2).sum(), Z),
    ((Z - Z**2) ** 2 / 2).sum("classes").mean("batch"),
    *(gradient(out, Z) for out in (LOGARITHM_FIRST, SELECTION_FIRST, DIFFERENCE, nll(Z / temperature))),
    *(gradient(out.sum(), Z) for out in (softmax_of(Z) ** 2, log_softmax_of(Z) * Z)),
    *gradient((mlp.expr**2).sum(), mlp.learned[:2]),
]


def entries(expr):
    functions = {"activation": lambda z: z**2, "activation_derivative": lambda z: 2 * z}
    value = expand(expr, SIZES, GIVEN, functions)
    return np.concatenate([member.ravel() for member in (value if isinstance(value, list) else [value])])


def plain(expr):
    """The expression with each stable node as its plain formula."""
    for node in graph(expr):
        if isinstance(node, Exponentials):
            return plain(substitute(expr, {node: meaning(node)}))
    return expr


def is_zero(difference):
    """Exactly: exponentials of different terms, and what logarithms are left, are independent generators."""
    bases = {}

    def power(exponent):
        factors = []
        for term in sp.Add.make_args(sp.expand(exponent)):
            count, rest = term.as_coeff_Mul()
            factors.append(bases.setdefault(rest, sp.Dummy(positive=True)) ** count)
        return sp.prod(factors)

    largest = {m: sp.Dummy(real=True) for m in difference.atoms(sp.Max)}
    powers = difference.xreplace(largest).replace(sp.exp, power)
    split = powers.replace(sp.log, lambda a: sp.expand_log(sp.log(sp.factor(a))))
    known = split.xreplace({sp.log(base): exponent for exponent, base in bases.items()})
    return sp.cancel(sp.together(known.xreplace({e: sp.Dummy() for e in known.atoms(sp.log)}))) == 0


@pytest.mark.parametrize("expr", FORMULAS, ids=lambda expr: repr(expr)[:60])
def test_the_normal_form_has_the_value_of_the_expression(expr):
    (form,) = normalise(expr)
    assert form.dimensions == expr.dimensions
    assert all(is_zero(a - b) for a, b in zip(entries(expr), entries(form), strict=True))


@pytest.mark.parametrize("expr", FORMULAS, ids=lambda expr: repr(expr)[:60])
def test_the_stable_form_has_the_value_of_the_expression(expr):
    (form,), _ = stabilise(expr)
    assert form.dimensions == expr.dimensions
    assert all(is_zero(a - b) for a, b in zip(entries(expr), entries(plain(form)), strict=True))


def kinds(expr):
    return [node.kind for node in graph(stabilise(expr)[0][0]) if isinstance(node, Exponentials)]


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (softmax_of(Z), ["powers"]),
        (softmax_of(Z) * array("U", "batch", "classes"), ["powers", "near", "far"]),
        (log_softmax_of(Z), ["log_softmax"]),
        (apply(sp.log, softmax_of(Z)), ["log_softmax"]),
        (apply(sp.log, apply(sp.exp, Z).sum(1)), ["log_sum"]),
        (LOGARITHM_FIRST, ["surprise"]),
        (SELECTION_FIRST, ["surprise"]),
        (DIFFERENCE, ["surprise"]),
        (cross_entropy.expr, ["surprise"]),
        (gradient(LOGARITHM_FIRST, Z), ["residual", "powers"]),
        (gradient(SELECTION_FIRST, Z), ["residual", "powers"]),
        (gradient(DIFFERENCE, Z), ["residual", "powers"]),
        (CHANCE, ["powers"]),
        (FOCAL, ["powers", "surprise"]),
        (gradient(CHANCE.sum(), Z), ["powers", "residual"]),
        (apply(sp.exp, Z).sum(1) + 1, []),
    ],
)
def test_stable_forms_are_recognised_by_structure(expr, expected):
    assert sorted(kinds(expr)) == sorted(expected)


def test_equal_nodes_become_one():
    first, second = normalise((2 * Z).sum(1), (2 * Z).sum(1))
    assert first is second


def test_a_planted_error_in_a_stable_form_is_found():
    (form,), _ = stabilise(softmax_of(Z))
    assert not is_zero(entries(softmax_of(Z))[0] - entries(plain(form))[1])
