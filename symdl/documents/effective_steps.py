r"""Claims about how far a rule goes in a step: "the effective step is $\alpha \hat m_t / \sqrt{\hat v_t}$".

What is called so may be the step itself, with either sign, or what multiplies the gradient or its average
in it; and epsilon may be left out. The claim is refuted only where a small change of its text, that keeps
every quantity in it, makes it one of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

import sympy as sp

from symdl.core import THETA, Claim, Compare, Optimizer, ReadError, SymdlError, to_text
from symdl.matching.slips import slips
from symdl.notation.elaborate import elaborate
from symdl.notation.syntax import Node, Relation

from .assessments import Assessment, decided, verdict_findings
from .clocks import with_clock_of
from .context import Context
from .formulas import Formula
from .repairs import Repaired, candidates, equal_at_points, rewritten
from .statements import EQUALITIES
from .update_rules import DocumentRule
from .words import in_symbols, positive

_WHAT = r"(steps?|updates?|moves?|changes?|displacements?)"
_KIND = r"(effective|actual|net|overall|resulting)"
_BEFORE = re.compile(
    rf"\b{_KIND}\b[^.;]{{0,40}}?\b{_WHAT}\b|\b{_WHAT}\s+(size\s+)?(that is |which is )?(taken|made)\b", re.I
)
_AFTER = re.compile(rf"^[\s,]*(is|as|for)\s+(the|its|our)\s+{_KIND}\s+{_WHAT}\b", re.I)
_MOST_CANDIDATES = 400


def states_step(formula: Formula) -> bool:
    """Whether the words beside a formula, or its heading, say that it is the step that a rule takes.

    >>> bool(_BEFORE.search("the effective step in parameter space is"))
    True
    """
    node = formula.node
    if isinstance(node, Relation) and not (len(node.rest) == 1 and set(node.relations) <= EQUALITIES):
        return False
    named = isinstance(node, Relation) and bool(_BEFORE.search(formula.topic.lead))
    return named or bool(_BEFORE.search(formula.before) or _AFTER.search(formula.after))


def assess_step(formula: Formula, rule: DocumentRule, context: Context) -> Assessment | None:
    """Is the formula the step of ``rule``, or its rate? None where that is neither proved nor a slip away."""
    expr = _read(formula, rule, context)
    if expr is None or rule.read is None:
        return None
    targets = tuple(_targets(rule.read.optimizer))
    meant = _equal(expr, targets)
    near = tuple(target for target in targets if expr.free_symbols <= target.free_symbols)
    repair = None if meant is not None else _repaired(formula, rule, context, near)
    right = repair[1] if repair is not None else meant
    if right is None:
        return None
    given = tuple(relation for parameter in rule.read.optimizer.hyper for relation in parameter.domain)
    claim = Compare(expr, "=", right)
    verdict = decided(Claim(claim, (*given, *positive(right)), f"the step of {rule.name}"))
    if not verdict.proved and not verdict.refuted:
        return None
    message = f"this is not the step that {rule.spoken or rule.name} takes"
    findings = verdict_findings(verdict, "OPT005", message, repair[0].text if repair is not None else "")
    return Assessment("identity", "noted", f"{to_text(expr)} is the step of {rule.name}").judged(verdict, *findings)


def _side(node: Node | None) -> Node | None:
    return node.rest[0][1] if isinstance(node, Relation) else node


def _read(formula: Formula, rule: DocumentRule, context: Context) -> sp.Expr | None:
    """What the formula states, in the symbols of the rule."""
    side = _side(formula.node)
    if side is None:
        return None
    try:
        read = elaborate(side, context.profile, context.scope(formula), sequences=True, text=formula.span)
    except ReadError:
        return None
    return in_symbols(read.expr, rule)


def _targets(rule: Optimizer) -> Iterator[sp.Expr]:
    """The step and its rate, with and without epsilon; nothing for rules whose values have two meanings in a step."""
    assigned = [assignment.symbol for assignment in rule.step]
    if assigned[-1:] != [THETA] or len(set(assigned)) < len(assigned):
        return
    epsilons = {p.symbol: sp.Integer(0) for p in rule.hyper if p.name == "epsilon"}
    step = THETA - rule.step[-1].expr
    for whole in dict.fromkeys((step, step.xreplace(epsilons))):
        yield from (whole, -whole)
        for part in (*assigned[:-1], *(e.symbol for e in rule.evaluations)):
            rate = whole / part
            if whole.has(part) and not rate.has(part):
                yield from (rate, -rate)


def _equal(expr: sp.Expr, targets: tuple[sp.Expr, ...]) -> sp.Expr | None:
    """The target that agrees with an expression at a few points."""
    same = (t for t in targets if t.free_symbols == expr.free_symbols)
    return next((target for target in same if equal_at_points(expr, target)), None)


def _repaired(
    formula: Formula, rule: DocumentRule, context: Context, targets: tuple[sp.Expr, ...]
) -> tuple[Repaired, sp.Expr] | None:
    """The first change of one place after which the formula is one of the targets, and that target."""
    plain = rewritten(formula, formula.tex)
    if plain is None:
        return None
    side = _side(plain.node)
    for change in islice(candidates(plain, slips(plain.span, [side] if side else [])), _MOST_CANDIDATES):
        try:
            expr = _read(with_clock_of(change.formula, formula), rule, context)
        except SymdlError:
            continue
        meant = _equal(expr, targets) if expr is not None else None
        if meant is not None:
            return change, meant
    return None
