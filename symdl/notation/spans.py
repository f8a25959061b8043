r"""Where the mathematics stands in a text.

Spans are found in the raw text, before any Markdown parser can eat a backslash or take an indented
display for code: ``$...$``, ``$$...$$``, ``\(...\)``, ``\[...\]`` (also with the doubled backslash that
Markdown needs), ``\begin{align}`` and its like on their own, fenced ``math`` blocks and GitHub's
``$`...`$``. Other code and HTML comments are passed over; so are prices: a dollar that closes has no
digit behind it, and no space before it unless what it closes is plainly no prose.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class MathSpan:
    """A piece of mathematics: ``tex`` is ``text[start:end]``, without delimiters and outer spaces.

    Lines and columns count from 1, in code points, and point at ``tex`` itself. ``outer`` is the range
    of characters with the delimiters.
    """

    tex: str
    line: int
    column: int
    end_line: int
    display: bool
    start: int
    end: int
    outer: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class SpanProblem:
    """A delimiter without its partner."""

    message: str
    line: int
    column: int
    start: int


@dataclass(frozen=True)
class FoundMath:
    """Every span of a text in order, the delimiters that could not be paired, HTML comments and code as ranges.

    ``codes`` are the ranges of what stands between single backticks.
    """

    spans: tuple[MathSpan, ...]
    problems: tuple[SpanProblem, ...] = ()
    comments: tuple[tuple[int, int], ...] = ()
    codes: tuple[tuple[int, int], ...] = ()


MATH_ENVIRONMENTS = (
    r"(?:equation|align|alignat|eqnarray|IEEEeqnarray|gather|multline|flalign|dmath|displaymath|math)\*?"
)
"""Environments that are formulas on their own, as a regular expression."""

_MARK = re.compile(
    r"(?P<fence>^[ \t]*(?P<ticks>`{3,}|~{3,})[ \t]*(?P<language>[^\n`]*)\n)"
    r"|(?P<comment><!--)"
    r"|(?P<literal><(?P<tag>pre|code)\b[^<>\n]*>)"
    r"|(?P<ticked>\$`+)"
    r"|(?P<code>`+)"
    r"|(?P<escaped>\\\$)"
    r"|(?P<doubled>\\\\[(\[])"
    r"|(?P<backslash>\\\\)"
    r"|(?P<opening>\\[(\[])"
    r"|(?P<environment>\\begin\{(?P<name>" + MATH_ENVIRONMENTS + r")\})"
    r"|(?P<display>\$\$)"
    r"|(?P<dollar>\$)",
    re.MULTILINE,
)
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n")
_CLOSING = re.compile(r"\\\\[)\]]|\\.|\$", re.DOTALL)
_LOOKS_LIKE_MATH = re.compile(r"[\\^_=<>]")
_TWO_WORDS = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}[,.]? +[A-Za-z]{2,}")
_IN_BRACES = re.compile(r"\{[^{}]*\}")
_SOUGHT = ("\\end", "-->", "</", "`$", "``")
_FENCED_MATH = ("math", "{math}")
_OPTION = re.compile(r"(?:[ \t]*:[\w-]+:[^\n]*\n)+")
_LONGEST_LOOK = 2_000
_NO_MATH = re.compile(r"\$(?:\d|[A-Z_]{2,}|\{|\()")


class _Finder:
    def __init__(self, text: str, code: bool) -> None:
        self.text, self.code = text, code
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.problems: list[SpanProblem] = []
        self.comments: list[tuple[int, int]] = []
        self.codes: list[tuple[int, int]] = []
        self.handlers: Mapping[str, Callable[[re.Match[str]], tuple[int, MathSpan | None]]] = {
            "fence": self.at_fence,
            "comment": self.at_comment,
            "literal": self.at_literal,
            "ticked": self.at_ticked,
            "code": self.at_code,
            "escaped": self.at_escaped,
            "doubled": self.at_doubled,
            "backslash": self.at_escaped,
            "opening": self.at_opening,
            "environment": self.at_environment,
            "display": self.at_display,
            "dollar": self.at_dollar,
        }
        self.paragraphs = [match.start() for match in _PARAGRAPH_END.finditer(text)]
        self.places: dict[str, list[int]] = defaultdict(list)
        for match in _CLOSING.finditer(text):
            self.places[match.group()].append(match.start())
        self.places["$$"] = [place for place in self.places["$"] if text.startswith("$$", place)]
        for match in re.finditer("`+", text):
            self.places[match.group()].append(match.start())

    def spans(self) -> Iterator[MathSpan]:
        position = 0
        while (match := _MARK.search(self.text, position)) is not None:
            kind = match.lastgroup
            if kind in {"language", "name", "ticks", "tag"}:
                kind = next(name for name in ("fence", "environment", "literal") if match[name])
            position, span = self.handlers[kind or ""](match)
            if span is not None and span.tex:
                yield replace(span, outer=(match.start(), position))

    def next(self, closing: str, start: int, limit: int | None = None) -> int | None:
        """Where ``closing`` stands next, before ``limit``."""
        if closing not in self.places and closing.startswith(_SOUGHT):
            self.places[closing] = [match.start() for match in re.finditer(re.escape(closing), self.text)]
        places = self.places[closing]
        found = bisect_left(places, start)
        return places[found] if found < len(places) and (limit is None or places[found] < limit) else None

    def place(self, start: int) -> tuple[int, int]:
        line = bisect_right(self.starts, start)
        return line, start - self.starts[line - 1] + 1

    def span(self, start: int, end: int, display: bool) -> MathSpan:
        content = self.text[start:end]
        first = start + len(content) - len(content.lstrip())
        tex = content.strip()
        line, column = self.place(first)
        return MathSpan(tex, line, column, self.place(first + len(tex))[0], display, first, first + len(tex))

    def problem(self, start: int, message: str) -> None:
        self.problems.append(SpanProblem(message, *self.place(start), start))

    def at_fence(self, match: re.Match[str]) -> tuple[int, MathSpan | None]:
        if not self.code:
            return match.end("ticks"), None
        ticks = match["ticks"]
        closing = re.compile(rf"^[ \t]*{re.escape(ticks[0])}{{{len(ticks)},}}[ \t]*$", re.MULTILINE)
        close = closing.search(self.text, match.end())
        end = close.start() if close else len(self.text)
        after = close.end() if close else len(self.text)
        if match["language"].strip().partition(" ")[0] not in _FENCED_MATH:
            return after, None
        options = _OPTION.match(self.text, match.end())
        return after, self.span(min(options.end() if options else match.end(), end), end, True)

    def at_comment(self, match: re.Match[str]) -> tuple[int, None]:
        close = self.next("-->", match.end()) if self.code else None
        if close is None:
            return match.end(), None
        self.comments.append((match.start(), close + 3))
        return close + 3, None

    def at_literal(self, match: re.Match[str]) -> tuple[int, None]:
        close = self.next(f"</{match['tag']}>", match.end()) if self.code else None
        return (match.end() if close is None else close), None

    def at_ticked(self, match: re.Match[str]) -> tuple[int, MathSpan | None]:
        ticks = match.group()[1:]
        close = self.next(f"{ticks}$", match.end(), self.paragraph_end(match.end())) if self.code else None
        if close is None:
            return match.start() + 1, None
        return close + len(ticks) + 1, self.span(match.end(), close, False)

    def at_code(self, match: re.Match[str]) -> tuple[int, None]:
        close = self.next(match["code"], match.end(), self.paragraph_end(match.end())) if self.code else None
        if close is not None and match["code"] == "`":
            self.codes.append((match.end(), close))
        return (match.end() if close is None else close + len(match["code"])), None

    def at_escaped(self, match: re.Match[str]) -> tuple[int, None]:
        return match.end(), None

    def at_doubled(self, match: re.Match[str]) -> tuple[int, MathSpan | None]:
        closing = "\\\\)" if match.group().endswith("(") else "\\\\]"
        close = self.next(closing, match.end(), self.paragraph_end(match.end()))
        if close is None:
            return match.end(), None
        return close + 3, self.span(match.end(), close, closing.endswith("]"))

    def at_opening(self, match: re.Match[str]) -> tuple[int, MathSpan | None]:
        closing = "\\)" if match.group().endswith("(") else "\\]"
        return self.up_to(closing, match, match.end(), 0)

    def at_environment(self, match: re.Match[str]) -> tuple[int, MathSpan | None]:
        closing = f"\\end{{{match['name']}}}"
        return self.up_to(closing, match, match.start(), len(closing))

    def at_display(self, match: re.Match[str]) -> tuple[int, MathSpan | None]:
        close = self.next("$$", match.end())
        single = self.next("$", match.end(), self.paragraph_end(match.end()))
        if single is not None and single != close and not _open_brace(self.text[match.end() : single]):
            self.problem(match.start(), "$$ is closed by a single dollar")
            return single + 1, self.span(match.end(), single, True)
        if close is not None and self.runs_into_prose(match.end(), close):
            self.problem(match.start(), "$$ has no closing $$ in its paragraph")
            return match.end(), None
        return self.up_to("$$", match, match.end(), 0)

    def runs_into_prose(self, start: int, end: int) -> bool:
        """Whether what stands up to the next ``$$`` has a blank line and words behind it: text between displays."""
        blank = self.paragraph_end(start)
        behind = self.text[blank : min(end, blank + _LONGEST_LOOK)]
        return blank < end and _TWO_WORDS.search(_IN_BRACES.sub("", behind)) is not None

    def up_to(self, closing: str, match: re.Match[str], start: int, kept: int) -> tuple[int, MathSpan | None]:
        """The span to the next ``closing``, of which ``kept`` characters belong to it."""
        close = self.next(closing, match.end())
        if close is None:
            self.problem(match.start(), f"{match.group()} has no closing {closing}")
            return match.end(), None
        return close + len(closing), self.span(start, close + kept, closing != "\\)")

    def paragraph_end(self, position: int) -> int:
        found = bisect_left(self.paragraphs, position)
        return self.paragraphs[found] if found < len(self.paragraphs) else len(self.text)

    def at_dollar(self, match: re.Match[str]) -> tuple[int, MathSpan | None]:
        close = self.next("$", match.end(), self.paragraph_end(match.end()))
        if close is not None and self.closes(match.end(), close):
            return close + 1, self.span(match.end(), close, False)
        following = self.text[match.end() : match.end() + 1]
        if following.strip() and not _NO_MATH.match(self.text, match.start()):
            self.problem(match.start(), "this dollar opens a formula that is not closed in its paragraph")
        return match.end(), None

    def closes(self, start: int, end: int) -> bool:
        """Whether a dollar at ``end`` can close a formula from ``start``: not a price, not prose."""
        content, behind = self.text[start:end], self.text[end + 1 : end + 2]
        if not content.strip():
            return False
        prose = _TWO_WORDS.search(_IN_BRACES.sub("", content)) is not None
        spaces = content[0].isspace() + content[-1].isspace()
        if spaces == 0:
            return not behind.isdigit() and not (content[0].isdigit() and prose)
        plain = not prose and _LOOKS_LIKE_MATH.search(content) is not None
        price = _NO_MATH.match(self.text, start - 1) or self.text[max(0, start - 2) : start - 1].isalnum()
        return plain and (spaces == 2 or not (price or behind.isalnum()))


def _open_brace(text: str) -> bool:
    return text.count("{") > text.count("}")


def find_math(text: str, *, code: bool = True) -> FoundMath:
    r"""Every span of mathematics in ``text``.

    ``code=False`` is for texts where a backtick is no code (LaTeX sources).

    >>> found = find_math("It costs $5 and $6; $x^2$ is free, \\[ y = 2 \\] not.")
    >>> [(span.tex, span.line, span.column, span.display) for span in found.spans]
    [('x^2', 1, 22, False), ('y = 2', 1, 39, True)]
    >>> find_math("so $x + 1 is\n\nopen").problems[0].column
    4
    """
    finder = _Finder(text, code)
    spans = tuple(finder.spans())
    return FoundMath(spans, tuple(finder.problems), tuple(finder.comments), tuple(finder.codes))
