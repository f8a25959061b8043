"""The rule that an optimizer of a library is: the point of a family at which its runs are, with its defaults.

Main result: :func:`library_point`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sympy as sp

from symdl.core import InputError, Optimizer, Parameter, Source, UnsupportedOperation

from .libraries import LIBRARIES, Subject, subjects
from .machines import Refused
from .optimizers import Examined
from .search import Match


def names_library_optimizer(text: str) -> bool:
    """Whether ``text`` is one like ``torch:AdamW`` or ``torch:SGD(momentum=0.9)``.

    >>> names_library_optimizer("optax:adamw"), names_library_optimizer("mymodule:rule")
    (True, False)
    """
    name, colon, item = text.strip().partition(":")
    return bool(colon and item) and name in {row.name for row in LIBRARIES}


def library_point(text: str) -> Optimizer:
    """The rule at which ``torch:AdamW``, ``optax:adamw`` or ``torch:SGD(momentum=0.9, nesterov=True)`` is.

    It is found by running the optimizer; its hyper-parameters have the defaults of the library, or the
    arguments that are named. Raises :class:`InputError` for an unknown library, optimizer or argument,
    :class:`MissingPackage` where the library is not installed, :class:`UnsupportedOperation` for an
    optimizer whose runs no rule of a family gives.
    """
    name, given = _read(text)
    (subject, *_) = subjects(name)
    examined = Examined(subject)
    known = {argument.name: argument for argument in examined.arguments}
    unknown = [key for key in given if key not in known]
    if unknown:
        raise InputError(f"{name} has no argument {unknown[0]!r}", remedy=f"it has {', '.join(known)}")
    try:
        changed = {key: _telling(known[key].telling, value) for key, value in given.items()}
        setting = examined.setting(changed)
    except Refused as error:
        raise UnsupportedOperation(f"{name} cannot be run: {error.message}") from error
    if not setting.found or setting.slip:
        said = setting.refused or setting.slip or "its runs are those of no rule"
        raise UnsupportedOperation(f"{text}: {said}", remedy=f"symdl audit {name} says how it departs")
    defaults = {key: argument.default for key, argument in known.items() if key in examined.base or key in given}
    roles = {role: defaults[key] for key in defaults for role in known[key].roles}
    roles |= {role: given[key] for key in given for role in known[key].roles}
    return _with_defaults(_plainest(setting.found, set(roles)), roles, subject)


def _telling(telling: float | None, value: Any) -> Any:
    """A number at which an argument shows, unless it is switched off or no number."""
    return value if telling is None or value is None or isinstance(value, bool) or value == 0 else telling


def _plainest(found: tuple[Match, ...], roles: set[str]) -> Optimizer:
    """The match with the fewest hyper-parameters that are no arguments, and the fewest altogether."""

    def rank(rule: Optimizer) -> tuple[int, int]:
        return sum(p.name not in roles for p in rule.hyper), len(rule.hyper)

    return min((match.candidate.rule for match in found), key=rank)


def _with_defaults(rule: Optimizer, roles: Mapping[str, Any], subject: Subject) -> Optimizer:
    hyper = tuple(_with_default(parameter, roles) for parameter in rule.hyper)
    run = f"{subject.library} {subject.version} runs {subject.name}"
    source = Source(f"{rule.source.cite}; as {run}", rule.source.where) if rule.source else Source(run, "its runs")
    return replace(rule, hyper=hyper, source=source)


def _with_default(parameter: Parameter, roles: Mapping[str, Any]) -> Parameter:
    value = roles.get(parameter.name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return replace(parameter, default=None)
    return replace(parameter, default=sp.Rational(repr(abs(value))))


def _read(text: str) -> tuple[str, dict[str, Any]]:
    """The optimizer and its keyword arguments, which are numbers, flags or tuples of numbers."""
    library, _, call = text.strip().partition(":")
    try:
        node = ast.parse(call, mode="eval").body
    except SyntaxError as error:
        raise InputError(f"{call!r} is no name and no call", remedy="write torch:SGD(momentum=0.9)") from error
    if not isinstance(node, ast.Call):
        return f"{library}:{call}", {}
    if node.args or any(keyword.arg is None for keyword in node.keywords):
        raise InputError(f"{call}: arguments need names", remedy="write torch:SGD(momentum=0.9)")
    given: dict[str, Any] = {}
    for keyword in node.keywords:
        given |= _argument(str(keyword.arg), keyword.value)
    return f"{library}:{ast.unparse(node.func)}", given


def _argument(name: str, node: ast.expr) -> dict[str, Any]:
    if isinstance(node, ast.Tuple):
        return {k: v for i, part in enumerate(node.elts) for k, v in _argument(f"{name}[{i}]", part).items()}
    if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool | int | float)):
        return {name: node.value}
    raise InputError(f"{name} must be a number, a flag or a tuple of numbers", remedy="write torch:SGD(momentum=0.9)")
