"""Update rules to modules: the state, the point where the gradient is taken, and the step in place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import sympy as sp

from symdl.core import STEP, THETA, Assignment, Compare, Optimizer, Parameter, UnsupportedOperation, symbol, to_text
from symdl.core.couplings import Coupling, is_coupled, list_total, needs_matrices, unfolded
from symdl.core.programs import Assign, Program

from .budget import check_size
from .coupled_source import (
    ENTRY,
    NUMBER,
    CoupledLoop,
    Part,
    Shape,
    allocation,
    check_states,
    list_total_rows,
    shapes,
    tuple_of,
)
from .halves import Style
from .look_ahead import from_point
from .optimizer_support import CURVATURES, MATRICES, ONE_MINUS_POWER, OPTIMIZER_HELPERS, OPTIMIZER_IMPORTS
from .scalar_folding import folded, intervals
from .schedule import Scheduler
from .source import Lines, elementwise
from .step_docstrings import step_docstring
from .structural import structural
from .text import WIDTH, argument_name, checks, comparison, definition, formula, function_name, keywords, prose, scalar

THETA_IN_CODE, STEP_IN_CODE = symbol("theta"), symbol("t")
_ARRAYS = "NDArray[Any] | Sequence[NDArray[Any]]"
_RESERVED = (
    "parameters", "gradients", "curvature", "curvatures", "state", "points", "out",
    "np", "math", "t", "step", "listed", "slopes", "arrays",
)  # fmt: skip
Loops = Callable[["OptimizerCode", tuple[Part, ...], Sequence[str], Sequence[str]], list[str]]
"""Writes the steps over the named arrays, which come from the named lists."""


@dataclass(frozen=True)
class OptimizerCode:
    """An update rule in Python's names: what the source and the tests are written from."""

    optimizer: Optimizer
    gradient: str
    states: tuple[str, ...]
    hyper: tuple[tuple[str, Parameter], ...]
    steps: tuple[Part, ...]
    notation: Mapping[str, str]
    totals: tuple[Part, ...] = ()
    """Totals over the whole list, and their terms, before all steps."""
    shapes: Mapping[sp.Symbol, Shape] = field(default_factory=dict)
    """The shapes of all that a step whose entries depend on each other reads and assigns."""
    singular: tuple[str, ...] = ()
    """Hyper-parameters whose smallest value gives 0/0 at a zero gradient."""
    example: tuple[str, ...] = ()
    """A doctest of the step."""
    error: float | None = None
    """How far float64 was from the exact run, relative to the largest value so far."""

    @cached_property
    def scalars(self) -> frozenset[sp.Symbol]:
        """What is assigned and is one number for all elements, since it follows from the step count alone."""
        return _scalars(self.optimizer, self.steps if self.shapes else self.optimizer.step, self.known_totals)

    @cached_property
    def known_totals(self) -> frozenset[sp.Symbol]:
        """The numbers that are totals over the whole list."""
        return frozenset(part.symbol for part in self.totals if isinstance(part, Coupling))

    @cached_property
    def arrays(self) -> tuple[str, ...]:
        """The states that hold a number for each element."""
        return tuple(name for name in self.states if symbol(name) not in self.scalars)

    @property
    def curvature(self) -> str | None:
        """What the curvature is called, if the rule asks for it."""
        asked = [str(e.symbol) for e in self.optimizer.evaluations if e.quantity == "curvature"]
        return asked[0] if asked else None

    @property
    def looks_ahead(self) -> bool:
        """Whether the gradient is taken elsewhere than at the parameters."""
        return self.optimizer.evaluations[0].point != THETA


