"""The formats of a report: each well formed, each with every finding at its place."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symdl.core import CheckedStatement, Evidence, FileReport, Finding, Fix, InputError, Place, Report, Witness, symbol
from symdl.core.rules import RULES
from symdl.documents import check_text
from symdl.documents.config import Config
from symdl.documents.pages import page_of
from symdl.documents.runs import task_of
from symdl.notation.latex import parse
from symdl.report import file_jsonl, report_github, report_json, report_junit, report_sarif, report_text
from symdl.report.mathml import mathml
from symdl.report.rules import rules_page
from symdl.report.stored import restored, stored
from symdl.report.web import is_well_formed, report_html

TEXT = "ReLU: $g(x) = \\max{x,0}$ & <b>\n\n$f(x) = x$, $f'(x) = 2$,\n$$\nx^2\n\\leq \\spadesuit\n$$ and $y"


@pytest.fixture(scope="module")
def report() -> Report:
    return check_text(TEXT, "a b,c.md")


def test_sarif_has_what_its_standard_requires(report: Report) -> None:
    log = json.loads(json.dumps(report_sarif(report)))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.code for rule in RULES]
    assert len(run["results"]) == len(report.findings)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        physical = result["locations"][0]["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == "a%20b%2Cc.md"
        region = physical["region"]
        first, last = (region["startLine"], region["startColumn"]), (region.get("endLine"), region.get("endColumn"))
        assert first >= (1, 1)
        if None not in last:
            assert last > first
        if "snippet" in region:
            line = TEXT.split("\n")[region["startLine"] - 1]
            assert line[region["startColumn"] - 1 :].startswith(region["snippet"]["text"].partition("\n")[0])


def test_sarif_repairs_replace_the_formula_that_they_are_about(report: Report) -> None:
    lines = TEXT.split("\n")
    changes = [
        change
        for result in report_sarif(report)["runs"][0]["results"]
        for fix in result.get("fixes", ())
        for change in fix["artifactChanges"][0]["replacements"]
    ]
    assert changes
    for change in changes:
        region = change["deletedRegion"]
        assert region["startLine"] == region["endLine"]
        old = lines[region["startLine"] - 1][region["startColumn"] - 1 : region["endColumn"] - 1]
        assert old in {statement.tex for statement in report.files[0].statements}


def test_sarif_of_a_notebook_names_the_cell() -> None:
    book = json.dumps({"cells": [{"cell_type": "markdown", "source": "$f(x) = x$, $f'(x) = 2$"}]})
    for result in report_sarif(check_text(book, "a.ipynb"))["runs"][0]["results"]:
        assert result["locations"][0]["logicalLocations"][0]["name"].startswith("cell 1, line 1, column")


def test_github_commands_are_one_line_each(report: Report) -> None:
    rows = report_github(report).split("\n")
    assert len(rows) == len(report.findings)
    command = re.compile(r"::(error|warning|notice) file=a b%2Cc\.md,line=\d+,endLine=\d+,col=\d+,title=[A-Z]+\d+::.+")
    assert all(command.fullmatch(row) for row in rows)


def test_junit_counts_its_cases(report: Report) -> None:
    (suite,) = ElementTree.fromstring(report_junit(report).encode())
    (file,) = report.files
    assert int(suite.attrib["tests"]) == len(suite) == len(file.statements) + len(file.findings)
    assert int(suite.attrib["failures"]) == len(suite.findall("*/failure"))
    assert len(suite.findall("*/failure")) == sum(s.outcome == "refuted" for s in file.statements)
    assert int(suite.attrib["skipped"]) == len(suite.findall("*/skipped"))


def test_json_lines_are_the_findings_in_order(report: Report) -> None:
    rows = [json.loads(row) for row in file_jsonl(report.files[0]).splitlines()]
    assert len(rows) == len(report.findings)
    assert [(row["line"], row["column"]) for row in rows] == sorted((row["line"], row["column"]) for row in rows)
    assert all(row["path"] == "a b,c.md" for row in rows)


def test_text_shows_the_formula_with_a_caret(report: Report) -> None:
    assert "    f'(x) = 2\n    ^~~~~~~~~\n    repair" in report_text(report)


def test_a_stored_report_prints_the_same(report: Report) -> None:
    (file,) = report.files
    again = restored(json.loads(json.dumps(stored(file))))
    assert again == file
    assert report_json(Report((again,))) == report_json(report)


@given(st.text(max_size=8), st.fractions(), st.sampled_from(["info", "error"]))
def test_every_report_comes_back_from_its_stored_form(text, value, severity):
    import sympy as sp

    witness = Witness(((text, sp.Rational(value.numerator, value.denominator)), ("y", symbol("y") ** 2)), text, "1")
    finding = Finding("DER001", severity, text, Fix(text, True), (1, 2))
    statement = CheckedStatement(
        Place(1, 2, 3, 4), text, text, "update", "refuted", (text,), witness, (Evidence(text, text, text, 3, witness),)
    )
    file = FileReport(text, (statement,), ((Place(1, 1, 1), finding),))
    again = restored(json.loads(json.dumps(stored(file))))
    assert stored(again) == stored(file)
    assert report_json(Report((again,))) == report_json(Report((file,)))


@pytest.mark.parametrize("value", [None, 3, [], {}, {"path": "a", "statements": [{}], "findings": []}])
def test_what_is_no_stored_report_is_refused(value: object) -> None:
    with pytest.raises(InputError):
        restored(value)


@pytest.mark.parametrize(
    "tex",
    [
        r"\hat{\mathbf{m}}_t = \beta_1 m_{t-1} + (1-\beta_1) g_t^2",
        r"\frac{\partial^2 f}{\partial x^2} \leq \sqrt[3]{x} \odot y",
        r"f(x) = \begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}",
        r"\sum_{i=1}^n x_i + \prod_{j} y_j + \max_{i} x_i",
        r"\nabla_\theta L(\theta) = \mathbb{E}_{x \sim D}[|x|]",
        r"A = \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}^\top \|x\|_2",
        r"f'(x) = \lim_{h \to 0} \frac{f(x+h) - f(x)}{h}",
        r"\int_0^1 x^2 dx < \exp x_t[i]",
    ],
)
def test_formulas_are_well_formed_mathml(tex: str) -> None:
    element = ElementTree.fromstring(mathml(parse(tex)))
    arity = {"mfrac": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3, "mroot": 2}
    for part in element.iter():
        assert len(part) == arity.get(part.tag, len(part))
        assert bool(part.text) == (part.tag in ("mi", "mn", "mo", "mtext"))


@pytest.mark.parametrize("text", [TEXT, "", "$x\ud800$ \x01 <script>alert(1)</script> $<$", "$a$ " * 30])
def test_a_page_is_well_formed_and_holds_every_statement(text: str) -> None:
    task = task_of("a.md", Config(), text)
    (file,) = check_text(text, "a.md").files
    page = report_html([page_of(task, file)])
    assert is_well_formed(page)
    assert page.count("<details") == len(file.statements)
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_the_page_of_rules_follows_from_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    assert page == rules_page(), "run python -m symdl.report.rules > docs/rules.md"
