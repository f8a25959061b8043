"""The restated notes: every formula with the outcome that a careful reader would give it."""

import time
from pathlib import Path

import pytest

from symdl.core import CheckedStatement, Report
from symdl.documents import check_document, check_file

NOTES = Path(__file__).parent.parent.parent / "docs" / "notes" / "deep-learning-review.md"


@pytest.fixture(scope="module")
def report() -> Report:
    return check_file(NOTES)


def the(report: Report, part: str, number: int = 0) -> CheckedStatement:
    """The statement whose TeX contains ``part``; the first but ``number`` of several."""
    return [s for s in report.files[0].statements if part in s.tex][number]


def codes(statement: CheckedStatement) -> list[str]:
    return [finding.code for finding in statement.findings]


def test_every_formula_is_read_and_two_are_refuted(report: Report) -> None:
    assert report.summary == {
        "statements": 41,
        "defined": 15,
        "noted": 21,
        "proved": 3,
        "refuted": 2,
        "supported": 0,
        "undecided": 0,
        "unread": 0,
    }


def test_places_point_at_the_formulas(report: Report) -> None:
    lines = NOTES.read_text(encoding="utf-8").splitlines()
    for statement in report.files[0].statements:
        start = statement.place.column - 1
        first_line = statement.tex.splitlines()[0]
        assert lines[statement.place.line - 1][start : start + len(first_line)] == first_line


@pytest.mark.parametrize(
    ("part", "role", "message"),
    [
        (r"\theta\leftarrow", "update", "this is gradient_descent (proved"),
        (
            r"\theta_{t+1}\leftarrow \theta_t-\eta\cdot \nabla_{\theta_t} \mathcal L(\theta_t)",
            "update",
            "this is momentum",
        ),
        (r"\color{red}", "update", "this is nesterov"),
        (r"\dfrac{\eta}{\sqrt{G_t[i]+\epsilon}}(\nabla", "update", "this is adagrad"),
        (r"G_t[i]=\gamma", "recurrence", "this is rmsprop"),
        (r"\hat{M}_t[i]", "update", "once repaired, this is adam"),
        (r"f(x)=\max{x,0}", "definition", "relu"),
        (r"f(x)=\max{x,kx}", "definition", "leaky_relu"),
        (r"f(x)=\dfrac{1}{1+e^{-x}}", "definition", "sigmoid"),
        (r"f(x)=\dfrac{e^x", "definition", "tanh"),
        (r"f(x)=\ln", "definition", "softplus"),
    ],
)
def test_definitions_are_recognised(report: Report, part: str, role: str, message: str) -> None:
    statement = the(report, part)
    assert statement.outcome == "defined"
    assert statement.role == role
    assert any(f.code == "DEF003" and message in f.message for f in statement.findings)


@pytest.mark.parametrize("part", [r"(\nabla_{\theta_t}\mathcal L)[i]$", r"G_t[i]=\gamma", r"\hat{M}_t[i]"])
def test_epsilon_inside_the_root_is_a_convention(report: Report, part: str) -> None:
    statement = (
        the(report, part.rstrip("$"))
        if part != r"(\nabla_{\theta_t}\mathcal L)[i]$"
        else the(report, r"\theta_{t+1}[i]")
    )
    assert "CONV001" in codes(statement)
    assert all(f.severity == "info" for f in statement.findings)


def test_the_look_ahead_point_is_a_convention(report: Report) -> None:
    assert "CONV002" in codes(the(report, r"\color{red}"))


@pytest.mark.parametrize(
    ("part", "start"),
    [(r"G_t[i]=\gamma", "start of G"), ("M_t=", "start of M"), (r"\mathcal L(\theta_t)+", "start of theta_previous")],
)
def test_unstated_starts_are_said(report: Report, part: str, start: str) -> None:
    assert any(f.code == "DEF006" and start in f.message for f in the(report, part).findings)


def test_changed_rules_say_what_they_take_over(report: Report) -> None:
    assert any(f.code == "DEF005" and "the step of theta" in f.message for f in the(report, r"G_t[i]=\gamma").findings)
    assert any(f.code == "DEF005" and "G (line" in f.message for f in the(report, r"\hat{M}_t[i]").findings)


@pytest.mark.parametrize(
    ("part", "fix", "estimate"),
    [
        (r"\hat{G}_t =", r"\hat{G}_t = \frac{G_t}{1-\gamma^t}", "g^2*(1 - gamma^t)/(1 - delta^t)"),
        (r"\hat{M}_t =", r"\hat{M}_t = \frac{M_t}{1-\delta^t}", "g*(1 - delta^t)/(1 - gamma^t)"),
    ],
)
def test_the_exchanged_bias_corrections_are_refuted(report: Report, part: str, fix: str, estimate: str) -> None:
    statement = the(report, part)
    assert statement.outcome == "refuted"
    assert statement.witness is not None
    (finding,) = [f for f in statement.findings if f.severity == "error"]
    assert finding.code == "OPT001"
    assert finding.related == (statement.place.line,)
    assert finding.fix is not None
    assert (finding.fix.text, finding.fix.safe) == (fix, False)
    for part_of_message in (estimate, "right only if", "exchange the two decay rates", "1000 times the learning rate"):
        assert part_of_message in finding.message


def test_the_rate_of_a_coordinate_is_proved_and_depends_on_no_other(report: Report) -> None:
    statement = the(report, r"\dfrac{\eta}{\sqrt{G_t[i]+\epsilon}}", 1)
    assert (statement.role, statement.outcome) == ("identity", "proved")
    assert "structure" in [evidence.method for evidence in statement.evidence]


def test_derivatives_refer_to_the_definition_before_them(report: Report) -> None:
    for part in ("f(x)(1-f(x))", "1-f(x)^2"):
        assert (the(report, part).role, the(report, part).outcome) == ("derivative", "proved")


def test_swallowed_braces_have_a_safe_repair_and_kinks_their_interval(report: Report) -> None:
    statement = the(report, r"f(x)=\max{x,kx}")
    (braces,) = [f for f in statement.findings if f.code == "TEX001"]
    assert braces.severity == "warning"
    assert braces.fix is not None
    assert (braces.fix.text, braces.fix.safe) == (r"f(x)=\max\{x,kx\}", True)
    assert any(f.code == "KINK001" and "[k, 1]" in f.message for f in statement.findings)
    assert statement.given == ("k > 0", "k < 1")
    assert any("cells" in evidence.detail for evidence in statement.evidence)


def test_the_linear_layer_has_a_matrix_and_vectors(report: Report) -> None:
    given = the(report, r"x_{\text{output}}").given
    assert {"W matrix", "b vector"} <= set(given)


def test_lone_symbols_and_assumptions_are_noted(report: Report) -> None:
    assert the(report, "0<k<1").role == "assumption"
    noted = [s for s in report.files[0].statements if s.outcome == "noted" and s.role == "mention"]
    assert len(noted) == 20


def test_only_the_two_corrections_are_errors(report: Report) -> None:
    errors = [f.code for f in report.findings if f.severity == "error"]
    assert errors == ["OPT001", "OPT001"]
    assert report.failed


def test_the_notes_are_checked_in_a_few_seconds() -> None:
    start = time.process_time()
    document = check_document(NOTES.read_text(encoding="utf-8"))
    assert len(document.rules) == 6
    assert len(document.activations) == 5
    assert [read.loss.name for read in document.losses] == ["squared_error"]
    assert time.process_time() - start < 20
