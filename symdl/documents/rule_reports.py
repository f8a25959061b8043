"""What a check says about the formulas of update rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import sympy as sp

from symdl.core import STEP, THETA, DefinitionError, Family, Finding, Optimizer, function, symbol, to_text
from symdl.core.findings import Role
from symdl.library import FAMILIES
from symdl.matching.edits import repair
from symdl.matching.families import Recognition, recognise, recognise_extended
from symdl.matching.lines import GRADIENT
from symdl.matching.reciprocals import with_reciprocals_named
from symdl.matching.trajectories import run_of

from .assessments import Assessment, information
from .blocks import Topic
from .corrections import CorrectedRule, correction_findings, judge_corrections, remedy
from .mended_rules import Mender
from .misnamed import Misnamed, faulty, misnamed, misnamed_findings
from .rule_lines import RuleLine
from .update_rules import DocumentRule

_CONVENTIONS = {
    ("epsilon", "hat"): "epsilon is added to the root of the uncorrected average, and the rate bears the corrections"
}
_CONVENTION_CODES = {("epsilon", "inside the root"): "CONV001"}


@dataclass(frozen=True)
class JudgedRule:
    """A rule of a document after its check.

    ``recognised`` is the known rule that it is, ``corrected`` what became of its bias corrections, and
    ``misnamed`` how it differs from the rule that the text names.
    """

    rule: DocumentRule
    recognised: Recognition | None = None
    corrected: CorrectedRule | None = None
    misnamed: Misnamed | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing in the rule was refuted."""
        return not self.misnamed and not (self.corrected and self.corrected.wrong)

    @property
    def fault(self) -> str:
        """What was refuted, in words."""
        if self.misnamed:
            return f"it is not {' or '.join(self.rule.families)}"
        lines = ", ".join(str(w.line.formula.place.line) for w in self.corrected.wrong) if self.corrected else ""
        return f"wrong bias corrections (line {lines})"

    @property
    def remedy(self) -> str:
        """The repair in words."""
        if self.misnamed:
            return self.misnamed.remedy
        return remedy(self.corrected) if self.corrected else ""

    @property
    def repaired(self) -> Optimizer | None:
        """The rule to build in the place of a refuted one, if there is a repair."""
        if self.rule.read is None:
            return None
        if self.misnamed:
            repair, mended = self.misnamed.repair, self.misnamed.mended
            if repair is None:
                return mended.optimizer if mended is not None else None
            return repair.edit.applied(self.rule.read.optimizer)
        return self.corrected.repaired if self.corrected else self.rule.read.optimizer


def judge_rules(
    rules: tuple[DocumentRule, ...], unread: Mapping[Topic, int] | None = None, mender: Mender | None = None
) -> tuple[JudgedRule, ...]:
    """Every rule judged; one that is a known rule beside the rule that its topic names is only recalled there.

    ``unread`` has the lines of equations that could not be read: a rule in their topic may lack them, so it
    is not held to its name.
    """
    judged = [_unless_unread(judge_rule(rule), unread or {}) for rule in rules]
    counts = Counter(rule.home.formula.topic for rule in rules)
    held = (
        replace(one, misnamed=None)
        if one.misnamed and one.recognised and counts[one.rule.home.formula.topic] > 1
        else one
        for one in judged
    )
    return tuple(_mended(one, mender) if mender is not None else one for one in held)


def _mended(judged: JudgedRule, mender: Mender) -> JudgedRule:
    """With a repair of its text, where no edit of its steps makes the rule what it is called."""
    if judged.misnamed is None or judged.misnamed.repair is not None:
        return judged
    named = [family for family in FAMILIES if family.name in judged.rule.families]
    mended = mender.mended(judged.rule, named)
    return replace(judged, misnamed=replace(judged.misnamed, mended=mended))


def _unless_unread(judged: JudgedRule, unread: Mapping[Topic, int]) -> JudgedRule:
    line = unread.get(judged.rule.home.formula.topic)
    if line is None or (judged.misnamed is None and judged.rule.error is None):
        return judged
    error = DefinitionError(f"the equation on line {line} was not read", remedy="mend it first")
    return JudgedRule(replace(judged.rule, read=None, error=error))


