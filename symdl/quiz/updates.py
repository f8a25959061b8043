"""Update rules as answers: the same equations, up to where their indices start, or machines of the same steps.

Equations are compared at one step: ``w_{t+1} = w_t - ...`` and ``w_t = w_{t-1} - ...`` are the same one. What is
fed in (a gradient that no equation defines) may count from another step where the left sides do, all of it by the
same shift. A quantity that another equation of the same step defines is put in.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import Claim, Compare, ReadError, SameRun, SymdlError, function, symbol
from symdl.core.optimizers import STEP
from symdl.matching.lines import Line, moved
from symdl.matching.rules import read_rule
from symdl.notation.elaborate import compare
from symdl.notation.indices import indexed, time_names
from symdl.notation.names import name_of
from symdl.notation.syntax import Node, Relation
from symdl.prover import decide

from .assignments import fed, in_steps
from .equality import Side, same_function
from .expressions import Pair, equal
from .labels import split
from .reading import Reading
from .results import Result, all_of, of_verdict, undecided, wrong

_SHIFTS = (0, 1, -1)
_ASSIGNING = frozenset({"=", ":=", "<-"})
_MOST_LINES = 12
_LATE = "the same but for the step at which what is fed in is taken"

Rules = dict[str, tuple[sp.Expr, tuple[Compare, ...]]]
"""For each quantity what it becomes at step t, and where that is defined."""


def same_update(pair: Pair) -> Result:
    """Whether two rules move their quantities alike."""
    if not all(isinstance(node, Relation) for node in pair.own.nodes):
        return _of_value(pair)
    if max(len(pair.gold.nodes), len(pair.own.nodes)) > _MOST_LINES:
        return undecided(f"a rule of more than {_MOST_LINES} equations")
    left, right = ([_line(pair, node, reading) for node in reading.nodes] for reading in (pair.gold, pair.own))
    lines = [in_steps(left, fed(right)), in_steps(right, fed(left))]
    gold, own = (_at_one_step(found) for found in lines)
    if gold is None or own is None:
        return _as_machines(pair, lines)
    if gold.keys() == own.keys():
        results = [_equal_rules(pair, gold, own, shift) for shift in _SHIFTS]
        if results[0].grade != "RIGHT" and _counts(lines[0]) == _counts(lines[1]):
            late = any(result.grade == "RIGHT" for result in results)
            return undecided(_LATE) if late else _settled(pair, lines, results[0])
        return next((result for result in results if result.grade == "RIGHT"), _settled(pair, lines, results[0]))
    if len(lines[0]) == 1 and len(lines[1]) == 1:
        return wrong("the left side names something else than what is asked for")
    return _as_machines(pair, lines)


def _counts(lines: list[tuple[Line, tuple[Compare, ...]]]) -> dict[str, int | None]:
    """At which step, counted from t, each equation has what it assigns: ``w_{t+1} = ...`` one later."""
    return {line.target: line.shift for line, _ in lines}


def _of_value(pair: Pair) -> Result:
    """A right side alone, for the only equation that is asked for."""
    if len(pair.gold.nodes) == 1 == len(pair.own.nodes):
        return equal(pair, split(pair.gold.nodes[0])[1][-1], split(pair.own.nodes[0])[1][-1])
    return wrong(f"{len(pair.gold.nodes)} equations are asked for")


def _settled(pair: Pair, lines: list[list[tuple[Line, tuple[Compare, ...]]]], plain: Result) -> Result:
    """A difference in one equation; rules that buffer something else may still move the parameters alike."""
    if plain.grade != "WRONG" or len(lines[0]) == 1 or _lags(lines[0]) != _lags(lines[1]):
        return plain
    machine = _as_machines(pair, lines)
    return machine if machine.grade == "RIGHT" else plain


def _lags(lines: list[tuple[Line, tuple[Compare, ...]]]) -> dict[tuple[str, str], frozenset[int]]:
    """By how many steps each equation reaches back for each quantity."""
    found: dict[tuple[str, str], frozenset[int]] = {}
    for line, _ in lines:
        for value in line.at(0).atoms(AppliedUndef):
            if len(value.args) == 1 and (value.args[0] - STEP).is_Integer:
                key = line.target, value.func.__name__
                found[key] = found.get(key, frozenset()) | {int(value.args[0] - STEP)}
    return found


def _line(pair: Pair, node: Node, reading: Reading) -> tuple[Line, tuple[Compare, ...]]:
    """One equation in sequence notation, and where its right side is defined."""
    if not isinstance(node, Relation) or len(node.rest) != 1 or node.relations[0] not in _ASSIGNING:
        raise ReadError("an update is an equation", text=reading.text, position=node.start, remedy="write w <- w - ...")
    place = indexed(node.first, time_names(node))
    letter = place.index if place is not None else None
    name = place.base if place is not None and letter is not None else name_of(node.first)
    if name is None:
        raise ReadError("the left side is no name", text=reading.text, position=node.start, remedy="write w <- ...")
    (link,), _ = compare(node, pair.profile, pair.scope, sequences=True, text=reading.text)
    time = {symbol(letter): STEP} if letter else {}
    if letter and symbol(letter) != STEP and STEP in link.rhs.free_symbols:
        raise ReadError(
            "two letters count steps", text=reading.text, position=node.start, remedy=f"take {letter} alone"
        )
    needs = tuple(Compare(c.lhs.xreplace(time), c.relation, c.rhs.xreplace(time)) for c in link.defined)
    return Line(name, place.offset if place is not None and letter else None, link.rhs.xreplace(time)), needs


def _at_one_step(lines: list[tuple[Line, tuple[Compare, ...]]]) -> Rules | None:
    """Each quantity at step t, with those of the same step put in; None where a name is assigned twice."""
    found: Rules = {}
    for line, needs in lines:
        if line.target in found:
            return None
        back = -(line.shift or 0)
        conditions = tuple(Compare(moved(c.lhs, back), c.relation, moved(c.rhs, back)) for c in needs)
        found[line.target] = line.at(0), conditions
    heads = {function(name)(STEP): expr for name, (expr, _) in found.items()}
    for _ in found:
        found = {name: (expr.xreplace(heads), needs) for name, (expr, needs) in found.items()}
    return found


def _equal_rules(pair: Pair, gold: Rules, own: Rules, shift: int) -> Result:
    """Each quantity becomes the same, what is fed in taken ``shift`` steps later."""
    results = []
    for name in gold:
        fed = own[name][0].xreplace(_later(own[name][0], set(own), shift))
        sides = Side(gold[name][0], gold[name][1], pair.given), Side(fed, own[name][1], pair.given)
        results.append(same_function(*sides, sampling=False))
    return all_of(results)


def _later(expr: sp.Expr, own: set[str], shift: int) -> dict[sp.Basic, sp.Basic]:
    kept = own | {"gradient"}
    calls = expr.atoms(AppliedUndef)
    inputs = [v for v in calls if not any(c.func.__name__ in kept for c in v.atoms(AppliedUndef))]
    return {value: value.xreplace({STEP: STEP + shift}) for value in inputs} if shift else {}


def _as_machines(pair: Pair, lines: list[list[tuple[Line, tuple[Compare, ...]]]]) -> Result:
    """The verdict on the two as state machines with the same hyper-parameters."""
    try:
        gold, own = (read_rule("rule", tuple(line for line, _ in found)).optimizer for found in lines)
        if {p.symbol for p in gold.hyper} != {p.symbol for p in own.hyper}:
            return undecided("the rules use other names")
        return of_verdict(decide(Claim(SameRun(gold, replace(own, name="answer")))), refutes="the steps part")
    except SymdlError as problem:
        return undecided(problem.message)
