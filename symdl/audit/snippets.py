"""The Python of a docstring, run as it is written against the code: assignments by arithmetic on plain names."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from textwrap import dedent
from typing import Any

import numpy as np

from symdl.core import ReadError

from .documented import value_of
from .findings import AuditFinding, finding
from .machines import Array, Course
from .optimizers import Examined

_PARAMETERS = ("w", "theta", "p", "x", "params")
_GRADIENTS = ("g", "grad", "gradient")
_AGREEMENT = 1e-6
_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_CALLS: Mapping[str, Callable[..., Any]] = {
    "abs": np.abs, "max": np.maximum, "maximum": np.maximum, "min": np.minimum, "minimum": np.minimum,
    "sqrt": np.sqrt, "square": np.square, "sign": np.sign,
}  # fmt: skip


@dataclass(frozen=True)
class Snippet:
    """Statements that move a parameter, and the values that other statements give to states before."""

    line: int
    statements: tuple[ast.Assign | ast.AugAssign, ...]
    starts: Mapping[str, float]
    text: str


def snippets(examined: Examined) -> Iterator[AuditFinding]:
    """A finding for documented code that uses a name which nothing gives, or takes other steps under every option."""
    for snippet in snippets_of(examined.subject.doc):
        try:
            yield from _compared(examined, snippet)
        except ReadError as error:
            yield finding(examined, "DOC002", "info", f"code was not run: {error.message}", line=snippet.line)


def _compared(examined: Examined, snippet: Snippet) -> Iterator[AuditFinding]:
    """Raises :class:`ReadError` where the snippet cannot be followed."""
    unknown = _unknown(examined, snippet)
    near = get_close_matches(unknown[0], list(_values(examined, {})), n=6, cutoff=0.5) if unknown else []
    if len(unknown) > 1 or (unknown and not near):
        raise ReadError(f"nothing gives {', '.join(unknown)}", text=snippet.text)
    meanings: list[dict[str, str]] = [{unknown[0]: name} for name in near] if unknown else [{}]
    sizes = [(min(_gaps(examined, snippet, meant)), meant) for meant in meanings]
    size, meant = min(sizes, key=lambda row: row[0])
    if size > _AGREEMENT:
        message = "the documented code takes other steps than the code, under every option that was tried"
        yield finding(
            examined,
            "DOC001",
            "error",
            message,
            first_step=1,
            size=size,
            line=snippet.line,
            documented=snippet.text,
            computed="none of the runs",
        )
    elif meant:
        message = f"the documented code uses {unknown[0]}, which nothing gives; as {meant[unknown[0]]} it is right"
        yield finding(examined, "DOC004", "warning", message, line=snippet.line, documented=snippet.text)


def snippets_of(doc: str) -> list[Snippet]:
    """The fenced Python that assigns to a parameter, with the starts that fences before it give."""
    found: list[Snippet] = []
    starts: dict[str, float] = {}
    for fence in re.finditer(r"^[ \t]*```python\n(.*?)^[ \t]*```", doc, re.M | re.S):
        try:
            body = ast.parse(dedent(fence.group(1))).body
        except SyntaxError:
            continue
        rows = tuple(row for row in body if isinstance(row, ast.Assign | ast.AugAssign))
        if len(rows) < len(body) or not rows:
            continue
        if any(_target(row) in _PARAMETERS for row in rows):
            line = doc[: fence.start(1)].count("\n") + 1
            found.append(Snippet(line, rows, dict(starts), "; ".join(ast.unparse(row) for row in rows)))
        else:
            starts |= {_target(row): value for row in rows if (value := _number(row.value)) is not None}
    return found


def _number(node: ast.expr) -> float | None:
    return float(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, int | float) else None


def _target(row: ast.Assign | ast.AugAssign) -> str:
    target = row.targets[0] if isinstance(row, ast.Assign) else row.target
    return target.id if isinstance(target, ast.Name) else ""


def _values(examined: Examined, changed: Mapping[str, Any]) -> dict[str, float]:
    """The arguments by name, as they are and without underscores."""
    given: dict[str, float] = {}
    for argument in examined.arguments:
        value = None if argument.is_flag else value_of(examined, argument, changed)
        if value is not None:
            given |= {argument.name: value, argument.name.replace("_", ""): value}
    return given


def _unknown(examined: Examined, snippet: Snippet) -> list[str]:
    """Names that are read, and given by no argument, start or assignment."""
    assigned = {_target(row) for row in snippet.statements}
    known = {*assigned, *snippet.starts, *_values(examined, {}), *_PARAMETERS, *_GRADIENTS, *_CALLS, "t"}
    names = [node.id for row in snippet.statements for node in ast.walk(row) if isinstance(node, ast.Name)]
    return [name for name in dict.fromkeys(names) if name not in known]


def _gaps(examined: Examined, snippet: Snippet, meant: Mapping[str, str]) -> Iterator[float]:
    """How far the snippet goes from the code, setting by setting."""
    for setting in examined.settings:
        if setting.run is not None:
            values = _values(examined, setting.changed)
            values |= {name: values[other] for name, other in meant.items()}
            with np.errstate(all="ignore"):
                gap = np.abs(_run(snippet, values, examined.course) - setting.run)
            yield float(np.nan_to_num(gap, nan=np.inf).max())


def _run(snippet: Snippet, values: Mapping[str, float], course: Course) -> Array:
    environment: dict[str, Any] = {**values, **{_target(row): 0.0 for row in snippet.statements}, **snippet.starts}
    environment |= dict.fromkeys(_PARAMETERS, course.start)
    rows = []
    for count, gradient in enumerate(course.gradients):
        environment |= dict.fromkeys(_GRADIENTS, gradient)
        if "t" not in {_target(row) for row in snippet.statements}:
            environment["t"] = count + 1
        for row in snippet.statements:
            value = _value(row.value, environment)
            if isinstance(row, ast.AugAssign):
                value = _binary(row.op)(environment[_target(row)], value)
            environment[_target(row)] = value
        rows.append(next(environment[name] for name in _PARAMETERS if environment[name] is not course.start))
    return np.array(rows)


def _binary(kind: ast.operator) -> Callable[[Any, Any], Any]:
    if type(kind) not in _BINARY:
        raise ReadError(f"{type(kind).__name__} is no arithmetic", text="")
    return _BINARY[type(kind)]


def _value(node: ast.expr, environment: Mapping[str, Any]) -> Any:
    """The value of an expression of arithmetic. Raises :class:`ReadError` for other Python."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.Name) and node.id in environment:
        return environment[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, environment)
    if isinstance(node, ast.BinOp):
        return _binary(node.op)(_value(node.left, environment), _value(node.right, environment))
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _CALLS and not node.keywords:
            return _CALLS[name](*(_value(argument, environment) for argument in node.args))
    raise ReadError(f"{ast.unparse(node)} is not followed", text=ast.unparse(node))
