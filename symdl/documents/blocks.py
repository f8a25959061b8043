"""The structure of a text document: headings, list items and paragraphs, and what each is about.

Only indentation, blank lines and the marks of headings and lists are used, so plain notes and
Markdown read alike. Formulas are masked first: no formula is ever taken for a mark.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from symdl.matching.names import families_called

MASK = "\ufffc"
"""Stands for every character of a formula, line ends included."""

_HEADING = re.compile(r"^(?P<marks>#{1,6})\s+(?P<title>.*?)\s*#*$")
_NUMBERED = re.compile(
    r"^(?P<number>\d+(?:\.\d+)+)\.?\s+(?P<title>[A-Z][^.;" + MASK + r"]{0,80})$"
    r"|^(?P<single>\d+)\.\s+(?P<short>[A-Z][^.;:" + MASK + r"]{0,80})$"
)
_ITEM = re.compile(r"^(?P<mark>[-*+\u2022\u2013\u25e6\u00b7]|\d{1,3}[.)]|\(?[a-z]\))\s+(?=\S)")
_BOLD = re.compile(r"^(?:\*\*|__)(?P<lead>[^*_]{1,80}?)[.:]?\s*(?:\*\*|__)")
_COLON = re.compile(r"^(?P<lead>[^:.;!?" + MASK + r"]{1,80}?)\s*[:\uff1a](?=\s|$)")
_RULED = re.compile(r"^\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?$")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\u201c\"(" + MASK + r"])|\n\s*\n|[;:](?=\s)")
_WORDS_IN_A_LEAD = 8
_LONGEST_SENTENCE = 600
_LONGEST_ROW = 20_000
_LEADING_UP = (
    "is",
    "are",
    "as",
    "by",
    "be",
    "reads",
    "becomes",
    "follows",
    "have",
    "get",
    "gives",
    "obtain",
    "where",
    "then",
)

Kind = Literal["heading", "item", "paragraph", "row"]


@dataclass(frozen=True)
class Block:
    """A heading, list item, paragraph or row of a table: its characters, its indentation, and its lead.

    ``lead`` is what the block says it is about: the title of a heading, bold words at the start, the
    words before a colon ("Adam: ..."), the first cell of a row. ``level`` orders headings, 1 the
    highest; 0 elsewhere. ``columns`` are the head cells of a row's table.
    """

    kind: Kind
    start: int
    end: int
    indent: int
    lead: str = ""
    level: int = 0
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Topic:
    """A stretch of the document under one lead, inside the topics around it.

    ``path`` numbers the leads from the outermost heading to this one, so that a topic is inside
    another when its path starts with the other's.
    """

    lead: str
    path: tuple[int, ...]
    heading: bool

    @property
    def section(self) -> tuple[int, ...]:
        """The path of the topic around this one, or of the heading itself."""
        return self.path if self.heading else self.path[:-1]


@dataclass(frozen=True)
class Outline:
    """A text with its formulas masked, its blocks, and the topic of each block."""

    masked: str
    blocks: tuple[Block, ...]
    topics: tuple[Topic, ...]

    @cached_property
    def _starts(self) -> list[int]:
        return [block.start for block in self.blocks]

    def index(self, position: int) -> int:
        """The number of the block that holds a character."""
        return max(0, bisect_right(self._starts, position) - 1)

    def topic(self, position: int) -> Topic:
        """What the text at a character is about."""
        return self.topics[self.index(position)] if self.blocks else Topic("", (), True)

    def column(self, position: int) -> str:
        """The head of the table column that a character stands in; empty outside tables."""
        block = self.blocks[self.index(position)] if self.blocks else None
        if block is None or block.kind != "row":
            return ""
        if position - block.start > _LONGEST_ROW:
            return ""
        row = self.masked[block.start : position].lstrip()
        number = row.count("|") - row.startswith("|")
        return block.columns[number] if number < len(block.columns) else ""

    def words_before(self, position: int) -> str:
        """The words of the sentence that leads up to a character, formulas masked.

        Where a formula opens its paragraph, the paragraph before counts if it is of the same topic
        and ends in no full stop.
        """
        if not self.blocks:
            return ""
        here = self.index(position)
        text = _without_mark(self.masked[max(self.blocks[here].start, position - _LONGEST_SENTENCE) : position])
        if not text.strip(MASK + " \t\n") and here and self.topics[here - 1] == self.topics[here]:
            before = self.blocks[here - 1]
            previous = _without_mark(
                self.masked[max(before.start, before.end - _LONGEST_SENTENCE) : before.end].rstrip()
            )
            text = previous + " " + text if not previous.endswith((".", "!", "?")) else text
        return _last_sentence(text)

    def words_after(self, position: int) -> str:
        """The words of the same block after a character, up to the end of the sentence."""
        if not self.blocks:
            return ""
        rest = self.masked[position : min(position + _LONGEST_SENTENCE, self.blocks[self.index(position)].end)]
        return _one_mask(_SENTENCE_END.split(rest, maxsplit=1)[0].strip())


def _without_mark(text: str) -> str:
    return _ITEM.sub("", text.lstrip(), count=1)


def _one_mask(text: str) -> str:
    return re.sub(f"{MASK}+", MASK, text)


def _last_sentence(text: str) -> str:
    parts = [part for part in _SENTENCE_END.split(text) if part.strip()]
    return _one_mask(parts[-1].strip()) if parts else ""


def outline(text: str, formulas: Sequence[tuple[int, int]]) -> Outline:
    r"""The structure of ``text``, whose formulas stand at the given ranges of characters.

    >>> notes = "# Rules\n\n- Descent: $a$\n- Momentum: $b$"
    >>> [topic.lead for topic in outline(notes, [(20, 23), (36, 39)]).topics]
    ['Rules', 'Descent', 'Momentum']
    """
    masked = _masked(text, formulas)
    blocks = tuple(_with_tables(text, tuple(_blocks(masked))))
    return Outline(masked, blocks, tuple(_topics(blocks)))


def _masked(text: str, formulas: Sequence[tuple[int, int]]) -> str:
    pieces, position = [], 0
    for start, end in formulas:
        pieces += [text[position:start], MASK * (end - start)]
        position = end
    return "".join([*pieces, text[position:]])


def _blocks(masked: str) -> Iterator[Block]:
    """Lines gathered into blocks: a blank line, a heading or a new item ends the one before."""
    start = end = None
    position, heading = 0, False
    for line in masked.splitlines(keepends=True):
        body = line.strip()
        opens = bool(_HEADING.match(body) or _ITEM.match(body) or body.startswith("|"))
        if start is not None and end is not None and (not body or opens or heading):
            yield _block(masked, start, end)
            start = None
        if body:
            start = position if start is None else start
            end = position + len(line.rstrip())
            heading = _HEADING.match(body) is not None
        position += len(line)
    if start is not None and end is not None:
        yield _block(masked, start, end)


def _block(masked: str, start: int, end: int) -> Block:
    text = masked[start:end]
    body = text.lstrip()
    indent = len(text.expandtabs(4)) - len(text.expandtabs(4).lstrip())
    if body.startswith("|"):
        return Block("row", start, end, indent, _first_cell(body))
    if heading := _HEADING.match(body):
        return Block("heading", start, end, 0, heading["title"].strip(" *_"), len(heading["marks"]))
    if item := _ITEM.match(body):
        if (numbered := _NUMBERED.match(body)) and indent == 0 and _stands_alone(masked, start, end):
            return _numbered_heading(start, end, numbered)
        inner = body[item.end() :]
        return Block("item", start, end, indent, _lead(inner))
    if (numbered := _NUMBERED.match(body)) and indent == 0:
        return _numbered_heading(start, end, numbered)
    return Block("paragraph", start, end, indent, _announced(body) or _lead(body))


def _announced(body: str) -> str:
    """The known rule that a paragraph of nothing but its name and a colon announces: what follows is about it."""
    colon = _COLON.match(body)
    lead = colon["lead"].strip(" *_`") if colon and not body[colon.end() :].strip() else ""
    return lead if families_called(lead) else ""


def _first_cell(row: str) -> str:
    cell = row.strip("|").split("|")[0].strip(" *_`")
    return "" if MASK in cell or len(cell.split()) > _WORDS_IN_A_LEAD else cell


def _with_tables(text: str, blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Rows of tables get the heads of their columns; the ruled line and the head name no topic."""
    columns: tuple[str, ...] = ()
    for block, following in zip(blocks, (*blocks[1:], None), strict=False):
        if block.kind != "row":
            columns = ()
            yield block
        elif following is not None and _RULED.match(text[following.start : following.end].strip()):
            columns = tuple(cell.strip() for cell in text[block.start : block.end].strip().strip("|").split("|"))
            yield replace(block, lead="")
        elif not _RULED.match(text[block.start : block.end].strip()):
            yield replace(block, columns=columns)


