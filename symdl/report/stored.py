"""File reports as JSON values that can be read back: what the cache keeps and what workers send."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

import sympy as sp

from ..core import CheckedStatement, Evidence, FileReport, Finding, Fix, InputError, Place, Witness

_RATIONAL = re.compile(r"-?\d+(?:/[1-9]\d*)?")
_LONGEST_NUMBER = 4_000


def stored(file: FileReport) -> dict[str, Any]:
    """A file report as a JSON value."""
    return {
        "path": file.path,
        "statements": [_statement(statement) for statement in file.statements],
        "findings": [[asdict(place), asdict(finding)] for place, finding in file.findings],
    }


def _statement(statement: CheckedStatement) -> dict[str, Any]:
    return {
        **{name: getattr(statement, name) for name in ("tex", "read_as", "role", "outcome", "given")},
        "place": asdict(statement.place),
        "witness": _witness(statement.witness),
        "evidence": [
            {
                **{name: getattr(e, name) for name in ("method", "trust", "detail", "effort")},
                "witness": _witness(e.witness),
            }
            for e in statement.evidence
        ],
        "findings": [asdict(finding) for finding in statement.findings],
    }


def _witness(witness: Witness | None) -> dict[str, Any] | None:
    if witness is None:
        return None
    return {"values": [[n, str(v)] for n, v in witness.values], "lhs": witness.lhs, "rhs": witness.rhs}


def restored(value: Any) -> FileReport:
    """The file report that a value of :func:`stored` stands for, as far as it is printed.

    A witness that is no rational number comes back as a name that prints like it. Raises
    :class:`InputError` for any other value.

    >>> report = FileReport("a.md", (), ((Place(1, 2, 1), Finding("READ003", "info", "none")),))
    >>> restored(stored(report)) == report
    True
    """
    try:
        return FileReport(
            str(value["path"]),
            tuple(_read_statement(entry) for entry in value["statements"]),
            tuple((Place(**place), _read_finding(finding)) for place, finding in value["findings"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"this is no stored report: {error}", remedy="check the file again") from None


def _read_statement(value: dict[str, Any]) -> CheckedStatement:
    return CheckedStatement(
        Place(**value["place"]),
        value["tex"],
        value["read_as"],
        value["role"],
        value["outcome"],
        tuple(value["given"]),
        _read_witness(value["witness"]),
        tuple(Evidence(**{**entry, "witness": _read_witness(entry["witness"])}) for entry in value["evidence"]),
        tuple(_read_finding(entry) for entry in value["findings"]),
    )


def _read_finding(value: dict[str, Any]) -> Finding:
    fix = Fix(**value["fix"]) if value["fix"] else None
    return Finding(value["code"], value["severity"], value["message"], fix, tuple(value["related"]))


def _read_witness(value: dict[str, Any] | None) -> Witness | None:
    if value is None:
        return None
    return Witness(tuple((name, _number(text)) for name, text in value["values"]), value["lhs"], value["rhs"])


def _number(text: str) -> sp.Expr:
    exact = len(text) < _LONGEST_NUMBER and _RATIONAL.fullmatch(text)
    if not exact:
        return sp.Symbol(text)
    numerator, _, denominator = text.partition("/")
    return sp.Rational(int(numerator), int(denominator or 1))
