"""Markdown -> notes: the text itself, with its formulas."""

from __future__ import annotations

import re
from bisect import bisect_left

from symdl.notation.spans import MathSpan, find_math

from .document import Math, Problem, Reading
from .located import Located

_DOUBLED = re.compile(r"\\\\[(\[]")
_RELATION = re.compile(r"[=<>]")
_EATEN = re.compile(r"\\\\(?=\\\\)|\\(?=\\[{}])|\\(?=[_*])")


def read_markdown(text: str) -> Reading:
    r"""The formulas of a Markdown text, found before a parser can eat a backslash.

    In a text whose delimiters are ``\\(`` and ``\\)`` the parser takes one backslash of two before
    braces and backslashes, and so does this reader.

    >>> reading = read_markdown("so \\\\(a \\\\{ b \\\\}\\\\)")
    >>> [reading.notes.text[span.start : span.end] for span in reading.math]
    ['a \\{ b \\}']
    """
    found = find_math(text)
    notes = Located.whole(text)
    problems = tuple(Problem(problem.message, problem.start) for problem in found.problems)
    if not _DOUBLED.search(text):
        spans = [Math(span.start, span.end, span.outer, span.display) for span in found.spans]
        spans += [Math(a, b, (a - 1, b + 1), False, True) for a, b in found.codes if _is_formula(text[a:b])]
        return Reading(notes, tuple(sorted(spans, key=lambda span: span.start)), problems, found.comments)
    return _unescaped(notes, found.spans, problems, found.comments)


def _is_formula(code: str) -> bool:
    """Whether code is a formula in ASCII; what that takes is loaded for texts that have a relation there alone."""
    if not _RELATION.search(code):
        return False
    from .ascii import is_formula

    return is_formula(code)


def _unescaped(
    notes: Located, spans: tuple[MathSpan, ...], problems: tuple[Problem, ...], comments: tuple[tuple[int, int], ...]
) -> Reading:
    """The notes without the backslashes of their formulas that a parser takes."""
    cuts = [
        (start, start + 1)
        for span in spans
        for match in _EATEN.finditer(span.tex)
        for start in range(span.start + match.start(), span.start + match.end())
    ]
    moved = _Removal(cuts)
    kept = Located.join(
        notes[start:end]
        for start, end in zip([0, *(b for _, b in cuts)], [*(a for a, _ in cuts), len(notes.text)], strict=True)
    )
    math = tuple(
        Math(moved(span.start), moved(span.end), (moved(span.outer[0]), moved(span.outer[1])), span.display)
        for span in spans
    )
    return Reading(
        kept,
        math,
        tuple(Problem(p.message, moved(p.position), p.code) for p in problems),
        tuple((moved(start), moved(end)) for start, end in comments),
    )


class _Removal:
    """Where an offset moves when ranges are cut out before it."""

    def __init__(self, cuts: list[tuple[int, int]]) -> None:
        self.starts = [start for start, _ in cuts]

    def __call__(self, offset: int) -> int:
        return offset - bisect_left(self.starts, offset)
