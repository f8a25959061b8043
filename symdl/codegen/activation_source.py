"""Activations to modules: the value, the derivative and, where it is accurate, that from the value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import sympy as sp
from numpy.typing import NDArray

from symdl.calculus.derivatives import domain, parameter_derivative
from symdl.calculus.kinks import Kink
from symdl.core import Activation, BudgetExceeded, Compare, Parameter, UndefinedValue, symbol, to_text
from symdl.numerics import ball

from .accuracy import specimens
from .budget import check_size
from .choosing import Case, Goal, cases, chosen, goal
from .cores import cored
from .inverses import derivative_in_value
from .kernels import Ends, Function
from .located import located
from .loops import loops
from .modules import compiled, helpers
from .plans_file import Bound, bound, committed
from .progress import part_of, report
from .rounding_bounds_file import proved
from .text import argument_name, checks, definition, function_name, keywords, number, prose
from .together import joint_lines

VALUE_TARGET, DERIVATIVE_TARGET = 3.5, 7.5
"""Errors in ULP that are good enough: the cheapest plan within them is taken."""
_ARGUMENT, _VALUE = symbol("x"), symbol("y")
_RESERVED = ("x", "y", "out", "part", "slope_part", "result", "largest")


_Specimens: TypeAlias = tuple[Mapping[sp.Symbol, sp.Rational], ...]


@dataclass(frozen=True)
class Routine:
    """One function of a generated module: its name, formula and bound."""

    name: str
    function: Function
    bound: Bound
    summary: str


@dataclass(frozen=True)
class ActivationCode:
    """Everything that the source and the tests of an activation are written from."""

    activation: Activation
    value: Routine
    derivative: Routine
    in_value: Routine | None
    """The derivative as a function of the value, whether it is accurate enough or not."""
    in_parameters: tuple[Routine, ...]
    parameters: tuple[tuple[str, Parameter], ...]
    measured_at: tuple[Mapping[sp.Symbol, sp.Rational], ...]
    kinks: tuple[Kink, ...]
    between: tuple[sp.Rational, ...] = ()
    """Places of kinks that are no floats, each between two neighbouring ones."""
    many: bool = False
    """Whether there are more places than are listed."""

    @property
    def values(self) -> Mapping[sp.Symbol, sp.Rational]:
        """The values of the parameters in examples: the defaults, where there are any."""
        return self.measured_at[0]

    @property
    def from_output(self) -> Routine | None:
        """The derivative as a function of the value, where it is accurate enough."""
        return self.in_value if self.in_value is not None and _is_accurate(self.in_value.bound) else None

    @property
    def routines(self) -> tuple[Routine, ...]:
        """The functions of the module, in order."""
        return (*self.of_argument, *([self.from_output] if self.from_output else []))

    @property
    def joint_name(self) -> str:
        """The function that gives the value and the derivative."""
        return f"{self.activation.name}_and_derivative"

    @property
    def of_argument(self) -> tuple[Routine, ...]:
        """Those that take the argument."""
        return (self.value, self.derivative, *self.in_parameters)


def activation_code(activation: Activation) -> ActivationCode:
    """Choose how to compute an activation and its derivatives.

    Raises :class:`DefinitionError` for a name that Python needs, :class:`UnsupportedDerivative` and
    :class:`UnsupportedOperation` for what cannot be derived or computed, :class:`BudgetExceeded` for
    a formula that is too large.
    """
    function_name(activation.name)
    check_size(activation.expr, activation.name)
    written_as, names = _canonical(activation)
    found = located(written_as)
    plain = found.activation
    given = domain(plain)
    values = specimens(plain.parameters)
    slope = found.slope()
    check_size(slope, f"the derivative of {activation.name}")
    written = {parameter.symbol: name for name, parameter in names}
    value = Function(plain.expr, _ARGUMENT, given, written)
    derivative = Function(slope, _ARGUMENT, given, written)
    places = found.places()
    name = activation.name
    with part_of("value", 0.0, 0.4):
        value_bound = _bound(value, values, VALUE_TARGET, places)
    with part_of("derivative", 0.4, 0.8):
        slope_bound = _bound(derivative, values, DERIVATIVE_TARGET, places)
    report("derivative from the value", 0.8)
    return ActivationCode(
        plain,
        Routine(name, value, value_bound, to_text(written_as.expr)),
        Routine(f"{name}_derivative", derivative, slope_bound, to_text(slope)),
        _in_value(name, value, value_bound, derivative, values, places),
        tuple(_in_parameter(plain, parameter, written, values) for parameter in plain.parameters if parameter.learned),
        names,
        values,
        found.kinks(),
        tuple(sorted(found.between)),
        found.many,
    )


def _in_parameter(
    plain: Activation, parameter: Parameter, written: Mapping[sp.Symbol, str], values: _Specimens
) -> Routine:
    """The derivative in a learned parameter."""
    slope = parameter_derivative(plain, parameter)
    check_size(slope, f"the derivative of {plain.name} in {parameter.name}")
    function = Function(slope, _ARGUMENT, domain(plain), written)
    name = f"{plain.name}_derivative_{parameter.name}"
    return Routine(name, function, _bound(function, values, DERIVATIVE_TARGET, ()), to_text(slope))


def _canonical(activation: Activation) -> tuple[Activation, tuple[tuple[str, Parameter], ...]]:
    """The activation in x, with its parameters renamed to the arguments of the generated functions."""
    renamed: dict[sp.Symbol, sp.Symbol] = {activation.argument: _ARGUMENT}
    names: list[tuple[str, Parameter]] = []
    for parameter in activation.parameters:
        name = argument_name(parameter.name, (*_RESERVED, *(known for known, _ in names)))
        renamed[parameter.symbol] = symbol(name)
        relations = tuple(Compare(r.lhs, r.relation, r.rhs) for r in parameter.domain)
        names.append((name, Parameter(symbol(name), name, parameter.default, relations, parameter.learned)))
    names = [(name, _renamed(parameter, renamed)) for name, parameter in names]
    slopes = {
        sp.sympify(at).xreplace(renamed): sp.sympify(to).xreplace(renamed) for at, to in activation.slope_at.items()
    }
    plain = Activation(
        activation.name,
        _ARGUMENT,
        activation.expr.xreplace(renamed),
        tuple(parameter for _, parameter in names),
        slopes,
        activation.source,
        activation.also_called,
    )
    return plain, tuple(names)


def _renamed(parameter: Parameter, names: Mapping[sp.Symbol, sp.Symbol]) -> Parameter:
    relations = (Compare(r.lhs.xreplace(names), r.relation, r.rhs.xreplace(names)) for r in parameter.domain)
    return replace(parameter, domain=tuple(relations))


def _key(function: Function, values: _Specimens, of: str) -> str:
    chosen_at = ", ".join(f"{name} = {value}" for name, value in values[0].items())
    return f"{of}{function.variable} -> {to_text(function.expr)}" + (f" at {chosen_at}" if chosen_at else "")


def _bound(function: Function, values: _Specimens, target: float, places: tuple[sp.Expr, ...]) -> Bound:
    """The committed bound of this very formula, else one measured now."""
    known = committed().get(_key(function, values, ""))
    if known is not None:
        return known
    aim = goal(function, values, target, places)
    return cored(bound(chosen(aim)), function, aim.cases[0])


def _in_value(
    name: str,
    value: Function,
    value_bound: Bound,
    derivative: Function,
    values: _Specimens,
    places: tuple[sp.Expr, ...],
) -> Routine | None:
    expr = derivative_in_value(value.expr, derivative.expr, _ARGUMENT, _VALUE, value.given)
    if expr is None:
        return None
    function = Function(expr, _VALUE, value.given, value.names)
    found = committed().get(_key(function, values, f"{to_text(value.expr)} = "))
    if found is None:
        first = compiled(value, value_bound.plans)
        found = bound(
            chosen(
                Goal(
                    function,
                    DERIVATIVE_TARGET,
                    tuple(_through(first, each) for each in cases(derivative, values, places)),
                )
            )
        )
    return Routine(f"{name}_derivative_from_output", function, found, to_text(expr))


def _is_accurate(found: Bound) -> bool:
    return found.is_accurate_everywhere and all(0 <= ulp <= DERIVATIVE_TARGET for ulp in found.ulp.values())


def _through(first: Callable[..., NDArray[Any]], at_x: Case) -> Case:
    """The case of a function of the value, at the values that ``first`` gives."""
    ends = {dtype: Ends(known.limits) for dtype, known in at_x.ends.items()}
    return replace(at_x, ends=ends, first=first)


def with_cores(code: ActivationCode) -> ActivationCode:
    """``code`` with its cores chosen anew."""
    places = tuple(kink.point for kink in code.kinks)
    return replace(
        code, value=_with_core(code, code.value, places), derivative=_with_core(code, code.derivative, places)
    )


def _with_core(code: ActivationCode, routine: Routine, places: tuple[sp.Expr, ...]) -> Routine:
    first = cases(routine.function, code.measured_at[:1], places)[0]
    return replace(routine, bound=cored(routine.bound, routine.function, first))


def keyed_bounds(code: ActivationCode) -> dict[str, Bound]:
    """The bounds of a module under the keys of the committed file."""
    rows = {_key(r.function, code.measured_at, ""): r.bound for r in code.of_argument}
    if code.in_value is not None:
        key = _key(code.in_value.function, code.measured_at, f"{to_text(code.value.function.expr)} = ")
        rows[key] = code.in_value.bound
    return rows


def activation_source(code: ActivationCode) -> str:
    """The module of an activation."""
    functions = "\n\n\n".join([*(_function(code, routine) for routine in code.routines), _joint(code)])
    listed = ", ".join(f'"{name}"' for name in (*(routine.name for routine in code.routines), code.joint_name))
    formula = prose(f"{code.activation.name}: {code.value.summary}.")
    cite = f"\n\nSource: {prose(code.activation.source)}." if code.activation.source else ""
    head = f'"""{formula}{cite}\n\nGenerated by symdl; needs NumPy alone.\n"""\n\n'
    return (
        head + helpers(functions).replace("\n\n_TILE", f"\n\n__all__ = [{listed}]\n\n_TILE", 1) + f"\n\n{functions}\n"
    )


def _function(code: ActivationCode, routine: Routine) -> str:
    argument = routine.function.variable.name
    lines = docstring(code, routine, _rounding(code, routine) if routine in code.of_argument else "")
    rows = [f'"""{line}' if index == 0 else line for index, line in enumerate(lines)]
    rows += ['"""', *checks(code.parameters)]
    rows += [f"{argument}, result = _prepared({argument}, out)", *_loops(code, routine)]
    rows += ["return result if result.ndim or out is not None else result[()]"]
    return "\n".join([signature(code, routine), *(f"    {row}" if row else "" for row in rows)])


