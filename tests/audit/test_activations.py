"""Activations of libraries: what their defaults are, and their slopes at kinks."""

import pytest

from symdl.audit.activations import audit_activations


def found(library):
    return {(f.item, f.code): f for f in audit_activations(library)}


def test_torch_has_the_definitions_and_slopes_of_the_library():
    pytest.importorskip("torch", reason="torch is not installed")
    assert found("torch") == {}


def test_defaults_and_slopes_of_jax_that_differ_are_found():
    pytest.importorskip("jax", reason="jax is not installed")
    findings = found("optax")
    assert "tanh" in findings["gelu", "VAL001"].computed
    assert findings["leaky_relu", "KINK003"].computed == "1"
    assert findings["hard_tanh", "KINK003"].computed == "1"
    assert all(finding.severity == "info" for finding in findings.values())


def test_another_default_of_a_parameter_is_found_in_keras():
    pytest.importorskip("keras", reason="keras is not installed")
    assert "x/5" in found("keras")["leaky_relu", "VAL001"].computed
