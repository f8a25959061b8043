"""The ledger: every claim of the proofs files with its verdict, as JSON and as a page.

``python -m symdl.prover.ledger PROOFS`` decides the claims of a folder (or of files) and writes
``symdl/ledger.json`` and ``docs/ledger.md``; the same claims give the same bytes.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from symdl.core import Claim, InputError, Verdict

from .serial import claim_from_json, verdict_from_json, verdict_to_json
from .verdicts import decide, explain

LEDGER = Path(__file__).parent.parent / "ledger.json"
_HEAD = """# Ledger

Every claim of `proofs/`, decided. A claim that is expected to be REFUTED is there because it is false:
a published slip, or a planted error that the checkers have to catch. Regenerate this page with
`python -m symdl.prover.ledger proofs`.
"""


def claims_of(path: Path) -> tuple[Claim, ...]:
    """The ``CLAIMS`` of a proofs file, imported from its path.

    Raises :class:`InputError` when the file is missing or has no such tuple.
    """
    spec = importlib.util.spec_from_file_location(f"symdl_proofs_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise InputError(f"{path} is no Python file", remedy="name a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (SyntaxError, ImportError, NameError, TypeError, AttributeError) as error:
        raise InputError(f"{path} does not load: {error}") from error
    claims = getattr(module, "CLAIMS", None)
    if not isinstance(claims, tuple) or not all(isinstance(claim, Claim) for claim in claims):
        raise InputError(f"{path} has no tuple of claims", remedy="end it with CLAIMS = (Claim(...), ...)")
    return claims


def proofs_files(paths: Iterable[str | Path]) -> list[Path]:
    """The Python files named, and those of the folders named, in order."""
    files: list[Path] = []
    for path in map(Path, paths):
        inner = sorted(p for p in path.glob("*.py") if not p.name.startswith("_")) if path.is_dir() else [path]
        if not inner:
            raise InputError(f"{path} has no proofs files", remedy="name a Python file or a folder of them")
        files += inner
    return files


def prove(paths: Sequence[str | Path] = ()) -> list[Verdict]:
    """The verdicts on the claims of some proofs files; with none named, on those of the package's ledger."""
    if not paths:
        return [explain(decide(claim_from_json(entry["claim"]))) for _, entries in _stored() for entry in entries]
    return [explain(decide(claim)) for path in proofs_files(paths) for claim in claims_of(path)]


def read() -> dict[str, Verdict]:
    """The verdicts of the package's ledger, by the name of the claim, as they were stored."""
    return {entry["claim"]["name"]: verdict_from_json(entry) for _, entries in _stored() for entry in entries}


def names() -> frozenset[str]:
    """The names of the claims of the package's ledger, without their verdicts."""
    return frozenset(entry["claim"]["name"] for _, entries in _stored() for entry in entries)


def _stored() -> list[tuple[str, list[dict[str, Any]]]]:
    if not LEDGER.is_file():
        raise InputError("the package has no ledger", remedy="name a proofs file")
    families = json.loads(LEDGER.read_text(encoding="utf-8"))["families"]
    return [(family["name"], family["verdicts"]) for family in families]


def write(verdicts: Iterable[Verdict], path: Path) -> None:
    """Write verdicts as a ledger of one family."""
    path.write_text(as_json([("claims", "", list(verdicts))]), encoding="utf-8")


Family = tuple[str, str, list[Verdict]]
"""Name, first line of the docstring, verdicts."""


def families(paths: Iterable[str | Path]) -> list[Family]:
    """The decided families of some proofs files."""
    return [(path.stem, _summary(path), [explain(decide(c)) for c in claims_of(path)]) for path in proofs_files(paths)]


def _summary(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return text.split('"""')[1].strip().split("\n")[0] if '"""' in text else ""


def as_json(found: Sequence[Family]) -> str:
    """The ledger as JSON text, one verdict a line."""
    parts = []
    for name, _, verdicts in found:
        lines = ",\n".join(json.dumps(verdict_to_json(verdict), ensure_ascii=False) for verdict in verdicts)
        parts.append(f'{{"name": {json.dumps(name)}, "verdicts": [\n{lines}\n]}}')
    return '{"version": 1, "families": [\n' + ",\n".join(parts) + "\n]}\n"


def as_page(found: Sequence[Family]) -> str:
    """The ledger as a page of Markdown."""
    verdicts = [verdict for _, _, family in found for verdict in family]
    met = sum(verdict.as_expected for verdict in verdicts)
    rows = [_HEAD, f"{len(verdicts)} claims, {met} decided as expected.\n"]
    for name, summary, family in found:
        rows += [f"## {name}\n", f"{summary}\n", "| name | claim | expected | outcome | method | trust | idea |"]
        rows += ["|---|---|---|---|---|---|---|", *map(_row, family), ""]
    return "\n".join(rows)


def _row(verdict: Verdict) -> str:
    claim, first = verdict.claim, verdict.evidence[0]
    idea = f"witness {verdict.witness}" if verdict.refuted and verdict.witness else verdict.idea
    cells = (claim.name, f"`{claim}`", claim.expected, verdict.outcome, first.method, first.trust, idea)
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def main(arguments: Sequence[str]) -> int:
    """Regenerate the ledger from the proofs named; 0 when every claim is decided as expected."""
    found = families(arguments)
    LEDGER.write_text(as_json(found), encoding="utf-8")
    (LEDGER.parent.parent / "docs" / "ledger.md").write_text(as_page(found), encoding="utf-8")
    return 0 if all(verdict.as_expected for _, _, family in found for verdict in family) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