def _joint(code: ActivationCode) -> str:
    """The function that gives the value and the derivative, in one pass where that is worth it."""
    arguments = ["x: ArrayLike", "out: NDArray[Any] | None = None", *keywords(code.parameters)]
    head = definition(code.joint_name, arguments, "tuple[Any, Any]")
    first, second = code.value, code.derivative
    given = "".join(f", {name}={name}" for name, _ in code.parameters)
    hidden = first.name in (name for name, _ in code.parameters)
    called = f"_{first.name}" if hidden else first.name
    calls = [f"{name}(x, result[{row}, ...]{given})" for row, name in enumerate((called, second.name))]
    parts = [(routine.function, routine.bound) for routine in (first, second)]
    rows = joint_lines(parts[0], parts[1], code.values, calls)
    start = [*(checks(code.parameters) if rows != calls else []), "x, result = _prepared_pair(x, out)"]
    text = [*_joint_docstring(code, rows != calls), *start, *rows, "return result[0], result[1]"]
    alias = [f"{called} = {first.name}", "", ""] if hidden else []
    return "\n".join([*alias, head, *(f"    {row}" if row else "" for row in text)])


def _joint_docstring(code: ActivationCode, shared: bool) -> list[str]:
    name = code.activation.name
    means = "together: what both need is computed once" if shared else "one after the other"
    rows = prose(f"{name}(x) and {name}_derivative(x), {means}.").split("\n    ")
    rows += [
        "",
        *prose(
            f"``x`` and the parameters are those of :func:`{name}`. The results are the rows of ``out``, an array of "
            f"shape (2, *x.shape), where that is given."
        ).split("\n    "),
    ]
    rows += [f"Error: that of {name} and of {name}_derivative.", "Raises what they raise."]
    return [f'"""{rows[0]}', *rows[1:], '"""']


