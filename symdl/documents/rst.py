"""reStructuredText -> notes: roles, directives, grid and simple tables, underlined headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from .document import Problem, Reading, formula, prose, vocabulary
from .located import Located

_DIRECTIVE = re.compile(r"\s*\.\.\s+(?P<name>[\w:.-]+)::\s*(?P<argument>.*)$")
_COMMENT = re.compile(r"\s*\.\.(?:\s+(?P<text>.*))?$")
_OPTION = re.compile(r"\s*:[\w-]+:")
_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}\s*$")
_ROLE = re.compile(r":math:`(?P<tex>(?:[^`\\]|\\.)*)`|``.+?``|(?P<open>:math:`)", re.DOTALL)
_GRID = re.compile(r"\s*\+(?:[-=]+\+)+\s*$")
_SIMPLE = re.compile(r"\s*=+(?:\s+=+)+\s*$")
_PROMPT = re.compile(r"\s*(?:>>>|\.\.\.)(?:\s|$)")
_CELL = re.compile(r"\s*(?P<row>\*\s+)?-(?:\s+|$)")
_HEADER_ROWS = re.compile(r"\s*:header-rows:\s*(\d)")
_TEXT_DIRECTIVES = vocabulary(
    "note warning tip hint important caution attention danger seealso admonition topic sidebar proof theorem "
    "lemma container rubric versionadded versionchanged deprecated epigraph highlights "
)
_MATH_DIRECTIVES = frozenset({"math", "eq"})
_DEEPEST = 20
_LONGEST_TABLE = 500


def read_rst(text: str, outer: int = 0) -> Reading:
    """The formulas of a text in reStructuredText.

    ``outer`` is the level of the heading that all of it stands under.

    >>> reading = read_rst("Adam\\n====\\n\\nThe step :math:`x_t` is\\n\\n.. math::\\n   :label: a\\n\\n   y = 2\\n")
    >>> [reading.notes.text[span.start : span.end] for span in reading.math]
    ['x_t', 'y = 2']
    >>> reading.notes.text.splitlines()[1]
    '# Adam'
    """
    return Reading.join(_blocks(list(Located.whole(text).lines()), _Levels(outer), 0))


class _Levels:
    """The level of a heading, by the character that underlines it: in order of appearance, below ``outer``."""

    def __init__(self, outer: int = 0) -> None:
        self.marks: list[str] = []
        self.outer = outer

    def of(self, mark: str) -> int:
        if mark not in self.marks:
            self.marks.append(mark)
        return min(6, self.outer + self.marks.index(mark) + 1)


def _indent(line: Located) -> int:
    return len(line.text) - len(line.text.lstrip())


def _blank(line: Located) -> bool:
    return not line.text.strip()


def _body(lines: list[Located], start: int, indent: int) -> int:
    """Where the lines that are indented deeper than ``indent`` end."""
    end = start
    for number in range(start, len(lines)):
        if not _blank(lines[number]):
            if _indent(lines[number]) <= indent:
                break
            end = number + 1
    return end


def _blocks(lines: list[Located], levels: _Levels, depth: int) -> Iterator[Reading]:
    """The readings of a run of lines: special blocks one by one, other lines by paragraph."""
    number, pending = 0, []
    while number < len(lines):
        end, reading = _special(lines, number, levels, depth)
        if reading is None:
            pending.append(lines[number])
            number += 1
            continue
        yield from _paragraphs(pending)
        pending = []
        yield from reading
        number = end if end > number else number + 1
    yield from _paragraphs(pending)


def _special(lines: list[Located], number: int, levels: _Levels, depth: int) -> tuple[int, Iterator[Reading] | None]:
    """A directive, comment, table, heading, prompt or literal block at a line, and where it ends."""
    line = lines[number]
    text = line.text
    if directive := _DIRECTIVE.match(text):
        end = _body(lines, number + 1, _indent(line))
        return end, _directive(lines, number, end, directive, levels, depth)
    if _COMMENT.match(text):
        end = _body(lines, number + 1, _indent(line))
        return end, iter([_comment(line)])
    if _GRID.match(text):
        end = _run(lines, number, ("+", "|"))
        return end, _grid(lines[number:end], depth)
    if _SIMPLE.match(text) and (end := _simple_end(lines, number)):
        return end, _simple(lines[number:end], depth)
    if _PROMPT.match(text):
        end = next((n for n in range(number, len(lines)) if _blank(lines[n])), len(lines))
        return end, iter(())
    if number + 1 < len(lines) and _underlined(line, lines[number + 1]):
        mark = lines[number + 1].text.strip()[0]
        return number + 2, _heading(line.stripped(), levels.of(mark))
    if text.rstrip().endswith("::") and number + 1 < len(lines) and _blank(lines[number + 1]):
        end = _body(lines, number + 1, _indent(line))
        return max(end, number + 1), _paragraphs([line])
    return number, None


def _underlined(line: Located, below: Located) -> bool:
    title, rule = line.text.strip(), below.text.strip()
    fits = _ADORNMENT.match(rule) is not None and len(rule) >= min(len(title), 4) and _indent(below) == _indent(line)
    return bool(title) and fits and not _ADORNMENT.match(title)


def _heading(title: Located, level: int) -> Iterator[Reading]:
    yield prose(Located("\n" + "#" * level + " "))
    yield from _inline(title)
    yield prose(Located("\n\n"))


def _comment(line: Located) -> Reading:
    """A comment, kept where it may speak to symdl; it is no prose."""
    notes = Located("\n") + line.stripped() + Located("\n\n")
    blank = Located(" " * len(notes.text), notes.marks)
    return Reading(blank, comments=((1, len(notes.text) - 2),)) if "symdl:" in line.text else prose(Located("\n"))


def _directive(
    lines: list[Located], number: int, end: int, directive: re.Match[str], levels: _Levels, depth: int
) -> Iterator[Reading]:
    name = directive["name"]
    if name in _MATH_DIRECTIVES:
        yield from _math(lines[number], directive, lines[number + 1 : end])
    elif name == "list-table":
        yield from _list_table(lines[number + 1 : end], depth)
    elif name in _TEXT_DIRECTIVES and depth < _DEEPEST:
        argument = lines[number][directive.start("argument") :]
        body = [line for line in lines[number + 1 : end] if not _OPTION.match(line.text)]
        yield prose(Located("\n"))
        yield from _blocks([argument, *body], levels, depth + 1)
        yield prose(Located("\n"))
    else:
        yield prose(Located("\n"))


def _math(head: Located, directive: re.Match[str], body: list[Located]) -> Iterator[Reading]:
    """A ``math`` directive: each paragraph of it is a formula of its own, but not within an environment."""
    options = 0
    while options < len(body) and _OPTION.match(body[options].text):
        options += 1
    paragraph = [head[directive.start("argument") :]]
    yield prose(Located("\n\n"))
    last = Located("")
    for line in [*body[options:], last]:
        if not _blank(line) or (line is not last and _is_open(paragraph)):
            paragraph.append(line)
            continue
        tex = _glued(paragraph)
        if tex.stripped():
            yield formula(tex)
            yield prose(Located("\n\n"))
        paragraph = []


def _is_open(paragraph: list[Located]) -> bool:
    """Whether an environment begins in the lines and does not end there."""
    return sum(line.text.count("\\begin{") - line.text.count("\\end{") for line in paragraph) > 0


def _glued(lines: list[Located]) -> Located:
    return Located.join(part for line in lines for part in (line, Located("\n")))


def _paragraphs(lines: list[Located]) -> Iterator[Reading]:
    """Lines of prose with the roles in them; a line block's bar is no table."""
    if lines:
        plain = [line[_indent(line) + 1 :] if line.text.lstrip().startswith("| ") else line for line in lines]
        yield from _inline(_glued(plain))


