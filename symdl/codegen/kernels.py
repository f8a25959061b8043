"""Plans: how one function of a real argument is to be computed, and its loop in NumPy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from symdl.core import UnsupportedDerivative, UnsupportedOperation, symbol
from symdl.core.programs import Program

from .compensation import compensated
from .core_forms import on_grid, one_sided, with_logarithms_in_parts, with_plain_roots
from .decays import decays
from .error_functions import with_tails
from .gathered import gathered
from .halves import Style
from .joins import closed, joined
from .leading import leading
from .near_zero import expansion
from .power_tails import losing, power_tails, with_power_tails
from .schedule import program
from .stepped import stepped
from .structural import structural
from .terms import ONE, Term, call, substituted
from .waves import with_finite_arguments

LARGEST = symbol("_largest")
"""The largest finite number of the dtype: a clip with it changes infinities alone."""


@dataclass(frozen=True, eq=False)
class Function:
    """A function of one real argument: what is to be computed."""

    expr: sp.Expr
    variable: sp.Symbol
    given: tuple[Any, ...] = ()
    names: Mapping[sp.Symbol, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """How it is computed: in cells or as written, with which guards for infinities and nan."""

    cells: bool = True
    exact: bool = True
    style: Style = Style()
    floor: str = ""
    """The smallest argument that is used: "largest", "large" (a 16th of that), or the size of a number."""
    ceiling: str = ""
    nan: bool = False
    ends: tuple[str, str] = ("", "")
    """The values at -oo and oo, where they have to be written in."""
    silent: tuple[str, ...] = ()
    tails: bool = False
    """With error functions far out written in exp and erfcx."""
    near: bool = False
    """With a polynomial for -1 <= x <= 1."""
    far: bool = False
    """With p(x) exp(-n |x|^d) where the function decays so."""
    wide: bool = False
    """In float64 whatever the dtype."""
    beyond: str = ""
    """With powers and logarithms far out: of the "whole", or of the "parts" that lose there."""
    compensated: bool = False
    """With what each statement's result lacks carried along; in float64."""
    precise: bool = False
    """With what the elementary functions lack, too."""
    neglected: tuple[int, ...] = ()
    """The statements whose rounding errors are not carried along."""
    side: int = 0
    """1 or -1: the formula of that half-line on the whole line."""
    parts: bool = False
    """With log(1 + v) as log(u) + (v - (u - 1))/u, u being 1 + v rounded."""
    roots: bool = False
    """With hypotenuses as roots of sums of squares."""
    grid: bool = False
    """With the exponents of exponentials to twice the digits."""
    stepped: bool = False
    """With constants in sums as a float and what it lacks; in float64."""
    gathered: bool = False
    """With the exponentials of products as one, applied in two halves."""
    finite: bool = False
    """With the arguments of sine and cosine clipped to finite numbers."""

    leading: bool = False
    """With its leading term next to 0, where subnormal numbers count as 0."""

    def to_json(self) -> dict[str, Any]:
        """The fields that differ from the default."""
        default = asdict(Plan())
        changed = {key: value for key, value in asdict(self).items() if value != default[key] and key != "style"}
        style = [key for key, value in asdict(self.style).items() if value]
        return changed | ({"style": style} if style else {})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Plan:
        """The plan that :meth:`to_json` wrote."""
        rest: dict[str, Any] = {key: value for key, value in data.items() if key != "style"}
        rest |= {key: tuple(value) for key, value in rest.items() if isinstance(value, list)}
        return cls(**rest, style=Style(**dict.fromkeys(data.get("style", ()), True)))


@dataclass(frozen=True)
class Core:
    """A shorter plan for tiles that lie in ``low`` <= x <= ``high``; None where no end is needed."""

    plan: Plan
    low: float | None
    high: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"plan": self.plan.to_json(), "low": self.low, "high": self.high}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Core:
        """The core that :meth:`to_json` wrote."""
        return cls(Plan.from_json(data["plan"]), data["low"], data["high"])


def plans(function: Function) -> Iterator[Plan]:
    """Every plan without guards that can make a difference, the plainest first."""
    yield from _plans(function.expr, function.variable)
    if expansion(function.expr, function.variable) is not None:
        yield from (replace(plan, near=True) for plan in _plans(function.expr, function.variable))
    far = with_tails(function.expr, function.variable, function.given)
    if far is not None:
        yield from (replace(plan, tails=True) for plan in _plans(far, function.variable))