def _loops(code: ActivationCode, routine: Routine) -> list[str]:
    return loops(routine.function, routine.bound.plans, routine.bound.cores, code.values)


def signature(code: ActivationCode, routine: Routine) -> str:
    """The head of the public function."""
    argument = routine.function.variable.name
    arguments = [f"{argument}: ArrayLike", "out: NDArray[Any] | None = None", *keywords(code.parameters)]
    return definition(routine.name, arguments, "Any")


def docstring(code: ActivationCode, routine: Routine, rounding: str = "") -> list[str]:
    """The lines that document it."""
    argument, kind = routine.function.variable.name, "" if routine is code.value else _kind(code, routine)
    rows = [*prose(f"{routine.name}({argument}) = {routine.summary}{kind}.").split("\n    "), ""]
    rows += prose(
        f"``{argument}`` is a number or an array of any shape, float32 or float64; so is the result, which goes to "
        f"``out`` where that is given (it may be ``{argument}`` itself). nan gives nan, infinities give the "
        f"limits, if there are any."
    ).split("\n    ")
    rows += [row for name, parameter in code.parameters for row in _parameter(name, parameter)]
    if routine is code.derivative:
        rows += [row for kink in code.kinks for row in _kink(kink)]
        rows += _places_between(code)
    rows += prose(_error(code, routine)).split("\n    ")
    rows += prose(rounding).split("\n    ") if rounding else []
    rows += prose(f"Source: {code.activation.source}.").split("\n    ") if code.activation.source else []
    rows += prose(
        f"Raises TypeError for other dtypes, ValueError for an ``out`` of another shape or dtype"
        f"{' and for parameters outside of their domains' if code.parameters else ''}."
    ).split("\n    ")
    return rows + _example(code, routine)


