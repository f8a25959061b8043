"""Updates in a named rule that leave out the old parameter: ``\\theta_t = v_t - \\alpha \\hat m_t``.

Such a line is no update by its form. It is refuted where the old parameter, put in the place of one of its
terms that has another part in the rule, makes the equations of its topic the rule that the text names.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from symdl.core import THETA, Assignment, Optimizer
from symdl.library import FAMILIES
from symdl.matching.families import recognise
from symdl.matching.names import families_called
from symdl.matching.slips import Slip
from symdl.matching.trajectories import parting, run_of
from symdl.notation.names import name_of, script_text
from symdl.notation.syntax import Addition, Name, Number, Relation, Scripted

from .blocks import Topic
from .formulas import Formula
from .mended_rules import Mended, Mender
from .misnamed import Misnamed, witness_of
from .repairs import Repaired, edited, rewritten
from .rule_lines import RuleLine
from .rule_reports import JudgedRule


def stray_updates(lines: tuple[RuleLine, ...], judged: tuple[JudgedRule, ...], mender: Mender) -> Iterator[JudgedRule]:
    """The rule of each topic that is called by a known name and has no update but for such a slip."""
    taken = {one.rule.home.formula.topic for one in judged}
    for topic in dict.fromkeys(line.formula.topic for line in lines):
        if topic in taken or not families_called(topic.lead):
            continue
        beside = [line for line in lines if line.formula.topic == topic]
        used = {name for line in beside for name in line.names if name != line.line.target}
        ends = [line for line in beside if line.line.target not in used]
        if len(ends) == 1 and not ends[0].bare:
            yield from _stray(ends[0].formula, topic, mender)


def _stray(formula: Formula, topic: Topic, mender: Mender) -> Iterator[JudgedRule]:
    named = [family for family in FAMILIES if family.name in families_called(topic.lead)]
    every = tuple(f for f in mender.formulas if f.topic == topic and f.node is not None)
    for change, left_out in _changes(formula):
        rule = mender.rule(formula.number, every, change.formula)
        if rule is None or rule.read is None or recognise(rule.read.optimizer, named) is None:
            continue
        gradients = dict.fromkeys(mender.gradients, rule.read.optimizer.evaluations[0].symbol)
        known = {**gradients, **rule.read.symbols}
        written = next((known[name] for name in left_out if name in known), None)
        if written is None or written not in _bound(rule.read.optimizer):
            continue
        wrong = _as_written(rule.read.optimizer, written)
        own, meant = run_of(wrong), run_of(rule.read.optimizer)
        if own is not None and meant is not None and parting(own, meant) is not None:
            found = Misnamed(
                rule, wrong, witness_of(wrong, own, meant), None, None, Mended(change, rule.read.optimizer)
            )
            yield JudgedRule(rule, misnamed=found)
            return


def _bound(rule: Optimizer) -> set[sp.Symbol]:
    """Everything that the last step of a rule may use."""
    kept = {*(p.symbol for p in rule.hyper), *(state.symbol for state in rule.state)}
    return kept | {e.symbol for e in rule.evaluations} | {a.symbol for a in rule.step}


def _as_written(rule: Optimizer, left_out: sp.Symbol) -> Optimizer:
    """The rule with what the text has in the place of the old parameter."""
    *first, last = rule.step
    return Optimizer(
        rule.name,
        rule.hyper,
        rule.state,
        rule.evaluations,
        (*first, Assignment(THETA, last.expr - THETA + left_out)),
    )


def _changes(formula: Formula) -> Iterator[tuple[Repaired, tuple[str, ...]]]:
    """The old value of what the line defines in the place of each term that is one quantity."""
    plain = rewritten(formula, formula.tex)
    node = plain.node if plain is not None else None
    side = node.rest[0][1] if isinstance(node, Relation) and len(node.rest) == 1 else None
    if plain is None or not isinstance(node, Relation) or not isinstance(side, Addition):
        return
    old = _old_value(plain, node)
    for sign, term in side.terms:
        if sign != "+" or not isinstance(term, Name | Scripted) or not old:
            continue
        slip = Slip(f"put {old} in the place of {plain.source(term)}", ((term.start, term.end, old),))
        changed = rewritten(plain, edited(plain, slip))
        names = (name_of(term), name_of(term.base) if isinstance(term, Scripted) else None)
        if changed is not None:
            yield Repaired(changed, slip), tuple(name for name in names if name)


def _old_value(formula: Formula, node: Relation) -> str:
    r"""The name before the step: ``\theta_{t-1}`` for ``\theta_t``, ``\theta`` for an assignment."""
    head = node.first
    if isinstance(head, Name):
        return formula.source(head) if node.relations[0] == "<-" else ""
    if not isinstance(head, Scripted) or head.subscript is None or head.superscript is not None:
        return ""
    base, index = formula.source(head.base), script_text(head.subscript) or ""
    if isinstance(head.subscript, Addition) and head.subscript.terms[1:] == (("+", Number("1")),):
        return f"{base}_{{{index.removesuffix('+1')}}}"
    return f"{base}_{{{index}-1}}" if isinstance(head.subscript, Name) else ""
