"""A document through its check: every formula with its role, its outcome and its findings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from symdl.core import CheckedStatement, FileReport, Finding, Place, ReadError, Report
from symdl.core.rules import rule
from symdl.notation.elaborate import elaborate
from symdl.notation.names import name_of
from symdl.notation.profile import DEEP_LEARNING, Profile
from symdl.notation.syntax import Juxtaposed, Name, Node, Relation, Scripted, walk

from .array_claims import ArrayClaims
from .arrays import array_kinds
from .assessments import Assessment, information
from .blocks import Topic
from .claims import assess_derivative, assess_equation, assess_inequality, assess_restated, read_links
from .clocks import with_one_clock
from .component_claims import assess_component
from .compositions import with_compositions
from .containers import read_document
from .context import Context, read_context
from .descents import Descents
from .document import Document
from .effective_steps import assess_step, states_step
from .files import macros_beside, read_text
from .formulas import Formula, formulas
from .functions import ReadActivation, assess_function, read_activation
from .gaps import gaps
from .lookalikes import lookalikes
from .losses import ReadLoss, read_losses
from .mended_rules import Mender
from .named_losses import assess_named_loss
from .partials import bare_partials
from .rows import row_statements
from .rule_lines import RuleLines, read_rule_lines
from .rule_reports import JudgedRule, apply_rules, assess_lines, judge_rules
from .shapes import declared_shapes
from .size_one import SizeOne, at_size_one
from .statements import has_steps, kind_of, letters
from .steps import with_series, with_steps
from .strays import missing_values, with_strays
from .suppressions import without_suppressed
from .tables import assess_cell
from .update_rules import update_rules
from .words import assess_rate, rule_meant, states_rate

_GRADIENT_BEFORE = re.compile(r"\bgradients?\b(\s+(of|at|vector|is|as|by|the|loss|step))*\s*$", re.IGNORECASE)
_EQUATES = re.compile(r"=|\\(?:long)?leftarrow|\\gets|←")
_GRADIENT_AFTER = re.compile(r"^(is|are|denotes?|be)\s+(the|a|an)?\s*(\w+\s+){0,2}gradients?\b", re.IGNORECASE)


@dataclass(frozen=True)
class CheckedDocument:
    """The report on a document, and the definitions that code can be made from."""

    report: Report
    activations: tuple[ReadActivation, ...]
    rules: tuple[JudgedRule, ...]
    losses: tuple[ReadLoss, ...] = ()


def check_text(text: str, name: str = "<text>") -> Report:
    r"""Every formula of a text, with its verdict.

    >>> report = check_text("Sigmoid: $f(x) = \\frac{1}{1+e^{-x}}$, so $f'(x) = f(x)(1 - f(x))$.")
    >>> [statement.outcome for statement in report.files[0].statements]
    ['defined', 'proved']
    """
    return check_document(text, name).report


def check_file(path: str | Path) -> Report:
    """Every formula of a file of text, with its verdict.

    Raises :class:`InputError` for what is no file, is no text in UTF-8, or is too large.
    """
    text = read_text(path)
    return check_document(text, str(path), macros_beside(Path(path), text)).report


def check_document(
    text: str, name: str = "<text>", macros: Mapping[str, str] | None = None, profile: Profile = DEEP_LEARNING
) -> CheckedDocument:
    """A text checked, with the activations and update rules that it defines.

    The suffix of ``name`` says what container the text is in; ``macros`` are known beside its own, and
    ``profile`` says what names mean where the text does not.
    """
    document = read_document(text, name, macros)
    read, outline = formulas(document)
    found = with_compositions(with_one_clock(read))
    context, errors = read_context(found, letters(f.node for f in found if f.node is not None), profile)
    lines = read_rule_lines(found, context)
    gradients = _gradient_names(found)
    mender = Mender(found, context, outline, gradients)
    unread = _unread_equations(found, lines)
    rules = judge_rules(update_rules(lines, outline, gradients), unread, mender)
    activations = {f.formula.number: read_activation(f, context) for f in context.functions}
    rules = with_strays(rules, lines, unread, mender)
    updates = frozenset(rule.rule.update.formula.number for rule in rules)
    used = {line.formula.number for judged in rules for line in judged.rule.lines}
    stepwise = tuple(line for line in lines.lines if not line.bare or line.formula.number in used)
    assessments = apply_rules(assess_lines(stepwise, updates), rules)
    for number, finding in missing_values(rules, lines, unread, mender):
        assessments[number] = assessments[number].noting(finding)
    small, arrays = _at_size_one(found, context), ArrayClaims(context, declared_shapes(found), found)
    checker = _Checker(
        found, context, lines, rules, activations, {**lines.errors, **errors}, assessments, arrays, small
    )
    statements = checker.statements()
    file = FileReport(name, statements, tuple(_file_findings(found, document)))
    report = Report((without_suppressed(file, document.suppressions),))
    read_activations = tuple(a for a in activations.values() if a is not None)
    return CheckedDocument(report, read_activations, rules, read_losses(found, context))


def _at_size_one(found: tuple[Formula, ...], context: Context) -> SizeOne | None:
    """The document once more, for vectors of one entry; None where that changes nothing."""
    prepare = at_size_one(found)
    small = tuple(map(prepare, found))
    if all(new is old for new, old in zip(small, found, strict=True)):
        return None
    return SizeOne(found, small, read_context(small, context.letters, context.profile, prepare)[0])


def _unread_equations(found: tuple[Formula, ...], lines: RuleLines) -> dict[Topic, int]:
    """The line of an equation that was not read, for each topic that has one."""
    unread = (f for f in found if f.error is not None or f.number in lines.errors)
    return {f.topic: f.place.line for f in unread if _EQUATES.search(f.tex)}


def _gradient_names(found: tuple[Formula, ...]) -> frozenset[str]:
    """The names that stand for the gradient: g, and those that the words beside them call so."""
    names = {"g", "g_bold", "g_vec", "grad"}
    for formula in found:
        if isinstance(formula.node, Relation) and (moved := name_of(formula.node.first)):
            names.add(f"d{moved}")
        if isinstance(formula.node, Name | Scripted) and (
            _GRADIENT_BEFORE.search(formula.before) or _GRADIENT_AFTER.search(formula.after)
        ):
            bare = formula.node.base if isinstance(formula.node, Scripted) else formula.node
            names.add(name_of(bare) or "g")
    return frozenset(names)


def _file_findings(found: tuple[Formula, ...], document: Document) -> list[tuple[Place, Finding]]:
    findings = [
        (document.place(p.position), Finding(p.code, rule(p.code).severity, p.message))
        for p in document.reading.problems
    ]
    if not found and not findings:
        findings.append((Place(1, 1, 1), Finding("READ003", "info", "there are no formulas in this text")))
    return findings


@dataclass(frozen=True)
class _Checker:
    """Everything that the formulas of one document are held against."""

    formulas: tuple[Formula, ...]
    context: Context
    lines: RuleLines
    rules: tuple[JudgedRule, ...]
    activations: Mapping[int, ReadActivation | None]
    errors: Mapping[int, ReadError]
    assessments: Mapping[int, Assessment]
    arrays: ArrayClaims
    small: SizeOne | None = None

    def statements(self) -> tuple[CheckedStatement, ...]:
        """Every formula assessed, with what others say about it."""
        found = [self.assess(formula) for formula in self.formulas]
        signs = (*lookalikes(self.formulas), *bare_partials(self.formulas))
        for number, finding in [*signs, *(entry for assessment in found for entry in assessment.elsewhere)]:
            found[number] = found[number].noting(finding)
        rows = map(row_statements, self.formulas, found)
        return tuple(statement for statements in rows for statement in statements)

    def assess(self, formula: Formula) -> Assessment:
        """The assessment of one formula; what cannot be read is unread, with its place."""
        assessment = with_steps(self.first_opinion(formula), formula, self.context)
        assessment = with_series(assessment, formula, self.context, self.lines.lines)
        assessment = self.arrays.assessed(formula, assessment)
        if self.small is not None and assessment.outcome == "refuted":
            return self.small.mended(formula, assessment)
        if self.small is None or assessment.outcome not in ("unread", "noted", "undecided"):
            return assessment
        return self.small.judged(formula) or assessment

    def first_opinion(self, formula: Formula) -> Assessment:
        """The assessment of a formula as it stands."""
        error = formula.error or self.errors.get(formula.number)
        constant = formula.node is not None and kind_of(formula.node, self.context.letters.sequences) == "constant"
        if error is not None and not constant:
            return self.unread(formula, error)
        try:
            return self.judge(formula)
        except ReadError as found:
            return self.unread(formula, found)

    def judge(self, formula: Formula) -> Assessment:
        """The assessment of a formula that could be read, by its kind."""
        worded = self.worded(formula)
        if worded is not None:
            return worded
        if formula.number in self.assessments:
            return self.assessments[formula.number]
        assert formula.node is not None
        match kind_of(formula.node, self.context.letters.sequences):
            case "mention":
                return self.mention(formula)
            case "function":
                return self.function(formula)
            case "derivative":
                return assess_component(formula, self.context) or assess_derivative(formula, self.context)
            case "equation":
                return assess_equation(formula, self.context)
            case "inequality":
                return self.inequality(formula)
            case "assumption":
                return Assessment("assumption", "noted", read_links(formula, self.context))
            case "initial":
                return Assessment("initial", "defined", read_links(formula, self.context))
            case "loose":
                return Assessment("assumption", "noted", _one_line(formula.tex))
        return self.constant(formula)

    @cached_property
    def descents(self) -> Descents:
        """The formulas, for vectors of one entry where there are any."""
        formulas, context = (self.small.formulas, self.small.context) if self.small else (self.formulas, self.context)
        return Descents(formulas, context, any(value == 1 for value in self.lines.values.values()))

    def inequality(self, formula: Formula) -> Assessment:
        """An inequality; about what changes with the step or an equation defines, one that fails somewhere is noted."""
        assessment = assess_inequality(formula, self.context)
        if assessment.outcome == "refuted" and formula.node is not None and has_steps(formula.node):
            return Assessment("assumption", "noted", assessment.read_as)
        parts = walk(formula.node) if formula.node is not None else ()
        named = {name_of(part) for part in parts if isinstance(part, Name | Juxtaposed | Scripted)}
        heads = (line.formula.node for line in self.lines.lines)
        if assessment.outcome != "refuted" or not named & {name_of(h.first) for h in heads if isinstance(h, Relation)}:
            return assessment
        return Assessment("assumption", "noted", assessment.read_as)

    def worded(self, formula: Formula) -> Assessment | None:
        """The assessment of a formula that the words beside it call the step of a rule, or gradient descent."""
        descent = self.descents.assess(formula)
        if descent is not None:
            return descent
        used = {line.formula.number for judged in self.rules if judged.rule.read for line in judged.rule.lines}
        if formula.number in used or not states_step(formula):
            return None
        rule = rule_meant(formula, tuple(judged.rule for judged in self.rules))
        return assess_step(formula, rule, self.context) if rule is not None else None

    def mention(self, formula: Formula) -> Assessment:
        """A formula that states nothing, unless the words around it do."""
        if states_rate(formula):
            rule = rule_meant(formula, tuple(judged.rule for judged in self.rules))
            assessment = assess_rate(formula, rule, self.context) if rule is not None else None
            if assessment is not None:
                return assessment
        if formula.column:
            row = tuple(f for f in self.formulas if f.topic == formula.topic and f.number != formula.number)
            assessment = assess_cell(formula, row, self.context)
            if assessment is not None:
                return assessment
        return Assessment("mention", "noted", _readable(formula, self.context))

    def function(self, formula: Formula) -> Assessment:
        """A definition, or one that was given before written anew."""
        restated = assess_restated(formula, self.context)
        if restated is not None:
            return restated
        source = next(f for f in self.context.functions if f.formula.number == formula.number)
        named = assess_named_loss(source, self.context)
        if named is not None:
            return named
        assessment = assess_function(source, self.activations.get(formula.number))
        holes = [at for argument in source.definition.arguments for at in gaps(source.expr, argument)]
        message = "no branch says what this is at "
        return assessment.noting(*(information("DEF007", message + at) for at in holes))

    def constant(self, formula: Formula) -> Assessment:
        """A name for a value, a vector or a matrix product."""
        assert isinstance(formula.node, Relation)
        if name_of(formula.node.first) in self.lines.starts:
            return Assessment("initial", "defined", read_links(formula, self.context))
        given = tuple(f"{name} {kind}" for name, kind in array_kinds(formula.node).items())
        try:
            read_as = read_links(formula, self.context)
        except ReadError:
            if not given:
                raise
            read_as = _one_line(formula.tex)
        return Assessment("definition", "defined", read_as, given)

    def unread(self, formula: Formula, error: ReadError) -> Assessment:
        """A formula that was not understood: counted, with the place and the reason."""
        if "refers to itself" in error.message and _repeats_its_head(formula):
            finding = Finding("DEF001", "error", str(error))
            return Assessment("definition", "undecided", _one_line(formula.tex), findings=(finding,))
        finding = Finding("READ001", "warning", str(error))
        return Assessment("mention", "unread", _one_line(formula.tex), findings=(finding,))


def _repeats_its_head(formula: Formula) -> bool:
    """Whether the left side of a definition stands, arguments and all, on its right side."""
    node = formula.node
    return isinstance(node, Relation) and any(part == node.first for side in node.sides[1:] for part in _runs(side))


def _runs(node: Node) -> Iterator[Node]:
    """Every part of a formula, and every two neighbours in a product."""
    for part in walk(node):
        yield part
        if isinstance(part, Juxtaposed):
            yield from (Juxtaposed(pair) for pair in pairwise(part.items))


def _one_line(tex: str) -> str:
    return " ".join(tex.split())


def _readable(formula: Formula, context: Context) -> str:
    """A mention as it was understood: a name, an expression, or the text itself."""
    node: Node | None = formula.node
    name = name_of(node) if node is not None else None
    if name:
        return name
    if node is None:
        return _one_line(formula.tex)
    try:
        return elaborate(node, context.profile, context.scope(formula), text=formula.span).read_as
    except ReadError:
        return _one_line(formula.tex)
