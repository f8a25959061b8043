"""The command line. SymPy is imported only by the command that needs it.

Exit codes, as linters have them: 0 nothing wrong found, 1 findings of severity error, 2 could not run.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import __version__

if TYPE_CHECKING:
    from .calculus.derivatives import Derivation
    from .prover.rule_derivations import RuleDerivation

FOUND_NOTHING, FOUND_ERRORS, COULD_NOT_RUN = 0, 1, 2
_OWN = ("run", "command")
"""What a namespace has beside the options of a command."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    >>> main(["verify", "(x + 1)^2 = x^2 + 2x + 1"])  # doctest: +ELLIPSIS
    PROVED ...
    0
    """
    parser = _parser()
    arguments = parser.parse_args(_protected(sys.argv[1:] if argv is None else argv))
    if "run" not in arguments:
        parser.print_help()
        return COULD_NOT_RUN
    return _guarded(arguments)


def _guarded(arguments: argparse.Namespace) -> int:
    from .core import SymdlError

    try:
        return int(arguments.run(arguments))
    except SymdlError as error:
        print(f"symdl {arguments.command}: {error}", file=sys.stderr)
    except BrokenPipeError:
        sys.stderr.close()
    except OSError as error:
        print(f"symdl {arguments.command}: {error.filename}: {error.strerror}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    return COULD_NOT_RUN


def _protected(argv: Sequence[str]) -> list[str]:
    """Mark expressions that start with a minus by a space, so that they are not taken for options."""
    if not argv or argv[0] not in ("verify", "derive", "generate", "show", "mark"):
        return list(argv)
    options = ("--",) if argv[0] == "mark" else ("--", "-o", "-h")
    return [f" {a}" if a.startswith("-") and not a.startswith(options) and a != "-h" else a for a in argv]


@contextmanager
def _progress(what: str) -> Iterator[None]:
    """A spinner on standard error, on terminals only."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def _check(arguments: argparse.Namespace) -> int:
    from .documents import command
    from .documents.selection import failed

    options = command.Options(**{name: value for name, value in vars(arguments).items() if name not in _OWN})
    config = options.config()
    entries = []
    with _progress("checking"):
        for entry in command.run(options, config, sys.stdin.buffer.read):
            entries.append(entry)
            print(entry.shown, end="", flush=True)
            if entry.error is not None:
                print(f"symdl check: {entry.error}", file=sys.stderr)
    if text := command.summary(entries, options):
        print(text)
    if any(entry.error is not None for entry in entries):
        return COULD_NOT_RUN
    return FOUND_ERRORS if any(e.report is not None and failed(e.report, config) for e in entries) else FOUND_NOTHING


def _build(arguments: argparse.Namespace) -> int:
    from .builder import build
    from .report import build_json, build_text

    with _progress("building"):
        result = build(arguments.path, arguments.output, repair=arguments.repair)
    if arguments.format == "json":
        _print_json(build_json(result))
    else:
        print(build_text(result))
    return FOUND_NOTHING if result.succeeded else FOUND_ERRORS


def _verify(arguments: argparse.Namespace) -> int:
    from . import front
    from .report import verdict_json, verdict_text

    with _progress("deciding"):
        verdict = front.verify(arguments.claim, given=arguments.given, syntax=arguments.syntax)
    if arguments.format == "json":
        _print_json(verdict_json(verdict))
    else:
        print(verdict_text(verdict))
    return FOUND_NOTHING if verdict.as_expected else FOUND_ERRORS


def _mark(arguments: argparse.Namespace) -> int:
    from . import front

    mark = front.mark(arguments.gold, arguments.answer, given=arguments.given)
    if arguments.format == "json":
        _print_json(mark.as_dict())
    else:
        print(mark)
    return FOUND_NOTHING if mark.right else FOUND_ERRORS


def _derive(arguments: argparse.Namespace) -> int:
    from . import front
    from .report import derivation_json

    derivation = front.derive(arguments.expression, wrt=arguments.wrt)
    if arguments.format == "json":
        _print_json(derivation_json(derivation))
    else:
        print(_derivation_text(derivation, arguments.format, arguments.steps))
    return FOUND_NOTHING


