"""Update rules that a small change of one formula's text makes what their name says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice, zip_longest

import sympy as sp

from symdl.core import Family, Optimizer, SymdlError
from symdl.matching.families import recognise
from symdl.matching.rules import read_rule
from symdl.matching.slips import quantities, slips
from symdl.notation.names import name_of

from .blocks import Outline
from .clocks import with_clock_of, with_one_clock
from .context import Context
from .formulas import Formula
from .reassignments import in_single_steps
from .repairs import Repaired, candidates, factors_of, rewritten, right_sides
from .rule_lines import RuleLine, RuleLines, moved_names, read_line, read_rule_lines, with_displacement
from .update_rules import DocumentRule, update_rules

_MOST_CANDIDATES, _MOST_RULES, _MOST_AFTER = 600, 240, 50
"""How many texts are read, and how many different rules are run, in all and behind the first right one."""


@dataclass(frozen=True)
class Mended:
    """A formula of a rule after a repair of its text, and the rule that all formulas then make."""

    repaired: Repaired
    optimizer: Optimizer

    @property
    def number(self) -> int:
        """The number of the formula."""
        return self.repaired.formula.number


@dataclass(frozen=True)
class Mender:
    """What rules are read with: everything that is in force in their document."""

    formulas: tuple[Formula, ...]
    context: Context
    outline: Outline
    gradients: frozenset[str]

    @cached_property
    def lines(self) -> RuleLines:
        """The equations of all rules of the document."""
        return read_rule_lines(self.formulas, self.context)

    def mended(self, rule: DocumentRule, named: Sequence[Family]) -> Mended | None:
        """The change of one place in one formula after which ``rule`` is a member of ``named``.

        Of several, the one that keeps most constants, then the smallest; the search goes on for a while behind
        the first.
        """
        own = {line.formula.number: line.formula for line in rule.lines}
        beside = {f.number: f for f in self.formulas if f.topic == rule.home.formula.topic and f.node is not None}
        every = tuple(formula for _, formula in sorted((own | beside).items()))
        functions = self.context.letters.functions
        factors = (*_left_out(rule, every), *(text for text in factors_of(every) if text not in functions))
        changes = islice(_changes(tuple(own.values()), factors), _MOST_CANDIDATES)
        texts = {formula.number: formula.tex for formula in every}
        right: list[Mended] = []
        last = _MOST_RULES
        for number, (change, candidate) in enumerate(islice(self.machines(rule, every, changes), _MOST_RULES)):
            if number > last:
                break
            found = recognise(candidate, named)
            if found is None or found.verdict.refuted:
                continue
            optimizer = self.read(rule, every, change.formula)
            if optimizer is not None and recognise(optimizer, named) is not None:
                right.append(Mended(change, optimizer))
                last = min(last, number + _MOST_AFTER)

        def size(mended: Mended) -> tuple[int, int]:
            return -len(mended.optimizer.hyper), _difference(texts[mended.number], mended.repaired.text)

        return min(right, key=size, default=None)

    def machines(
        self, rule: DocumentRule, formulas: tuple[Formula, ...], changes: Iterator[Repaired]
    ) -> Iterator[tuple[Repaired, Optimizer]]:
        """The rule after each change of one of its formulas, each different one once."""
        parameters = moved_names(self.formulas)
        numbers = [formula.number for formula in formulas]
        lines = [line for line in self.lines.lines if line.formula.number in numbers and self.states(line, rule)]
        before = {formula.number: formula for formula in formulas}
        seen: set[tuple[int, sp.Expr]] = set()
        for change in changes:
            try:
                changed = read_line(
                    with_clock_of(change.formula, before[change.formula.number]), self.context, parameters
                )
                key = (change.formula.number, changed.line.expr)
                if key not in seen:
                    seen.add(key)
                    yield change, self.machine(rule, _with(lines, changed))
            except SymdlError:
                continue

    def states(self, line: RuleLine, rule: DocumentRule) -> bool:
        """Whether an equation is one of a rule, or says something else than what the gradient is."""
        return line.line.target not in self.gradients or line.formula.number in {
            own.formula.number for own in rule.lines
        }

    def machine(self, rule: DocumentRule, lines: Sequence[RuleLine]) -> Optimizer:
        """The rule that some equations make, those that it is made of before others of the same quantity."""
        own = {line.formula.number for line in rule.lines}
        single = in_single_steps(lines)
        by_target = {line.line.target: line for line in sorted(single, key=lambda line: line.formula.number in own)}
        chosen = tuple(line for line in single if by_target[line.line.target] is line)
        update = by_target[rule.update.line.target].line
        read = read_rule(
            rule.name,
            tuple(part for line in chosen for part in with_displacement(line.line, update, chosen)),
            parameter=update.target,
            gradients=self.gradients | self.lines.gradients,
            starts=self.lines.starts,
            from_zero=self.lines.from_zero,
        )
        return read.optimizer

    def read(self, rule: DocumentRule, formulas: tuple[Formula, ...], changed: Formula) -> Optimizer | None:
        """The rule that the formulas make with one of them changed."""
        found = self.rule(rule.home.formula.number, formulas, changed)
        return found.read.optimizer if found is not None and found.read is not None else None

    def rule(self, home: int, formulas: tuple[Formula, ...], changed: Formula) -> DocumentRule | None:
        """The same with all that was read, for the rule whose home has a number."""
        every = with_one_clock(tuple(changed if f.number == changed.number else f for f in formulas))
        try:
            lines = read_rule_lines(every, self.context)
            rules = () if lines.errors else update_rules(lines, self.outline, self.gradients)
        except SymdlError:
            return None
        return next((r for r in rules if r.home.formula.number == home and r.read is not None), None)


def _left_out(rule: DocumentRule, formulas: Sequence[Formula]) -> Iterator[str]:
    """The letter of a learning rate for a rule without one: that which an ``e`` looks like, or a free one."""
    roles = {p.name for p in rule.read.optimizer.hyper} if rule.read is not None else set()
    used = {name_of(part) for f in formulas if f.node is not None for part in quantities(f.node)}
    if "learning_rate" not in roles:
        wanted = (*(["epsilon"] if "e" in used else []), "eta", "alpha", "gamma")
        yield from (rf"\{name}" for name in islice((name for name in wanted if name not in used), 1))


def _difference(old: str, new: str) -> int:
    """How many characters of two texts stand between what they begin and what they end with alike."""
    start = _alike(old, new)
    end = min(_alike(old[::-1], new[::-1]), min(len(old), len(new)) - start)
    return max(len(old), len(new)) - start - end


def _alike(old: str, new: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def _with(lines: Sequence[RuleLine], changed: RuleLine) -> list[RuleLine]:
    """The equations with one of them after a change of its right side."""
    place = (changed.formula.number, changed.line.target)
    return [changed if (line.formula.number, line.line.target) == place else line for line in lines]


def _changes(formulas: tuple[Formula, ...], factors: tuple[str, ...]) -> Iterator[Repaired]:
    """Changes of each formula's right side, the likeliest of every formula first."""
    plain = [p for f in formulas if (p := rewritten(f, f.tex)) is not None and p.node is not None]
    each = [candidates(p, slips(p.span, right_sides(p.node), factors)) for p in plain]
    return (change for change in chain.from_iterable(zip_longest(*each)) if change is not None)