def _inline(text: Located) -> Iterator[Reading]:
    position = 0
    for match in _ROLE.finditer(text.text):
        yield prose(text[position : match.start()])
        position = match.end()
        if match["open"]:
            yield _problem(text[match.start() : match.end()])
        elif match["tex"] is not None:
            yield formula(text[match.start("tex") : match.end("tex")], display=False)
        else:
            yield prose(text[match.start() : match.end()])
    yield prose(text[position:])


def _problem(opening: Located) -> Reading:
    return Reading(opening, problems=(Problem(":math:` has no closing backtick", 0),))


def _run(lines: list[Located], start: int, marks: tuple[str, ...]) -> int:
    """Where a run of lines that begin with one of the marks ends."""
    number = start
    while number < len(lines) and lines[number].text.lstrip().startswith(marks):
        number += 1
    return number


def _grid(lines: list[Located], depth: int) -> Iterator[Reading]:
    """A grid table as rows between bars; what a cell holds is read by itself."""
    bars = [number for number, mark in enumerate(lines[0].text) if mark == "+"]
    row: list[Located] = []
    yield prose(Located("\n"))
    for line in lines:
        if _GRID.match(line.text):
            if row:
                yield from _row([[cut[a + 1 : b] for cut in row] for a, b in pairwise(bars)], depth)
            if "=" in line.text and row:
                yield prose(Located("|" + " --- |" * (len(bars) - 1) + "\n"))
            row = []
        else:
            row.append(line)
    yield prose(Located("\n"))