def _plans(expr: sp.Expr, variable: sp.Symbol) -> Iterator[Plan]:
    yield Plan(cells=False, exact=False)
    yield Plan(cells=False)
    yield Plan(cells=False, style=Style(alternate=True))
    exponential = expr.has(sp.exp, sp.tanh, sp.sinh, sp.cosh, sp.erf, sp.erfc)
    powers = (power for power in expr.atoms(sp.Pow) if variable in power.free_symbols)
    root = any(power.exp.is_Rational and power.exp.q == 2 for power in powers)
    relevant = {
        "fraction": True,
        "alternate": True,
        "split": exponential,
        "tail": exponential,
        "tanh": exponential,
        "conjugate": root,
        "inside": root,
        "halves": root and not exponential,
    }
    flags = [name for name, wanted in relevant.items() if wanted]
    for values in product((False, True), repeat=len(flags)):
        style = Style(**dict(zip(flags, values, strict=True)))
        if not (style.split and style.tail) and (style.conjugate or not style.inside):
            yield Plan(style=style)


def careful(plan: Plan, dtype: str) -> Iterator[Plan]:
    """``plan`` with more care: sizes last, float32 in float64, rounding errors carried along."""
    variants = [plan]
    if not plan.style.alternate:
        variants += [replace(each, style=replace(plan.style, last=True)) for each in variants]
    for variant in variants:
        if variant is not plan:
            yield variant
        if dtype == "float32":
            yield replace(variant, wide=True)
        else:
            yield replace(variant, stepped=True)
        yield replace(variant, wide=dtype == "float32", compensated=True)


def outside(function: Function, plan: Plan) -> Iterator[Plan]:
    """``plan`` with decays, powers and logarithms far out, where the function or parts of it behave so."""
    decaying = bool(decays(function.expr, function.variable))
    if not plan.cells:
        yield replace(plan, gathered=True)
        if function.expr.has(sp.sin, sp.cos, sp.tan):
            yield replace(plan, finite=True)
            yield replace(plan, finite=True, gathered=True)
    if decaying:
        yield replace(plan, far=True)
    if power_tails(function.expr, function.variable):
        yield replace(plan, beyond="whole")
        if not plan.cells:
            yield replace(plan, beyond="whole", gathered=True)
        if decaying:
            yield replace(plan, beyond="whole", far=True)
    if not plan.cells and not plan.tails and losing(function.expr, function.variable):
        yield replace(plan, beyond="parts")


@dataclass(frozen=True)
class Ends:
    """What is known far out: the limits at -oo and oo, and from where on the value is the limit."""

    limits: tuple[float | None, float | None]
    settled: tuple[str, str] = ("", "")
    written: tuple[float | None, float | None] = (None, None)
    """Those that may be written into the code."""


def guarded(plan: Plan, ends: Ends, nan: bool) -> Iterator[Plan]:
    """``plan`` with each set of guards, the cheapest first; ``nan`` says that nan has to be guarded."""
    written = [
        ("", str(limit + 0.0)) if limit is not None and (np.isinf(limit) or limit == 0) else ("",)
        for limit in ends.written
    ]
    floors, ceilings = (
        (known,) if known else ("", "largest", "large", *([settled] if settled else []))
        for known, settled in zip((plan.floor, plan.ceiling), ends.settled, strict=True)
    )
    for low, high in product(*written):
        for floor, ceiling in product(floors, ceilings):
            yield replace(plan, nan=nan, floor=floor, ceiling=ceiling, ends=(low, high))


def term(function: Function, plan: Plan) -> Term | None:
    """The term of ``function`` under ``plan``, or None where the plan does not apply."""
    try:
        value = _unguarded(function, plan)
    except (UnsupportedDerivative, UnsupportedOperation):
        return None
    x = function.variable
    if plan.near:
        known = expansion(function.expr, x)
        if known is None:
            return None
        value = call("where", call("less", call("absolute", x), ONE), known.term(x), value)
    if plan.beyond == "whole":
        value = with_power_tails(power_tails(function.expr, x), x, value)
    for decay in decays(function.expr, x) if plan.far else ():
        value = decay.term(x, value)
    if plan.leading:
        first = leading(function.expr, x)
        value = first.term(x, value) if first is not None else value
    if plan.floor or plan.ceiling:
        inside: Term = call("maximum", x, -_size(plan.floor)) if plan.floor else x
        value = substituted(value, x, call("minimum", inside, _size(plan.ceiling)) if plan.ceiling else inside)
    for point, end in zip((-sp.oo, sp.oo), plan.ends, strict=True):
        if end:
            value = call("where", call("equal", x, point), _LIMITS[end], value)
    return call("where", call("equal", x, x), value, x) if plan.nan else value