def _numbered_heading(start: int, end: int, numbered: re.Match[str]) -> Block:
    number, title = numbered["number"] or numbered["single"], numbered["title"] or numbered["short"]
    return Block("heading", start, end, 0, title.strip(), number.count(".") + 1)


def _stands_alone(masked: str, start: int, end: int) -> bool:
    before, after = masked[:start].rstrip(" \t"), masked[end:].lstrip(" \t")
    return (not before or before.endswith("\n\n")) and (not after or after.startswith("\n\n"))


def _lead(body: str) -> str:
    """Bold words at the start, or the words before a colon that more text follows.

    Words that only lead up to a formula ("The update is: ...") are no lead.
    """
    if bold := _BOLD.match(body):
        return bold["lead"].strip()
    colon = _COLON.match(body)
    if not colon or not body[colon.end() :].strip():
        return ""
    lead = colon["lead"].strip(" *_`")
    words = lead.split()
    leads_up = words and (words[-1].lower() in _LEADING_UP or (len(words) > 1 and words[0][0].islower()))
    return "" if not words or leads_up or len(words) > _WORDS_IN_A_LEAD else lead


def _topics(blocks: Sequence[Block]) -> Iterator[Topic]:
    """Each block's topic: its own lead, else that of the blocks which it is nested in."""
    open_topics: list[tuple[int, Topic]] = []
    for number, block in enumerate(blocks):
        depth = _depth(block)
        while open_topics and open_topics[-1][0] >= depth:
            open_topics.pop()
        if block.lead or block.kind == "row":
            path = (*(open_topics[-1][1].path if open_topics else ()), number)
            open_topics.append((depth, Topic(block.lead, path, block.kind == "heading")))
        yield open_topics[-1][1] if open_topics else Topic("", (), True)


def _depth(block: Block) -> int:
    """How deep a block is nested: headings by level, then items and paragraphs by indentation.

    A paragraph belongs to the item before it when it is indented deeper than the item's mark, and
    like an item to the lead of a paragraph at its own indentation.
    """
    if block.kind == "heading":
        return block.level
    outer = 3 * block.indent + 10
    if block.kind == "paragraph":
        return outer if block.lead else outer + 1
    return outer + 2
