r"""The author's macros: ``\newcommand``, ``\def``, ``\DeclareMathOperator`` and their like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_DEFINITION = re.compile(
    r"\\(?:(?P<new>newcommand|renewcommand|providecommand|DeclareRobustCommand)\*?|(?P<def>[gex]?def)"
    r"|(?P<operator>DeclareMathOperator)\*?|(?P<pair>DeclarePairedDelimiter)|(?P<let>let))(?![A-Za-z])"
)
_NAME = re.compile(r"\s*(?:\{\s*)?\\(?P<name>[A-Za-z]+)\s*\}?")
_COUNT = re.compile(r"\s*\[\d\]")
_PARAMETERS = re.compile(r"(?:#\d)*")
_LONGEST = 5_000
_LONGEST_SPACE = 40


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
    groups: _Groups | None = None
    for match in _DEFINITION.finditer(text):
        groups = groups or _Groups(text)
        name = _NAME.match(text, match.end())
        found = _body(groups, name.end(), match) if name else None
        if name and found:
            yield Macro(name["name"], found[0], match.start(), found[1])


def bracket_ends(text: str, opening: str, closing: str) -> dict[int, int]:
    """For each bracket that opens, where the one that closes it ends.

    >>> bracket_ends("{a{b}", "{", "}")
    {2: 5}
    """
    ends: dict[int, int] = {}
    opened: list[int] = []
    for match in re.compile(rf"\\.|[{re.escape(opening + closing)}]", re.DOTALL).finditer(text):
        if match.group() == opening:
            opened.append(match.start())
        elif match.group() == closing and opened:
            ends[opened.pop()] = match.end()
    return ends


class _Groups:
    """A text with the ends of its braces and brackets."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.ends = {opening: bracket_ends(text, opening, closing) for opening, closing in ("{}", "[]")}

    def at(self, position: int, opening: str = "{") -> tuple[str, int] | None:
        """What stands in the bracket that opens behind ``position``, and where it ends."""
        ahead = self.text[position : position + _LONGEST_SPACE]
        start = position + len(ahead) - len(ahead.lstrip())
        end = self.ends[opening].get(start)
        return None if end is None or end - start > _LONGEST else (self.text[start + 1 : end - 1], end)


def _body(groups: _Groups, position: int, match: re.Match[str]) -> tuple[str, int] | None:
    text = groups.text
    if match["let"]:
        target = re.compile(r"\s*=?\s*(\\[A-Za-z]+)").match(text, position)
        return (target[1], target.end()) if target else None
    if match["def"]:
        return groups.at(_end(_PARAMETERS, text, position))
    if match["pair"]:
        left = groups.at(position)
        right = groups.at(left[1]) if left else None
        return (f"{left[0]} #1 {right[0]}", right[1]) if left and right else None
    if match["operator"]:
        name = groups.at(position)
        return (f"\\operatorname{{{name[0]}}}", name[1]) if name else None
    return _with_default(groups, _end(_COUNT, text, position))


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position


def _with_default(groups: _Groups, position: int) -> tuple[str, int] | None:
    """The body of ``\\newcommand``; where the first argument has a default, that default is taken."""
    default = groups.at(position, "[")
    body = groups.at(default[1] if default else position)
    if body is None or default is None:
        return body
    shifted = re.sub(r"#(\d)", lambda m: default[0] if m[1] == "1" else f"#{int(m[1]) - 1}", body[0])
    return shifted, body[1]
