"""Digests: equal for equal definitions in every process, different as soon as anything differs."""

import subprocess
import sys
from dataclasses import fields, replace

import pytest
import sympy as sp

from symdl import library
from symdl.core import Activation, Loss, symbol
from symdl.core.arrays import array
from symdl.core.digests import digest

x, k = symbol("x"), symbol("k")


def test_the_items_of_the_library_have_different_digests():
    assert len({digest(item) for item in library.ITEMS}) == len(library.ITEMS)


def test_another_process_finds_the_same_digests():
    script = "from symdl import library\nfrom symdl.core.digests import digest\nprint(digest(*library.ITEMS))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == digest(*library.ITEMS)


def test_the_way_in_which_a_sum_is_written_does_not_matter():
    assert digest(x + 2 * k + 1) == digest(1 + k + x + k)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (x, sp.Symbol("x")),
        (x, k),
        (sp.Integer(1), 1),
        (1, True),
        ("1", 1),
        ((x,), (x, None)),
        (((x,), k), (x, (k,))),
        ({x: 0}, {x: 1}),
        (sp.Add(x, x, evaluate=False), 2 * x),
        (array("a", "n"), array("a", "m")),
        (array("a", "n"), array("b", "n")),
    ],
)
def test_values_that_differ_in_anything_have_different_digests(one, other):
    assert digest(one) != digest(other)


def test_a_change_of_any_field_changes_the_digest():
    plain = Activation("bend", x, sp.tanh(x))
    changed = {"name": "bend_2", "argument": k, "expr": sp.sinh(x), "slope_at": {0: 1}, "also_called": ("b",)}
    for field in fields(plain):
        if field.name in changed:
            values = {field.name: changed[field.name]} | ({"expr": sp.tanh(k)} if field.name == "argument" else {})
            assert digest(replace(plain, **values)) != digest(plain), field.name


def test_a_shared_node_is_not_a_copy_of_itself():
    """What is written once in a graph stays short, however often it is used."""
    a = array("a", "n")
    total = a * a
    for _ in range(200):
        total = total + total
    assert digest(Loss("deep", (a,), total.sum())) != digest(Loss("deep", (a,), (total * 2).sum()))


def test_values_without_a_meaning_of_their_own_are_refused():
    for value in (object(), len, Activation, {1, 2}):
        with pytest.raises(TypeError, match="no digest"):
            digest(value)
