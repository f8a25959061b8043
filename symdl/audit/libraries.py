"""The libraries that can be audited, and what of each counts as an optimizer."""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from inspect import getdoc, isclass, isfunction, signature
from types import ModuleType
from typing import Any

from symdl.core import InputError, MissingPackage
from symdl.library import find
from symdl.testing.step_functions import StepFunctions

from .machines import Machine, Maker, import_keras, run_functions, run_keras, run_optax, run_torch


@dataclass(frozen=True)
class Subject:
    """One optimizer: how it is made and run, where it comes from, and the rule that it is said to be, if one is."""

    library: str
    version: str
    name: str
    make: Maker
    machine: Machine
    doc: str = ""
    spec: str | None = None


@dataclass(frozen=True)
class Library:
    """A library by name: its module, which of its members are optimizers, and how they run."""

    name: str
    load: Callable[[], ModuleType]
    place: str
    is_optimizer: Callable[[ModuleType, Any], bool]
    machine: Machine


def _torch() -> ModuleType:
    return importlib.import_module("torch")


def _optax() -> ModuleType:
    importlib.import_module("jax")
    return importlib.import_module("optax")


def _keras() -> ModuleType:
    module: ModuleType = import_keras()
    return module


def _is_class_below(base: str) -> Callable[[ModuleType, Any], bool]:
    def test(place: ModuleType, value: Any) -> bool:
        root = getattr(place, base)
        return isclass(value) and issubclass(value, root) and value is not root

    return test


def _makes_transformation(place: ModuleType, value: Any) -> bool:
    """A function with a learning rate that promises a transformation of gradients, and is no part of one."""
    function = value.func if isinstance(value, partial) else value
    if not isfunction(function) or function.__name__.startswith(("_", "scale_by")):
        return False
    return "learning_rate" in signature(value).parameters and "optax" in function.__module__


LIBRARIES: tuple[Library, ...] = (
    Library("torch", _torch, "optim", _is_class_below("Optimizer"), run_torch),
    Library("optax", _optax, "", _makes_transformation, run_optax),
    Library("keras", _keras, "optimizers", _is_class_below("Optimizer"), run_keras),
)


def library(name: str) -> Library:
    """The library of this name. Raises :class:`InputError` for one that symdl does not know."""
    for row in LIBRARIES:
        if row.name == name:
            return row
    known = ", ".join(row.name for row in LIBRARIES)
    raise InputError(
        f"there is no library {name!r} to audit",
        remedy=f"name one of {known}, library:optimizer, or module:object with --spec RULE",
    )


def loaded(row: Library) -> ModuleType:
    """The module. Raises :class:`MissingPackage` where it is not installed."""
    try:
        return row.load()
    except ImportError as error:
        raise MissingPackage(f"{row.name} is not installed ({error})", remedy=f"pip install {row.name}") from error


def version_of(name: str) -> str:
    """The installed version of a distribution, or 'unknown'."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def subjects(text: str, spec: str | None = None) -> list[Subject]:
    """The optimizers that ``torch``, ``optax:rprop`` or ``mypackage:MyAdam`` stands for.

    Raises :class:`InputError` for an unknown library or name, :class:`MissingPackage` for one that is
    not installed.
    """
    name, _, item = text.partition(":")
    if name in {row.name for row in LIBRARIES}:
        row = library(name)
        found = list(_members(row))
        chosen = [subject for subject in found if not item or subject.name.lower() == item.lower()]
        chosen = chosen or list(_inner(row, item))
        if not chosen:
            raise InputError(
                f"{name} has no optimizer {item!r}", remedy=f"it has {', '.join(subject.name for subject in found)}"
            )
        return chosen
    if not item:
        library(name)
    return [_own(name, item, spec)]


def _members(row: Library) -> Iterator[Subject]:
    module = loaded(row)
    place = getattr(module, row.place) if row.place else module
    version = version_of(row.name)
    seen = set()
    for name in sorted(vars(place)):
        value = getattr(place, name)
        if not name.startswith("_") and row.is_optimizer(place, value) and value not in seen:
            seen.add(value)
            yield Subject(row.name, version, name, value, row.machine, doc_of(value))


def _inner(row: Library, item: str) -> Iterator[Subject]:
    """An optimizer in a module of the library, such as ``contrib.muon``."""
    *folders, name = item.split(".")
    if folders:
        try:
            place = importlib.import_module(".".join([row.name, *filter(None, [row.place]), *folders]))
        except ImportError:
            return
        value = getattr(place, name, None)
        if value is not None and row.is_optimizer(place, value):
            yield Subject(row.name, version_of(row.name), item, value, row.machine, doc_of(value))


def doc_of(value: Any) -> str:
    """The docstring of a class, a function, or a function with some arguments fixed."""
    if isinstance(value, partial) and value.__doc__ == partial.__doc__:
        return getdoc(value.func) or ""
    return getdoc(value) or ""


def _own(name: str, item: str, spec: str | None) -> Subject:
    """A user's class, factory or step function. Raises :class:`InputError` for what cannot be imported or run."""
    if spec is not None:
        find(spec)
    try:
        value: Any = importlib.import_module(name)
        for part in item.split("."):
            value = getattr(value, part)
    except (ImportError, AttributeError) as error:
        raise InputError(f"{name}:{item} cannot be imported: {error}", remedy="name module:object") from error
    return Subject(name, version_of(name.partition(".")[0]), item, value, _machine_for(value), doc_of(value), spec)


def _machine_for(value: Any) -> Machine:
    """By what the object is: a class of a library's optimizers, a step function, or a factory."""
    if isclass(value):
        roots = {base.__module__.partition(".")[0] for base in value.__mro__}
        for row in LIBRARIES:
            if row.name in roots:
                return row.machine
        raise InputError(f"{value.__name__} is no optimizer of {', '.join(row.name for row in LIBRARIES)}")
    if isinstance(value, StepFunctions):
        return run_functions(value)
    if not callable(value):
        raise InputError(f"{value!r} is no optimizer", remedy="give a class, a factory or a step function")
    names = list(signature(value).parameters)
    if len(names) >= 3 and names[2] == "state":
        return run_functions(StepFunctions(lambda parameters: {}, value))
    return run_optax
