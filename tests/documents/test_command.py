"""A run of the check: configuration, selection, suppression, repairs, the cache, children and deadlines."""

import io
import json
import os
from pathlib import Path

import pytest

from symdl.cli import main
from symdl.core import InputError
from symdl.documents import check_text, runs
from symdl.documents.cache import Cache
from symdl.documents.command import Entry, Options, run
from symdl.documents.config import Config, read_config
from symdl.documents.runs import check_tasks, task_of

WRONG = "Sigmoid: $f(x)=\\frac{1}{1+e^{-x}}$ and\n$f'(x)=f(x)(1+f(x))$.\n"
SWALLOWED = "ReLU: $g(x) = \\max{x,0}$\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def checked(*paths: str, **options: object) -> list[Entry]:
    chosen = Options(tuple(paths), **options)  # type: ignore[arg-type]
    return list(run(chosen, chosen.config(), lambda: b"$x$"))


def codes(entries: list[Entry]) -> set[str]:
    return {
        f.code
        for entry in entries
        if entry.report
        for f in [*(f for s in entry.report.statements for f in s.findings), *(f for _, f in entry.report.findings)]
    }


def test_folders_are_walked_in_order_without_what_is_excluded(project: Path) -> None:
    for name in ("b.md", "a.rst", "sub/c.tex", "sub/d.png", "old/e.md", ".hidden/f.md"):
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text("x")
    (project / "pyproject.toml").write_text('[tool.symdl]\nexclude = ["old"]\n')
    assert [entry.task.name for entry in checked(".") if entry.task] == ["a.rst", "b.md", "sub/c.tex"]
    assert [entry.task.name for entry in checked("-") if entry.task] == ["<stdin>"]


def test_what_cannot_be_read_is_an_error_and_the_rest_is_checked(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "a.ipynb").write_text("{")
    (project / "b.md").write_bytes(b"\xff")
    (project / "c.md").write_text(WRONG)
    assert main(["check", "."]) == 2
    shown = capsys.readouterr()
    assert "a.ipynb: this is no notebook" in shown.err
    assert "b.md: line 1 is no text in UTF-8" in shown.err
    assert "c.md:2:2: DER001 error" in shown.out


@pytest.mark.parametrize(
    ("table", "part"),
    [
        ('selct = ["OPT"]', "did you mean select?"),
        ('select = ["OPT0O1"]', "did you mean OPT001?"),
        ("select = 3", "no list of strings"),
        ('fail-on = "never ever"', "fail-on"),
        ('macros = "none.tex"', "no such file"),
        ('names = { n = "whole" }', "positive integer"),
        ("= 3", "pyproject.toml"),
    ],
)
def test_a_configuration_that_means_nothing_is_refused(project: Path, table: str, part: str) -> None:
    (project / "pyproject.toml").write_text(f"[tool.symdl]\n{table}\n")
    with pytest.raises(InputError) as caught:
        read_config(project)
    assert part in str(caught.value)


def test_the_configuration_is_found_upwards_and_the_command_line_wins(project: Path) -> None:
    (project / "macros.tex").write_text("\\newcommand{\\R}{x}")
    table = 'select = "OPT"\nignore = ["READ"]\nfail-on = "warning"\nmacros = "macros.tex"\nnames = { n = "integer" }'
    (project / "pyproject.toml").write_text(f"[tool.symdl]\n{table}\n")
    (project / "sub").mkdir()
    config = read_config(project / "sub")
    assert (config.select, config.ignore, config.fail_on) == (("OPT",), ("READ",), "warning")
    assert (config.macros, config.names, config.root) == ({"R": "x"}, {"n": "integer"}, project)
    changed = config.changed(["der001, fun"], [], "never")
    assert (changed.select, changed.ignore, changed.fail_on) == (("DER001", "FUN"), ("READ",), "never")


