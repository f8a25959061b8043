"""Activations against torch, JAX and Keras: the same values and slopes, but for the places that are listed."""

import os
from functools import lru_cache, reduce
from pathlib import Path

import numpy as np
import pytest

from symdl.calculus.derivatives import activation_derivative
from symdl.calculus.kinks import kinks
from symdl.core import UndefinedValue
from symdl.library.activations import ACTIVATIONS
from symdl.library.counterparts import COUNTERPARTS, DISAGREEMENTS, TOLERANCE, table
from symdl.numerics import ball

pytestmark = pytest.mark.filterwarnings("ignore")
ITEMS = {item.name: item for item in ACTIVATIONS}
PAIRS = [pair for pair in COUNTERPARTS if pair.item in ITEMS]
PAGE = Path(__file__).parent.parent.parent / "docs" / "library-disagreements.md"
TINY, BITS = np.finfo(np.float64).tiny, 1200


def points(item):
    """Zero, kinks, and both signs of small, middling and large numbers."""
    sizes = (*np.linspace(0.03, 9, 90), *np.geomspace(1e-150, 1e-3, 20), *np.geomspace(10, 1e3, 30), 1e10, 1e100)
    defaults = {p.symbol: p.default for p in item.parameters}
    bends = [float(kink.point.subs(defaults)) for kink in kinks(item)]
    return np.unique([0.0, *bends, *(side * size for side in (-1, 1) for size in sizes)])


@lru_cache(maxsize=64)
def truth(name):
    """The points, and value and slope there, correctly rounded but for the last digit; nan beyond the floats."""
    item = ITEMS[name]
    defaults = {p.symbol: p.default for p in item.parameters}
    exprs = (item.expr, activation_derivative(item))
    at = points(item)
    return at, [np.array([rounded(expr.xreplace(defaults), item.argument, x) for x in at]) for expr in exprs]


def rounded(expr, argument, point):
    try:
        with ball.precision(BITS):
            value = ball.arb(ball.compiled(expr, (argument,))(ball.number(float(point))))
    except UndefinedValue:
        return np.nan
    if value.contains(0):
        return 0.0
    return float(value.mid()) if abs(value) < 1e300 else np.nan


def functions(pair):
    """The function of another library, and one that gives values and slopes for an array."""
    if pair.library == "jax":
        return in_jax(pytest.importorskip("jax"), pair)
    torch = pytest.importorskip("torch")
    if pair.library == "keras":
        os.environ.setdefault("KERAS_BACKEND", "torch")
        library = pytest.importorskip("keras")
    else:
        library = torch
    function = bound(library, pair)

    def both(at):
        x = torch.tensor(at, requires_grad=True)
        y = function(x)
        y.sum().backward()
        return y.detach().numpy(), x.grad.numpy()

    return both


def in_jax(jax, pair):
    function = bound(jax, pair)

    def both(at):
        with jax.enable_x64(True):
            return [np.asarray(values) for values in (function(at), jax.vmap(jax.grad(function))(at))]

    return both


def bound(library, pair):
    function = reduce(getattr, pair.function.split("."), library)
    return lambda x: function(x, **dict(pair.arguments))


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.library}-{pair.item}")
def test_another_library_agrees_where_no_disagreement_is_listed(pair):
    both = functions(pair)
    at, exact = truth(pair.item)
    with np.errstate(all="ignore"):
        found = [np.asarray(values) for values in both(at)]
        for quantity, theirs, ours in zip(("value", "slope"), found, exact, strict=True):
            same = np.abs(theirs - ours) <= TOLERANCE * np.abs(ours)
            same |= (np.abs(ours) < TINY) & (np.abs(theirs) < TINY)
            listed = [
                d for d in DISAGREEMENTS if (d.library, d.item, d.quantity) == (pair.library, pair.item, quantity)
            ]
            inside = [(at >= d.low) & (at <= d.high) for d in listed]
            outside = ~reduce(np.logical_or, inside, np.zeros(at.shape, bool))
            assert at[outside & ~same & ~np.isnan(ours)].tolist() == [], quantity
            assert all((~same)[where].any() for where in inside), quantity


def test_every_disagreement_is_one_of_a_counterpart():
    known = {(pair.library, pair.item) for pair in COUNTERPARTS}
    assert {(entry.library, entry.item) for entry in DISAGREEMENTS} <= known


def test_the_page_shows_the_table():
    assert table() in PAGE.read_text(encoding="utf-8")