def _derivation_text(derivation: Derivation | RuleDerivation, form: str, steps: bool) -> str:
    from .report import derivation_text

    return derivation_text(derivation, latex=form == "latex", steps=steps)


def _generate(arguments: argparse.Namespace) -> int:
    from . import front
    from .core import InputError
    from .report.progress import progress_bar

    with progress_bar("generating"):
        if arguments.sizes:
            if arguments.precise:
                raise InputError("networks are not generated in twice the digits", remedy="leave out --precise")
            parts = arguments.item, arguments.sizes, arguments.activation, arguments.loss
            source = front.network(*parts, target=arguments.target)
        else:
            source = front.generate(front.find(arguments.item), arguments.target, arguments.precise).source
    if arguments.check:
        return _compare(source, arguments.output)
    if arguments.output:
        Path(arguments.output).write_text(source, encoding="utf-8")
    else:
        print(source, end="")
    return FOUND_NOTHING


def _compare(source: str, output: str | None) -> int:
    from .core import InputError

    if not output:
        raise InputError("--check compares with a file", remedy="name the file with -o FILE")
    if Path(output).read_text(encoding="utf-8") == source:
        return FOUND_NOTHING
    print(f"{output} differs from what would be generated", file=sys.stderr)
    return FOUND_ERRORS


def _show(arguments: argparse.Namespace) -> int:
    from . import front
    from .report import card_json, card_markdown

    item = front.find(arguments.item)
    if arguments.plot:
        front.plot(item, arguments.plot)
        return FOUND_NOTHING
    with _progress("looking it up"):
        shown = front.source_code(item) if arguments.code else front.card(item)
    if isinstance(shown, str):
        print(shown, end="")
    elif arguments.format == "json":
        _print_json(card_json(shown))
    else:
        print(card_markdown(shown) if arguments.format == "markdown" else shown)
    return FOUND_NOTHING


def _test(arguments: argparse.Namespace) -> int:
    from . import front
    from .report import examinations_json, examinations_text

    with _progress("testing"):
        examinations = front.examine(arguments.items)
    if arguments.format == "json":
        _print_json(examinations_json(examinations))
    else:
        print(examinations_text(examinations))
    return FOUND_ERRORS if any(e.failures for e in examinations) else FOUND_NOTHING


def _prove(arguments: argparse.Namespace) -> int:
    from .prover import ledger
    from .report import verdict_json, verdicts_text

    with _progress("proving"):
        verdicts = ledger.prove(arguments.paths)
    if arguments.ledger:
        ledger.write(verdicts, Path(arguments.ledger))
    if arguments.format == "json":
        _print_json({"version": 1, "verdicts": [verdict_json(v) for v in verdicts]})
    else:
        print(verdicts_text(verdicts))
    return FOUND_NOTHING if all(v.as_expected for v in verdicts) else FOUND_ERRORS


def _audit(arguments: argparse.Namespace) -> int:
    from . import audit

    with _progress("auditing"):
        result = audit.audit_libraries(arguments.libraries, spec=arguments.spec, docs=arguments.docs)
    if arguments.baseline:
        result = audit.without_known(result, arguments.baseline)
    if arguments.format == "json":
        _print_json(audit.audit_json(result))
    else:
        print(audit.audit_text(result))
    return FOUND_ERRORS if result.failed else FOUND_NOTHING


def _grade(arguments: argparse.Namespace) -> int:
    from .quiz import command

    return command.run_grade(arguments, _progress)


def _quiz(arguments: argparse.Namespace) -> int:
    from .quiz import command

    return command.run_quiz(arguments)


def _rule(arguments: argparse.Namespace) -> int:
    from .core.rules import rule
    from .report import rule_text

    print(rule_text(rule(arguments.code)))
    return FOUND_NOTHING


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="symdl",
        description="Symbolic mathematics and verification for deep learning: notes in, verified code out.",
        epilog="Exit codes: 0 nothing wrong found, 1 findings of severity error, 2 could not run.",
    )
    parser.add_argument("--version", action="version", version=f"symdl {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for add in (
        _add_check,
        _add_build,
        _add_verify,
        _add_mark,
        _add_derive,
        _add_generate,
        _add_show,
        _add_test,
        _add_prove,
        _add_audit,
        _add_grade,
        _add_quiz,
        _add_rule,
    ):
        add(commands)
    return parser


