"""From the equations of an update rule to the state machine that they describe.

The equations come in the order of the text, with the indices of the text. What they leave open is
settled in one way each: an explicit step count is 1 at the first step; a buffer starts at zero unless
the text says otherwise, and one that holds the parameter at the parameter.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import sympy as sp

from symdl.core import (
    STEP,
    THETA,
    Assignment,
    DefinitionError,
    Evaluation,
    Optimizer,
    Parameter,
    State,
    UnboundSymbol,
    UnsupportedOperation,
    symbol,
)

from .alignment import Step, align, program
from .lines import GRADIENT, Line, parameter_of, uses, without_sums


@dataclass(frozen=True)
class ReadRule:
    """An update rule and where it was read from.

    ``origins`` gives for each assignment the statement that it comes from, -1 for bookkeeping;
    ``assumed`` are the states whose start the text does not state; ``symbols`` maps names of the text
    to symbols of the rule; ``schedules`` are hyper-parameters that the text indexes by the step.
    """

    optimizer: Optimizer
    origins: tuple[int, ...]
    assumed: tuple[State, ...] = ()
    symbols: Mapping[str, sp.Symbol] = field(default_factory=dict)
    schedules: tuple[sp.Symbol, ...] = ()


def identifier(name: str) -> str:
    """``name`` as a name in code.

    >>> identifier("hat M"), identifier("lambda"), identifier("beta_{1}")
    ('hat_M', 'lambda_', 'beta_1')
    """
    spelled = _spelled(name)
    return spelled + "_" if keyword.iskeyword(spelled) else spelled


def _spelled(name: str) -> str:
    """The same, keywords included, which symbols may be called."""
    spelled = re.sub(r"[^0-9A-Za-z]+", "_", name).strip("_") or "value"
    return f"x_{spelled}" if spelled[0].isdigit() else spelled


def read_rule(
    name: str,
    lines: tuple[Line, ...],
    *,
    parameter: str | None = None,
    gradients: frozenset[str] = frozenset({"g"}),
    starts: Mapping[str, sp.Expr] | None = None,
    from_zero: frozenset[str] = frozenset(),
) -> ReadRule:
    """The state machine that ``lines`` describe.

    ``parameter`` names the quantity that is moved where it is known; ``gradients`` are names that stand
    for the gradient at the parameter; ``starts`` are values before the first step that the text states,
    those of ``from_zero`` at index 0.
    Hyper-parameters keep their own names (:func:`symdl.matching.roles.with_roles` names them by what
    they do). Raises :class:`DefinitionError` for equations that do not describe one step,
    :class:`UnboundSymbol` when a sequence is defined nowhere and
    :class:`symdl.core.UnsupportedOperation` for sums and indices outside the class.

    >>> from symdl.core import function
    >>> w, m, beta, eta = function("w"), function("m"), symbol("beta"), symbol("eta")
    >>> rule = read_rule("mine", (
    ...     Line("w", 1, w(STEP) - eta * m(STEP)), Line("m", 0, beta * m(STEP - 1) + GRADIENT(w(STEP)))))
    >>> [f"{a.symbol} = {a.expr}" for a in rule.optimizer.step]
    ['m = beta*m + g', 'theta = -eta*m + theta']
    """
    read = read_machine(name, lines, parameter=parameter, gradients=gradients, starts=starts, from_zero=from_zero)
    if not read.optimizer.evaluations:
        raise DefinitionError("the rule uses no gradient", remedy=r"write it as \nabla L(\theta_t) or g_t")
    return read


def read_machine(
    name: str,
    lines: tuple[Line, ...],
    *,
    parameter: str | None = None,
    gradients: frozenset[str] = frozenset({"g"}),
    starts: Mapping[str, sp.Expr] | None = None,
    from_zero: frozenset[str] = frozenset(),
) -> ReadRule:
    """The same for equations that may lack a gradient, as those of a slip do.

    >>> from symdl.core import function
    >>> w, eta = function("w"), symbol("eta")
    >>> read_machine("slip", (Line("w", 1, w(STEP) - eta**2),)).optimizer.evaluations
    ()
    """
    plain = tuple(part for line in lines for part in without_sums(line))
    moved = parameter or parameter_of(plain)
    if moved not in {line.target for line in plain}:
        raise DefinitionError(f"no equation says how {moved} moves", remedy=f"write the update of {moved}")
    plain = _with_constants_apart(plain, moved)
    symbols = _symbols(_names(plain), moved)
    if all(line.shift is None for line in plain):
        steps, inputs = _in_order_of_the_text(plain, symbols), []
    else:
        aligned = align(plain, moved, from_zero)
        steps, inputs = program(aligned, symbols), aligned.inputs
    if any(step.expr.has(sp.Derivative) for step in steps):
        raise UnsupportedOperation(f"a derivative that is no gradient in the rule for {moved}", remedy="work it out")
    schedules = _schedules(inputs, steps, gradients, symbols)
    evaluated, evaluations = _evaluations(steps, {symbols[g] for g in gradients if g in symbols} - schedules, symbols)
    return _rule(name, _needed(evaluated), evaluations, symbols, starts or {}, schedules)


def _with_constants_apart(lines: tuple[Line, ...], parameter: str) -> tuple[Line, ...]:
    r"""``\alpha_t = \alpha \sqrt{1 - \beta^t}``: the Greek letter without the index is a constant, not an old value."""
    indexed = {line.target for line in lines if line.shift is not None} - {parameter}
    apart = {symbol(name): symbol(f"{name}_base") for name in indexed if _is_greek(name)}
    return tuple(replace(line, expr=line.expr.xreplace(apart)) for line in lines)


def _names(lines: tuple[Line, ...]) -> list[str]:
    used = {name for line in lines for name, _ in uses(line.expr)}
    free = {str(s) for line in lines for s in line.expr.free_symbols - {STEP}}
    return sorted(used | free | {line.target for line in lines})


def _symbols(names: list[str], parameter: str) -> dict[str, sp.Symbol]:
    """A symbol for each name of the text; ``theta`` and ``t`` are kept for the parameter and the step count.

    Fonts are dropped from names unless that would make two of them one.
    """
    symbols = {parameter: THETA}
    for name in names:
        short = _spelled(re.sub(r"_(bold|vec|cal|frak|sans)(?![a-z])", "", name))
        taken = {THETA, STEP, *symbols.values()}
        if name not in symbols:
            free = (w for w in (short, _spelled(name), f"{_spelled(name)}_") if symbol(w) not in taken)
            symbols[name] = symbol(next(free))
    return symbols


def _fresh(wish: str, taken: Iterable[sp.Symbol]) -> sp.Symbol:
    names = {str(s) for s in taken}
    return symbol(next(w for w in (wish, *(f"{wish}_{n}" for n in range(2, len(names) + 3))) if w not in names))


def _in_order_of_the_text(lines: tuple[Line, ...], symbols: Mapping[str, sp.Symbol]) -> tuple[Step, ...]:
    """Equations without step indices are a program as they stand; the update moves behind what it uses."""
    free = {s: symbols[str(s)] for line in lines for s in line.expr.free_symbols - {STEP}}
    steps = [Step(symbols[line.target], line.expr.xreplace(free), line.origin) for line in lines]
    position = next(i for i, step in enumerate(steps) if step.target == THETA)
    update, later = steps[position], {step.target for step in steps[position + 1 :]}
    if update.expr.free_symbols & later:
        steps = [step for step in steps if step is not update] + [update]
    return tuple(steps)


def _schedules(
    inputs: list[str], steps: tuple[Step, ...], gradients: frozenset[str], symbols: Mapping[str, sp.Symbol]
) -> set[sp.Symbol]:
    """Sequences that nothing defines, other than the gradient: they must be given at each step.

    Only a Greek letter is taken for one; any other undefined sequence is missing from the text.
    """
    missing = [name for name in inputs if name not in gradients and not _is_greek(name)]
    if missing:
        raise UnboundSymbol(
            f"{', '.join(missing)} is used at each step but defined nowhere", remedy="define it next to the rule"
        )
    return {symbols[name] for name in inputs if name not in gradients}


def _is_greek(name: str) -> bool:
    return name.split("_")[0] in _GREEK


_GREEK = frozenset(
    (
        *("alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "kappa", "lambda", "mu", "nu"),
        *("xi", "rho", "sigma", "tau", "phi", "varphi", "chi", "psi", "omega"),
    )
)


def _evaluations(
    steps: tuple[Step, ...], bare: set[sp.Symbol], symbols: Mapping[str, sp.Symbol]
) -> tuple[tuple[Step, ...], tuple[Evaluation, ...]]:
    """The steps with each gradient replaced by a symbol, and where each gradient is taken.

    A point may be given by quantities that the step itself computes: they are written out.
    """
    assigned = {step.target for step in steps}
    used = {s for step in steps for s in step.expr.free_symbols}
    evaluations = {Evaluation(s, THETA): s for s in sorted(bare & used - assigned, key=str)}
    start: dict[sp.Symbol, sp.Expr] = {}
    done = []
    for step in steps:
        expr = step.expr
        while found := sorted((e for e in expr.atoms(GRADIENT) if not e.args[0].has(GRADIENT)), key=str):
            point = found[0].args[0].xreplace(start)
            known = next((s for e, s in evaluations.items() if e.point == point), None)
            name = known or _fresh("g", {*symbols.values(), *evaluations.values(), *used} - {step.target} | assigned)
            evaluations.setdefault(Evaluation(name, point), name)
            expr = expr.xreplace({found[0]: name})
        start[step.target] = expr.xreplace(start)
        done.append(Step(step.target, expr, step.origin))
    return _with_named_gradients(tuple(done), tuple(evaluations))


def _with_named_gradients(
    steps: tuple[Step, ...], evaluations: tuple[Evaluation, ...]
) -> tuple[tuple[Step, ...], tuple[Evaluation, ...]]:
    """A step ``u = g`` that only names the gradient goes: the evaluation takes its name."""
    carried = {THETA, *_states(steps, evaluations)}
    gradients = {e.symbol for e in evaluations}
    names = {step.expr: step.target for step in steps if step.expr in gradients and step.target not in carried}
    kept = tuple(Step(s.target, s.expr.xreplace(names), s.origin) for s in steps if names.get(s.expr) != s.target)
    return kept, tuple(Evaluation(names.get(e.symbol, e.symbol), e.point.xreplace(names)) for e in evaluations)


def _needed(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps that the parameter depends on, now or at a later step."""
    needed = {THETA}
    while True:
        more = {s for step in steps if step.target in needed for s in step.expr.free_symbols}
        if more <= needed:
            return tuple(step for step in steps if step.target in needed)
        needed |= more


