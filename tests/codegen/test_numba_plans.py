"""Committed plans for Numba: as measured, found by what they were measured of."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from symdl import library
from symdl.codegen import generate, numba_plans
from symdl.codegen.activation_source import activation_code
from symdl.codegen.numba_activations import measured_activation
from symdl.codegen.numba_loops import numba_activation_source

pytest.importorskip("numba")


def test_every_activation_of_the_library_has_committed_plans_and_nothing_else_has() -> None:
    assert {numba_plans.key(activation_code(item)) for item in library.ACTIVATIONS} == numba_plans.committed().keys()


def test_committed_plans_of_a_simple_activation_are_those_measured_now() -> None:
    code = activation_code(library.relu)
    now = json.loads(json.dumps(numba_plans.row(measured_activation(code))))
    assert now == json.loads(numba_plans.PATH.read_text())[numba_plans.key(code)]


def test_what_is_written_of_plans_gives_them_back() -> None:
    item = numba_plans.numba_activation(activation_code(library.gelu_tanh))
    assert item.short
    row = json.loads(json.dumps(numba_plans.row(item)))
    again = numba_plans._with_row(activation_code(library.gelu_tanh), numba_plans._read(row))
    assert numba_activation_source(again) == numba_activation_source(item)


def test_other_plans_for_numpy_are_not_served_these() -> None:
    code = activation_code(library.tanh)
    bound = replace(
        code.value.bound, plans={dtype: replace(p, nan=True) for dtype, p in code.value.bound.plans.items()}
    )
    changed = replace(code, value=replace(code.value, bound=bound))
    assert numba_plans.key(changed) != numba_plans.key(code)


def test_a_library_activation_is_written_for_numba_without_compiling() -> None:
    generate(library.silu, "numba")
    before = time.process_time()
    assert "def gelu_tanh" in generate(library.gelu_tanh, "numba").source
    assert time.process_time() - before < 6  # compiled and measured it takes 18 s