def _command(commands: Any, name: str, run: Any, summary: str, example: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=summary,
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run)
    return command


def _add_format(command: argparse.ArgumentParser, *choices: str) -> None:
    command.add_argument("--format", choices=choices, default=choices[0], help=f"default: {choices[0]}")


def _add_check(commands: Any) -> None:
    command = _command(
        commands,
        "check",
        _check,
        "read documents, give every formula a role and every claim a verdict, with repairs",
        "symdl check docs/notes/deep-learning-review.md --verbose",
    )
    command.add_argument("paths", nargs="+", metavar="PATH", help="a document or a folder; - reads standard input")
    command.add_argument("-v", "--verbose", action="store_true", help="print every statement")
    _add_format(command, "text", "json", "jsonl", "sarif", "github", "junit")
    codes: dict[str, Any] = {"action": "append", "default": [], "metavar": "CODES"}
    command.add_argument("--select", **codes, help="report these rules alone: codes or their beginnings, by commas")
    command.add_argument("--ignore", **codes, help="report all but these rules")
    command.add_argument("--fail-on", choices=("error", "warning", "info", "never"), help="default: error")
    command.add_argument("--fix", action="store_true", help="write safe repairs into the files")
    command.add_argument("--diff", action="store_true", help="print what --fix would change instead")
    command.add_argument("--statistics", action="store_true", help="count the findings by rule")
    command.add_argument("--timeout", type=float, metavar="SECONDS", help="stop the check of a file after this time")
    command.add_argument("--html", metavar="FILE", help="write the documents with their verdicts as a page")
    command.add_argument("--no-cache", action="store_false", dest="cache", help="check again what is in .symdl_cache")


def _add_build(commands: Any) -> None:
    command = _command(
        commands,
        "build",
        _build,
        "take a document through to code: NumPy and tests for everything it defines, run at once",
        "symdl build docs/notes/deep-learning-review.md --repair -o symdl-build",
    )
    command.add_argument("path", metavar="PATH")
    command.add_argument("-o", "--output", default="symdl-build", metavar="DIR", help="default: symdl-build")
    command.add_argument("--repair", action="store_true", help="build a refuted rule from its repair")
    _add_format(command, "text", "json")


def _add_verify(commands: Any) -> None:
    command = _command(
        commands,
        "verify",
        _verify,
        "decide one claim: proved with the idea, or refuted with a witness",
        'symdl verify "max(x, k*x) = x" --given "x > 0" --given "0 < k < 1"',
    )
    command.add_argument("claim", metavar="CLAIM", help="plain text or LaTeX")
    command.add_argument("--given", action="append", default=[], metavar="G", help="an assumption; may be repeated")
    command.add_argument("--syntax", choices=("auto", "plain", "latex"), default="auto")
    _add_format(command, "text", "json")


def _add_mark(commands: Any) -> None:
    command = _command(
        commands,
        "mark",
        _mark,
        "mark an answer against the right one: exit 0 on RIGHT only",
        r"symdl mark '\sigma(x)(1-\sigma(x))' '\frac{e^{-x}}{(1+e^{-x})^2}'",
    )
    command.add_argument("gold", metavar="GOLD", help="the right answer, plain text or LaTeX")
    command.add_argument("answer", metavar="ANSWER")
    command.add_argument("--given", action="append", default=[], metavar="G", help="an assumption; may be repeated")
    _add_format(command, "text", "json")


def _add_derive(commands: Any) -> None:
    command = _command(
        commands,
        "derive",
        _derive,
        "derive an expression, an activation or an update rule, step by step by rule name",
        'symdl derive "x/(1+exp(-x))" --steps',
    )
    command.add_argument("expression", metavar="EXPR or NAME")
    command.add_argument("--wrt", metavar="x", help="the variable; default: the only one, or x")
    command.add_argument("--steps", action="store_true", help="print each step")
    _add_format(command, "text", "latex", "json")


