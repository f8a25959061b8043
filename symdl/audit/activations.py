"""Activations of libraries: which definition a function's defaults are, and the derivative that it returns at kinks."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any

import numpy as np
import sympy as sp
from flint import arb

from symdl.calculus.kinks import Kink, kinks
from symdl.core import Activation, SymdlError, to_text
from symdl.library import ACTIVATIONS
from symdl.numerics.ball import compiled, number, precision

from .findings import AuditFinding
from .libraries import version_of
from .machines import Array, Refused, import_keras, refusals

_POINTS = np.array([-4.0, -2.5, -1.25, -0.75, -0.5, -0.125, 0.125, 0.5, 0.75, 1.25, 2.5, 4.0])
_AGREEMENT = 1e-12
_KINK_AGREEMENT = 1e-12
Differentiated = Callable[[Callable[..., Any], Array, Mapping[str, float]], tuple[Array, Array]]


@dataclass(frozen=True)
class Functions:
    """The activations of a library: its name in findings, where they are, and how they are derived."""

    library: str
    load: Callable[[], Any]
    derive: Differentiated


def _by_torch(function: Callable[..., Any], points: Array, keywords: Mapping[str, float]) -> tuple[Array, Array]:
    import torch

    place = torch.tensor(points, requires_grad=True)
    value = function(place, **keywords)
    value.sum().backward()
    assert place.grad is not None
    return value.detach().numpy(), place.grad.numpy()


def _by_jax(function: Callable[..., Any], points: Array, keywords: Mapping[str, float]) -> tuple[Array, Array]:
    import jax

    with jax.enable_x64(True):
        one = jax.value_and_grad(lambda place: function(place, **keywords))
        value, slope = jax.vmap(one)(jax.numpy.asarray(points))
        return np.asarray(value), np.asarray(slope)


def _by_keras(function: Callable[..., Any], points: Array, keywords: Mapping[str, float]) -> tuple[Array, Array]:
    derive = {"torch": _by_torch, "jax": _by_jax}.get(import_keras().backend.backend())
    if derive is None:
        raise Refused("activations of Keras are derived on the torch and jax backends")
    return derive(function, points, keywords)


FUNCTIONS: Mapping[str, Functions] = {
    "torch": Functions("torch", lambda: importlib.import_module("torch.nn.functional"), _by_torch),
    "optax": Functions("jax", lambda: importlib.import_module("jax.nn"), _by_jax),
    "keras": Functions("keras", lambda: import_keras().activations, _by_keras),
}
"""By library; those of optax are what it runs on."""


@dataclass(frozen=True)
class Case:
    """One function with its definition under some parameters, as code takes them and exactly."""

    functions: Functions
    item: Activation
    name: str
    function: Callable[..., Any]
    keywords: Mapping[str, float]
    values: Mapping[sp.Symbol, sp.Rational]

    @property
    def version(self) -> str:
        """That of the library."""
        return version_of(self.functions.library)

    @property
    def expr(self) -> sp.Expr:
        """The definition with its parameters put in."""
        return self.item.expr.xreplace(dict(self.values))


def audit_activations(library: str) -> Iterator[AuditFinding]:
    """Findings on the values and on the derivatives at kinks of each activation that the library has."""
    for cases in _activations(library):
        for case in cases:
            try:
                with refusals():
                    yield from findings_on(case)
            except Refused:
                continue


def _activations(library: str) -> Iterator[Iterator[Case]]:
    """The cases of each activation of the library, its defaults first."""
    functions = FUNCTIONS[library]
    place = functions.load()
    for item in ACTIVATIONS:
        name = next((n for n in (item.name, *item.also_called) if callable(getattr(place, n, None))), None)
        if name is not None and all(parameter.default is not None for parameter in item.parameters):
            yield _cases(functions, item, name, getattr(place, name))


def definitions(library: str) -> Iterator[Case]:
    """Each activation of the library at its defaults, as the definition that it was found to be there."""
    for cases in _activations(library):
        case = next(cases)
        try:
            with refusals():
                computed, _ = case.functions.derive(case.function, _POINTS, {})
        except Refused:
            continue
        close = np.abs(computed - _values(case.expr, case.item.argument)).max() <= _AGREEMENT
        found = case if close else _recognised(case, computed)
        if found is not None:
            yield found


def _cases(functions: Functions, item: Activation, name: str, function: Callable[..., Any]) -> Iterator[Case]:
    """At the defaults, and with each parameter that the function takes by name doubled."""
    defaults = {p.symbol: p.default for p in item.parameters if p.default is not None}
    yield Case(functions, item, name, function, {}, defaults)
    try:
        taken = signature(function).parameters
    except ValueError:
        return
    for parameter in item.parameters:
        if parameter.name in taken and parameter.default:
            value = 2 * parameter.default
            yield Case(
                functions, item, name, function, {parameter.name: float(value)}, {**defaults, parameter.symbol: value}
            )


def findings_on(case: Case) -> Iterator[AuditFinding]:
    """Findings on the values of one function, and on its derivatives at the kinks of what it was found to be."""
    computed, _ = case.functions.derive(case.function, _POINTS, case.keywords)
    gap = np.abs(computed - _values(case.expr, case.item.argument))
    found = case
    if not gap.max() <= _AGREEMENT:
        other = _recognised(case, computed)
        if not case.keywords:
            yield _value_finding(case, other, float(gap.max()))
        if other is None:
            return
        found = other
    for kink in kinks_of(found):
        yield from _at_kink(found, kink)


def _values(expr: sp.Expr, argument: sp.Symbol) -> Array:
    with precision(200):
        function = compiled(expr, (argument,))
        return np.array([float(arb(function(number(float(point)))).mid()) for point in _POINTS])


def _recognised(case: Case, computed: Array) -> Case | None:
    """The definition whose values these are: with another default of a parameter, or under another name."""
    try:
        numbers = [p.default for p in signature(case.function).parameters.values() if isinstance(p.default, float)]
    except ValueError:
        numbers = []
    tables = [{parameter.symbol: sp.Rational(str(n))} for parameter in case.item.parameters for n in numbers]
    candidates = [replace(case, values={**case.values, **table}) for table in tables]
    for item in ACTIVATIONS:
        if all(parameter.default is not None for parameter in item.parameters):
            candidates.append(replace(case, item=item, values={p.symbol: p.default for p in item.parameters}))
    for candidate in candidates:
        with np.errstate(all="ignore"):
            gap = np.abs(computed - _values(candidate.expr, candidate.item.argument))
        if gap.max() <= _AGREEMENT:
            return candidate
    return None


def report(case: Case, code: str, severity: Any, message: str, **more: Any) -> AuditFinding:
    """A finding on an activation."""
    return AuditFinding(case.functions.library, case.version, case.name, code, severity, message, **more)


def _value_finding(case: Case, other: Case | None, size: float) -> AuditFinding:
    shown = "a function that symdl does not know" if other is None else f"{other.item.name}: {to_text(other.expr)}"
    message = f"the default is {shown}, not {case.item.name}: {to_text(case.expr)}"
    computed = to_text(other.expr) if other is not None else ""
    return report(case, "VAL001", "info", message, size=size, documented=to_text(case.expr), computed=computed)


def kinks_of(case: Case) -> tuple[Kink, ...]:
    """The kinks of the definition at these parameters."""
    table = dict(case.values)
    slopes = {
        sp.sympify(at).xreplace(table): sp.sympify(slope).xreplace(table) for at, slope in case.item.slope_at.items()
    }
    try:
        return kinks(replace(case.item, expr=case.expr, parameters=(), slope_at=slopes, properties=None))
    except SymdlError:
        return ()


def _at_kink(case: Case, kink: Kink) -> Iterator[AuditFinding]:
    """A finding where the derivative at a kink is no number of the Clarke interval, or not the declared one."""
    point = float(kink.point)
    _, slope = case.functions.derive(case.function, np.array([point]), case.keywords)
    returned, (low, high) = float(slope[0]), (float(side) for side in kink.clarke)
    given = "".join(f", {name}={value:g}" for name, value in case.keywords.items())
    place = f"the derivative at {to_text(kink.point)}{given} is {returned:.8g}"
    interval = f"[{to_text(kink.clarke[0])}, {to_text(kink.clarke[1])}]"
    if not low - _KINK_AGREEMENT <= returned <= high + _KINK_AGREEMENT:
        yield report(
            case, "KINK002", "error", f"{place}, outside the Clarke interval {interval}", computed=f"{returned:.8g}"
        )
    elif kink.declared is not None and abs(returned - float(kink.declared)) > _KINK_AGREEMENT:
        size = abs(returned - float(kink.declared))
        message = f"{place}, within the Clarke interval {interval}; symdl declares {to_text(kink.declared)}"
        shown = {"documented": to_text(kink.declared), "computed": f"{returned:.8g}"}
        yield report(case, "KINK003", "info", message, size=size, **shown)