def _rule(
    name: str,
    steps: tuple[Step, ...],
    evaluations: tuple[Evaluation, ...],
    symbols: Mapping[str, sp.Symbol],
    starts: Mapping[str, sp.Expr],
    schedules: set[sp.Symbol],
) -> ReadRule:
    kept = _states(steps, evaluations)
    stated = {symbols[n]: value for n, value in starts.items() if n in symbols}
    places = _places(steps)
    states = tuple(State(s, stated.get(s, THETA if s in places else _start(s, steps, stated))) for s in kept)
    inner = {THETA, STEP, *kept, *(e.symbol for e in evaluations), *(step.target for step in steps)}
    free = {s for step in steps for s in step.expr.free_symbols} | {
        s for e in evaluations for s in e.point.free_symbols
    }
    hyper = tuple(Parameter(s, identifier(str(s))) for s in sorted(free - inner, key=str))
    optimizer = Optimizer(name, hyper, states, evaluations, tuple(Assignment(step.target, step.expr) for step in steps))
    assumed = tuple(state for state in states if state.symbol not in stated)
    return ReadRule(
        optimizer, tuple(step.origin for step in steps), assumed, symbols, tuple(sorted(schedules & free, key=str))
    )


def _states(steps: tuple[Step, ...], evaluations: tuple[Evaluation, ...]) -> list[sp.Symbol]:
    """What is assigned in a step but used before that: it lives from step to step."""
    assigned = [step.target for step in steps]
    used = {s for evaluation in evaluations for s in evaluation.point.free_symbols}
    bound: set[sp.Symbol] = set()
    for step in steps:
        used |= step.expr.free_symbols - bound
        bound.add(step.target)
    return [s for s in dict.fromkeys(assigned) if s in used and s != THETA]


def _places(steps: tuple[Step, ...]) -> set[sp.Symbol]:
    """What moves along when the parameter is shifted: earlier parameters, averages of them, look-ahead points."""
    if not any(THETA in step.expr.free_symbols for step in steps if step.target != THETA):
        return {THETA}
    shift = sp.Dummy("shift", real=True)
    moving = {step.target for step in steps} | {THETA}
    settled: set[sp.Symbol] = set()
    while moving != settled:
        settled, shifted = moving, {place: place + shift for place in moving}
        gains = {step.target: sp.expand(step.expr.xreplace(shifted) - step.expr - shift) for step in steps}
        moving = {place for place in moving if place == THETA or gains[place] == 0}
    found, settled = {THETA}, set()
    while found != settled:
        settled = found
        found = found | {step.target for step in steps if step.target in moving and step.expr.free_symbols & found}
    return found


def _start(state: sp.Symbol, steps: tuple[Step, ...], stated: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """The start of a state: that of what it carries over where the step only copies it, else zero."""
    sources = [step.expr for step in steps if step.target == state]
    return stated.get(sources[0], sp.Integer(0)) if sources[0].is_Symbol else sp.Integer(0)