def _add_generate(commands: Any) -> None:
    command = _command(
        commands,
        "generate",
        _generate,
        "print the source of a library item, an expression or a value of your own",
        "symdl generate adam -o adam.py\n  symdl generate gelu --target torch\n  symdl generate torch:AdamW",
    )
    command.add_argument("item", metavar="NAME or EXPR or module:object or torch:OPTIMIZER")
    command.add_argument("--target", choices=("numpy", "torch", "jax", "numba"), default="numpy")
    command.add_argument("--precise", action="store_true", help="compute an activation in twice the digits")
    command.add_argument("-o", "--output", metavar="FILE")
    command.add_argument("--sizes", metavar="784,256,10", help="the widths of a network, with mlp")
    command.add_argument("--activation", metavar="NAME", default="relu", help="of the network; default: relu")
    command.add_argument("--loss", metavar="NAME", default="cross_entropy", help="default: cross_entropy")
    command.add_argument("--check", action="store_true", help="exit 1 when FILE differs from what would be written")


def _add_show(commands: Any) -> None:
    command = _command(
        commands,
        "show",
        _show,
        "the card of an item: definition, derivative, kinks, properties, curve, code, source",
        "symdl show leaky_relu\n  symdl show tanh --plot tanh.svg",
    )
    command.add_argument("item", metavar="NAME or EXPR or module:object")
    command.add_argument("--code", action="store_true", help="print the NumPy source instead")
    command.add_argument("--plot", metavar="FILE", help="write the curve as SVG or PNG instead; needs symdl[plot]")
    _add_format(command, "text", "json", "markdown")


def _add_test(commands: Any) -> None:
    command = _command(
        commands,
        "test",
        _test,
        "property-test generated code against the symbolic form, over the whole float range",
        "symdl test sigmoid adam",
    )
    command.add_argument("items", nargs="*", metavar="NAME or module:object", help="default: the whole library")
    _add_format(command, "text", "json")


def _add_prove(commands: Any) -> None:
    command = _command(
        commands,
        "prove",
        _prove,
        "decide the claims of proofs files, or those of the package's ledger",
        "symdl prove proofs/activations.py",
    )
    command.add_argument("paths", nargs="*", metavar="PATH")
    command.add_argument("--ledger", metavar="FILE", help="write the outcomes as JSON")
    _add_format(command, "text", "json")


def _add_audit(commands: Any) -> None:
    command = _command(
        commands,
        "audit",
        _audit,
        "run the optimizers of a library against the definitions: conventions, arguments, precision",
        "symdl audit torch optax:rprop\n  symdl audit mypackage:MyAdam --spec adam",
    )
    command.add_argument("libraries", nargs="+", metavar="LIBRARY", help="torch, optax, keras, or module:object")
    command.add_argument("--docs", action="store_true", help="compare the formulas of the docstrings with the code")
    command.add_argument("--spec", metavar="RULE", help="the update rule that an object of your own should be")
    command.add_argument("--baseline", metavar="FILE", help="an audit stored as JSON whose findings are known")
    _add_format(command, "text", "json")


def _add_grade(commands: Any) -> None:
    from .quiz import command as quiz

    summary = "mark the answers of a class, or millions of answers, to the questions of a bank"
    example = "symdl grade bank.toml answers.csv -o marks.csv --review review.csv --html class.html"
    example += "\n  symdl grade answers.jsonl -o marks.jsonl"
    quiz.add_grade_options(_command(commands, "grade", _grade, summary, example))


def _add_quiz(commands: Any) -> None:
    from .quiz import command as quiz

    summary = "ask the questions of a bank in the terminal, or check the bank's own examples"
    quiz.add_quiz_options(_command(commands, "quiz", _quiz, summary, "symdl quiz deep-learning/optimizers"))


def _add_rule(commands: Any) -> None:
    command = _command(
        commands,
        "rule",
        _rule,
        "what a rule code means, with an example and its repair",
        "symdl rule OPT001",
    )
    command.add_argument("code", metavar="CODE")