def optimizer_code(optimizer: Optimizer) -> OptimizerCode:
    """The rule with its symbols renamed to identifiers and its local values inlined.

    Raises :class:`UnsupportedOperation` for a rule that asks for several gradients, and
    :class:`DefinitionError` for a name that Python needs, :class:`BudgetExceeded` for a formula that is
    too large.
    """
    function_name(optimizer.name)
    asked = [evaluation.quantity for evaluation in optimizer.evaluations]
    if asked not in (["gradient"], ["gradient", "curvature"]) or any(
        e.point != THETA for e in optimizer.evaluations[1:]
    ):
        raise UnsupportedOperation(f"{optimizer.name} takes {len(optimizer.evaluations)} gradients in a step, not one")
    for assignment in optimizer.step:
        check_size(assignment.expr, f"the step of {assignment.symbol}")
    renamed: dict[sp.Symbol, sp.Symbol] = {THETA: symbol("theta"), STEP: symbol("t")}
    for known, wanted in _wanted_names(optimizer):
        taken = (*_RESERVED, *(str(name) for name in renamed.values()))
        renamed[known] = symbol(argument_name(wanted, taken))
    plain = _renamed(optimizer, renamed)
    coupled = is_coupled(plain)
    totals, steps = _split(unfolded(plain)) if coupled else ((), _inlined(plain))
    code = OptimizerCode(
        plain,
        str(plain.evaluations[0].symbol),
        tuple(str(state.symbol) for state in plain.state),
        tuple((parameter.name, parameter) for parameter in plain.hyper),
        steps,
        {str(new): str(old) for old, new in renamed.items() if str(new) != str(old)},
        totals,
        shapes(plain) if coupled else {},
    )
    if coupled:
        check_states(plain, code.shapes, code.scalars)
    return code


def _split(parts: tuple[Part, ...]) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """The totals over the list with their terms, and the rest."""
    count = max((i for i, p in enumerate(parts, 1) if isinstance(p, Coupling) and p.operation is list_total), default=0)
    return parts[:count], parts[count:]


def _wanted_names(optimizer: Optimizer) -> list[tuple[sp.Symbol, str]]:
    """Hyper-parameters are called by role, everything else by its symbol."""
    others = [
        *(evaluation.symbol for evaluation in optimizer.evaluations),
        *(state.symbol for state in optimizer.state),
    ]
    others += [assignment.symbol for assignment in optimizer.step]
    names = {parameter.symbol: parameter.name for parameter in optimizer.hyper}
    names |= {other: str(other) for other in others if other != THETA and other not in names}
    return list(names.items())


def _renamed(optimizer: Optimizer, names: Mapping[sp.Symbol, sp.Symbol]) -> Optimizer:
    return Optimizer(
        optimizer.name,
        tuple(
            Parameter(
                names[p.symbol],
                str(names[p.symbol]),
                p.default,
                tuple(Compare(r.lhs.xreplace(names), r.relation, r.rhs.xreplace(names)) for r in p.domain),
            )
            for p in optimizer.hyper
        ),
        tuple(replace(s, symbol=names[s.symbol], start=s.start.xreplace(names)) for s in optimizer.state),
        tuple(replace(e, symbol=names[e.symbol], point=e.point.xreplace(names)) for e in optimizer.evaluations),
        tuple(Assignment(names[a.symbol], a.expr.xreplace(names)) for a in optimizer.step),
        optimizer.conventions,
        optimizer.source,
    )


def _scalars(optimizer: Optimizer, steps: Sequence[Part], totals: frozenset[sp.Symbol]) -> frozenset[sp.Symbol]:
    """What is assigned and does not vary over elements, and is not needed before it is assigned."""
    constants = {STEP_IN_CODE, *totals, *(parameter.symbol for parameter in optimizer.hyper)}
    assignments = [step for step in steps if isinstance(step, Assignment)]
    formulas = [(s.symbol, s.start) for s in optimizer.state] + [(a.symbol, a.expr) for a in assignments]
    found = {a.symbol for a in assignments} - {THETA_IN_CODE} - {s.symbol for s in steps if isinstance(s, Coupling)}
    while True:
        dropped = {name for name, expr in formulas if not expr.free_symbols <= found | constants}
        used: set[sp.Symbol] = set()
        for assignment in assignments:
            if assignment.symbol in found - dropped:
                dropped |= {assignment.symbol} & used
            else:
                used |= assignment.expr.free_symbols
        if found.isdisjoint(dropped):
            return frozenset(found)
        found -= dropped