_LIMITS = {"inf": sp.oo, "-inf": -sp.oo, "0.0": sp.Integer(0)}


@lru_cache(maxsize=256)
def _in_cells(expr: sp.Expr, variable: sp.Symbol, given: tuple[Any, ...], style: Style) -> Term:
    return joined(expr, variable, given, style)


def _size(end: str) -> sp.Expr:
    return LARGEST if end == "largest" else LARGEST / 16 if end == "large" else sp.Integer(end)


def _unguarded(function: Function, plan: Plan) -> Term:
    expr = with_tails(function.expr, function.variable, function.given) if plan.tails else function.expr
    if expr is None:
        raise UnsupportedOperation("no error function of a line stands in the formula")
    if plan.beyond == "parts":
        return _with_parts_beyond(expr, function, plan)
    value = _written(function, expr, plan)
    value = with_logarithms_in_parts(value) if plan.parts else value
    value = gathered(value) if plan.gathered else value
    value = with_plain_roots(value) if plan.roots else value
    value = stepped(value) if plan.stepped else value
    value = with_finite_arguments(value) if plan.finite else value
    return on_grid(value, function.variable) if plan.grid else value


def _written(function: Function, expr: sp.Expr, plan: Plan) -> Term:
    if plan.side:
        return one_sided(expr, function.variable, function.given, plan.style, plan.side)
    if plan.cells:
        return _in_cells(expr, function.variable, function.given, replace(plan.style, alternate=False))
    return _as_written(expr, function, plan.exact)


def _as_written(expr: sp.Expr, function: Function, exact: bool) -> Term:
    """The formula as it stands, cell by cell where it has gaps at kinks."""
    variables = frozenset({function.variable})
    if any(piecewise.args[-1].args[1] != sp.true for piecewise in expr.atoms(sp.Piecewise)):
        expr = closed(expr, function.variable, function.given)
    return structural(expr, variables, exact)


def _with_parts_beyond(expr: sp.Expr, function: Function, plan: Plan) -> Term:
    """The formula as written, the parts that lose far out by their tails there."""
    x = function.variable
    names: dict[sp.Symbol, sp.Expr] = {}
    for found in losing(expr, x):
        name = symbol(f"_p{len(names)}")
        names[name] = found.part
        expr = expr.xreplace({found.whole: name * found.rest})
    value = structural(expr, frozenset({x, *names}), plan.exact)
    for name, part in names.items():
        inner = structural(part, frozenset({x}), plan.exact)
        value = substituted(value, name, with_power_tails(power_tails(part, x), x, inner))
    return value


@lru_cache(maxsize=2048)
def kernel(function: Function, plan: Plan) -> Program | None:
    """The program of ``function`` under ``plan``, or None where the plan does not apply."""
    value = term(function, plan)
    if value is None:
        return None
    body = program("kernel", value, function.variable, plan.style)
    return compensated(body, plan.precise, plan.neglected) if plan.compensated else body


_COSTS = {
    "exp": 4.0,
    "log": 4.0,
    "expm1": 16.0,
    "log1p": 9.0,
    "tanh": 8.0,
    "hypot": 8.0,
    "power": 16.0,
    "where": 4.0,
    "copysign": 1.5,
    "sqrt": 1.0,
}
_OTHER_FUNCTION = 15.0
_CHEAP = 0.4
_WIDE = 2.5


def cost(body: Program, plan: Plan) -> float:
    """Estimated nanoseconds an element, from measured costs of the ufuncs."""
    cheap = {"add", "subtract", "multiply", "divide", "negate", "square", "reciprocal", "absolute", "sign", "copy"}
    cheap |= {"maximum", "minimum", "less", "less_equal", "greater", "greater_equal", "equal"}
    each = (_CHEAP if s.operation in cheap else _COSTS.get(s.operation, _OTHER_FUNCTION) for s in body.statements())
    return sum(each) * (_WIDE if plan.wide else 1.0) + 2.0 * bool(plan.silent)
