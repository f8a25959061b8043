"""What a check of an optimizer is given, looked over before anything runs: nothing but numbers, in their domains."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp
from flint import arb
from numpy.typing import DTypeLike

from symdl.core import Compare, InputError, Optimizer, Parameter, UnsupportedOperation
from symdl.core.couplings import is_coupled
from symdl.numerics.ball import number, precision
from symdl.numerics.runs import constants

from .step_functions import Array

_BITS = 200
_RELATIONS: Mapping[str, Callable[[arb, arb], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}


def check_rule(spec: Any) -> None:
    """Raises :class:`InputError` for no rule, :class:`UnsupportedOperation` for one that no element takes by itself."""
    if not isinstance(spec, Optimizer):
        raise InputError(f"{spec!r} is no update rule", remedy="give a rule, such as symdl.library.adam")
    if len(spec.evaluations) != 1:
        raise UnsupportedOperation(f"{spec.name} asks for {len(spec.evaluations)} quantities; one can be checked")
    if is_coupled(spec):
        raise UnsupportedOperation(
            f"the entries of {spec.name} depend on each other; rules of single entries can be checked",
            remedy="hold generated code against it by symdl.testing.examine",
        )


def hyper_in_domain(spec: Optimizer, hyper: Mapping[str, float]) -> Mapping[str, float]:
    """The hyper-parameters as they are. Raises :class:`InputError` for one that is no number or not in its domain.

    >>> from symdl import library
    >>> hyper_in_domain(library.sgd, {"learning_rate": -1.0})
    Traceback (most recent call last):
    symdl.core.errors.InputError: learning_rate = -1.0 is not in the domain of sgd: eta >= 0
      remedy: give a value with eta >= 0
    """
    for name, value in hyper.items():
        try:
            number(value)
        except (InputError, TypeError) as error:
            raise InputError(f"{name} = {value!r} is not a finite number", remedy="give a number") from error
    with precision(_BITS):
        values = constants(spec, hyper)
    for parameter in spec.hyper:
        for relation in parameter.domain:
            _check_domain(spec, parameter, relation, values)
    return hyper


def _check_domain(spec: Optimizer, parameter: Parameter, relation: Compare, values: Mapping[sp.Symbol, Any]) -> None:
    bound = sp.sympify(relation.rhs)
    if relation.lhs != parameter.symbol or not bound.is_Rational:
        return
    if not _RELATIONS[relation.relation](arb(values[parameter.symbol]), arb(number(bound))):
        shown = float(arb(values[parameter.symbol]))
        raise InputError(
            f"{parameter.name} = {shown} is not in the domain of {spec.name}: {relation}",
            remedy=f"give a value with {relation}",
        )


def floats(values: Any, dtype: DTypeLike, what: str) -> Array:
    """``values`` in ``dtype``, integers converted. Raises :class:`InputError` for others, for nan and for infinity."""
    try:
        found = np.asarray(values)
    except ValueError as error:
        raise InputError(f"{what} are no array ({error})", remedy="give rows of one length") from error
    if found.dtype.kind not in "iuf":
        raise InputError(f"{what} of dtype {found.dtype} are not real numbers", remedy="give floats")
    if not np.isfinite(found).all():
        raise InputError(f"{what} hold nan or infinity, where the rule has no value", remedy="give finite numbers")
    return found.astype(dtype)


def history_of(gradients: Any, dtype: DTypeLike) -> Array:
    """The gradients as (steps, elements). Raises :class:`InputError` for other shapes and for none at all."""
    history = floats(gradients, dtype, "the gradients")
    if history.ndim != 2 or not history.size:
        raise InputError(
            f"the gradients have shape {history.shape}", remedy="give (steps, elements), at least one each"
        )
    return history


def starts_of(start: Sequence[float], elements: int, dtype: DTypeLike) -> Array:
    """A start for each element, in turn. Raises :class:`InputError` for none at all."""
    begin = floats(start, dtype, "the starts")
    if not begin.size:
        raise InputError("there is no start", remedy="give one value an element")
    return np.resize(begin, elements)