def _inlined(optimizer: Optimizer) -> tuple[Assignment, ...]:
    """The assignments with each local value that is used once put where it is used."""
    kept = {THETA, *(state.symbol for state in optimizer.state)}
    steps = list(optimizer.step)
    for index in range(len(steps) - 1, -1, -1):
        local, later = steps[index], steps[index + 1 :]
        users = [i for i, step in enumerate(later, index + 1) if local.symbol in step.expr.free_symbols]
        if local.symbol in kept or len(users) != 1 or steps[users[0]].expr.count(local.symbol) != 1:
            continue
        changed = {step.symbol for step in steps[index + 1 : users[0]]}
        if changed.isdisjoint(local.expr.free_symbols | {local.symbol}):
            user = steps[users[0]]
            steps[users[0]] = Assignment(user.symbol, user.expr.xreplace({local.symbol: local.expr}))
            del steps[index]
    return tuple(steps)


def _step_from_point(code: OptimizerCode) -> dict[str, str]:
    """The step of parameters that stand at the evaluation point, where there is one."""
    rule = None if code.shapes else from_point(code.optimizer)
    if rule is None:
        return {}
    moved = replace(code, optimizer=rule, steps=_inlined(rule), example=(), error=None, singular=())
    said = "One step, in place on ``parameters`` and ``state``."
    own = "One step of ``parameters`` that stand at the evaluation point, in place on them and ``state``."
    head, name = f"def {rule.name}_step", "_from_point"
    return {f"step{name}": step_function(moved).replace(head, f"{head}{name}", 1).replace(said, own, 1)}


def optimizer_source(code: OptimizerCode) -> str:
    """The module of an update rule."""
    functions = {
        "init": init_function(code),
        **({"evaluation_point": evaluation_point_function(code)} if code.looks_ahead else {}),
        "step": step_function(code),
        **_step_from_point(code),
    }
    listed = ", ".join(f'"{code.optimizer.name}_{name}"' for name in functions)
    body = "\n\n\n".join(functions.values())
    head = [f'"""{prose(code.optimizer.name)}: an update rule, in place on float32 and float64 arrays.', ""]
    head += [f"Source: {prose(code.optimizer.source, 0)}.", ""] if code.optimizer.source else []
    head += ["Generated by symdl; needs NumPy alone.", '"""', "", "from __future__ import annotations", ""]
    head += ["import math"] if "math." in body or "_one_minus_power" in body else []
    helpers = OPTIMIZER_HELPERS + (ONE_MINUS_POWER if "_one_minus_power" in body else "")
    helpers += CURVATURES if "_curvatures(" in body else ""
    helpers += MATRICES if "_matrices(" in body else ""
    return "\n".join(head) + OPTIMIZER_IMPORTS + f"\n__all__ = [{listed}]\n" + helpers + f"\n\n{body}\n"


def _used(code: OptimizerCode, expressions: Iterable[sp.Expr]) -> list[tuple[str, Parameter]]:
    free = {symbol for expr in expressions for symbol in expr.free_symbols}
    return [(name, parameter) for name, parameter in code.hyper if parameter.symbol in free]


def statements(code: OptimizerCode, assignments: Sequence[Assignment], arrays: Sequence[str]) -> list[Assign]:
    """The assignments over ``arrays`` as operations of one and two operands."""
    variables = frozenset({symbol(name) for name in arrays} | {a.symbol for a in assignments})
    scheduler = Scheduler(variables, Style())
    known = intervals([parameter for _, parameter in code.hyper], STEP_IN_CODE)
    body: list[Assign] = []
    for assignment in assignments:
        written = (assignment.expr, folded(assignment.expr, variables, known))
        terms = [structural(expr, variables, exact=True) for expr in dict.fromkeys(written)]
        bodies = [scheduler.assignment(str(assignment.symbol), term) for term in terms]
        shortest: list[Assign] = min(bodies, key=len)
        body += shortest
    return body


