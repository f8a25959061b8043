"""Formulas that claim something: derivatives, identities, inequalities."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.calculus.derivatives import derivative
from symdl.core import Compare, Finding, Fix, Limit, SymdlError, Verdict, to_latex, to_text
from symdl.core.findings import Role
from symdl.matching.slips import quantities
from symdl.notation.claims import claims_in
from symdl.notation.elaborate import Elaborated, compare, defined_head, unfold
from symdl.notation.names import name_of
from symdl.notation.syntax import (
    DerivativeOf,
    Gradient,
    LimitOf,
    Name,
    Node,
    Number,
    Relation,
    Scripted,
    walk,
)

from .assessments import Assessment, decided, information, together, verdict_findings
from .bare_functions import with_arguments
from .conditions import in_condition, is_assumed, is_claimed
from .context import Context
from .formulas import Formula
from .repairs import Repaired, factors_of, in_spelling, repaired, right_sides

Order = Literal["<=", ">="]

_NO_QUANTITIES = {"e", "pi", "T", "top", "intercal"}
_NO_STEP = "this step does not follow from the side before it"
_RESTATES = re.compile(
    r"\b(complet\w+ the square|rewrit\w*|rearrang\w+|expand\w*|equivalent\w*|that is|i\.e\.|simplif\w+|becomes|"
    r"in other words|factor\w*|the same as|can be written|equals)\b[^.]{0,60}$",
    re.IGNORECASE,
)


def assess_links(
    formula: Formula, context: Context, role: Role, code: str, message: str, whole: Formula | None = None
) -> Assessment:
    """Every link of a chain of comparisons as a claim of its own; the gravest outcome is the formula's.

    Behind the first link that fails, one whose right side equals the first side again is right, and of the
    others that fail the chain reports none. ``whole`` is what a repair rewrites, where the chain is the end of
    a longer one.
    """
    links, elaborated = _compared(formula, context)
    verdicts = [decided(context.claim(formula, link, elaborated)) for link in links]
    wrong = next((number for number, verdict in enumerate(verdicts) if verdict.refuted), None)
    if wrong is None:
        return chain_assessment(role, links, verdicts, code, message)
    repair = _repair(formula, context, wrong, whole)
    fix = repair.text if repair is not None else ""
    if repair is None and wrong == 0 and links[0].relation == "=":
        fix = _right_derivative(formula, links[0], elaborated, context)
    right = dict(_right_again(formula, links, wrong, context))
    verdicts = [right.get(number, verdict) for number, verdict in enumerate(verdicts)]
    later = f"; the chain is right again {_row_of(whole or formula, min(right), links)}" if right else ""
    assessment = chain_assessment(role, links, verdicts, code, message, fix, later)
    wrong_derivative = code == "DER001" and wrong == 0 and repair is None
    return _with_suspect(assessment, formula, context) if wrong_derivative else assessment


def chain_assessment(
    role: Role,
    links: tuple[Compare, ...],
    verdicts: list[Verdict],
    code: str,
    message: str,
    fix: str = "",
    later: str = "",
) -> Assessment:
    """The assessment of a chain from the verdicts on its links; the first that fails has the repair.

    ``later`` says where a chain is right again. Of a chain in one piece the first finding alone is kept.
    """
    wrong = next((number for number, verdict in enumerate(verdicts) if verdict.refuted), len(verdicts))
    parts = []
    for number, (link, verdict) in enumerate(zip(links, verdicts, strict=True)):
        which, said = (code, message) if number == 0 else ("STEP001", _NO_STEP)
        own = (said + later, fix) if number == wrong else (said, "")
        parts.append(_link(role, link, verdict, verdict_findings(verdict, which, *own)))
    kept = [p if n <= wrong else replace(p, findings=_without_errors(p)) for n, p in enumerate(parts)]
    return replace(together(kept), read_as=_read_as(links), links=tuple(parts))


def _link(role: Role, link: Compare, verdict: Verdict, findings: tuple[Finding, ...]) -> Assessment:
    return Assessment(role, "proved", str(link)).judged(verdict, *findings)


def _without_errors(part: Assessment) -> tuple[Finding, ...]:
    return tuple(finding for finding in part.findings if finding.severity != "error")


def _right_again(
    formula: Formula, links: tuple[Compare, ...], wrong: int, context: Context
) -> Iterator[tuple[int, Verdict]]:
    """The links behind a wrong one of a chain of equations whose right side equals the first side, with the proof."""
    if any(link.relation != "=" for link in links):
        return
    elaborated = _compared(formula, context)[1]
    for number in range(wrong + 1, len(links)):
        conditions = tuple(dict.fromkeys(c for link in links[: number + 1] for c in link.defined))
        whole = Compare(links[0].lhs, "=", links[number].rhs, conditions)
        verdict = decided(context.claim(formula, whole, elaborated))
        if verdict.proved:
            yield number, verdict


def _row_of(formula: Formula, number: int, links: tuple[Compare, ...]) -> str:
    """Where the right side of a link stands, in words."""
    place = number + _length(formula) - 1 - len(links)
    row = next((row for row in formula.rows if row.links[0] <= place < row.links[1]), None)
    return f"on line {row.place.line}" if row is not None else f"from its side {place + 2} on"


def _repair(formula: Formula, context: Context, wrong: int, whole: Formula | None = None) -> Repaired | None:
    """The smallest change of one side of the link that fails, the right one first, that makes every link hold."""
    skipped = _length(whole) - _length(formula) if whole is not None else 0

    def chain(changed: Formula) -> Formula:
        return context.prepare(_without_sides(changed, skipped))

    return repaired(
        whole or formula,
        lambda node: _changeable(node, skipped, wrong),
        lambda changed: _compared(chain(changed), context),
        lambda changed: all_proved(chain(changed), context),
        factors_of((formula, *context.sources(formula)[:2])),
    )


def _length(formula: Formula) -> int:
    return len(formula.node.sides) if isinstance(formula.node, Relation) else 0


def _changeable(node: Node, skipped: int, wrong: int) -> tuple[Node, ...]:
    """The sides of a link that a repair may change: the right one, then the left where it heads no definition."""
    sides = node.sides[skipped:] if isinstance(node, Relation) else ()
    if len(sides) < wrong + 2:
        return ()
    left, right = sides[wrong], sides[wrong + 1]
    is_head = isinstance(left, DerivativeOf | Gradient) or _is_primed(left) or defined_head(left) is not None
    return (right,) if wrong == 0 and is_head else (right, left)


def _without_sides(formula: Formula, count: int) -> Formula:
    """A chain without its first sides."""
    node = formula.node
    if not count or not isinstance(node, Relation):
        return formula
    first = node.sides[count]
    return replace(formula, node=replace(node, first=first, rest=node.rest[count:]))


def _is_primed(node: Node) -> bool:
    return any(isinstance(part, Scripted) and part.primes for part in walk(node))


def all_proved(formula: Formula, context: Context) -> bool:
    """Whether every link of a chain of comparisons is proved."""
    links, elaborated = _compared(formula, context)
    return all(decided(context.claim(formula, link, elaborated)).proved for link in links)


def _compared(formula: Formula, context: Context) -> tuple[tuple[Compare, ...], Elaborated]:
    """The links of a chain; behind a partial derivative, names stand for what the text has defined them to be."""
    node, scope = with_arguments(formula.node, context, formula), context.scope(formula)
    if isinstance(node.first, DerivativeOf):
        by = {name_of(variable) for variable, _ in node.first.variables}
        scope = scope.define(*(d for d in context.named_values(formula) if d.function not in by))
    return compare(node, context.profile, scope, text=formula.span)


def _read_as(links: tuple[Compare, ...]) -> str:
    return str(links[0]) + "".join(
        f" {link.relation} {str(link).partition(f' {link.relation} ')[2]}" for link in links[1:]
    )


def read_links(formula: Formula, context: Context) -> str:
    """A chain of comparisons as it was understood."""
    assert isinstance(formula.node, Relation)
    links, _ = compare(formula.node, context.profile, context.scope(formula), text=formula.span)
    return _read_as(links)


def _right_derivative(formula: Formula, link: Compare, elaborated: Elaborated, context: Context) -> str:
    """The statement with the derivative that calculus finds on its right side."""
    assert isinstance(formula.node, Relation)
    right = worked_out(unfold(link.lhs, elaborated.definitions))
    if right is None:
        return ""
    spelled = to_text(right) if formula.plain else in_spelling(right, (formula, *context.sources(formula)), context)
    return f"{formula.source(formula.node.first)} = {spelled}"


def derivative_in_latex(expr: sp.Expr) -> str:
    """An unevaluated first derivative, worked out; empty for what calculus does not derive."""
    right = worked_out(expr)
    return to_latex(right) if right is not None else ""


def worked_out(expr: sp.Expr) -> sp.Expr | None:
    """An unevaluated first derivative, worked out; None for anything else and what calculus does not derive."""
    if not isinstance(expr, sp.Derivative) or expr.derivative_count != 1:
        return None
    try:
        return derivative(expr.expr, expr.variables[0])
    except SymdlError:
        return None


def assess_derivative(formula: Formula, context: Context) -> Assessment:
    """A stated derivative against that of the definition before it."""
    links, elaborated = _compared(formula, context)
    if links[0].lhs.is_Symbol:
        return Assessment("definition", "defined", _read_as(links))
    unknown = _opaque(links, elaborated)
    if unknown:
        assert isinstance(formula.node, Relation)
        by = (
            [name_of(v) for v, _ in formula.node.first.variables]
            if isinstance(formula.node.first, DerivativeOf)
            else []
        )
        names = ", ".join(unknown) + " is not defined here" + (f" as a function of {by[0]}" if by else "")
        missing = information("DEF002", f"{names}, so its derivative cannot be judged")
        return Assessment("derivative", "noted", _read_as(links), findings=(missing,))
    assessment = assess_links(formula, context, "derivative", "DER001", "this is not the derivative")
    if assessment.outcome != "proved" and not _varies(formula) and _is_condition(formula, context):
        return Assessment("assumption", "noted", _read_as(links))
    return assessment


def _with_suspect(assessment: Assessment, formula: Formula, context: Context) -> Assessment:
    """With the definition that a small change would make fit, where the derivative itself has no small repair."""
    for source in context.sources(formula)[:2]:
        mended = _mended_source(source, formula, context)
        if mended is not None:
            line, repair = source.place.line, mended.slip.description
            message = f"the derivative stated on line {formula.place.line} is right if you {repair} here"
            suspect = Finding("DER002", "warning", message, Fix(mended.text), (formula.place.line,))
            findings = tuple(
                replace(
                    f, message=f"{f.message}; it is right if line {line} reads {mended.text}", fix=None, related=(line,)
                )
                if f.code == "DER001"
                else f
                for f in assessment.findings
            )
            return replace(assessment, findings=findings, elsewhere=((source.number, suspect),))
    return assessment


def _mended_source(source: Formula, formula: Formula, context: Context) -> Repaired | None:
    """The definition after the smallest change with which a stated derivative is right."""

    def changed(definition: Formula) -> Context:
        return context.replacing(context.prepare(definition))

    return repaired(
        source,
        right_sides,
        lambda definition: _compared(formula, changed(definition)),
        lambda definition: all_proved(formula, changed(definition)),
        shape_only=True,
    )


def _opaque(links: tuple[Compare, ...], elaborated: Elaborated) -> list[str]:
    """The functions in a formula that nothing defines; components that a sum is over need no definition."""
    known = {definition.function for definition in elaborated.definitions}
    return sorted(_functions(links) - known - _components(links))


def _functions(links: tuple[Compare, ...]) -> set[str]:
    return {a.func.__name__ for link in links for side in (link.lhs, link.rhs) for a in side.atoms(AppliedUndef)}


def _components(links: tuple[Compare, ...]) -> set[str]:
    """The functions whose arguments are the indices of sums, and nothing else."""
    sides = [side for link in links for side in (link.lhs, link.rhs)]
    bound = {limit[0] for side in sides for part in side.atoms(sp.Sum) for limit in part.limits}
    used = [part for side in sides for part in side.atoms(AppliedUndef)]
    other = {part.func.__name__ for part in used if not set(part.args) <= bound}
    return {part.func.__name__ for part in used} - other


def _names_of(side: sp.Expr, components: set[str]) -> set[object]:
    """The symbols of a side, and the components that sums are over."""
    functions = {part.func.__name__ for part in side.atoms(AppliedUndef)}
    return {*side.free_symbols, *(functions & components)}


def _varies(formula: Formula) -> bool:
    """Whether a name stands on the right side; that what it is written as may be constant does not count."""
    assert isinstance(formula.node, Relation)
    return any(isinstance(part, Name) for side in formula.node.sides[1:] for part in walk(side))


def _is_condition(formula: Formula, context: Context) -> bool:
    """Whether an equation states where something holds, and not that it always does.

    One that has a condition of its own ("f'(x) = 0 for x < 0") does not.
    """
    if any(assumption.about == formula.number for assumption in context.assumptions):
        return False
    assert isinstance(formula.node, Relation)
    return in_condition(formula) or formula.node.sides[1] == Number("0")


def assess_restated(formula: Formula, context: Context) -> Assessment | None:
    """A function that is written anew: "completing the square, h(x) = ..."; None where it is a new definition."""
    node = formula.node
    if not isinstance(node, Relation) or not _RESTATES.search(formula.before):
        return None
    head = defined_head(node.first)
    earlier = context.visible(formula).get(head[0]) if head is not None else None
    if head is None or earlier is None or earlier.formula.topic != formula.topic:
        return None
    links, elaborated = _compared(formula, context)
    old, new = (unfold(side, elaborated.definitions).free_symbols for side in (links[0].lhs, links[0].rhs))
    if old != new or tuple(map(str, earlier.definition.arguments)) != head[1]:
        return None
    return assess_links(formula, context, "identity", "EQN001", "this is not the function that was defined before")


def assess_equation(
    formula: Formula, context: Context, code: str = "EQN001", whole: Formula | None = None
) -> Assessment:
    """An equation between two expressions: an identity if it can be one, else a condition that is noted.

    ``whole`` is the formula that it is the end of, if any, for repairs.
    """
    assert isinstance(formula.node, Relation)
    if isinstance(formula.node.first, LimitOf):
        return _assess_limit(formula, context)
    links, elaborated = compare(formula.node, context.profile, context.scope(formula), text=formula.span)
    if _opaque(links, elaborated):
        return Assessment("identity", "noted", _read_as(links))
    message = "the two sides are not equal" if code == "EQN001" else _NO_STEP
    assessment = assess_links(formula, context, "identity", code, message, whole)
    components = _components(links)
    same = all(_names_of(link.lhs, components) == _names_of(link.rhs, components) for link in links)
    same = same or one_set_of_names(formula.node)
    condition = in_condition(formula) or is_assumed(formula) or (not same and len(links) == 1)
    if assessment.outcome == "refuted" and condition:
        return Assessment("assumption", "noted", _read_as(links))
    return assessment


def one_set_of_names(node: Relation) -> bool:
    """Whether the sides are written with the same quantities."""
    names = [{name_of(part) for part in quantities(side)} - _NO_QUANTITIES for side in node.sides]
    return all(found == names[0] for found in names)


def _assess_limit(formula: Formula, context: Context) -> Assessment:
    """What a function tends to."""
    assert formula.node is not None
    (claim,) = claims_in(formula.node, context.profile, context.scope(formula), formula.span)
    assert isinstance(claim.statement, Limit)
    symbols = claim.statement.expr.free_symbols | claim.statement.value.free_symbols
    verdict = decided(replace(claim, given=tuple(dict.fromkeys((*claim.given, *context.given(formula, symbols))))))
    findings = verdict_findings(verdict, "EQN001", "this is not the limit")
    return Assessment("identity", "proved", str(claim.statement)).judged(verdict, *findings)


def assess_inequality(formula: Formula, context: Context) -> Assessment:
    """An inequality: a claim if it holds, if it is about known functions or said to hold; else a condition."""
    assert isinstance(formula.node, Relation)
    links, elaborated = compare(formula.node, context.profile, context.scope(formula), text=formula.span)
    condition = Assessment("assumption", "noted", _read_as(links))
    if _opaque(links, elaborated) or is_assumed(formula):
        return condition
    assessment = assess_links(formula, context, "inequality", "INEQ001", "the inequality fails")
    if assessment.outcome == "proved":
        return assessment
    about_functions = any(side.atoms(AppliedUndef, sp.Function) for link in links for side in (link.lhs, link.rhs))
    claimed = about_functions or is_claimed(formula) or _fails_everywhere(formula, links, elaborated, context)
    return assessment if claimed and not in_condition(formula) else condition


def _fails_everywhere(formula: Formula, links: tuple[Compare, ...], elaborated: Elaborated, context: Context) -> bool:
    """Whether the opposite of an inequality is proved, so that it can be no condition either."""
    opposite: dict[str, Order] = {"<": ">=", ">": "<=", "<=": ">=", ">=": "<="}
    return any(
        decided(context.claim(formula, replace(link, relation=opposite[link.relation]), elaborated)).proved
        for link in links
        if link.relation in opposite
    )
