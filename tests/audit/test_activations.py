"""Activations of libraries: what their defaults are, and their slopes at kinks."""

import pytest

from symdl.audit.accuracies import accuracies
from symdl.audit.activations import audit_activations
from symdl.audit.primitives import audit_primitives


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


def test_digits_that_an_activation_loses_are_measured():
    pytest.importorskip("torch", reason="torch is not installed")
    rows = {row.item: (row, finding) for row, finding in accuracies("torch")}
    accurate, told = rows["relu"]
    assert (accurate.worst_value_ulp, accurate.zeros, accurate.nans, told) == (0, 0, 0, None)
    lost, told = rows["tanh"]
    assert lost.worst_value_ulp < 1
    assert lost.zeros > 0, "1 - tanh(x)^2 is 0 from about 19 on"
    assert (told.code, told.severity) == ("ACC001", "info")
    assert "the derivative is 0" in told.message


SLOPES = {
    "torch": [("maximum(x, 0)", "0.5"), ("clip(x, -1, 1)", "1"), ("clip(x, -1, 1)", "1")],
    "jax": [("abs", "1"), ("maximum(x, 0)", "0.5"), ("clip(x, -1, 1)", "0.5"), ("clip(x, -1, 1)", "0.5")],
}


@pytest.mark.parametrize(("name", "on"), [("torch", "torch"), ("optax", "jax")])
def test_slopes_of_primitives_at_kinks_are_found(name, on):
    pytest.importorskip(on, reason=f"{on} is not installed")
    findings = list(audit_primitives(name))
    assert [(f.item, f.computed) for f in findings if f.code == "KINK003"] == SLOPES[on]
    outside = [(f.item, f.computed) for f in findings if f.code == "KINK002"]
    assert outside == ([("norm of (x, 0)", "nan")] if on == "jax" else [])
