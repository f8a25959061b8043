"""From an item to its module and the tests of that module."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

from symdl.core import Activation, DefinitionError, Layer, Loss, Optimizer, UnsupportedOperation
from symdl.core.couplings import is_coupled

from .activation_source import activation_code, activation_source
from .activation_tests import activation_tests
from .array_tests import array_tests
from .arrays import array_program_source
from .coupled_tests import coupled_exact_run, coupled_measured, coupled_tests
from .framework_accuracy import framework_activation
from .framework_activation_tests import framework_activation_tests
from .framework_activations import framework_activation_source
from .framework_optimizer_tests import framework_optimizer_tests
from .framework_optimizers import framework_optimizer_source, in_framework
from .frameworks import FRAMEWORKS
from .modules import namespace
from .numba_activations import needs_numba, numba_activation
from .numba_loops import numba_activation_source
from .numba_optimizers import numba_optimizer_source
from .optimizer_source import optimizer_code, optimizer_source
from .optimizer_tests import exact_run, measured, optimizer_tests
from .precise import precise_code
from .precise_tests import precise_tests

TARGETS = ("numpy", *(framework.name for framework in FRAMEWORKS), "numba")


@dataclass(frozen=True)
class Generated:
    """A module of source, and a stand-alone file of tests for it."""

    name: str
    source: str
    tests: str

    def load(self) -> SimpleNamespace:
        """The functions of the module, ready to call."""
        return SimpleNamespace(**namespace(self.source))


def generate(item: object, target: str = "numpy", precise: bool = False) -> Generated:
    """The module of an activation, a loss, a layer or an update rule, with its tests.

    ``target`` is ``numpy``, or ``torch``, ``jax`` or ``numba`` for activations and elementwise update rules.
    ``precise`` computes the float32 of an activation in float64, and its float64 with every rounding error
    carried along.
    Raises :class:`DefinitionError` for anything else, :class:`UnsupportedOperation` for an item that the
    target has no code for, :class:`MissingPackage` where the framework is not installed.
    """
    if precise:
        return _precisely(item, target)
    if target == "numba":
        return _in_numba(item)
    if target != "numpy":
        return _in_framework(item, target)
    if isinstance(item, Activation):
        code = activation_code(item)
        return Generated(item.name, activation_source(code), activation_tests(code))
    if isinstance(item, Optimizer):
        rule = optimizer_code(item)
        if is_coupled(item):
            arrays = coupled_exact_run(rule)
            rule = coupled_measured(rule, arrays)
            return Generated(item.name, optimizer_source(rule), coupled_tests(rule, arrays))
        run = exact_run(rule)
        rule = measured(rule, run)
        return Generated(item.name, optimizer_source(rule), optimizer_tests(rule, run))
    if isinstance(item, Loss | Layer):
        return Generated(item.name, array_program_source(item), array_tests(item))
    raise DefinitionError(f"{item!r} is not an item that code can be generated for")


def _precisely(item: object, target: str) -> Generated:
    name = getattr(item, "name", repr(item))
    if not isinstance(item, Activation):
        remedy = "generate it without, and call it with float64 arrays where float32 is not enough"
        raise UnsupportedOperation(f"{name} is no activation: precise code is for those", remedy=remedy)
    if target != "numpy":
        raise UnsupportedOperation(f"{name} has no precise {target} code", remedy="generate NumPy: --target numpy")
    code = precise_code(activation_code(item))
    return Generated(item.name, activation_source(code), precise_tests(code))


def _in_numba(item: object) -> Generated:
    if isinstance(item, Activation):
        activation = numba_activation(activation_code(item))
        source, tests = numba_activation_source(activation), activation_tests(activation.code)
    elif isinstance(item, Optimizer):
        needs_numba()
        rule = optimizer_code(item)
        source = numba_optimizer_source(rule)
        run = exact_run(rule)
        rule = measured(rule, run)
        source, tests = numba_optimizer_source(rule), optimizer_tests(rule, run)
    else:
        name = getattr(item, "name", repr(item))
        raise UnsupportedOperation(f"{name} has no numba code yet", remedy="generate NumPy: --target numpy")
    return Generated(item.name, source, tests.replace("Needs NumPy alone", "Needs NumPy and Numba"))


def _in_framework(item: object, target: str) -> Generated:
    framework = next((known for known in FRAMEWORKS if known.name == target), None)
    if framework is None:
        raise DefinitionError(f"no target is called {target!r}", remedy=f"choose one of {', '.join(TARGETS)}")
    if isinstance(item, Activation):
        activation = framework_activation(activation_code(item), framework)
        return Generated(item.name, framework_activation_source(activation), framework_activation_tests(activation))
    if isinstance(item, Optimizer):
        code = optimizer_code(in_framework(item, framework))
        source = framework_optimizer_source(code, framework)
        run = exact_run(code)
        return Generated(item.name, source, framework_optimizer_tests(measured(code, run), run, framework))
    name = getattr(item, "name", repr(item))
    raise UnsupportedOperation(f"{name} has no {target} code yet", remedy="generate NumPy: --target numpy")
