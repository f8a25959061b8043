"""The ledger: what is stored is what the proofs say, and what deciding them again gives."""

import json
import os
from pathlib import Path

import pytest

from symdl.core import InputError
from symdl.prover import ledger
from symdl.prover.serial import claim_to_json
from symdl.prover.verdicts import CHECKERS, evidence_of

ROOT = Path(__file__).parent.parent.parent
PROOFS = ROOT / "proofs"
CLAIMS = [claim for path in ledger.proofs_files([PROOFS]) for claim in ledger.claims_of(path)]


@pytest.fixture(scope="module")
def families():
    return ledger.families([PROOFS])


def test_every_claim_is_decided_as_it_expects(families):
    verdicts = [verdict for _, _, family in families for verdict in family]
    assert [verdict.claim.name for verdict in verdicts if not verdict.as_expected] == []


def test_the_stored_ledger_holds_the_claims_of_the_proofs_with_their_outcomes(families):
    stored = json.loads(ledger.LEDGER.read_text(encoding="utf-8"))["families"]
    kept = [(entry["claim"], entry["outcome"]) for family in stored for entry in family["verdicts"]]
    fresh = [(json.loads(json.dumps(claim_to_json(v.claim))), v.outcome) for _, _, family in families for v in family]
    assert kept == fresh, "run python -m symdl.prover.ledger proofs"


def test_the_page_lists_every_claim_with_its_outcome(families):
    page = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8")
    rows = [line.split(" | ")[:4] for line in page.splitlines() if line.startswith("| ")]
    fresh = [line.split(" | ")[:4] for line in ledger.as_page(families).splitlines() if line.startswith("| ")]
    assert rows == fresh, "run python -m symdl.prover.ledger proofs"


def test_claims_have_names_of_their_own_and_sources_where_they_are_published():
    names = [claim.name for claim in CLAIMS]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() for name in names)


@pytest.mark.parametrize(("outcome", "checker"), CHECKERS, ids=lambda value: getattr(value, "__name__", value))
def test_no_checker_by_itself_says_the_opposite_of_a_claim(outcome, checker):
    stride = 1 if os.environ.get("SYMDL_PROFILE") == "ci" else 8
    for claim in CLAIMS[::stride]:
        if claim.expected != outcome:
            assert evidence_of(checker, claim) is None, claim.name


def test_a_file_of_ones_own_is_decided(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        '"""Mine."""\n'
        "from symdl.core import Claim, Compare, symbol\n"
        "x = symbol('x')\n"
        "CLAIMS = (Claim(Compare(x + x, '=', 2 * x), name='twice'),)\n",
        encoding="utf-8",
    )
    (verdict,) = ledger.prove([path])
    assert verdict.proved
    ledger.write([verdict], tmp_path / "ledger.json")
    assert '"twice"' in (tmp_path / "ledger.json").read_text(encoding="utf-8")


def test_stored_verdicts_are_read_back_by_name():
    assert ledger.read()["tanh_is_odd"].proved


@pytest.mark.parametrize("text", ["", "CLAIMS = 3\n", "def f(:\n", "import nowhere_to_be_found\n"])
def test_a_file_without_claims_is_refused_with_its_name(tmp_path, text):
    path = tmp_path / "broken.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"broken\.py"):
        ledger.claims_of(path)


def test_missing_files_and_empty_folders_are_refused(tmp_path):
    with pytest.raises(InputError, match="no Python file"):
        ledger.claims_of(tmp_path / "absent.py")
    with pytest.raises(InputError, match="no proofs files"):
        ledger.prove([tmp_path])
