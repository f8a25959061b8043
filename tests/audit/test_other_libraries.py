"""What the audit must find in optax and Keras by itself."""

import pytest

from symdl.audit import audit, subjects


def test_an_update_that_comes_a_step_late_is_no_member_of_its_family():
    pytest.importorskip("optax", reason="optax is not installed")
    (finding,) = audit(subjects("optax:rprop")).findings
    assert (finding.code, finding.severity, finding.first_step) == ("AUD001", "error", 2)
    assert finding.size > 0.1


def test_two_epsilons_are_told_apart():
    pytest.importorskip("optax", reason="optax is not installed")
    (item,) = audit(subjects("optax:adam")).items
    inside = next(option for option in item.options if option["set"].get("eps_root"))
    assert inside["conventions"] == {"epsilon": "inside the root"}


def test_an_argument_without_effect_is_found():
    pytest.importorskip("keras", reason="keras is not installed")
    findings = audit(subjects("keras:Adafactor")).findings
    assert [f.message.split()[0] for f in findings if f.code == "ARG001"] == ["relative_step"]


def test_a_constant_that_a_library_has_fixed_is_found():
    pytest.importorskip("keras", reason="keras is not installed")
    (item,) = audit(subjects("keras:Nadam")).items
    assert (item.family, item.conventions["momentum_decay"]) == ("nadam", "1")


def test_an_option_is_compared_with_the_optimizer_of_that_name():
    pytest.importorskip("torch", reason="torch is not installed")
    pytest.importorskip("optax", reason="optax is not installed")
    findings = audit([*subjects("torch:Adam"), *subjects("optax:amsgrad")]).findings
    (difference,) = [finding for finding in findings if finding.code == "CONV004"]
    assert "of the raw average" in difference.documented
    assert "of the corrected average" in difference.computed