def _row(cells: list[list[Located]], depth: int) -> Iterator[Reading]:
    yield prose(Located("|"))
    for cell in cells:
        if depth < _DEEPEST:
            dedented = [line[_left(cell) :] for line in cell]
            yield _on_one_line(Reading.join(_blocks(dedented, _Levels(), depth + 1)))
        yield prose(Located(" |"))
    yield prose(Located("\n"))


def _list_table(body: list[Located], depth: int) -> Iterator[Reading]:
    """A table that is written as a list of lists, as rows between bars."""
    headers = next((int(found[1]) for line in body if (found := _HEADER_ROWS.match(line.text))), 0)
    rows: list[list[list[Located]]] = []
    for line in body:
        cell = _CELL.match(line.text)
        if cell is not None and (cell["row"] or rows):
            if cell["row"]:
                rows.append([])
            rows[-1].append([line[cell.end() :]])
        elif rows and rows[-1]:
            rows[-1][-1].append(line)
    yield prose(Located("\n"))
    for number, row in enumerate(rows, 1):
        yield from _row([_dedented(cell) for cell in row], depth)
        if number == headers:
            yield prose(Located("| --- |\n"))
    yield prose(Located("\n"))


def _dedented(cell: list[Located]) -> list[Located]:
    """The lines of a cell whose first is dedented already."""
    left = _left(cell[1:])
    return [cell[0], *(line[left:] for line in cell[1:])]


def _left(cell: list[Located]) -> int:
    return min((_indent(line) for line in cell if not _blank(line)), default=0)


def _on_one_line(reading: Reading) -> Reading:
    """A cell's text on one line, as rows need it; formulas keep their own."""
    text, last = [], 0
    for span in reading.math:
        text += [reading.notes.text[last : span.start].replace("\n", " "), reading.notes.text[span.start : span.end]]
        last = span.end
    text.append(reading.notes.text[last:].replace("\n", " "))
    return Reading(Located("".join(text), reading.notes.marks), reading.math, reading.problems, reading.comments)


def _simple_end(lines: list[Located], start: int) -> int:
    """Where a simple table ends: at its second or third ruled line before a blank one; 0 where it does not."""
    for number in range(start + 1, min(len(lines), start + _LONGEST_TABLE)):
        if _SIMPLE.match(lines[number].text) and (number + 1 == len(lines) or _blank(lines[number + 1])):
            return number + 1
    return 0


def _simple(lines: list[Located], depth: int) -> Iterator[Reading]:
    columns = [(match.start(), match.end()) for match in re.finditer("=+", lines[0].text)]
    bounds = [*(start for start, _ in columns), max(len(line.text) for line in lines)]
    yield prose(Located("\n"))
    for place, line in enumerate(lines[1:-1]):
        if _SIMPLE.match(line.text):
            if place:
                yield prose(Located("|" + " --- |" * len(columns) + "\n"))
        elif not _blank(line):
            yield from _row([[line[a:b]] for a, b in pairwise(bounds)], depth)
    yield prose(Located("\n"))
