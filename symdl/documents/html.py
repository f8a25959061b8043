"""HTML with MathJax or KaTeX -> notes: TeX between delimiters, in scripts and in annotations."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from symdl.notation.spans import find_math

from .document import Math, Problem, Reading, formula, prose
from .located import Located

_TAG = re.compile(
    r"(?P<comment><!--)"
    r"|<(?P<name>[A-Za-z][A-Za-z0-9:-]{0,20})\b(?P<attributes>[^<>]{0,4000})>"
    r"|</(?P<closed>[A-Za-z][A-Za-z0-9:-]{0,20})\s*>"
    r"|(?P<entity>&(?:[A-Za-z][A-Za-z0-9]{1,30}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});)",
    re.DOTALL,
)
_SKIPPED = frozenset({"script", "style", "pre", "code", "textarea", "noscript", "template", "svg"})
_HEADING = re.compile(r"h([1-6])$", re.IGNORECASE)
_BLOCKS = frozenset({"p", "div", "section", "article", "ul", "ol", "table", "blockquote", "figure", "dl", "dd", "body"})
_TEX_SCRIPT = re.compile(r"""type\s*=\s*["']?math/tex""", re.IGNORECASE)
_DISPLAY = re.compile(r"mode\s*=\s*display", re.IGNORECASE)
_ANNOTATION = re.compile(r"<annotation[^<>]{0,200}application/x-tex[^<>]{0,200}>(?P<tex>[^<]*)</annotation")
_OPENING = re.compile(r"\\\(|\\\[|\$\$|\\begin\{")
_INLINE_DOLLARS = re.compile(r"""inlineMath["']?\s*:[^;]{0,80}["']\$["']|delimiters\s*:""")


def read_html(text: str) -> Reading:
    r"""The formulas of a page: between MathJax's delimiters, in ``math/tex`` scripts and TeX annotations.

    MathML without an annotation is passed over with a note.

    >>> reading = read_html("<h1>Loss</h1><p>so \\(a &lt; b\\)</p><script type='math/tex'>c</script>")
    >>> [reading.notes.text[span.start : span.end] for span in reading.math]
    ['a < b', 'c']
    """
    plain = Reading.join(_pieces(Located.whole(text)))
    return _with_delimited(plain, _INLINE_DOLLARS.search(text) is not None)


def _with_delimited(plain: Reading, dollars: bool) -> Reading:
    """The formulas between delimiters in the text of a page, with those that elements held."""
    masked = _masked(plain)
    found = find_math(masked, code=False)
    taken = [span for span in found.spans if dollars or not _single_dollar(masked, span.outer)]
    spans = [Math(span.start, span.end, span.outer, span.display) for span in taken]
    problems = [
        Problem(p.message, p.start) for p in found.problems if dollars or _OPENING.match(masked, p.start) is not None
    ]
    math = tuple(sorted([*plain.math, *spans], key=lambda span: span.start))
    return Reading(plain.notes, math, (*plain.problems, *problems), plain.comments)


def _single_dollar(text: str, outer: tuple[int, int]) -> bool:
    return text[outer[0]] == "$" and text[outer[0] + 1 : outer[0] + 2] != "$"


def _masked(reading: Reading) -> str:
    pieces, last = [], 0
    for span in reading.math:
        pieces += [reading.notes.text[last : span.start], " " * (span.end - span.start)]
        last = span.end
    return "".join([*pieces, reading.notes.text[last:]])


def _pieces(source: Located) -> Iterator[Reading]:
    position = 0
    lower = source.text.lower()
    while (match := _TAG.search(source.text, position)) is not None:
        yield prose(source[position : match.start()])
        position = match.end()
        name = (match["name"] or "").lower()
        if match["comment"]:
            close = lower.find("-->", match.end())
            position = len(lower) if close < 0 else close + 3
            yield _comment(source[match.start() : position])
        elif name in _SKIPPED or name == "math":
            close = lower.find(f"</{name}", match.end())
            position = len(lower) if close < 0 else close
            yield from _element(source[match.start() : position], name, match)
        else:
            yield _tag(source[match.start() : match.end()], match)
    yield prose(source[position:])


def _element(element: Located, name: str, match: re.Match[str]) -> Iterator[Reading]:
    """An element whose text is no prose: TeX in it is a formula, MathML gets a note."""
    if name == "script" and _TEX_SCRIPT.search(match["attributes"]):
        body = element[len(match.group()) :]
        yield formula(body, _DISPLAY.search(match["attributes"]) is not None)
    elif name == "math":
        annotation = _ANNOTATION.search(element.text)
        if annotation:
            tex = element[annotation.start("tex") : annotation.end("tex")]
            yield formula(_decoded(tex), "block" in match["attributes"])
        else:
            note = "MathML without a TeX annotation is not read"
            yield Reading(Located(" ", element.marks[:1]), problems=(Problem(note, 0, "READ004"),))


def _comment(piece: Located) -> Reading:
    blank = Located(" " * len(piece.text), piece.marks)
    return Reading(blank, comments=((0, len(blank.text)),) if "symdl:" in piece.text else ())


def _decoded(text: Located) -> Located:
    pieces, position = [], 0
    for match in _TAG.finditer(text.text):
        if match["entity"]:
            pieces += [text[position : match.start()], _character(text[match.start() : match.end()])]
            position = match.end()
    return Located.join([*pieces, text[position:]])


def _character(entity: Located) -> Located:
    return Located(html.unescape(entity.text), entity.marks[:1])


def _tag(piece: Located, match: re.Match[str]) -> Reading:
    """What a tag or an entity is in notes."""
    if match["entity"]:
        return prose(_character(piece))
    name, closed = (match["name"] or "").lower(), (match["closed"] or "").lower()
    return prose(Located(_mark(name, closed), piece.marks[:1]))


def _mark(name: str, closed: str) -> str:
    if heading := _HEADING.match(name):
        return "\n\n" + "#" * int(heading[1]) + " "
    if _HEADING.match(closed) or name in _BLOCKS or closed in _BLOCKS:
        return "\n\n"
    if name == "li":
        return "\n- "
    if name == "tr":
        return "\n|"
    if closed in ("td", "th"):
        return " |"
    if {name, closed} & {"b", "strong"}:
        return "**"
    return "\n" if name == "br" or closed == "tr" else ""
