"""The generated code of what a library runs takes the steps of that library, at its own defaults."""

import importlib.util

import numpy as np
import pytest

from symdl.audit.courses import course
from symdl.audit.libraries import subjects
from symdl.audit.points import library_point, names_library_optimizer
from symdl.cli import main
from symdl.codegen import generate
from symdl.core import InputError, UnsupportedOperation

CASES = (
    ("torch:AdamW", {}),
    ("torch:Adam(betas=(0.8, 0.95), weight_decay=0.1)", {"betas": (0.8, 0.95), "weight_decay": 0.1}),
    ("torch:Adam(amsgrad=True)", {"amsgrad": True}),
    ("torch:SGD", {}),
    ("torch:SGD(momentum=0.9)", {"momentum": 0.9}),
    ("torch:SGD(momentum=0.9, nesterov=True)", {"momentum": 0.9, "nesterov": True}),
    ("torch:SGD(momentum=0.9, dampening=0.5)", {"momentum": 0.9, "dampening": 0.5}),
    ("torch:RMSprop", {}),
    ("torch:Adagrad", {}),
    ("optax:adamw", {"learning_rate": 0.01}),
    ("optax:lion", {"learning_rate": 0.01}),
    ("keras:Adam", {}),
)


@pytest.mark.parametrize(("text", "arguments"), CASES, ids=[text for text, _ in CASES])
def test_the_code_takes_the_steps_of_the_library(text, arguments):
    library = text.partition(":")[0]
    if not all(importlib.util.find_spec(name) for name in {"optax": ("jax", "optax")}.get(library, (library,))):
        pytest.skip(f"{library} is not installed")
    (subject, *_) = subjects(text.partition("(")[0])
    over = course()
    expected = subject.machine(subject.make, arguments, over).parameters
    rule = library_point(text)
    functions = vars(generate(rule).load())
    required = {p.name: arguments[p.name] for p in rule.hyper if p.default is None}
    theta, rows = over.start.copy(), []
    state = functions[f"{rule.name}_init"](theta)
    for gradient in over.gradients:
        with np.errstate(all="ignore"):
            functions[f"{rule.name}_step"](theta, gradient, state, **required)
        rows.append(theta.copy())
    scale = np.maximum(np.abs(expected), np.abs(expected).max())
    assert np.max(np.abs(np.array(rows) - expected) / scale) < 1e-12


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("torch:AdamX", InputError, "has no optimizer"),
        ("torch:Adam(rate=1)", InputError, "has no argument 'rate'"),
        ("torch:Adam(0.1)", InputError, "need names"),
        ("torch:Adam(lr=print('x'))", InputError, "must be a number"),
        ("torch:Adam(lr=", InputError, "no name and no call"),
        ("torch:LBFGS", UnsupportedOperation, "closure"),
    ],
)
def test_what_is_no_point_is_refused(text, error, message):
    pytest.importorskip("torch", reason="torch is not installed")
    with pytest.raises(error, match=message):
        library_point(text)


def test_modules_of_ones_own_are_left_to_the_import():
    assert not any(map(names_library_optimizer, ("adam", "torch", "torch:", "mine:rule", "x*exp(-x)")))


def test_the_command_writes_the_code(capsys):
    pytest.importorskip("torch", reason="torch is not installed")
    assert main(["generate", "torch:RMSprop"]) == 0
    written = capsys.readouterr().out
    assert "decay: float = 0.99" in written
    assert "as torch " in written