def test_names_of_the_project_are_known_in_its_documents() -> None:
    claim = "so $\\sqrt{q^2} = q$"
    outcomes = [
        entry.report.statements[0].outcome
        for config in (Config(), Config(names={"q": "positive"}))
        for entry in check_tasks([task_of("a.md", config, claim)], Cache(None))
        if entry.report
    ]
    assert outcomes == ["refuted", "proved"]


def test_selection_decides_what_is_reported_and_what_fails(project: Path) -> None:
    (project / "a.md").write_text(WRONG + SWALLOWED)
    assert main(["check", "a.md"]) == 1
    assert codes(checked("a.md", select=("TEX",))) == {"TEX001"}
    assert main(["check", "a.md", "--select", "TEX"]) == 0
    assert main(["check", "a.md", "--select", "TEX", "--fail-on", "warning"]) == 1
    assert "DER001" not in codes(checked("a.md", ignore=("DER,KINK",)))
    assert main(["check", "a.md", "--fail-on", "never"]) == 0


SUPPRESSED = [
    ("a.md", "Here $f(x) = x$, $f'(x) = 2$. <!-- symdl: ignore[DER001] -->"),
    ("a.md", "$f(x) = x$\n\n<!-- symdl: ignore[DER] -->\nso\n$f'(x) = 2$"),
    ("a.rst", ":math:`f(x) = x`\n\n.. symdl: ignore[DER001]\n\n.. math::\n\n   f'(x) = 2\n"),
    ("a.tex", "$f(x) = x$ and $f'(x) = 2$ % symdl: ignore[DER001]"),
    ("a.tex", "$f(x) = x$\n\n% symdl: ignore\n\\[\n f'(x) = 2 \\]"),
    ("a.py", '"""So $f(x) = x$."""\n\n# symdl: ignore[DER001]\n# and $f\'(x) = 2$\n'),
    ("a.html", "<p>\\(f(x) = x\\)\n<!-- symdl: ignore[DER001] -->\n\\(f'(x) = 2\\)</p>"),
]


@pytest.mark.parametrize(("name", "text"), SUPPRESSED)
def test_a_comment_silences_a_rule_in_each_container(name: str, text: str) -> None:
    (file,) = check_text(text, name).files
    assert "refuted" in {statement.outcome for statement in file.statements}
    assert {f.code for s in file.statements for f in s.findings} <= {"DEF003", "DEF004"}
    assert not file.findings
    without = check_text(text.replace("symdl:", "other:"), name)
    assert "DER001" in {finding.code for finding in without.findings}


def test_a_comment_in_a_cell_is_about_that_cell() -> None:
    cells = ["$f(x) = x$ <!-- symdl: ignore[DER001] -->", "$f'(x) = 2$"]
    book = json.dumps({"cells": [{"cell_type": "markdown", "source": cell} for cell in cells]})
    assert {"DER001", "SUP001"} <= {finding.code for finding in check_text(book, "a.ipynb").findings}


def test_a_comment_that_silences_nothing_is_found_with_its_place() -> None:
    (file,) = check_text("text\n\n$x$ <!-- symdl: ignore[OPT001, NONE] -->\n`<!-- symdl: ignore -->`").files
    assert [(f.code, place.line, place.column) for place, f in file.findings] == [("SUP001", 3, 5)] * 2
    assert "there is no rule NONE" in file.findings[1][1].message