def _places_between(code: ActivationCode) -> list[str]:
    """What is said of places of kinks that are no floats."""
    if code.many:
        return ["Branches meet at many places; there, and at floats next to them, the slope is that of either."]
    return [f"The slope jumps near x = {float(place):.6g}, between two floats." for place in code.between]


def _example(code: ActivationCode, routine: Routine) -> list[str]:
    """A doctest at 1/2, where the function has a value there."""
    given = "".join(
        f", {name}={number(code.values[parameter.symbol])}"
        for name, parameter in code.parameters
        if parameter.default is None
    )
    try:
        exact = routine.function.expr.subs(dict(code.values))
        value = float(ball.enclose(exact, {routine.function.variable: sp.Rational(1, 2)}, 60, absolute_bits=200).mid())
    except (UndefinedValue, BudgetExceeded):
        return []
    return ["", f">>> round(float({routine.name}(0.5{given})), 6)", repr(round(value, 6) + 0.0)]


def _kind(code: ActivationCode, routine: Routine) -> str:
    if routine is code.derivative:
        return f", the derivative of {code.activation.name}"
    if routine in code.in_parameters:
        parameter = routine.name.removeprefix(f"{code.activation.name}_derivative_")
        return f", the derivative of {code.activation.name} in {parameter}"
    return f", the derivative of {code.activation.name} where its value is y"


def _parameter(name: str, parameter: Parameter) -> list[str]:
    domain = " and ".join(map(str, parameter.domain)) or "any real number"
    default = "" if parameter.default is None else f"; {parameter.default} by default"
    return prose(f"``{name}``: {domain}{default}.").split("\n    ")


def _kink(kink: Kink) -> list[str]:
    slope = f"declared to be {to_text(kink.declared)}" if kink.declared is not None else "that from the left"
    if kink.jump:
        return prose(f"At the jump x = {to_text(kink.point)} there is no slope; it is {slope}.").split("\n    ")
    interval = f"between {to_text(kink.clarke[0])} and {to_text(kink.clarke[1])}"
    return prose(f"At the kink x = {to_text(kink.point)} any slope {interval} is a subgradient; it is {slope}.").split(
        "\n    "
    )


def _error(code: ActivationCode, routine: Routine) -> str:
    ulp, near, elsewhere = routine.bound.ulp, routine.bound.near_roots, routine.bound.elsewhere
    usual, *others = (
        ", ".join(f"{name} = {values[parameter.symbol]}" for name, parameter in code.parameters)
        for values in code.measured_at
    )
    text = f"Error, measured over the whole finite range{f' at {usual}' if usual else ''}: {_within(ulp)}"
    text += f"; at {' and at '.join(others)} {_within(elsewhere or ulp)}" if others else ""
    text += f"; next to roots {near} eps of the sum of the absolute terms" if near > 0 else ""
    return text + ("." if routine.bound.is_accurate_everywhere else "; not accurate everywhere.")


def _rounding(code: ActivationCode, routine: Routine) -> str:
    """What is proved of rounding errors alone, given those of NumPy's functions."""
    report(f"rounding errors of {routine.name}", 0.85)
    bounds = proved(routine.function, routine.bound, code.values)
    known = ", ".join(f"{bound:g} ULP ({dtype})" for dtype, bound in bounds.items() if bound is not None)
    others = " and ".join(dtype for dtype, bound in bounds.items() if bound is None)
    if not known:
        return "No rounding bound is proved."
    at = " at the default parameters" if code.parameters else ""
    rest = f"; none is proved for {others}" if others else ""
    return f"Rounding bound, given those of NumPy's functions{at}: {known}{rest}."


def _within(ulp: Mapping[str, float]) -> str:
    return ", ".join(f"{_amount(ulp[dtype])} in {dtype}" for dtype in ulp)


def _amount(ulp: float) -> str:
    return f"at most {ulp} ULP" if ulp >= 0 else "no bound"