def judge_rule(rule: DocumentRule) -> JudgedRule:
    """A rule with its corrections decided, recognised, and held against the name that the text gives it."""
    if rule.read is None:
        return JudgedRule(rule)
    corrected = judge_corrections(rule)
    optimizer = corrected.repaired if corrected is not None else with_reciprocals_named(rule.read.optimizer)
    recognised = corrected.recognised if corrected is not None else recognise(optimizer)
    named = [family for family in FAMILIES if family.name in rule.families]
    if not named or run_of(optimizer) is None or (recognised is not None and recognised.family in rule.families):
        return JudgedRule(rule, recognised, corrected)
    extended = recognise_extended(optimizer, named)
    if extended is not None and not extended.variant.note:
        return JudgedRule(rule, extended, corrected)
    missing = _undefined(rule.read.optimizer, named)
    if missing:
        error = DefinitionError(f"{missing} is used but defined nowhere", remedy="define it next to the rule")
        return JudgedRule(replace(rule, read=None, error=error))
    held = corrected.repaired if corrected is not None else rule.read.optimizer
    return JudgedRule(rule, recognised, corrected, misnamed(rule, held, named, recognised))


def _undefined(rule: Optimizer, named: list[Family]) -> str:
    """A single Latin letter without a value, in a rule with more constants than the rules of its name have."""
    most = max(len(member.hyper) for family in named for member in family.points())
    letters = [str(p.symbol) for p in rule.hyper if p.default is None and len(str(p.symbol).split("_")[0]) == 1]
    return letters[0] if letters and len(rule.hyper) > most else ""


def assess_lines(lines: tuple[RuleLine, ...], updates: frozenset[int]) -> dict[int, Assessment]:
    """The assessment of each equation by itself: defined, unless it refers to itself."""
    found: dict[int, Assessment] = {}
    for line in lines:
        role: Role = "update" if line.formula.number in updates else "definition"
        if role == "definition" and (line.uses_itself or line.line.expr.has(sp.Sum)):
            role = "recurrence"
        assessment = Assessment(role, "defined", line.read_as)
        if _refers_to_itself(line):
            message = f"the right side uses the value of {line.line.target} that it defines"
            assessment = replace(assessment, outcome="undecided").noting(Finding("DEF001", "error", message))
        found.setdefault(line.formula.number, assessment)
    return found


def _refers_to_itself(line: RuleLine) -> bool:
    if line.assigns or line.line.shift is None:
        return line.bare and line.outside.has(symbol(line.line.target))
    return bool(line.outside.has(function(line.line.target)(STEP + line.line.shift)))


def apply_rules(found: dict[int, Assessment], rules: tuple[JudgedRule, ...]) -> dict[int, Assessment]:
    """The assessments with what was found about the rules that the equations belong to."""
    result = dict(found)
    notes: dict[int, list[Finding]] = defaultdict(list)
    for judged in rules:
        for claimed in judged.corrected.claimed if judged.corrected else ():
            number = claimed.line.formula.number
            result[number] = result[number].judged(claimed.verdict)
        for number, finding in _findings(judged):
            if finding not in notes[number]:
                notes[number].append(finding)
        if judged.misnamed is not None:
            witness = judged.misnamed.witness
            for number in faulty(judged.misnamed):
                evidence = (*result[number].evidence, judged.misnamed.evidence)
                result[number] = replace(result[number], outcome="refuted", witness=witness, evidence=evidence)
        elif judged.recognised is not None:
            home = judged.rule.home.formula.number
            result[home] = replace(result[home], evidence=(*result[home].evidence, *judged.recognised.evidence))
    return {n: a.noting(*notes[n]) for n, a in result.items()}


