r"""Piecewise functions written in a line: ``x if x > 0, else 0``, ``1 \text{ for } x > 0, \; 0 \text{ otherwise}``."""

from __future__ import annotations

import re

_IF = r"if|when|for|where|whenever"
_ELSE = r"otherwise|else|elsewhere|or\s+else"
_WORD = re.compile(
    rf"\\(?:text|mathrm|mbox|textrm|textit)\s*\{{[\s,]*(?P<a>{_IF}|{_ELSE})[\s,]*\}}"
    rf"|(?<![\w\\{{])(?P<b>{_IF}|{_ELSE})(?![\w}}])",
    re.IGNORECASE,
)
_COMPARES = re.compile(r"[<>=≤≥≠]|\\(?:l|g)(?:e|eq|t|eqslant)(?![A-Za-z])|\\(?:ne|neq|in)(?![A-Za-z])")
_TRIM = re.compile(r"\A(?:\s|[,;]|\\[,;:! ]|\\q?quad(?![a-z])|and\s)+|(?:\s|[,;]|\\[,;:! ]|\\q?quad(?![a-z])|\sand)+\Z")
_LABEL = re.compile(r"\s*([A-Za-z\\][\w'\\]*(?:\([\w\\, ]+\))?|\\frac\{[^{}]*\}\{[^{}]*\})\s*=(?!=)\s*")
_TEXT_AND = re.compile(r"\\text\s*\{[\s,]*and[\s,]*\}")
_AND = re.compile(r"(.*\S)\s*(?<![\w\\])and(?!\w)\s*(\S.*)", re.DOTALL)
_MOST = 6
"""Branches of one function."""


def in_braces(text: str, *, latex: bool) -> str:
    r"""A piecewise function in one line as cases; any other text as it is.

    >>> in_braces("f(x) = x if x > 0, else 0", latex=False)
    'f(x) = {x if x > 0; 0 otherwise}'
    >>> in_braces(r"x^2 \text{ if } x < 1,\quad x \text{ otherwise}", latex=True)
    '\\begin{cases}x^2 & x < 1\\\\x & \\text{otherwise}\\end{cases}'
    """
    words = list(_WORD.finditer(text))
    if not words or len(words) > 2 * _MOST or "\\begin" in text or text.lstrip().startswith(("{", "[")):
        return text
    label = _LABEL.match(text)
    start = label.end() if label and label.end() <= words[0].start() else 0
    rows = _rows(text, start, words)
    if rows is None or len(rows) < 2:
        return text
    if latex:
        lines = (f"{value} & {condition or chr(92) + 'text{otherwise}'}" for value, condition in rows)
        return text[:start] + r"\begin{cases}" + r"\\".join(lines) + r"\end{cases}"
    parts = (f"{value} if {condition}" if condition else f"{value} otherwise" for value, condition in rows)
    return text[:start] + "{" + "; ".join(parts) + "}"


Rows = list[tuple[str, str]]


def _rows(text: str, start: int, words: list[re.Match[str]]) -> Rows | None:
    """Values with their conditions, the last one empty for all other cases; None where the text says no such thing."""
    rows: Rows = []
    value, place = "", start
    for number, word in enumerate(words):
        before = _trimmed(text[place : word.start()])
        says_else = re.fullmatch(_ELSE, (word["a"] or word["b"]).strip().lower()) is not None
        if number and value:
            parts = _after_condition(before)
            if parts is None or (says_else and not parts[1] and not _trimmed(text[word.end() :])):
                return None
            rows.append((value, parts[0]))
            before = parts[1]
        if says_else:
            rest = _trimmed(text[word.end() :])
            last = before or rest
            if (before and rest) or not last or number + 1 < len(words) or not rows:
                return None
            return [*rows, (last, "")]
        if not before:
            return None
        value, place = before, word.end()
    condition = _trimmed(text[place:])
    return [*rows, (value, condition)] if _is_condition(condition) else None


def _after_condition(text: str) -> tuple[str, str] | None:
    """A condition, and the value of the next branch behind its comma or semicolon."""
    depth = 0
    for place in range(len(text) - 1, -1, -1):
        depth += (text[place] in ")]}") - (text[place] in "([{")
        if depth == 0 and text[place] in ",;" and text[place - 1 : place] != "\\":
            condition, value = _trimmed(text[:place]), _trimmed(text[place + 1 :])
            return (condition, value) if _is_condition(condition) and value else None
    joined = _AND.search(_TEXT_AND.sub(" and ", text))
    if joined and not _is_condition(joined[2]) and _is_condition(joined[1]):
        return _trimmed(joined[1]), _trimmed(joined[2])
    return (text, "") if _is_condition(text) else None


def _is_condition(text: str) -> bool:
    return _COMPARES.search(text) is not None


def _trimmed(text: str) -> str:
    return _TRIM.sub("", text)