def test_safe_repairs_are_written_once(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "é ReLU: $g(x) = \\max{x,0}$,\r\nand $h(x) = \\max{2x,0}$ too; " + WRONG
    (project / "a.md").write_bytes(text.encode())
    assert main(["check", "a.md", "--diff"]) == 1
    assert (project / "a.md").read_bytes() == text.encode()
    assert "+é ReLU: $g(x) = \\max\\{x,0\\}$," in capsys.readouterr().out
    for _ in range(2):
        assert main(["check", "a.md", "--fix"]) == 1
        fixed = text.replace("\\max{x,0}", "\\max\\{x,0\\}").replace("\\max{2x,0}", "\\max\\{2x,0\\}")
        assert (project / "a.md").read_bytes() == fixed.encode()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", 'def f():\n    """ReLU: $g(x) = \\\\max{x,0}$."""\n'),
        ("a.ipynb", json.dumps({"cells": [{"cell_type": "markdown", "source": ["a\n", SWALLOWED]}]}, indent=1)),
    ],
)
def test_repairs_keep_the_escapes_of_their_container(project: Path, name: str, text: str) -> None:
    (project / name).write_text(text)
    main(["check", name, "--fix"])
    assert (project / name).read_text() == text.replace("max{x,0}", "max\\\\{x,0\\\\}")


def test_reports_are_kept_and_say_the_same(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "a.md").write_text(WRONG)
    (fresh,) = checked("a.md")
    monkeypatch.setattr(runs, "check_task", None)
    (kept,) = checked("a.md")
    assert kept.report == fresh.report
    (project / "a.md").rename(project / "b.md")
    (moved,) = checked("b.md")
    assert moved.report is not None
    assert moved.report.path == "b.md"


def test_a_broken_cache_is_passed_over(project: Path) -> None:
    (project / "a.md").write_text(WRONG)
    (fresh,) = checked("a.md")
    (file,) = (project / ".symdl_cache").glob("*.json")
    for content in (b"", b"{", b"\xff", b'{"path": 1}', b"[" * 100_000, file.read_bytes()[:-40]):
        file.write_bytes(content)
        (again,) = checked("a.md")
        assert again.report == fresh.report


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser writes anywhere")
def test_a_cache_that_cannot_be_written_is_no_error(project: Path) -> None:
    (project / ".symdl_cache").mkdir(mode=0o500)
    (project / "a.md").write_text(WRONG)
    assert checked("a.md")[0].report is not None


def test_the_key_holds_everything_that_a_report_depends_on() -> None:
    tasks = [
        task_of("a.md", Config(), "x"),
        task_of("a.md", Config(), "y"),
        task_of("a.rst", Config(), "x"),
        task_of("a.md", Config(macros={"R": "x"}), "x"),
        task_of("a.md", Config(names={"R": "integer"}), "x"),
    ]
    assert len({task.key for task in tasks}) == len(tasks)
    assert task_of("b.md", Config(), "x").key == tasks[0].key


def test_a_check_that_takes_too_long_is_stopped_and_not_kept(project: Path) -> None:
    (project / "a.md").write_text(WRONG)
    assert codes(checked("a.md", timeout=0.01)) == {"READ005"}
    assert not (project / ".symdl_cache").exists()
    assert "DER001" in codes(checked("a.md", timeout=600))


def test_children_give_the_same_reports_in_order(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = [task_of(f"{n}.md", Config(), f"{WRONG}\n$x_{n}$") for n in range(3)]
    here = list(check_tasks(tasks, Cache(None)))
    monkeypatch.setattr(runs, "_WORTH_CHILDREN", 0)
    assert list(check_tasks([*tasks, task_of("a.ipynb", Config(), "{")], Cache(None)))[:3] == here


def test_standard_input_is_a_document(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(WRONG.encode())))
    assert main(["check", "-", "--format", "jsonl"]) == 1
    rows = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    assert [(row["path"], row["line"], row["code"]) for row in rows if row["severity"] == "error"] == [
        ("<stdin>", 2, "DER001")
    ]


def test_macros_of_a_file_beside_a_tex_source_are_read(project: Path) -> None:
    (project / "macros.tex").write_text("\\newcommand{\\half}{\\frac{1}{2}}\n")
    (project / "a.tex").write_text("\\input{macros}\\input{../secret}\n$\\half + \\half = 1$\n")
    (entry,) = checked("a.tex")
    assert entry.report is not None
    assert [statement.outcome for statement in entry.report.statements] == ["proved"]
