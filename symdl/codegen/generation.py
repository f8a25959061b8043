"""From an item to its module and the tests of that module."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

from symdl.core import Activation, DefinitionError, Layer, Loss, Optimizer
from symdl.core.couplings import is_coupled

from .activation_source import activation_code, activation_source
from .activation_tests import activation_tests
from .array_tests import array_tests
from .arrays import array_program_source
from .coupled_tests import coupled_exact_run, coupled_measured, coupled_tests
from .modules import namespace
from .optimizer_source import optimizer_code, optimizer_source
from .optimizer_tests import exact_run, measured, optimizer_tests


@dataclass(frozen=True)
class Generated:
    """A module of NumPy source, and a stand-alone file of tests for it."""

    name: str
    source: str
    tests: str

    def load(self) -> SimpleNamespace:
        """The functions of the module, ready to call."""
        return SimpleNamespace(**namespace(self.source))


def generate(item: object) -> Generated:
    """The NumPy module of an activation, a loss, a layer or an update rule, with its tests.

    Raises :class:`DefinitionError` for anything else.
    """
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
