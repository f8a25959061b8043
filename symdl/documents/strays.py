r"""Topics under the name of a known rule whose equations are a slip away from it, and make no rule as they stand.

The update leaves out the old parameter (``\theta_t = v_t - \alpha \hat m_t``), or nothing that leads to it is
a gradient (``\theta_t = \theta_{t-1} - \alpha \alpha``). Such a topic is refuted where one quantity put in the
place of another makes its equations the rule that it is called, and they are not that rule with any letter as
the gradient.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import sympy as sp

from symdl.core import THETA, Assignment, Family, Finding, Fix, Optimizer, SymdlError, UnboundSymbol
from symdl.library import FAMILIES
from symdl.matching.families import recognise
from symdl.matching.names import families_called
from symdl.matching.rules import ReadRule, read_machine
from symdl.matching.slips import Slip, quantities
from symdl.matching.trajectories import parting, run_of
from symdl.notation.names import name_of, script_text
from symdl.notation.syntax import Addition, Gradient, Name, Node, Number, Relation, Scripted, walk

from .blocks import Topic
from .formulas import Formula
from .mended_rules import Mended, Mender
from .misnamed import Misnamed, witness_of
from .repairs import Repaired, edited, rewritten
from .rule_lines import RuleLine, RuleLines
from .rule_reports import JudgedRule
from .sources import left_side
from .update_rules import DocumentRule

_MOST_CANDIDATES = 120
_RATES = (r"\eta", r"\alpha", r"\gamma", r"\lambda")


def with_strays(
    judged: tuple[JudgedRule, ...], lines: RuleLines, unread: Collection[Topic], mender: Mender
) -> tuple[JudgedRule, ...]:
    """The rules with those of topics that are called by a known name and whose equations make no rule but for a slip.

    Topics with an equation that was not read are left alone.
    """
    result = list(judged)
    for topic in dict.fromkeys(line.formula.topic for line in lines.lines):
        here = [one for one in judged if one.rule.home.formula.topic == topic]
        if topic in unread or not families_called(topic.lead) or any(one.rule.read is not None for one in here):
            continue
        ends = [one.rule.home for one in here] or _ends(lines.lines, topic)
        found = _Stray(lines, topic, ends[0], mender).judged() if len(ends) == 1 else None
        if found is not None:
            result = [one for one in result if one not in here] + [found]
    return tuple(result)


def missing_values(
    judged: tuple[JudgedRule, ...], lines: RuleLines, unread: Collection[Topic], mender: Mender
) -> Iterator[tuple[int, Finding]]:
    r"""A quantity that nothing defines (``\hat r_t`` beside ``r_t``) where another makes the rule that is named."""
    for one in judged:
        topic = one.rule.home.formula.topic
        if not isinstance(one.rule.error, UnboundSymbol) or topic in unread or not families_called(topic.lead):
            continue
        change, _ = next(_Stray(lines, topic, one.rule.home, mender).meant(), (None, None))
        if change is not None:
            message = f"{one.rule.error.message}; you may {change.repaired.slip.description}"
            finding = Finding("SYM001", "error", message, Fix(change.repaired.text))
            yield change.repaired.formula.number, finding


def _ends(lines: Sequence[RuleLine], topic: Topic) -> list[RuleLine]:
    """The equations of a topic that no other one uses."""
    beside = [line for line in lines if line.formula.topic == topic]
    used = {name for line in beside for name in line.outer_names if name != line.line.target}
    return [line for line in beside if line.line.target not in used]


@dataclass(frozen=True)
class _Change:
    """A formula after a quantity was put in the place of another, whose names are ``left_out``."""

    repaired: Repaired
    left_out: tuple[str, ...]
    of_old_value: bool


@dataclass(frozen=True)
class _Stray:
    """The equations of a topic that lead up to ``end``."""

    lines: RuleLines
    topic: Topic
    end: RuleLine
    mender: Mender

    @property
    def named(self) -> list[Family]:
        """The families that the topic is called by."""
        return [family for family in FAMILIES if family.name in families_called(self.topic.lead)]

    def judged(self) -> JudgedRule | None:
        """The rule that the first change makes, refuted as it is written; None where no change makes one."""
        for change, rule in self.meant():
            assert rule.read is not None
            wrong = self.as_written(rule, change)
            own, meant = run_of(wrong) if wrong is not None else None, run_of(rule.read.optimizer)
            if wrong is None or own is None or meant is None or parting(own, meant) is None:
                continue
            mended = Mended(change.repaired, rule.read.optimizer)
            return JudgedRule(rule, misnamed=Misnamed(rule, wrong, witness_of(wrong, own, meant), None, None, mended))
        return None

    def meant(self) -> Iterator[tuple[_Change, DocumentRule]]:
        """Every change that makes the equations the rule that the topic is called."""
        every = tuple(f for f in self.mender.formulas if f.topic == self.topic and f.node is not None)
        for change in islice(self.changes(every), _MOST_CANDIDATES):
            rule = self.mender.rule(self.end.formula.number, every, change.repaired.formula)
            if rule is not None and rule.read is not None and recognise(rule.read.optimizer, self.named) is not None:
                yield change, rule

    def changes(self, formulas: Sequence[Formula]) -> Iterator[_Change]:
        """The old parameter, the gradient, a new rate or a quantity beside in the place of each quantity of a line."""
        plain = rewritten(self.end.formula, self.end.formula.tex)
        old = _old_value(plain, plain.node) if plain is not None and isinstance(plain.node, Relation) else ""
        if plain is not None and old:
            yield from _with_old_value(plain, old)
        gradient = self.gradient(formulas)
        beside = [
            left_side(f) for f in formulas if isinstance(f.node, Relation) and f.number != self.end.formula.number
        ]
        used = {name_of(part) for f in formulas if f.node is not None for part in quantities(f.node)}
        rate = next((letter for letter in _RATES if letter.removeprefix("\\") not in used), "")
        for new in (gradient, *dict.fromkeys(beside), rate):
            for formula in formulas if new == gradient else (self.end.formula,):
                yield from _with_quantity(formula, new)

    def gradient(self, formulas: Sequence[Formula]) -> str:
        """How the topic writes the gradient, or would: by the letter that its steps are counted with."""
        for formula in formulas:
            for part in _parts(formula.node) if formula.node is not None else ():
                base = part.base if isinstance(part, Scripted) else part
                if isinstance(part, Gradient) or name_of(base) in self.mender.gradients:
                    return formula.source(part)
        head = self.end.formula.node.first if isinstance(self.end.formula.node, Relation) else None
        script = head.subscript if isinstance(head, Scripted) else None
        letters = [part for part in walk(script) if isinstance(part, Name)] if script is not None else []
        return f"g_{self.end.formula.source(letters[0])}" if letters else "g"

    def as_written(self, rule: DocumentRule, change: _Change) -> Optimizer | None:
        """The machine of the equations before the change, with the constants of the rule that it makes.

        None where they use anything else, or are the rule that the topic is called with a letter as the gradient.
        """
        assert rule.read is not None
        right = rule.read.optimizer
        if change.of_old_value:
            return self.without_old_value(rule, change)
        machine = self.machine(rule, change, self.mender.gradients)
        if machine is None:
            return None
        constants = {p.symbol for p in machine.optimizer.hyper}
        if not constants <= {p.symbol for p in right.hyper} or (
            not machine.optimizer.evaluations and self.may_be_meant(rule, change, machine)
        ):
            return None
        return replace(machine.optimizer, hyper=right.hyper)

    def machine(self, rule: DocumentRule, change: _Change, gradients: frozenset[str]) -> ReadRule | None:
        """The equations of a rule before a change of one of them, with some names for the gradient."""
        number = change.repaired.formula.number
        before = next((line for line in self.lines.lines if line.formula.number == number), None)
        lines = [before if line.formula.number == number and before is not None else line for line in rule.lines]
        try:
            return read_machine(
                rule.name,
                tuple(line.line for line in lines),
                parameter=rule.update.line.target,
                gradients=gradients,
                starts=self.lines.starts,
                from_zero=self.lines.from_zero,
            )
        except SymdlError:
            return None

    def may_be_meant(self, rule: DocumentRule, change: _Change, machine: ReadRule) -> bool:
        """Whether equations without a gradient may have one in them: as a letter, or as a function of the parameter."""
        if _depends_on_place(machine.optimizer):
            return True
        for name in machine.symbols:
            other = self.machine(rule, change, frozenset({name}))
            if other is not None and other.optimizer.evaluations and recognise(other.optimizer, self.named) is not None:
                return True
        return False

    def without_old_value(self, rule: DocumentRule, change: _Change) -> Optimizer | None:
        """The rule with what the text has in the place of the old parameter."""
        assert rule.read is not None
        right = rule.read.optimizer
        known = {**dict.fromkeys(self.mender.gradients, right.evaluations[0].symbol), **rule.read.symbols}
        written = next((known[name] for name in change.left_out if name in known), None)
        if written is None or written not in _bound(right):
            return None
        *first, last = right.step
        return replace(right, step=(*first, Assignment(THETA, last.expr - THETA + written)))


def _depends_on_place(rule: Optimizer) -> bool:
    """Whether what is added to the parameter in a step is made of the parameter itself."""
    values: dict[sp.Symbol, sp.Expr] = {}
    for assignment in rule.step:
        values[assignment.symbol] = assignment.expr.xreplace(values)
    return bool(sp.expand(values[THETA] - THETA).has(THETA)) or any(
        expr.has(THETA) for target, expr in values.items() if target != THETA
    )


def _bound(rule: Optimizer) -> set[sp.Symbol]:
    """Everything that the last step of a rule may use."""
    kept = {*(p.symbol for p in rule.hyper), *(state.symbol for state in rule.state)}
    return kept | {e.symbol for e in rule.evaluations} | {a.symbol for a in rule.step}


def _with_old_value(formula: Formula, old: str) -> Iterator[_Change]:
    """The old value of what the line defines in the place of each term that is one quantity."""
    node = formula.node
    side = node.rest[0][1] if isinstance(node, Relation) and len(node.rest) == 1 else None
    for sign, term in side.terms if isinstance(side, Addition) else ():
        if sign != "+" or not isinstance(term, Name | Scripted | Gradient):
            continue
        names = ("grad", "g") if isinstance(term, Gradient) else (name_of(term), name_of(_base(term)))
        yield from _put(formula, term, old, tuple(name for name in names if name), of_old_value=True)


def _with_quantity(formula: Formula, new: str) -> Iterator[_Change]:
    """``new`` in the place of each quantity on the right side."""
    plain = rewritten(formula, formula.tex)
    if plain is None or not new:
        return
    sides = [side for _, side in plain.node.rest] if isinstance(plain.node, Relation) else []
    for part in (part for side in sides for part in _parts(side)):
        if plain.source(part) != new:
            yield from _put(plain, part, new, (), of_old_value=False)


def _put(formula: Formula, part: Node, new: str, left_out: tuple[str, ...], *, of_old_value: bool) -> Iterator[_Change]:
    slip = Slip(f"put {new} in the place of {formula.source(part)}", ((part.start, part.end, new),))
    changed = rewritten(formula, edited(formula, slip))
    if changed is not None:
        yield _Change(Repaired(changed, slip), left_out, of_old_value)


def _parts(node: Node) -> Iterator[Node]:
    """The quantities in a formula and its gradients, each whole."""
    inside = {id(part) for found in walk(node) if isinstance(found, Gradient) for part in walk(found)}
    yield from (part for part in walk(node) if isinstance(part, Gradient))
    yield from (part for part in quantities(node) if id(part) not in inside)


def _base(node: Node) -> Node:
    return node.base if isinstance(node, Scripted) else node


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
