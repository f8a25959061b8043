"""The reverse of nodes that move entries and of the projection, against the expansion; planted errors are caught."""

import numpy as np
import pytest
import sympy as sp

from symdl.calculus import reverse
from symdl.calculus.expansion import expand
from symdl.calculus.reverse import gradient
from symdl.core.array_places import Gather, Overlap, Steps, Window, accumulate, gather, overlap, slid, window
from symdl.core.array_simplex import Projection, project
from symdl.core.arrays import array
from symdl.core.dimensions import Dimension, size_of
from symdl.core.errors import DefinitionError, UnsupportedDerivative

SIZES = {"v": 3, "k": 2, "b": 4, "n": 5, "c": 2, "o": 3}
table, words = array("W", "v", "k"), array("y", "b", integer=True)
x, z = array("x", "c", "n"), array("z", "n")
seeds = array("u", "b", "k")
steps = Steps(sp.Integer(2), sp.Integer(2), sp.Integer(1))
windows = window(x, 1, Dimension("o"), Dimension("k"), steps)
VALUES = {"y": [2, 0, 2, 1], "z": [sp.Rational(k, 7) for k in (3, -5, 4, 9, 8)]}
CASES = {
    "gather": ((gather(table, words) ** 3).sum(), table, Gather),
    "accumulate": ((accumulate(seeds, words, table.dimensions[0]) ** 2).sum(), seeds, None),
    "window": ((windows**3).sum(), x, Window),
    "overlap": ((overlap(windows, 1, Dimension("n"), steps) ** 2).sum(), x, Overlap),
    "projection": ((project(z, 0) ** 3).sum(), z, Projection),
}


def differences(out, target, found):
    """The gradient minus that of the expansion, entry by entry at small integers."""
    symbols = expand(target, SIZES)
    values = {name: value for name, value in VALUES.items() if name != target.name}
    total = expand(out, SIZES, values).item()
    at = dict(zip(symbols.flat, VALUES.get(target.name, range(1, symbols.size + 1)), strict=True))
    entries = expand(found, SIZES, values)
    smooth = total.rewrite(sp.Piecewise) if total.has(sp.Max) else total
    for place in np.ndindex(*symbols.shape):
        moved = smooth.xreplace({s: v for s, v in at.items() if s != symbols[place]})
        yield (sp.diff(moved, symbols[place]) - entries[place]).xreplace(at)


@pytest.mark.parametrize("name", [name for name in CASES if name != "projection"])
def test_reverses_of_moved_entries_are_those_of_the_expansion(name):
    out, target, _ = CASES[name]
    assert set(differences(out, target, gradient(out, target))) == {0}


def test_the_reverse_of_the_projection_is_the_slope_between_points_of_one_support():
    out, target, _ = CASES["projection"]
    at, step = np.array(VALUES["z"], dtype=object), sp.Rational(1, 1000)
    found = expand(gradient(out, target), SIZES, {"z": at})
    assert found[0] == found[1] == 0
    for place in range(5):
        moved = [at + sign * step * np.array([int(i == place) for i in range(5)]) for sign in (1, -1)]
        ahead, behind = (expand(out, SIZES, {"z": value}).item() for value in moved)
        assert abs((ahead - behind) / (2 * step) - found[place]) < sp.Rational(1, 10**5)


@pytest.mark.parametrize("name", ["gather", "window", "overlap"])
def test_a_planted_error_in_a_reverse_is_caught(name, monkeypatch):
    out, target, kind = CASES[name]
    right = reverse._pullback_to

    def wrong(node, bar, position):
        found = right(node, bar, position)
        return 2 * found if isinstance(node, kind) else found

    monkeypatch.setattr(reverse, "_pullback_to", wrong)
    assert set(differences(out, target, gradient(out, target))) != {0}


def test_projections_are_points_of_the_simplex_and_leave_such_points_alone():
    found = expand(project(z, 0), SIZES, {"z": np.array(VALUES["z"], dtype=object)})
    assert sum(found) == 1
    assert min(found) == 0
    assert list(expand(project(z, 0), SIZES, {"z": found})) == list(found)


def test_what_cannot_be_derived_or_placed_is_refused_by_name():
    with pytest.raises(UnsupportedDerivative, match="Piecewise"):
        gradient(gradient((project(z, 0) ** 2).sum(), z).sum(), z)
    with pytest.raises(DefinitionError, match="integer=True"):
        gather(table, z)
    with pytest.raises(DefinitionError, match="the size half"):
        size_of(Dimension("half", formula=Dimension("n").size / 2), {"n": 5})


def test_windows_that_fit_are_counted_as_in_a_convolution():
    positions = slid(Dimension("n"), Dimension("k"), steps, "positions")
    assert size_of(positions, {"n": 5, "k": 2}) == (5 + 2 * 1 - 2 * (2 - 1) - 1) // 2 + 1
