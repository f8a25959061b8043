"""Python sources -> notes: docstrings, other bare strings and comments, never run."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from symdl.core import InputError

from .document import Problem, Reading, line_starts, prose
from .located import Located
from .markdown import read_markdown
from .rst import read_rst

_LITERAL = re.compile(r"(?P<prefix>[A-Za-z]*)(?P<quotes>'''|\"\"\"|'|\")")
_ESCAPE = re.compile(
    r"\\(?:(?P<newline>\r?\n)|(?P<plain>[\\'\"])|(?P<code>x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})"
    r"|(?P<control>[abfnrtv])(?P<word>[A-Za-z])?)",
)
_CONTROLS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_RST = re.compile(r":math:`|^[ \t]*\.\. math::", re.MULTILINE)
_COMMENT = re.compile(r"#+!?:? ?")
_LAYOUT = (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)
_OPENING, _CLOSING = frozenset({"(", "[", "{"}), frozenset({")", "]", "}"})
_HEADS = ("class", "def", "async")
_WORDS = 8
"""How many words tell what a statement is: ``Class.__doc__ = (``."""
_EATEN = "Python reads the backslash of this command as a control character; write the docstring with r before it"


def read_python(text: str) -> Reading:
    r'''The formulas in the docstrings and comments of a source file, which is read and never run.

    A class or function is the heading of what its docstring says.

    >>> reading = read_python('def f(x):\n    r"""The step :math:`x_t`."""\n    # and $y$\n')
    >>> [reading.notes.text[span.start : span.end] for span in reading.math]
    ['x_t', 'y']

    Raises :class:`InputError` where the text is no Python.
    '''
    source = Located.whole(text)
    pieces = [_block(source, block) for block in _blocks(text)]
    return Reading.join(part for piece in pieces for part in (piece, prose(Located("\n\n"))))


def read_docstring(text: str, outer: int = 0) -> Reading:
    """The formulas of a docstring's text, under a heading: reStructuredText where it has its roles, else Markdown."""
    return read_rst(text, outer) if _RST.search(text) else read_markdown(text)


@dataclass(frozen=True)
class _Block:
    """A docstring, a heading or a run of comment lines: ranges of the source, one for each line of comment."""

    kind: str
    ranges: tuple[tuple[int, int], ...]
    level: int = 0


def _blocks(text: str) -> Iterator[_Block]:
    """The blocks of a source in order, in one pass over its tokens."""
    found = _Blocks(line_starts(text))
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
            found.take(token)
    except (tokenize.TokenError, SyntaxError) as error:
        detail = error.args[0] if error.args else "cannot be read"
        raise InputError(f"this is no Python source: {detail}", remedy="mend the syntax") from None
    found.end_comment()
    yield from sorted(found.blocks, key=lambda block: block.ranges[0])


class _Blocks:
    """Strings that stand as statements or are assigned to ``__doc__``, the heads of classes and functions, comments.

    Of a statement only what tells its kind is kept: the first words, the strings, and how many there are.
    """

    def __init__(self, starts: Sequence[int]) -> None:
        self.starts, self.blocks = starts, list[_Block]()
        self.words: list[tokenize.TokenInfo] = []
        self.strings: list[tokenize.TokenInfo] = []
        self.length = self.level = self.opened = 0
        self.run: list[tuple[int, int]] = []
        self.last = -1

    def take(self, token: tokenize.TokenInfo) -> None:
        """One token more."""
        self.level += (token.type == tokenize.INDENT) - (token.type == tokenize.DEDENT)
        self.opened += (token.string in _OPENING) - (token.string in _CLOSING)
        if token.type == tokenize.COMMENT:
            self.comment(token)
        elif token.type not in _LAYOUT:
            head = token.string == ":" and not self.opened and bool(self.words) and self.words[0].string in _HEADS
            if token.type == tokenize.NEWLINE or head:
                self.end_statement()
            else:
                self.word(token)

    def word(self, token: tokenize.TokenInfo) -> None:
        self.length += 1
        if len(self.words) < _WORDS:
            self.words.append(token)
        if token.type == tokenize.STRING and (len(self.strings) + 1 == self.length or self.documents):
            self.strings.append(token)

    @property
    def documents(self) -> bool:
        """Whether the statement assigns to ``__doc__``."""
        words = [token.string for token in self.words]
        return "__doc__" in words and "=" in words

    def end_statement(self) -> None:
        if self.words and self.words[0].string in _HEADS:
            name = next((token for token in self.words[1:] if token.string != "def"), None)
            if name is not None and name.type == tokenize.NAME:
                self.blocks.append(_Block("heading", (self.range(name),), min(self.level, 5) + 1))
        elif self.strings and (self.documents or len(self.strings) == self.length):
            self.blocks += [_Block("string", (self.range(token),), min(self.level, 5)) for token in self.strings]
        self.words, self.strings, self.length, self.opened = [], [], 0, 0

    def comment(self, token: tokenize.TokenInfo) -> None:
        """Comments on neighbouring lines are one block; one behind code stands alone."""
        line, alone = token.start[0], not token.line[: token.start[1]].strip()
        if self.run and not (alone and line == self.last + 1):
            self.end_comment()
        self.run.append(self.range(token))
        self.last = line if alone else -1

    def end_comment(self) -> None:
        """Close the run of comments."""
        if self.run:
            self.blocks.append(_Block("comment", tuple(self.run)))
            self.run = []

    def range(self, token: tokenize.TokenInfo) -> tuple[int, int]:
        (line, column), (last, end) = token.start, token.end
        return self.starts[line - 1] + column, self.starts[last - 1] + end


def _block(source: Located, block: _Block) -> Reading:
    start, end = block.ranges[0]
    if block.kind == "heading":
        return prose(Located("\n" + "#" * block.level + " ") + source[start:end] + Located("\n"))
    if block.kind == "comment":
        return _comment(source, block)
    return _string(source[start:end], block.level)


def _comment(source: Located, block: _Block) -> Reading:
    """A run of comment lines as one text; a line that speaks to symdl is kept out of it."""
    lines = [source[start:end] for start, end in block.ranges]
    spoken = [line for line in lines if "symdl:" in line.text]
    plain = [_without_mark(line) for line in lines if "symdl:" not in line.text]
    notes = Located.join(part for line in plain for part in (line, Located("\n")))
    orders = [Reading(Located(" " * len(line.text), line.marks), comments=((0, len(line.text)),)) for line in spoken]
    return Reading.join([*orders, prose(Located("\n")), read_docstring(notes.text).within(notes)])


def _without_mark(line: Located) -> Located:
    mark = _COMMENT.match(line.text)
    return line[mark.end() if mark else 0 :]


def _string(literal: Located, level: int) -> Reading:
    """A string literal read as its author meant it; bytes and formatted strings are no documentation."""
    opening = _LITERAL.match(literal.text)
    if opening is None or set(opening["prefix"].lower()) & {"b", "f"}:
        return prose(Located(""))
    body = literal[opening.end() : len(literal.text) - len(opening["quotes"])]
    if "r" in opening["prefix"].lower() or "\\" not in body.text:
        return read_docstring(body.text, level).within(body)
    value, eaten = _unescaped(body)
    reading = read_docstring(value.text, level)
    problems = tuple(
        Problem(_EATEN, span.start, "TEX002")
        for span in reading.math
        if any(reading.notes.origin(span.start) <= at < reading.notes.origin(span.end - 1) for at in eaten)
    )
    return replace(reading, problems=(*reading.problems, *problems)).within(value)


def _unescaped(body: Located) -> tuple[Located, list[int]]:
    """The text of a literal, and where a control character was taken for the backslash that was meant."""
    pieces: list[Located] = []
    eaten: list[int] = []
    position = length = 0
    for match in _ESCAPE.finditer(body.text):
        plain = body[position : match.start()]
        value = body[match.start() : match.end()] if match["word"] else _value(body, match)
        if match["word"]:
            eaten.append(length + len(plain.text))
        pieces += [plain, value]
        length += len(plain.text) + len(value.text)
        position = match.end()
    return Located.join([*pieces, body[position:]]), eaten


def _value(body: Located, match: re.Match[str]) -> Located:
    """What an escape stands for, at its place."""
    place = body[match.start() : match.start() + 1]
    if match["newline"]:
        return Located("")
    if match["plain"]:
        return Located(match["plain"], place.marks)
    if match["control"]:
        return Located(_CONTROLS[match["control"]], place.marks)
    number = int(match["code"][1:], 16)
    return Located(chr(number) if number <= 0x10FFFF else "\ufffd", place.marks)