def _findings(judged: JudgedRule) -> Iterator[tuple[int, Finding]]:
    rule = judged.rule
    home = rule.home.formula.number
    if rule.error is not None:
        if not any(_refers_to_itself(line) for line in rule.lines):
            yield home, information("DEF002", f"no update rule could be made of this: {rule.error.message}")
        return
    yield from _taken_over(rule)
    yield from _unstated_starts(rule)
    for line in rule.lines:
        if line.averages:
            message = "the mean of the examples' gradients is read as the gradient of their mean loss"
            yield line.formula.number, information("CONV003", message)
    if judged.corrected is not None:
        yield from correction_findings(rule, judged.corrected)
    if judged.misnamed:
        yield from misnamed_findings(judged.misnamed)
    elif judged.recognised is not None:
        yield home, information("DEF003", _recognition(judged, judged.recognised))
        yield from ((home, finding) for finding in _conventions(judged.recognised))
    else:
        yield home, information("DEF004", _nearest(rule))
    yield from _look_ahead(rule)
    for schedule in rule.read.schedules if rule.read is not None else ():
        yield home, information("CONV003", f"{schedule} changes with the step: it is given to each step")


def _taken_over(rule: DocumentRule) -> Iterator[tuple[int, Finding]]:
    if rule.inherited:
        parts = ", ".join(_part(line, rule) for line in rule.inherited)
        lines = dict.fromkeys(line.formula.place.line for line in rule.inherited)
        message = f"{rule.spoken or rule.name} takes from the rules before it: {parts}"
        yield rule.home.formula.number, information("DEF005", message, lines)


def _part(line: RuleLine, rule: DocumentRule) -> str:
    what = f"the step of {line.line.target}" if line is rule.update else line.line.target
    return f"{what} (line {line.formula.place.line})"


def _unstated_starts(rule: DocumentRule) -> Iterator[tuple[int, Finding]]:
    assert rule.read is not None
    lines = {line.formula.number: line for line in rule.lines}
    origins = dict(zip((a.symbol for a in rule.read.optimizer.step), rule.read.origins, strict=True))
    for state in rule.read.assumed:
        number = origins.get(state.symbol, -1)
        line = lines.get(number, rule.update)
        if line.line.expr.has(sp.Sum):
            continue
        where = f"{state.symbol}_0 = {to_text(state.start)}"
        if state.start == THETA:
            where = "the parameter itself, so that the first displacement is 0"
        message = f"the start of {state.symbol} is not stated: taken as {where}"
        yield line.formula.number, information("DEF006", message)


def _recognition(judged: JudgedRule, known: Recognition) -> str:
    names = ", ".join(f"{symbol} is {name}" for symbol, name in known.names)
    repaired = "once repaired, " if not judged.sound else ""
    zero = f" when {to_text(known.zero[0])} = 0" if known.zero else ""
    source = f", after {known.variant.member.source}" if known.variant.member.source else ""
    return f"{repaired}this is {known.family}{zero} ({known.how}{source}): {names}"


def _conventions(known: Recognition) -> Iterator[Finding]:
    member = known.variant.member
    axes = {
        axis: choices for family in FAMILIES if family.name == known.family for axis, choices in family.axes.items()
    }
    for axis, choice in member.conventions.items():
        if (axis, choice) in _CONVENTION_CODES:
            yield information(_CONVENTION_CODES[axis, choice], f"{axis} {choice}")
        elif choice != axes[axis][0]:
            yield information("CONV003", _CONVENTIONS.get((axis, choice), f"{axis}: {choice}"))
    if known.variant.note:
        yield information("CONV003", known.variant.note)


def _look_ahead(rule: DocumentRule) -> Iterator[tuple[int, Finding]]:
    assert rule.read is not None
    for evaluation in rule.read.optimizer.evaluations:
        if evaluation.point != THETA:
            message = f"the gradient is taken at {to_text(evaluation.point)}, ahead of the parameters"
            line = next((line for line in rule.lines if line.line.expr.has(GRADIENT)), rule.home)
            yield line.formula.number, information("CONV002", message)


def _nearest(rule: DocumentRule) -> str:
    """The known rule that one edit, or a hyper-parameter at zero, makes of an unknown one."""
    assert rule.read is not None
    optimizer = rule.read.optimizer
    extended = recognise_extended(optimizer)
    if extended is not None:
        return f"a rule of its own; with {extended.zero[0]} = 0 it is {extended.family}"
    for family in FAMILIES if run_of(optimizer) is not None else ():
        found = repair(optimizer, family)
        if found is not None:
            return f"a rule of its own; nearest: {family.name}, which it becomes if you {found.edit.description}"
    return "a rule of its own, unlike any that symdl knows"