def _lines(
    code: OptimizerCode,
    assignments: Sequence[Assignment],
    arrays: Sequence[str],
    outputs: Sequence[str],
    in_place: bool = True,
) -> Lines:
    """The loop body of assignments over ``arrays``; what is assigned but no output is scratch."""
    variables = frozenset({symbol(name) for name in arrays} | {a.symbol for a in assignments})
    body = statements(code, assignments, arrays)
    names = scalar_names(code) | {name: str(name) for name, shape in code.shapes.items() if shape == NUMBER}
    program = Program(code.optimizer.name, tuple(arrays), tuple(outputs), tuple(body))
    taken = (*_RESERVED, *map(str, variables), *map(str, code.shapes))
    return elementwise(program, names, taken=taken, in_place=in_place)


def _loop(lines: Lines, arrays: Sequence[str], sources: Sequence[str], names: Iterable[str]) -> list[str]:
    """The statements over all arrays of a list, tile by tile, with ``names`` as arrays of no dimensions."""
    read = {name for line in lines.body for name in re.findall(r"\w+", line.split("  # ")[0])}
    numbers = [name for name in (*names, *(line.split(" = ")[0] for line in lines.scalars)) if name in read]
    targets = ", ".join([*arrays, *lines.buffers, *numbers])
    trailing = "," if "," not in targets else ""
    given = f"{tuple_of(sources)}, {len(lines.buffers)}{f', {tuple_of(numbers)}' if numbers else ''}"
    head = f"for {targets}{trailing} in _tiles({given}):"
    heads = [head] if len(head) < WIDTH - 4 else [f"for {targets}{trailing} in _tiles(", f"    {given}", "):"]
    return [*lines.scalars, *heads, *(f"    {line}" for line in lines.body)]


def _function(name: str, arguments: Sequence[str], result: str, docstring: Sequence[str], rows: Sequence[str]) -> str:
    text = [f'"""{docstring[0]}', *docstring[1:], '"""', *rows]
    return "\n".join([definition(name, arguments, result), *(f"    {row}" if row else "" for row in text)])


def init_function(code: OptimizerCode) -> str:
    """The function that makes the state before the first step."""
    starts = [state.start for state in code.optimizer.state]
    hyper = _used(code, starts)
    rows = [*checks(hyper), "arrays = _listed(parameters)"]
    rows += ["_matrices(arrays, {}, ())"] if needs_matrices(code.optimizer) else []
    entries = [f'"{name}": {_started(code, name, start)}' for name, start in zip(code.states, starts, strict=True)]
    rows += ["return {", '    "step": 0,', *(f"    {entry}," for entry in entries), "}"]
    listed = [f"{name} = {to_text(start)}" for name, start in zip(code.states, starts, strict=True)]
    said = f"starts with {', '.join(listed)}" if listed else "is the step count alone"
    doc = [
        "The state before the first step: a dictionary of plain arrays, which can be pickled.",
        "",
        *prose(f"``parameters`` is an array or a list of arrays, float32 or float64. The state {said}.").split(
            "\n    "
        ),
        "Raises TypeError for parameters that are no such arrays.",
    ]
    arguments = [f"parameters: {_ARRAYS}", *keywords(hyper)]
    return _function(f"{code.optimizer.name}_init", arguments, "dict[str, Any]", doc, rows)


def _started(code: OptimizerCode, name: str, start: sp.Expr) -> str:
    if name in map(str, code.scalars):
        return scalar(start, {parameter.symbol: name for name, parameter in code.hyper})
    shape = code.shapes.get(symbol(name), ENTRY)
    if shape != ENTRY:
        names = {parameter.symbol: name for name, parameter in code.hyper}
        return f"[np.full({allocation(shape)}, {scalar(start, names)}, theta.dtype) for theta in arrays]"
    if start == THETA:
        return "[theta.copy() for theta in arrays]"
    if start == 0:
        return "[np.zeros_like(theta) for theta in arrays]"
    if THETA not in start.free_symbols:
        names = {parameter.symbol: name for name, parameter in code.hyper}
        return f"[np.full_like(theta, {scalar(start, names)}) for theta in arrays]"
    raise UnsupportedOperation(f"a state that starts at {start} cannot be generated: only at theta or at a number")


