"""Chains of equations: every link behind the first is a claim, and so is an average written out as a series."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symdl.core import STEP, Compare, ReadError, function, symbol
from symdl.matching.lines import moved, name_of, offset_of, sequences
from symdl.notation.elaborate import Elaborated, elaborate
from symdl.notation.indices import indexed, time_names
from symdl.notation.syntax import Addition, Ellipsis, Node, Relation, walk

from .assessments import Assessment, decided, verdict_findings
from .claims import assess_equation
from .clocks import with_clock_of
from .context import Context
from .formulas import Formula
from .repairs import repaired
from .rule_lines import RuleLine
from .trees import rewritten

_EQUAL = frozenset({"=", ":="})
_MOST_TERMS = 8


def behind_first(formula: Formula) -> Formula | None:
    """The formula without the side that its first equality defines; None where less than two sides are left."""
    node = formula.node
    if not isinstance(node, Relation):
        return None
    links = node.rest[1:]
    while links and links[0][0] not in _EQUAL:
        links = links[1:]
    whole = links and all(relation in _EQUAL for relation, _ in links) and not _goes_on(node)
    if not whole:
        return None
    place = len(node.rest) - len(links)
    first = node.sides[place]
    return replace(formula, node=Relation(first, links, start=first.start, end=node.end))


def _goes_on(node: Node) -> bool:
    return any(isinstance(part, Ellipsis) for part in walk(node))


def with_steps(assessment: Assessment, formula: Formula, context: Context) -> Assessment:
    """With every link behind the first judged; what cannot be read is passed over."""
    chain = behind_first(formula)
    if chain is None or assessment.links:
        return assessment
    try:
        found = assess_equation(chain, context, "STEP001", whole=formula)
    except ReadError:
        return assessment
    if found.outcome not in ("proved", "refuted"):
        return assessment
    links = (*_before(assessment, formula, found), *(replace(link, role="step") for link in found.links))
    if assessment.outcome == "unread":
        return replace(found, role="step", links=links)
    if found.outcome == "proved":
        return replace(assessment, links=links)
    return replace(
        assessment,
        outcome="refuted",
        witness=found.witness,
        evidence=found.evidence,
        findings=(*assessment.findings, *found.findings),
        links=links,
    )


def _before(assessment: Assessment, formula: Formula, found: Assessment) -> tuple[Assessment, ...]:
    """The first opinion for each link of a chain before those that were judged."""
    assert isinstance(formula.node, Relation)
    return (assessment,) * (len(formula.node.rest) - len(found.links))


def with_series(assessment: Assessment, formula: Formula, context: Context, lines: tuple[RuleLine, ...]) -> Assessment:
    """With an average that is written out, ``(1-b)(g_t + b g_{t-1} + ...)``, held against its recurrence."""
    node = formula.node
    if not isinstance(node, Relation) or not _goes_on(node):
        return assessment
    own = indexed(node.first, time_names(node))
    name = own.base if own is not None else ""
    recurrence = next((line for line in lines if line.line.target == name and line.uses_itself), None)
    if recurrence is None or recurrence.line.shift is None or assessment.outcome == "refuted":
        return assessment

    def links(changed: Formula) -> tuple[tuple[Compare, ...], Elaborated]:
        return _series(with_clock_of(changed, formula), recurrence, context)

    def holds(changed: Formula) -> bool:
        claims, read = links(changed)
        return all(decided(context.claim(changed, claim, read)).proved for claim in claims)

    try:
        claims, read = links(formula)
    except ReadError:
        return assessment
    if assessment.outcome == "unread":
        assessment = Assessment("recurrence", "proved", str(claims[0]))
    for claim in claims:
        verdict = decided(context.claim(formula, claim, read))
        if verdict.refuted:
            repair = repaired(formula, _open_sides, links, holds)
            message = f"these are not the first terms of {name} written out"
            findings = verdict_findings(verdict, "STEP001", message, repair.text if repair else "")
            return assessment.judged(verdict, *findings)
        assessment = assessment.judged(verdict)
    return assessment


def _open_sides(node: Node) -> tuple[Node, ...]:
    return tuple(side for side in node.sides if _goes_on(side)) if isinstance(node, Relation) else ()


def _series(formula: Formula, recurrence: RuleLine, context: Context) -> tuple[tuple[Compare, ...], Elaborated]:
    """Each side with dots, and the recurrence applied as often as it shows terms, as a claim."""
    assert isinstance(formula.node, Relation)
    claims = []
    for side in _open_sides(formula.node):
        read = elaborate(_closed(side), context.profile, context.scope(formula), sequences=True, text=formula.span)
        shown = {offset_of(value) for value in sequences(read.expr)}
        if shown and len(shown) <= _MOST_TERMS and shown == set(range(-len(shown) + 1, 1)):
            left, right = _unrolled(recurrence, len(shown)), read.expr
            names = {value: _named(value) for value in (*sequences(left), *sequences(right))}
            claims.append(Compare(left.xreplace(names), "=", right.xreplace(names)))
    if not claims:
        raise ReadError("no terms of a series are shown here", text=formula.span, position=formula.node.start)
    return tuple(claims), read


def _closed(node: Node) -> Node:
    """Sums without the dots at their ends."""

    def change(part: Node) -> Node | None:
        if not isinstance(part, Addition) or not isinstance(part.terms[-1][1], Ellipsis):
            return None
        return Addition(part.terms[:-1], start=part.start, end=part.end)

    return rewritten(node, change)


def _unrolled(recurrence: RuleLine, count: int) -> sp.Expr:
    """The recurrence applied ``count`` times to nothing."""
    line = recurrence.line
    once = moved(line.expr, -(line.shift or 0))
    expr: sp.Expr = once
    head = function(line.target)
    for k in range(1, count):
        expr = expr.xreplace({head(STEP - k): moved(once, -k)})
    return expr.xreplace({head(STEP - count): sp.Integer(0)})


def _named(value: sp.Expr) -> sp.Symbol:
    return symbol(f"{name_of(value)}_{{{value.args[0]}}}")
