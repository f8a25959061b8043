"""The audit of optimizers: which point of which family a library is at, found by running it."""

import pytest

from symdl.audit import audit, subjects
from symdl.audit.optimizers import Examined
from symdl.core import InputError

torch = pytest.importorskip("torch", reason="torch is not installed")


def examined(name: str) -> Examined:
    (subject,) = subjects(name)
    return Examined(subject)


@pytest.mark.parametrize(
    ("name", "family", "conventions"),
    [
        ("torch:Adam", "adam", {"epsilon": "outside the root"}),
        ("torch:SparseAdam", "adam", {"epsilon": "hat"}),
        ("torch:Adamax", "adamax", {"epsilon": "in the maximum"}),
        ("torch:RAdam", "radam", {"threshold": "rho above 5", "epsilon": "hat"}),
        ("torch:Rprop", "rprop", {"clamp": "every step"}),
    ],
)
def test_the_point_of_an_optimizer_in_its_family_is_found(name, family, conventions):
    match = examined(name).setting({}).found[0]
    assert match.candidate.family == family
    assert match.conventions == conventions
    assert match.agreement <= 1e-12


def test_options_move_an_optimizer_to_other_points():
    settings = {setting.label: setting.found[0] for setting in examined("torch:Adam").settings if setting.found}
    assert settings["amsgrad=True"].conventions["maximum"] == "of the raw average"
    decoupled = settings["weight_decay=0.1875, decoupled_weight_decay=True"]
    assert decoupled.candidate.family == "adamw"


def test_state_narrower_than_the_parameters_is_found():
    codes = {finding.code for finding in audit(subjects("torch:NAdam")).findings}
    assert codes == {"DTYPE001"}


def test_switches_of_the_manner_of_computing_are_not_called_idle():
    assert examined("torch:Adam").without_effect() == []


def test_an_optimizer_that_does_not_run_is_refused_by_name():
    (item,) = audit(subjects("torch:LBFGS")).items
    assert "closure" in item.refused


@pytest.mark.parametrize("name", ["pytroch", "torch:Adamm", "nowhere:Adam"])
def test_an_unknown_library_or_optimizer_is_a_clear_error(name):
    with pytest.raises(InputError):
        subjects(name)