def evaluation_point_function(code: OptimizerCode) -> str:
    """The function that says where the gradient is taken."""
    point = code.optimizer.evaluations[0].point
    hyper = _used(code, [point])
    arrays = ["theta", *(name for name in code.states if symbol(name) in point.free_symbols), "point"]
    lines = _lines(code, [Assignment(symbol("point"), point)], arrays, ["point"], in_place=False)
    sources = ["listed", *(f'state["{name}"]' for name in arrays[1:-1]), "points"]
    rows = [*checks(hyper), "listed = _listed(parameters)"]
    rows += [f"_match(listed, {name}, state[{name}])" for name in _names(code)]
    rows += ['t = state["step"] + 1'] if symbol("t") in point.free_symbols else []
    rows += [
        "points = [np.empty_like(theta) for theta in listed] if out is None else _listed(out)",
        '_match(listed, "out", points)',
        *_loop(lines, arrays, sources, [name for name, _ in hyper] + ["t"]),
    ]
    rows += ["return points[0] if isinstance(parameters, np.ndarray) else points"]
    doc = [
        "Where the gradient of the next step is to be taken, in new arrays, or in ``out``, if given:",
        *prose(f"{formula(point)}.").split("\n    "),
        "",
        "``parameters`` and ``state`` are not changed, unless ``out`` is ``parameters``. Raises what the step raises.",
    ]
    arguments = [f"parameters: {_ARRAYS}", "state: dict[str, Any]", *(keywords(hyper) or ["*"])]
    arguments.append(f"out: {_ARRAYS} | None = None")
    return _function(f"{code.optimizer.name}_evaluation_point", arguments, "Any", doc, rows)


def _names(code: OptimizerCode) -> list[str]:
    """The states that have the shapes of the parameters, quoted."""
    return [f'"{name}"' for name in code.arrays if code.shapes.get(symbol(name), ENTRY) == ENTRY]


def _matrix_rows(code: OptimizerCode) -> list[str]:
    """The check of matrices, and of the states that are vectors along their sides."""
    if not needs_matrices(code.optimizer):
        return []
    sides = [(name, code.shapes[symbol(name)]) for name in code.arrays if code.shapes[symbol(name)] != ENTRY]
    listed = "".join(f'("{name}", {0 if shape[0] == "rows" else 1}), ' for name, shape in sides)
    return [f"_matrices(listed, state, ({listed.rstrip()}))"]


def step_function(code: OptimizerCode, loops: Loops | None = None) -> str:
    """The function that takes a step; ``loops`` writes what it does to the arrays, else NumPy does it in tiles."""
    used = {symbol for step in code.optimizer.step for symbol in step.expr.free_symbols}
    hyper = list(code.hyper)
    arrays = ["theta", *([code.gradient] if symbol(code.gradient) in used else []), *code.arrays]
    sources = ["listed", *(["slopes"] if code.gradient in arrays else []), *(f'state["{n}"]' for n in code.arrays)]
    if code.curvature:
        arrays, sources = [*arrays, code.curvature], [*sources, "curvatures"]
    given = ", ".join(["parameters", "gradients", "state", *_names(code)])
    rows = [*checks(hyper), f"listed, slopes = _matched({given})", *_matrix_rows(code)]
    rows += ["curvatures = _curvatures(curvature, listed)"] if code.curvature else []
    rows += ['state["step"] += 1']
    rows += ['t = state["step"]'] if symbol("t") in used else []
    rows += _list_totals(code)
    rows += scalar_rows(code)
    steps = tuple(step for step in code.steps if step.symbol not in code.scalars)
    rows += (loops or _cases)(code, steps, arrays, sources)
    arguments = [f"parameters: {_ARRAYS}", f"gradients: {_ARRAYS}", "state: dict[str, Any]"]
    arguments += [f"curvature: {_ARRAYS}"] if code.curvature else []
    arguments += keywords(hyper)
    return _function(f"{code.optimizer.name}_step", arguments, "None", step_docstring(code), rows)


