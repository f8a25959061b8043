"""Update rules as answers: the same equations, or state machines that take the same steps."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symdl.core import Claim, Optimizer, ReadError, SameRun, SymdlError, symbol
from symdl.core.optimizers import STEP
from symdl.matching.lines import Line
from symdl.matching.rules import read_rule
from symdl.notation.elaborate import compare
from symdl.notation.indices import indexed, time_names
from symdl.notation.names import name_of
from symdl.notation.syntax import Node, Relation
from symdl.prover import decide

from .expressions import Pair, equal
from .labels import split
from .reading import Reading
from .results import Result, all_of, of_verdict, undecided, wrong


def same_update(pair: Pair) -> Result:
    """Equation by equation where they are for the same quantities, else as machines."""
    plain = _by_equations(pair)
    if plain is not None and plain.grade == "RIGHT":
        return plain
    try:
        rules = [_machine(pair, reading) for reading in (pair.gold, pair.own)]
    except ReadError:
        raise
    except SymdlError as problem:
        return plain if plain is not None else undecided(problem.message)
    result = _same_steps(*rules)
    return plain if plain is not None and result.grade == "UNDECIDED" and len(pair.gold.nodes) == 1 else result


def _by_equations(pair: Pair) -> Result | None:
    """Equal right sides under equal left sides; None where the left sides differ."""
    equations = [_equations(reading) for reading in (pair.gold, pair.own)]
    if len(pair.gold.nodes) == 1 and len(pair.own.nodes) == 1 and not isinstance(pair.own.nodes[0], Relation):
        return equal(pair, split(pair.gold.nodes[0])[1][-1], pair.own.nodes[0])
    gold, own = equations
    if gold is None or own is None or gold.keys() != own.keys():
        return None
    return all_of(equal(pair, gold[name], own[name]) for name in gold)


def _equations(reading: Reading) -> dict[str, Node] | None:
    found: dict[str, Node] = {}
    for node in reading.nodes:
        name = name_of(node.first) if isinstance(node, Relation) and len(node.rest) == 1 else None
        if name is None or name in found or not isinstance(node, Relation):
            return None
        found[name] = node.rest[0][1]
    return found


def _machine(pair: Pair, reading: Reading) -> Optimizer:
    lines = tuple(_line(pair, node, reading, number) for number, node in enumerate(reading.nodes))
    return read_rule("rule", lines).optimizer


def _line(pair: Pair, node: Node, reading: Reading, number: int) -> Line:
    """One equation in sequence notation."""
    if not isinstance(node, Relation) or len(node.rest) != 1:
        raise ReadError("an update is an equation", text=reading.text, position=node.start, remedy="write w <- w - ...")
    place = indexed(node.first, time_names(node))
    name = place.base if place is not None and place.index is not None else name_of(node.first)
    if name is None:
        raise ReadError("the left side is no name", text=reading.text, position=node.start, remedy="write w <- ...")
    (link,), _ = compare(node, pair.profile, pair.scope, sequences=True, text=reading.text)
    letter = place.index if place is not None else None
    expr = link.rhs.xreplace({symbol(letter): STEP}) if letter else link.rhs
    return Line(name, place.offset if place is not None and letter else None, expr, number)


def _same_steps(gold: Optimizer, own: Optimizer) -> Result:
    """Whether two machines with the same hyper-parameters move the parameters alike."""
    names = [frozenset(p.symbol for p in rule.hyper) for rule in (gold, own)]
    if names[0] != names[1]:
        missing = ", ".join(sorted(map(str, names[0] ^ names[1])))
        return _renamed_or_wrong(gold, own, missing)
    return of_verdict(decide(Claim(SameRun(gold, replace(own, name="answer")))), refutes="the steps part")


def _renamed_or_wrong(gold: Optimizer, own: Optimizer, missing: str) -> Result:
    used = [{s for a in rule.step for s in a.expr.free_symbols} for rule in (gold, own)]
    extra = sorted((used[1] - used[0]) & {p.symbol for p in own.hyper}, key=str)
    if not extra and isinstance(gold.step[-1].expr, sp.Expr):
        return wrong(f"the step does not depend on {missing} alike")
    return undecided(f"the rules use other hyper-parameters: {missing}")
