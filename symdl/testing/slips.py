"""Slips that people make when they write an update rule as code, each as the rule that the code then follows.

Unlike the edits of :mod:`symdl.matching.edits`, which repair equations, these are of the machine: a state that is not
kept, a value from before its update, a count that starts elsewhere, a part that is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

import sympy as sp

from symdl.core import STEP, THETA, Assignment, DefinitionError, Optimizer, State, UnboundSymbol, symbol, to_text
from symdl.library.optimizers.parts import at_first

Slip = tuple[str, Optimizer]
_Built = Iterator[tuple[str, Callable[[], Optimizer]]]
_LEFT_OUT = 200


def slips(rule: Optimizer) -> Iterator[Slip]:
    """Every slip in words, with the rule that it makes of ``rule``; the likeliest first.

    >>> from symdl import library
    >>> next(words for words, _ in slips(library.adamw))
    'weight decay is left out'
    """
    for source in (_decays, _epsilons, _roots, _corrections, _counts, _unkept, _stale, _starts, _steps, _rates):
        yield from _valid(source, rule)


def omissions(rule: Optimizer) -> Iterator[Slip]:
    """The rule with a term, a factor, a root, a bound or a case left out: what is tried when nothing else fits."""
    yield from _valid(_left_out, rule)


def _valid(source: Callable[[Optimizer], _Built], rule: Optimizer) -> Iterator[Slip]:
    for words, build in source(rule):
        try:
            changed = build()
        except (DefinitionError, UnboundSymbol):
            continue
        if changed.step != rule.step or changed.state != rule.state:
            yield words, changed


def _mapped(rule: Optimizer, table: Mapping[sp.Expr, sp.Expr]) -> Optimizer:
    """The rule with other expressions for parts of its steps."""
    return replace(rule, step=tuple(replace(a, expr=a.expr.xreplace(dict(table))) for a in rule.step))


def _around(rule: Optimizer, before: Sequence[Assignment] = (), after: Sequence[Assignment] = ()) -> Optimizer:
    return replace(rule, step=(*before, *rule.step, *after))


def _hyper(rule: Optimizer, name: str) -> sp.Symbol | None:
    return next((parameter.symbol for parameter in rule.hyper if parameter.name == name), None)


def _powers(rule: Optimizer) -> list[sp.Expr]:
    """The powers of a hyper-parameter by the step count."""
    return sorted({p for a in rule.step for p in a.expr.atoms(sp.Pow) if p.exp == STEP}, key=str)


def _decays(rule: Optimizer) -> _Built:
    decay, rate = _hyper(rule, "weight_decay"), _hyper(rule, "learning_rate")
    if decay is None or rate is None:
        return
    bare = _mapped(rule, {decay: sp.Integer(0)})
    coupled = {e.symbol: e.symbol + decay * THETA for e in rule.evaluations}
    yield "weight decay is left out", partial(_mapped, bare, {})
    yield (
        "weight decay is coupled: added to the gradient (L2), not taken off the parameter",
        partial(_mapped, bare, coupled),
    )
    for scaled, share in (("scaled by the rate", rate * decay), ("not scaled by the rate", decay)):
        shrink = (Assignment(THETA, THETA - share * THETA),)
        yield f"weight decay is decoupled, {scaled} and before the step", partial(_around, bare, shrink)
        yield f"weight decay is decoupled, {scaled} and after the step", partial(_around, bare, (), shrink)


_ROOTS: tuple[tuple[str, Callable[[sp.Expr, sp.Symbol], sp.Expr]], ...] = (
    ("epsilon is inside the root", lambda x, epsilon: sp.sqrt(x + epsilon)),
    ("the square of epsilon is inside the root", lambda x, epsilon: sp.sqrt(x + epsilon**2)),
    ("epsilon is outside the root", lambda x, epsilon: sp.sqrt(x) + epsilon),
    ("the larger of the root and epsilon is taken, not their sum", lambda x, epsilon: sp.Max(sp.sqrt(x), epsilon)),
    ("the larger of the moment and epsilon is taken", lambda x, epsilon: sp.sqrt(sp.Max(x, epsilon))),
)


def _epsilons(rule: Optimizer) -> _Built:
    epsilon = _hyper(rule, "epsilon")
    if epsilon is None:
        return
    yield "epsilon is left out", partial(_mapped, rule, {epsilon: sp.Integer(0)})
    for words, form in _ROOTS:
        yield words, partial(_with_roots, rule, epsilon, form)
    for node in sorted({n for a in rule.step for n in a.expr.atoms(sp.Add) if epsilon in n.args}, key=str):
        yield f"epsilon is left out of {to_text(node)}", partial(_mapped, rule, {node: node - epsilon})
    for power in _powers(rule):
        root = sp.sqrt(1 - power)
        hat = {epsilon: epsilon / root}
        yield "epsilon is added to the root of the uncorrected moment (epsilon hat)", partial(_mapped, rule, hat)
        yield "epsilon is added to the root of the corrected moment", partial(_mapped, rule, {epsilon: epsilon * root})


def _roots(rule: Optimizer) -> _Built:
    """Roots and squares that are forgotten; under a division by a root, too."""
    powers = {power for assignment in rule.step for power in assignment.expr.atoms(sp.Pow)}
    for node in sorted((power for power in powers if abs(power.exp) == sp.Rational(1, 2)), key=str):
        bare = node.base if node.exp.is_positive else 1 / node.base
        yield f"the root of {to_text(node.base)} is not taken", partial(_mapped, rule, {node: bare})
    gradient = rule.evaluations[0].symbol
    yield f"the square of {gradient} is not taken", partial(_mapped, rule, {gradient**2: gradient})
    yield (
        f"the absolute value of {gradient} is taken, not its square",
        partial(_mapped, rule, {gradient**2: sp.Abs(gradient)}),
    )


def _with_roots(rule: Optimizer, epsilon: sp.Symbol, form: Callable[[sp.Expr, sp.Symbol], sp.Expr]) -> Optimizer:
    """Every root that epsilon stands beside or in, in another form."""
    table: dict[sp.Expr, sp.Expr] = {}
    for assignment in rule.step:
        for node in assignment.expr.atoms(sp.Add):
            rest = node - epsilon
            if isinstance(rest, sp.Pow) and rest.exp == sp.Rational(1, 2):
                table[node] = form(rest.base, epsilon)
        for node in assignment.expr.atoms(sp.Pow):
            if abs(node.exp) == sp.Rational(1, 2) and epsilon in node.base.args:
                moved = form(node.base - epsilon, epsilon)
                table[node] = moved if node.exp.is_positive else 1 / moved
    return _mapped(rule, table)


def _corrections(rule: Optimizer) -> _Built:
    tables = {f"the bias of the average with {power.base}": {1 - power: sp.Integer(1)} for power in _powers(rule)}
    if len(tables) > 1:
        tables["the bias of the averages"] = {1 - power: sp.Integer(1) for power in _powers(rule)}
    for what, table in tables.items():
        yield f"{what} is not corrected", partial(_mapped, rule, table)


def _counts(rule: Optimizer) -> _Built:
    for words, count in (
        ("stays at 1", sp.Integer(1)),
        ("is 0 at the first step, not 1", STEP - 1),
        ("is 2 at the first step, not 1", STEP + 1),
        ("goes up by 2 a step", 2 * STEP - 1),
    ):
        yield f"the step count {words}", partial(_mapped, rule, {STEP: count})


def _unkept(rule: Optimizer) -> _Built:
    kept = [state.symbol for state in rule.state]
    for name in kept:
        yield f"state not updated: {name} begins every step at its first value", partial(_frozen, rule, [name])
    if len(kept) > 1:
        yield "state not updated: every step begins from the first state", partial(_frozen, rule, kept)
    if kept:
        first = _mapped(rule, {STEP: sp.Integer(1)})
        yield "state not updated: every step is a first step", partial(_frozen, first, kept)


def _frozen(rule: Optimizer, names: Sequence[sp.Symbol]) -> Optimizer:
    """The rule whose new values of some states are lost after the step."""
    table: dict[sp.Symbol, sp.Symbol] = {}
    step = []
    for assignment in rule.step:
        expr = assignment.expr.xreplace(table)
        if assignment.symbol in names:
            table[assignment.symbol] = symbol(f"{assignment.symbol}_now")
        step.append(Assignment(table.get(assignment.symbol, assignment.symbol), expr))
    return replace(rule, step=tuple(step))


def _stale(rule: Optimizer) -> _Built:
    kept = [state.symbol for state in rule.state]
    for name in kept:
        yield f"stale: the step uses {name} from before its update", partial(_with_old, rule, [name])
    if len(kept) > 1:
        yield "stale: the step uses the states from before their update", partial(_with_old, rule, kept)
    for name in kept:
        yield f"{name} is updated before the step that needs its old value", partial(_updated_first, rule, name)
    for number, assignment in enumerate(rule.step):
        if assignment.expr.has(rule.evaluations[0].symbol):
            yield (
                f"stale: {assignment.symbol} takes the gradient of the step before",
                partial(_with_old_gradient, rule, number),
            )


def _with_old(rule: Optimizer, names: Sequence[sp.Symbol]) -> Optimizer:
    old = {name: symbol(f"{name}_before") for name in names}
    step: list[Assignment] = [Assignment(before, name) for name, before in old.items()]
    done: set[sp.Symbol] = set()
    for assignment in rule.step:
        table = {name: old[name] for name in done if name != assignment.symbol}
        step.append(replace(assignment, expr=assignment.expr.xreplace(table)))
        done |= {assignment.symbol} & set(names)
    return replace(rule, step=tuple(step))


def _updated_first(rule: Optimizer, name: sp.Symbol) -> Optimizer:
    own = [a for a in rule.step if a.symbol == name]
    return replace(rule, step=(*own, *(a for a in rule.step if a.symbol != name)))


def _with_old_gradient(rule: Optimizer, number: int) -> Optimizer:
    gradient = rule.evaluations[0].symbol
    old = symbol(f"{gradient}_before")
    step = [replace(a, expr=a.expr.xreplace({gradient: old})) if n == number else a for n, a in enumerate(rule.step)]
    return replace(rule, state=(*rule.state, State(old)), step=(*step, Assignment(old, gradient)))


def _starts(rule: Optimizer) -> _Built:
    gradient = rule.evaluations[0].symbol
    for state in rule.state:
        name, was = state.symbol, to_text(state.start)
        for value in (sp.Integer(0), sp.Integer(1), THETA):
            states = tuple(replace(s, start=value) if s.symbol == name else s for s in rule.state)
            yield f"wrong first step: {name} starts at {value}, not {was}", partial(replace, rule, state=states)
        for value in (gradient, gradient**2):
            begun = (Assignment(name, at_first(value, name)),)
            step = tuple(replace(a, expr=at_first(value, a.expr)) if a.symbol == name else a for a in rule.step)
            yield f"wrong first step: {name} starts at the first {to_text(value)}", partial(_around, rule, begun)
            yield f"wrong first step: the first {name} is {to_text(value)}", partial(replace, rule, step=step)


def _steps(rule: Optimizer) -> _Built:
    """What becomes of the whole step of the parameter."""
    before, rate = symbol("theta_before"), _hyper(rule, "learning_rate")
    places: list[tuple[str, sp.Expr]] = [
        ("the step is taken twice", 2 * THETA - before),
        ("the step has the wrong sign: it goes up the gradient", 2 * before - THETA),
        ("new parameters are given where an update to be added is asked for", THETA + before),
        ("wrong first step: the parameter does not move in it", at_first(before, THETA)),
    ]
    if rate is not None:
        plain = before - rate * rule.evaluations[0].symbol
        places.append(("wrong first step: it is one of plain gradient descent", at_first(plain, THETA)))
    for words, place in places:
        yield words, partial(_around, rule, [Assignment(before, THETA)], [Assignment(THETA, place)])


def _rates(rule: Optimizer) -> _Built:
    rate = _hyper(rule, "learning_rate")
    if rate is not None:
        yield "the learning rate is left out", partial(_mapped, rule, {rate: sp.Integer(1)})
        yield "the learning rate is applied twice", partial(_mapped, rule, {rate: rate**2})


def _left_out(rule: Optimizer) -> _Built:
    smaller = ((n, words, expr) for n, a in enumerate(rule.step) for words, expr in _reduced(a.expr))
    for number, words, expr in islice(smaller, _LEFT_OUT):
        step = tuple(replace(a, expr=expr) if n == number else a for n, a in enumerate(rule.step))
        target = rule.step[number].symbol
        yield f"{target} = {to_text(expr)} ({words})", partial(replace, rule, step=step)


def _reduced(expr: sp.Basic) -> Iterator[tuple[str, sp.Basic]]:
    """The expression with one part left out, at one node."""
    if isinstance(expr, sp.Add | sp.Mul):
        kind = "term" if isinstance(expr, sp.Add) else "factor"
        for index, part in enumerate(expr.args):
            yield f"{kind} {to_text(part)} left out", expr.func(*expr.args[:index], *expr.args[index + 1 :])
    if isinstance(expr, sp.Max | sp.Min):
        kind = "maximum" if isinstance(expr, sp.Max) else "minimum"
        for part in expr.args:
            yield f"no {kind} is taken", part
    if isinstance(expr, sp.Abs | sp.sign):
        yield f"no {'absolute value' if isinstance(expr, sp.Abs) else 'sign'} is taken", expr.args[0]
    if isinstance(expr, sp.Piecewise):
        for case, _ in expr.args:
            yield "one case is taken for all", case
        return
    for index, part in enumerate(expr.args):
        for words, smaller in _reduced(part):
            yield words, expr.func(*expr.args[:index], smaller, *expr.args[index + 1 :])