def scalar_names(code: OptimizerCode) -> dict[sp.Symbol, str]:
    """What the symbols that are one number for all elements are called in code."""
    names = {parameter.symbol: name for name, parameter in code.hyper} | {STEP_IN_CODE: "t"}
    return names | {name: str(name) for name in code.scalars | code.known_totals}


def scalar_rows(code: OptimizerCode) -> list[str]:
    """The numbers that are the same for all elements, and the states among them."""
    names = scalar_names(code)
    kept = [name for name in code.states if symbol(name) in code.scalars]
    rows = [f'{name} = state["{name}"]' for name in kept]
    own = [step for step in code.steps if step.symbol in code.scalars and isinstance(step, Assignment)]
    rows += [f"{step.symbol} = {scalar(step.expr, names)}" for step in own]
    return rows + [f'state["{name}"] = {name}' for name in kept]


def _list_totals(code: OptimizerCode) -> list[str]:
    sources = {"theta": "listed", code.gradient: "slopes", **{name: f'state["{name}"]' for name in code.arrays}}
    return list_total_rows(code.totals, sources, partial(_lines, code))


def _coupled_loop(
    code: OptimizerCode, steps: Sequence[Part], arrays: Sequence[str], sources: Sequence[str]
) -> list[str]:
    """The statements over all arrays of a list whose entries depend on each other."""
    loop = CoupledLoop(steps, code.shapes, ("theta", *code.arrays), scalar_names(code), partial(_lines, code))
    rows = [f"for {', '.join(arrays)} in zip({', '.join(sources)}, strict=True):"]
    rows += ["    if not theta.size:", "        continue"]
    return rows + [f"    {row}" for row in loop.rows(arrays)]


def _cases(code: OptimizerCode, steps: tuple[Part, ...], arrays: Sequence[str], sources: Sequence[str]) -> list[str]:
    """The loop over all arrays, or one for each case of a condition that holds for all elements at once."""
    varying = {symbol(name) for name in arrays} | {step.symbol for step in steps}
    choice = common_choice(steps, varying)
    if choice is None and any(isinstance(step, Coupling) for step in steps):
        return _coupled_loop(code, steps, arrays, sources)
    if choice is None:
        plain = [step for step in steps if isinstance(step, Assignment)]
        lines = _lines(code, plain, arrays, ["theta", *code.arrays])
        return _loop(lines, arrays, sources, scalar_names(code).values())
    condition, *sides = branches(steps, choice)
    rows = [f"if {comparison(condition, scalar_names(code))}:"]
    for side in sides:
        rows += [f"    {row}" for row in _cases(code, side, arrays, sources)]
        rows += ["else:"] if side is sides[0] else []
    return rows


def branches(steps: tuple[Part, ...], choice: sp.Piecewise) -> tuple[sp.Basic, tuple[Part, ...], tuple[Part, ...]]:
    """The first condition of ``choice``, and the steps where it holds and where it does not."""
    (first, condition), *others = choice.args
    rest = others[0][0] if len(others) == 1 else sp.Piecewise(*others)
    holds, fails = (tuple(_chosen(step, choice, value) for step in steps) for value in (first, rest))
    return condition, holds, fails


def _chosen(step: Part, choice: sp.Piecewise, value: sp.Expr) -> Part:
    return replace(step, expr=step.expr.xreplace({choice: value})) if isinstance(step, Assignment) else step


def common_choice(steps: Sequence[Part], varying: set[sp.Symbol]) -> sp.Piecewise | None:
    """A choice between values of elements by a condition that has no element in it."""
    for step in (step for step in steps if isinstance(step, Assignment)):
        for choice in sorted(step.expr.atoms(sp.Piecewise), key=sp.default_sort_key):
            condition = choice.args[0][1]
            if choice.free_symbols & varying and condition.free_symbols.isdisjoint(varying):
                return choice
    return None
