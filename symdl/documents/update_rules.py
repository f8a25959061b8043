"""The update rules of a document: which equations belong together, and what one rule takes from another.

A rule is an update of the parameters with every equation that it leads to. An equation is looked for
in the topic of the update first, then in topics beside it, then before it. A topic without an update
that gives new equations for quantities of an earlier rule is that rule, changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from symdl.core import Optimizer, SymdlError
from symdl.matching.constants import with_named_numbers
from symdl.matching.names import families_called, is_generic
from symdl.matching.roles import with_roles
from symdl.matching.rules import ReadRule, identifier, read_rule

from .blocks import Outline, Topic
from .reassignments import in_single_steps
from .rule_lines import RuleLine, RuleLines, with_displacement


@dataclass(frozen=True)
class DocumentRule:
    """An update rule of a document.

    ``home`` is the equation that findings on the whole rule go to: its own update, or the first equation
    that it changes. ``inherited`` are equations that stand in topics of other rules. ``read`` is None
    where ``error`` says why the equations make no rule.
    """

    spoken: str
    home: RuleLine
    update: RuleLine
    lines: tuple[RuleLine, ...]
    inherited: tuple[RuleLine, ...]
    read: ReadRule | None = None
    error: SymdlError | None = None

    @property
    def families(self) -> tuple[str, ...]:
        """The known families that the text calls it by."""
        return families_called(self.spoken)

    @property
    def name(self) -> str:
        """The name as an identifier."""
        if len(self.families) == 1:
            return self.families[0]
        words = re.sub(r"\([^)]*\)|[’']s\b", " ", self.spoken).strip().lower()
        return identifier(words) if words else f"rule_{self.home.formula.place.line}"


@dataclass(frozen=True)
class _Pool:
    """The equations of a document and where its updates stand."""

    lines: RuleLines
    outline: Outline
    gradients: frozenset[str]

    @cached_property
    def equations(self) -> tuple[RuleLine, ...]:
        """The equations but those that only say what the gradient is a derivative of."""
        return tuple(line for line in self.lines.lines if not self.says_gradient(line))

    def says_gradient(self, line: RuleLine) -> bool:
        r"""Whether it defines the gradient by a partial derivative: ``g_t = \partial_w l(...)``."""
        partial = any(name.startswith("partial") for name in line.names)
        return line.line.target in self.gradients and partial

    def leads(self, topic: Topic) -> list[str]:
        """The leads of a topic and of those around it, innermost first."""
        by_path = {t.path: t.lead for t in self.outline.topics}
        return [by_path.get(topic.path[:depth], "") for depth in range(len(topic.path), 0, -1)]

    def spoken(self, topic: Topic) -> str:
        """What the rule of a topic is called: the innermost lead that is no part's name."""
        return next((lead for lead in self.leads(topic) if lead and not is_generic(lead)), "")


def update_rules(lines: RuleLines, outline: Outline, gradients: frozenset[str]) -> tuple[DocumentRule, ...]:
    """Every update rule of a document, in order.

    ``gradients`` are names that the text uses for the gradient.
    """
    lines = replace(lines, lines=in_single_steps(lines.lines))
    pool = _Pool(lines, outline, gradients | lines.gradients)
    updates = list(_updates(pool))
    rules: list[DocumentRule] = []
    for anchor in sorted([*updates, *_changes(updates, pool)], key=lambda line: line.formula.number):
        rule = _rule(anchor, anchor, pool) if anchor in updates else _changed(anchor, rules, pool)
        rules += [rule] if rule is not None else []
    return tuple(rules)


def _updates(pool: _Pool) -> Iterator[RuleLine]:
    """The updates of a document; where a topic moves the point of a gradient, nothing else is one there."""
    found = [line for line in pool.equations if _is_update(line, pool)]
    named = {line.formula.topic for line in found if line.line.target in pool.lines.parameters}
    for line in found:
        if line.formula.topic not in named or line.line.target in pool.lines.parameters:
            yield line


def _is_update(line: RuleLine, pool: _Pool) -> bool:
    """Whether an equation moves the parameters: it adds to their old value what a gradient leads to."""
    target = line.line.target
    if line.bare:
        return False
    if target in pool.lines.parameters and line.uses_itself:
        return True
    if line.adds_to_itself or line.stands_still:
        used = any(other.uses_new_value_of(line) and _resolve(target, other, pool) is line for other in pool.equations)
        return (not used or line.uses_gradient) and bool(line.outer_names - {target} - pool.gradients)
    moves = line.uses_gradient or target in pool.lines.parameters
    return moves and not line.uses_itself and target in _reached(line, pool)


def _reached(line: RuleLine, pool: _Pool) -> frozenset[str]:
    """Every name that ``line`` leads to outside the points of gradients."""
    reached: set[str] = set()
    waiting = set(line.outer_names)
    while waiting:
        name = waiting.pop()
        reached.add(name)
        found = _resolve(name, line, pool)
        waiting |= (found.outer_names if found is not None else frozenset()) - reached
    return frozenset(reached)


