"""Formulas that claim something: derivatives, identities, inequalities."""

from __future__ import annotations

import re
from dataclasses import replace

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.calculus.derivatives import derivative
from symdl.core import Compare, SymdlError, to_latex
from symdl.core.findings import Role
from symdl.notation.claims import claims_in
from symdl.notation.elaborate import Elaborated, compare, unfold
from symdl.notation.names import name_of
from symdl.notation.syntax import Bracketed, DerivativeOf, Juxtaposed, LimitOf, Name, Node, Relation, Scripted

from .assessments import Assessment, decided, information, verdict_findings
from .context import Context
from .formulas import Formula
from .trees import with_argument

_CONDITION_WORDS = re.compile(
    r"\b(if|when|whenever|where|assume|assuming|such that|suppose|let|require|requires|provided|unless|until|solve|"
    r"solving|set|setting|choose|choosing|take|for|with|so that|satisfies|satisfying|subject to|root of)\b[^.]{0,40}$",
    re.IGNORECASE,
)


def assess_links(formula: Formula, context: Context, role: Role, code: str, message: str) -> Assessment:
    """Every link of a chain of comparisons as a claim of its own; the gravest outcome is the formula's."""
    links, elaborated = _compared(formula, context)
    assessment = Assessment(role, "proved", _read_as(links))
    for link in links:
        verdict = decided(context.claim(formula, link, elaborated))
        fix = _right_derivative(formula, link, elaborated) if code == "DER001" else ""
        assessment = assessment.judged(verdict, *verdict_findings(verdict, code, message, fix))
    return assessment


def _compared(formula: Formula, context: Context) -> tuple[tuple[Compare, ...], Elaborated]:
    """The links of a chain; behind a partial derivative, names stand for what the text has defined them to be."""
    node, scope = applied(formula.node, context, formula), context.scope(formula)
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


def applied(node: Node | None, context: Context, formula: Formula) -> Relation:
    r"""``f' = f(1 - f)`` and ``\frac{df}{dx} = f(1 - f)``, where no function has its argument, with it written."""
    assert isinstance(node, Relation)
    head = node.first
    primed = isinstance(head, Scripted) and head.primes > 0
    base = head.base if isinstance(head, Scripted) and primed else getattr(head, "argument", None)
    function = context.visible(formula).get(base.base) if isinstance(base, Name) else None
    if not isinstance(base, Name) or function is None or not (primed or isinstance(head, DerivativeOf)):
        return node
    letter = str(function.definition.arguments[0])
    argument = Bracketed((Name(letter),), start=head.start, end=head.end)
    if isinstance(head, DerivativeOf) and [name_of(variable) for variable, _ in head.variables] != [letter]:
        return node
    first = Juxtaposed((head, argument), start=head.start, end=head.end) if primed else head
    rest = tuple((relation, with_argument(side, base, argument)) for relation, side in node.rest)
    return replace(node, first=first, rest=rest)


def _right_derivative(formula: Formula, link: Compare, elaborated: Elaborated) -> str:
    """The statement with the derivative that calculus finds on its right side."""
    right = derivative_in_latex(unfold(link.lhs, elaborated.definitions))
    assert isinstance(formula.node, Relation)
    return f"{formula.source(formula.node.first)} = {right}" if right else ""


def derivative_in_latex(expr: sp.Expr) -> str:
    """An unevaluated first derivative, worked out; empty for what calculus does not derive."""
    if not isinstance(expr, sp.Derivative) or expr.derivative_count != 1:
        return ""
    try:
        return to_latex(derivative(expr.expr, expr.variables[0]))
    except SymdlError:
        return ""


def assess_derivative(formula: Formula, context: Context) -> Assessment:
    """A stated derivative against that of the definition before it."""
    links, elaborated = _compared(formula, context)
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
    if assessment.outcome != "proved" and not _varies(links[0].rhs) and _is_condition(formula, links[0], context):
        return Assessment("assumption", "noted", _read_as(links))
    return assessment


def _opaque(links: tuple[Compare, ...], elaborated: Elaborated) -> list[str]:
    """The functions in a formula that nothing defines."""
    known = {definition.function for definition in elaborated.definitions}
    used = {a.func.__name__ for link in links for side in (link.lhs, link.rhs) for a in side.atoms(AppliedUndef)}
    return sorted(used - known)


def _varies(expr: sp.Expr) -> bool:
    return bool(expr.free_symbols)


def _is_condition(formula: Formula, link: Compare, context: Context) -> bool:
    """Whether an equation states where something holds, and not that it always does.

    One that has a condition of its own ("f'(x) = 0 for x < 0") does not.
    """
    if any(assumption.about == formula.number for assumption in context.assumptions):
        return False
    return _CONDITION_WORDS.search(formula.before) is not None or link.rhs == 0


def assess_equation(formula: Formula, context: Context) -> Assessment:
    """An equation between two expressions: an identity if it can be one, else a condition that is noted."""
    assert isinstance(formula.node, Relation)
    if isinstance(formula.node.first, LimitOf):
        return _assess_limit(formula, context)
    links, elaborated = compare(formula.node, context.profile, context.scope(formula), text=formula.span)
    if _opaque(links, elaborated):
        return Assessment("identity", "noted", _read_as(links))
    assessment = assess_links(formula, context, "identity", "EQN001", "the two sides are not equal")
    same = all(link.lhs.free_symbols == link.rhs.free_symbols for link in links)
    if assessment.outcome == "refuted" and (not same or _CONDITION_WORDS.search(formula.before)):
        return Assessment("assumption", "noted", _read_as(links))
    return assessment


def _assess_limit(formula: Formula, context: Context) -> Assessment:
    """What a function tends to."""
    assert formula.node is not None
    (claim,) = claims_in(formula.node, context.profile, context.scope(formula), formula.span)
    verdict = decided(claim)
    findings = verdict_findings(verdict, "EQN001", "this is not the limit")
    return Assessment("identity", "proved", str(claim.statement)).judged(verdict, *findings)


def assess_inequality(formula: Formula, context: Context) -> Assessment:
    """An inequality: a claim if it holds, or if it is about known functions; else a condition."""
    assert isinstance(formula.node, Relation)
    links, elaborated = compare(formula.node, context.profile, context.scope(formula), text=formula.span)
    condition = Assessment("assumption", "noted", _read_as(links))
    if _opaque(links, elaborated):
        return condition
    assessment = assess_links(formula, context, "inequality", "EQN002", "the inequality fails")
    about_functions = any(side.atoms(AppliedUndef, sp.Function) for link in links for side in (link.lhs, link.rhs))
    claimed = about_functions and not _CONDITION_WORDS.search(formula.before)
    return assessment if assessment.outcome == "proved" or claimed else condition
