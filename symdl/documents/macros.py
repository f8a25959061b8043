r"""The author's macros: ``\newcommand``, ``\def``, ``\DeclareMathOperator`` and their like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_DEFINITION = re.compile(
    r"\\(?:(?P<new>newcommand|renewcommand|providecommand|DeclareRobustCommand)\*?|(?P<def>[gex]?def)"
    r"|(?P<operator>DeclareMathOperator)\*?|(?P<pair>DeclarePairedDelimiter)|(?P<let>let))(?![A-Za-z])"
)
_NAME = re.compile(r"\s*\{?\s*\\(?P<name>[A-Za-z]+)\s*\}?")
_COUNT = re.compile(r"\s*\[\d\]")
_PARAMETERS = re.compile(r"(?:#\d)*")
_LONGEST = 5_000
_BRACKET = re.compile(r"\\.|[{}\[\]]", re.DOTALL)


@dataclass(frozen=True)
class Macro:
    """A macro with the text that it stands for (``#1`` is its first argument), and where it is defined."""

    name: str
    body: str
    start: int
    end: int


def read_macros(text: str) -> Iterator[Macro]:
    r"""Every definition of a macro in a text.

    >>> [(m.name, m.body) for m in read_macros(r"\newcommand{\R}[1]{\mathbb{R}^{#1}} \def\Vr{{\bm r}}")]
    [('R', '\\mathbb{R}^{#1}'), ('Vr', '{\\bm r}')]
    """
    for match in _DEFINITION.finditer(text):
        name = _NAME.match(text, match.end())
        found = _body(text, name.end(), match) if name else None
        if name and found:
            yield Macro(name["name"], found[0], match.start(), found[1])


def _body(text: str, position: int, match: re.Match[str]) -> tuple[str, int] | None:
    if match["let"]:
        target = re.compile(r"\s*=?\s*(\\[A-Za-z]+)").match(text, position)
        return (target[1], target.end()) if target else None
    if match["def"]:
        return _group(text, _end(_PARAMETERS, text, position))
    if match["pair"]:
        left = _group(text, position)
        right = _group(text, left[1]) if left else None
        return (f"{left[0]} #1 {right[0]}", right[1]) if left and right else None
    if match["operator"]:
        name = _group(text, position)
        return (f"\\operatorname{{{name[0]}}}", name[1]) if name else None
    return _with_default(text, _end(_COUNT, text, position))


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position


def _with_default(text: str, position: int) -> tuple[str, int] | None:
    """The body of ``\\newcommand``; where the first argument has a default, that default is taken."""
    default = _group(text, position, "[", "]")
    body = _group(text, default[1] if default else position)
    if body is None or default is None:
        return body
    shifted = re.sub(r"#(\d)", lambda m: default[0] if m[1] == "1" else f"#{int(m[1]) - 1}", body[0])
    return shifted, body[1]


def _group(text: str, position: int, opening: str = "{", closing: str = "}") -> tuple[str, int] | None:
    """What stands between balanced brackets, and where it ends."""
    start = position + len(text[position : position + 40]) - len(text[position : position + 40].lstrip())
    if not text.startswith(opening, start):
        return None
    depth = 0
    for match in _BRACKET.finditer(text, start, start + _LONGEST):
        depth += (match.group() == opening) - (match.group() == closing)
        if depth == 0 and match.group() == closing:
            return text[start + 1 : match.start()], match.end()
    return None
