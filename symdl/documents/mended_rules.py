"""Update rules that a small change of one formula's text makes what their name says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest

from symdl.core import Family, Optimizer, SymdlError
from symdl.matching.families import recognise
from symdl.matching.slips import slips

from .blocks import Outline
from .clocks import with_one_clock
from .context import Context
from .formulas import Formula
from .repairs import Repaired, candidates, factors_of, rewritten, right_sides
from .rule_lines import read_rule_lines
from .update_rules import DocumentRule, update_rules

_MOST_CANDIDATES = 600


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

    def mended(self, rule: DocumentRule, named: Sequence[Family]) -> Mended | None:
        """The first change of one place in one formula after which ``rule`` is a member of ``named``."""
        own = {line.formula.number: line.formula for line in rule.lines}
        beside = {f.number: f for f in self.formulas if f.topic == rule.home.formula.topic and f.node is not None}
        every = tuple(formula for _, formula in sorted((own | beside).items()))
        for change in islice(_changes(tuple(own.values()), factors_of(every)), _MOST_CANDIDATES):
            optimizer = self.read(rule, every, change.formula)
            if optimizer is None:
                continue
            found = recognise(optimizer, named)
            if found is not None and not found.verdict.refuted:
                return Mended(change, optimizer)
        return None

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


def _changes(formulas: tuple[Formula, ...], factors: tuple[str, ...]) -> Iterator[Repaired]:
    """Changes of each formula's right side, the likeliest of every formula first."""
    plain = [p for f in formulas if (p := rewritten(f, f.tex)) is not None and p.node is not None]
    each = [candidates(p, slips(p.span, right_sides(p.node), factors)) for p in plain]
    return (change for change in chain.from_iterable(zip_longest(*each)) if change is not None)