def _changes(updates: list[RuleLine], pool: _Pool) -> Iterator[RuleLine]:
    """The first equation of each topic that has no update, and a name of its own."""
    topics = {line.formula.topic for line in updates}
    seen: set[Topic] = set()
    for line in pool.equations:
        topic = line.formula.topic
        own = families_called(topic.lead) if topic.heading else topic.lead and not is_generic(topic.lead)
        if topic not in topics and topic not in seen and own and not line.bare:
            seen.add(topic)
            yield line


def _changed(anchor: RuleLine, rules: list[DocumentRule], pool: _Pool) -> DocumentRule | None:
    """The latest earlier rule of the section, with the equations of the anchor's topic in place of its own."""
    topic = anchor.formula.topic
    mine = {line.line.target for line in pool.equations if line.formula.topic == topic}
    for rule in reversed(rules):
        targets = {line.line.target for line in rule.lines}
        if _around(rule.home.formula.topic) == _around(topic) and mine & targets:
            return _rule(rule.update, anchor, pool)
    return None


def _around(topic: Topic) -> tuple[int, ...]:
    """The path of what a topic stands in, headings too."""
    return topic.path[:-1]


def _rule(update: RuleLine, home: RuleLine, pool: _Pool) -> DocumentRule:
    lines = tuple(sorted(_closure(update, home, pool), key=lambda line: line.formula.number))
    topic = home.formula.topic
    others = tuple(line for line in lines if pool.spoken(line.formula.topic) != pool.spoken(topic))
    rule = DocumentRule(pool.spoken(topic), home, update, lines, others)
    try:
        read = read_rule(
            rule.name,
            tuple(part for line in lines for part in with_displacement(line.line, update.line, lines)),
            parameter=update.line.target,
            gradients=pool.gradients,
            starts=pool.lines.starts,
            from_zero=pool.lines.from_zero,
        )
    except SymdlError as error:
        return replace(rule, error=error)
    optimizer = with_roles(with_named_numbers(read.optimizer))
    return replace(rule, read=replace(read, optimizer=_with_values(optimizer, read, pool)))


def _with_values(rule: Optimizer, read: ReadRule, pool: _Pool) -> Optimizer:
    """The rule with the values that the text gives its hyper-parameters as defaults."""
    values = {read.symbols[name]: value for name, value in pool.lines.values.items() if name in read.symbols}
    return replace(rule, hyper=tuple(replace(p, default=values.get(p.symbol, p.default)) for p in rule.hyper))


def _closure(update: RuleLine, home: RuleLine, pool: _Pool) -> list[RuleLine]:
    """The update with the equations for everything that it leads to, as seen from ``home``."""
    found, waiting = [update], sorted(update.names)
    known = {update.line.target}
    while waiting:
        name = waiting.pop(0)
        if name in known:
            continue
        known.add(name)
        line = _resolve(name, home, pool)
        if line is not None:
            found.append(line)
            waiting += sorted(line.names)
    return found


def _resolve(name: str, home: RuleLine, pool: _Pool) -> RuleLine | None:
    """The equation for a name that is nearest to ``home``: by topic, then before rather than after."""
    here = home.formula
    candidates = [
        line
        for line in pool.equations
        if line.line.target == name and _in_reach(line, home, pool) and not _moved_elsewhere(line, home, pool)
    ]

    def nearness(line: RuleLine) -> tuple[int, bool, int]:
        there = line.formula
        return -_common(there.topic, here.topic), there.number > here.number, abs(there.number - here.number)

    return min(candidates, key=nearness, default=None)


def _moved_elsewhere(line: RuleLine, home: RuleLine, pool: _Pool) -> bool:
    """Whether another rule's gradient is taken at a point of that rule's own: no other rule means that one."""
    if not line.uses_gradient or line.formula.topic == home.formula.topic:
        return False
    beside = [other for other in pool.equations if other.formula.topic == line.formula.topic]
    own = {other.line.target for other in beside if not other.uses_gradient} - {home.line.target}
    return not own.isdisjoint(line.names)


def _in_reach(line: RuleLine, home: RuleLine, pool: _Pool) -> bool:
    """Whether an equation can belong to the rule of ``home``.

    Those of its topic and beside it in its section can; so can, for a rule under a heading of its own,
    equations with a step index under the headings before it, but for updates and gradients.
    """
    here, there = home.formula.topic, line.formula.topic
    if there == here or there.path[: len(here.section)] == here.section:
        return True
    beside = here.heading and there.path[: len(here.path) - 1] == here.path[:-1]
    general = line.line.target in pool.lines.parameters | pool.gradients
    return beside and not line.bare and not general and line.formula.number < home.formula.number


def _common(left: Topic, right: Topic) -> int:
    pairs = zip(left.path, right.path, strict=False)
    return next((depth for depth, (a, b) in enumerate(pairs) if a != b), min(len(left.path), len(right.path)))
