"""The commands ``grade`` and ``quiz``: their options and what they run. Heavy modules are loaded when one runs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

NOTHING_WRONG, SOMETHING_WRONG = 0, 1
EXPORTS = ("moodle", "canvas")
Progress = Callable[[str], AbstractContextManager[None]]


def add_grade_options(command: argparse.ArgumentParser) -> None:
    """The options of ``symdl grade``."""
    bank = "a TOML file, a folder of them, or a bank that symdl ships; without one, answers carry their gold"
    command.add_argument("bank", nargs="?", metavar="BANK", help=bank)
    answers = "CSV: student and a column a question, or one row each; or any number of rows as CSV, JSONL or Parquet"
    command.add_argument("answers", metavar="ANSWERS", help=answers)
    command.add_argument("-o", "--output", required=True, metavar="MARKS", help="the marks, one row an answer")
    of_class = command.add_argument_group("a class (answers with a column student)")
    of_class.add_argument("--seed", default="0", help="of the variants that the class was given; default: 0")
    of_class.add_argument("--review", metavar="FILE", help="write what is undecided or unreadable, by equal answers")
    of_class.add_argument("--overrides", metavar="FILE", help="the review file with your decisions")
    of_class.add_argument("--html", metavar="FILE", help="write a page for the class")
    of_class.add_argument(
        "--export",
        nargs=2,
        action="append",
        default=[],
        metavar=("SYSTEM", "FILE"),
        help=f"write a gradebook to import: {' or '.join(EXPORTS)}",
    )
    of_many = command.add_argument_group(
        "any number of rows (columns gold and answer, or with a BANK question and answer)"
    )
    of_many.add_argument("--processes", type=int, metavar="N", help="local workers; default: one for each core")
    of_many.add_argument(
        "--scheduler", metavar="ADDRESS", help="of a Dask cluster that does the work; needs symdl[dask]"
    )
    of_many.add_argument("--format", choices=("text", "json"), default="text", help="of the summary; default: text")


def add_quiz_options(command: argparse.ArgumentParser) -> None:
    """The options of ``symdl quiz``."""
    command.add_argument("bank", nargs="?", metavar="BANK", help="a TOML file, a folder of them, or a bank of symdl's")
    command.add_argument("--check", action="store_true", help="mark the bank's own examples; exit 1 when one is off")
    command.add_argument("--seed", default="0", help="draws the parameters of questions; default: 0")
    command.add_argument("--only", action="append", default=[], metavar="ID", help="this question; may be repeated")
    command.add_argument("--reveal", action="store_true", help="tell the right answer after a wrong one")
    command.add_argument("--moodle", metavar="FILE", help="write the questions as Moodle XML instead")


def run_grade(arguments: argparse.Namespace, progress: Progress) -> int:
    """Mark a file of answers. 0 when every row was marked."""
    from .class_files import is_class_file

    of_class = is_class_file(Path(arguments.answers), arguments.bank is not None)
    return _run_class(arguments, progress) if of_class else _run_rows(arguments)


def _run_rows(arguments: argparse.Namespace) -> int:
    """Rows by the million, in constant memory; a run that was killed is continued."""
    from symdl.core import InputError

    from .banks import read_bank
    from .grading import grade_file

    for option in ("review", "overrides", "html", "export"):
        if getattr(arguments, option):
            problem = f"--{option} is for a class, and {arguments.answers} has no column student"
            raise InputError(problem, remedy="name the column student, or leave the option out")
    summary = grade_file(
        arguments.answers,
        arguments.output,
        questions=None if arguments.bank is None else read_bank(arguments.bank).questions(arguments.seed),
        processes=arguments.processes,
        scheduler=arguments.scheduler,
    )
    print(json.dumps(summary.as_dict()) if arguments.format == "json" else summary)
    return NOTHING_WRONG


def _run_class(arguments: argparse.Namespace, progress: Progress) -> int:
    from symdl.core import InputError

    from . import classes

    if arguments.bank is None:
        raise InputError("the answers of a class need a bank", remedy="symdl grade BANK ANSWERS -o MARKS")
    for option in ("processes", "scheduler"):
        if getattr(arguments, option) is not None:
            problem = f"--{option} is for rows, and {arguments.answers} has a column student"
            raise InputError(problem, remedy="leave the option out, or call the column id")
    for system, _ in arguments.export:
        if system not in EXPORTS:
            raise classes.unknown_export(system, EXPORTS)
    with progress("marking"):
        graded = classes.grade_files(arguments.bank, arguments.answers, arguments.seed, arguments.overrides)
    for path, write in classes.outputs(arguments, graded):
        Path(path).write_text(write(graded), encoding="utf-8", newline="")
    for note in graded.notes:
        print(f"symdl grade: {note}", file=sys.stderr)
    print(json.dumps(classes.counts(graded)) if arguments.format == "json" else classes.summary(graded))
    return NOTHING_WRONG


def run_quiz(arguments: argparse.Namespace) -> int:
    """Ask the questions of a bank, check its examples, or write it for another system."""
    from . import terminal
    from .banks import read_bank

    if arguments.bank is None:
        print(terminal.shipped_text())
        return NOTHING_WRONG
    bank = read_bank(arguments.bank)
    if arguments.check:
        return SOMETHING_WRONG if terminal.check(bank, print) else NOTHING_WRONG
    if arguments.moodle:
        from .exports import moodle_questions

        Path(arguments.moodle).write_text(moodle_questions(bank, arguments.seed), encoding="utf-8")
        return NOTHING_WRONG
    options = terminal.Options(arguments.seed, tuple(arguments.only), arguments.reveal, sys.stdin.isatty())
    terminal.ask(bank, options)
    return NOTHING_WRONG
