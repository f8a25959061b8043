"""The audit of libraries: every optimizer, what it is and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .accuracies import ActivationAccuracy, accuracies
from .activations import FUNCTIONS, audit_activations
from .claims import claims
from .departures import departures
from .documented import documented
from .findings import AuditFinding, differences, finding, findings_of
from .libraries import Subject, subjects
from .machines import Refused
from .optimizers import Examined, Setting
from .primitives import audit_primitives
from .snippets import snippets


@dataclass(frozen=True)
class AuditedItem:
    """What one optimizer is: its family and conventions as made, and under each of its options.

    ``agreement`` is the largest relative error of a run against the rule; ``first_step`` how far a
    parameter goes in the first step per unit of the rate; ``refused`` why nothing could be run. ``shape`` is
    that of the array it was run on: an optimizer that moves matrices otherwise than vectors is two items.
    """

    library: str
    version: str
    item: str
    family: str | None = None
    conventions: Mapping[str, str] = field(default_factory=dict)
    agreement: float | None = None
    elementwise: bool | None = None
    first_step: float | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    options: tuple[Mapping[str, Any], ...] = ()
    refused: str = ""
    shape: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        """The name, and that it was run on matrices where it was."""
        return f"{self.item} (of matrices)" if len(self.shape) > 1 else self.item


@dataclass(frozen=True)
class Audit:
    """The items that were run, the findings on them, and how accurate activations are."""

    items: tuple[AuditedItem, ...]
    findings: tuple[AuditFinding, ...]
    activations: tuple[ActivationAccuracy, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether there is a finding of severity error."""
        return any(row.severity == "error" for row in self.findings)


def audit(chosen: Iterable[Subject], docs: bool = False) -> Audit:
    """Run each of the optimizers and say what it is; with ``docs`` hold its docstring against it."""
    items: list[AuditedItem] = []
    found: list[AuditFinding] = []
    ran: list[Examined] = []
    for subject in chosen:
        examined = Examined(subject)
        try:
            items.append(_item(examined))
        except Refused as error:
            items.append(AuditedItem(subject.library, subject.version, subject.name, refused=error.message))
            if subject.spec is not None:
                found.append(
                    finding(examined, "AUD001", "error", f"not {subject.spec}: it does not run: {error.message}")
                )
            continue
        ran.append(examined)
        found += [*findings_of(examined), *departures(examined)]
        if docs:
            found += [*documented(examined), *snippets(examined), *claims(examined)]
        matrices = examined.of_matrices()
        if matrices is not None:
            items.append(_item(matrices))
            ran.append(matrices)
            found += [row for row in (*findings_of(matrices), *departures(matrices)) if row not in found]
    return Audit(tuple(items), (*found, *_once(differences(ran))))


def _once(found: Iterable[AuditFinding]) -> Iterator[AuditFinding]:
    """Each finding on an item once: options without effect on a vector show the same again."""
    told: set[tuple[str, str, str, str]] = set()
    for row in found:
        key = (row.library, row.item, row.code, row.message)
        if key not in told:
            told.add(key)
            yield row


def audit_libraries(names: Iterable[str], spec: str | None = None, docs: bool = False) -> Audit:
    """The audit of ``torch``, ``optax:rprop`` or ``mypackage:MyAdam``; whole libraries with their activations."""
    chosen = list(names)
    result = audit([subject for name in chosen for subject in subjects(name, spec)], docs)
    whole = [name for name in chosen if name in FUNCTIONS]
    found = [row for name in whole for row in (*audit_activations(name), *audit_primitives(name))]
    measured = [row for name in whole for row in accuracies(name)]
    lost = [told for _, told in measured if told is not None]
    return Audit(result.items, (*result.findings, *found, *lost), tuple(row for row, _ in measured))


def _item(examined: Examined) -> AuditedItem:
    """Raises :class:`Refused` where the optimizer does not run at all."""
    subject, first = examined.subject, examined.record()
    base, *options = examined.settings
    moved = (examined.course.start - first.parameters[0]).ravel()[0]
    rate = next(iter(examined.faster), None)
    return AuditedItem(
        subject.library,
        subject.version,
        subject.name,
        base.found[0].candidate.family if base.found else None,
        base.found[0].conventions if base.found else {},
        examined.agreement,
        examined.elementwise,
        float(moved) / examined.base[rate] if rate else None,
        {argument.name: argument.default for argument in examined.arguments},
        tuple(_option(setting) for setting in options),
        shape=examined.course.start.shape,
    )


def _option(setting: Setting) -> dict[str, Any]:
    row: dict[str, Any] = {"set": dict(setting.changed)}
    if setting.refused:
        return {**row, "refused": setting.refused}
    if not setting.found:
        return {**row, "family": None}
    match = setting.found[0]
    slip = {"gradient": setting.slip} if setting.slip else {}
    return {
        **row,
        "family": match.candidate.family,
        "conventions": {**match.conventions, **slip},
        "agreement": match.agreement,
    }
