"""From an item to its module and the tests of that module."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from types import SimpleNamespace

from symdl.core import Activation, DefinitionError, Layer, Loss, Optimizer, UnsupportedOperation

from .activation_source import activation_code, activation_source
from .activation_tests import activation_tests
from .array_tests import array_tests
from .arrays import array_program_source
from .committed_modules import committed_source
from .framework_accuracy import framework_activation
from .framework_activation_tests import framework_activation_tests
from .framework_activations import framework_activation_source
from .framework_optimizer_tests import framework_optimizer_tests
from .framework_optimizers import framework_optimizer_source, in_framework
from .frameworks import FRAMEWORKS, Framework
from .modules import namespace
from .numba_activations import needs_numba
from .numba_loops import numba_activation_source
from .numba_losses import numba_loss_source
from .numba_optimizers import numba_optimizer_source
from .numba_plans import numba_activation
from .optimizer_source import OptimizerCode, optimizer_code, optimizer_source
from .optimizer_tests import exact_run, measured
from .precise import precise_code
from .precise_tests import precise_tests
from .rule_measures import rule_tests, with_measures

TARGETS = ("numpy", *(framework.name for framework in FRAMEWORKS), "numba")


@dataclass(frozen=True)
class Generated:
    """A module of source, and a stand-alone file of tests for it, which is written when it is asked for."""

    name: str
    source: str
    write_tests: Callable[[], str] = field(default=str, repr=False, compare=False)

    @cached_property
    def tests(self) -> str:
        """The tests, which hold their expected values."""
        return self.write_tests()

    def load(self) -> SimpleNamespace:
        """The functions of the module, ready to call."""
        return SimpleNamespace(**namespace(self.source))


def generate(item: object, target: str = "numpy", precise: bool = False) -> Generated:
    """The module of an activation, a loss, a layer or an update rule, with its tests.

    NumPy modules of the library are committed; any other is derived.
    ``target`` is ``numpy``, or ``torch``, ``jax`` or ``numba`` for activations and elementwise update rules;
    ``numba`` is for losses that are computed row by row, too.
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
    if isinstance(item, Activation | Loss | Layer | Optimizer):
        source = committed_source(item)
        if source is not None:
            return Generated(item.name, source, partial(_derived_tests, item))
    return derived(item)


def _derived_tests(item: object) -> str:
    return derived(item).tests


def derived(item: object) -> Generated:
    """The NumPy module of an item, whatever is committed, with its tests.

    Raises what :func:`generate` raises.
    """
    if isinstance(item, Activation):
        code = activation_code(item)
        return Generated(item.name, activation_source(code), partial(activation_tests, code))
    if isinstance(item, Optimizer):
        rule = with_measures(optimizer_code(item))
        return Generated(item.name, optimizer_source(rule), partial(rule_tests, rule))
    if isinstance(item, Loss | Layer):
        return Generated(item.name, array_program_source(item), partial(array_tests, item))
    raise DefinitionError(f"{item!r} is not an item that code can be generated for")


def _precisely(item: object, target: str) -> Generated:
    name = getattr(item, "name", repr(item))
    if not isinstance(item, Activation):
        remedy = "generate it without, and call it with float64 arrays where float32 is not enough"
        raise UnsupportedOperation(f"{name} is no activation: precise code is for those", remedy=remedy)
    if target != "numpy":
        raise UnsupportedOperation(f"{name} has no precise {target} code", remedy="generate NumPy: --target numpy")
    code = precise_code(activation_code(item))
    return Generated(item.name, activation_source(code), partial(precise_tests, code))


def _in_numba(item: object) -> Generated:
    if isinstance(item, Activation):
        activation = numba_activation(activation_code(item))
        source, tests = numba_activation_source(activation), partial(activation_tests, activation.code)
    elif isinstance(item, Optimizer):
        needs_numba()
        rule = with_measures(optimizer_code(item))
        source, tests = numba_optimizer_source(rule), partial(rule_tests, rule)
    elif isinstance(item, Loss):
        needs_numba()
        source, tests = numba_loss_source(item), partial(array_tests, item)
    else:
        name = getattr(item, "name", repr(item))
        raise UnsupportedOperation(f"{name} has no numba code yet", remedy="generate NumPy: --target numpy")
    return Generated(item.name, source, partial(_said_of_numba, tests))


def _said_of_numba(tests: Callable[[], str]) -> str:
    return tests().replace("Needs NumPy alone", "Needs NumPy and Numba")


def _in_framework(item: object, target: str) -> Generated:
    framework = next((known for known in FRAMEWORKS if known.name == target), None)
    if framework is None:
        raise DefinitionError(f"no target is called {target!r}", remedy=f"choose one of {', '.join(TARGETS)}")
    if isinstance(item, Activation):
        activation = framework_activation(activation_code(item), framework)
        tests = partial(framework_activation_tests, activation)
        return Generated(item.name, framework_activation_source(activation), tests)
    if isinstance(item, Optimizer):
        code = optimizer_code(in_framework(item, framework))
        source = framework_optimizer_source(code, framework)
        return Generated(item.name, source, partial(_framework_rule_tests, code, framework))
    name = getattr(item, "name", repr(item))
    raise UnsupportedOperation(f"{name} has no {target} code yet", remedy="generate NumPy: --target numpy")


def _framework_rule_tests(code: OptimizerCode, framework: Framework) -> str:
    run = exact_run(code)
    return framework_optimizer_tests(measured(code, run), run, framework)
