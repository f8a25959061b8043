"""Formulas in the shapes that notes and documentation use, and how each is read."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from symdl.notation import latex
from symdl.notation.elaborate import compare, define
from symdl.notation.profile import DEEP_LEARNING
from symdl.notation.scope import Scope

FORMULAS = json.loads((Path(__file__).parents[1] / "data" / "formulas.json").read_text(encoding="utf-8"))
SCOPE = Scope(opaque=frozenset({"h"}))


def read_as(statement, text):
    definition = define(statement, DEEP_LEARNING, text=text)
    if definition is not None:
        return f"def {definition[0]}"
    links, _ = compare(statement, DEEP_LEARNING, SCOPE, sequences=True, text=text)
    return "; ".join(map(str, links))


@pytest.mark.parametrize("row", FORMULAS, ids=[row["shape"] for row in FORMULAS])
def test_each_shape_of_formula_is_read_as_stated(row):
    parsed = latex.read(row["tex"])
    assert [read_as(statement, row["tex"]) for statement in parsed.statements] == row["read_as"]
    assert [[remark.code, remark.fix] for remark in parsed.remarks] == row.get("remarks", [])
    assert [note.text for note in parsed.notes] == row.get("notes", [])


@pytest.mark.parametrize("row", FORMULAS, ids=[row["shape"] for row in FORMULAS])
def test_statements_stand_where_their_spans_say(row):
    parsed = latex.read(row["tex"])
    spans = [(statement.start, statement.end) for statement in parsed.statements]
    assert all(0 <= start < end <= len(row["tex"]) for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_a_fix_makes_its_own_remark_disappear():
    tex = r"h(z)=\max{z,0}"
    (remark,) = latex.read(tex).remarks
    mended = tex[: remark.start] + remark.fix + tex[remark.end :]
    assert mended == r"h(z)=\max\{z,0\}"
    assert latex.read(mended).remarks == ()
    assert latex.read(mended).statements == latex.read(tex).statements
