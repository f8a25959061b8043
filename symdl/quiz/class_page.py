"""A class as one self-contained page: how each question went, which slips were made, who has how many points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from symdl.core import Question, ReadError
from symdl.core.questions import Grade
from symdl.notation.spans import find_math
from symdl.notation.text import Syntax, read_text
from symdl.report.annotations import NOT_XML
from symdl.report.mathml import mathml

from .banks import Bank, variant
from .exports import points, possible
from .reviews import Marked

_GRADES: tuple[Grade, ...] = ("RIGHT", "WRONG", "UNDECIDED", "UNREADABLE")
_MOST_ANSWERS = 8
_LONGEST = 200
_EMPTY = "(empty)"
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: .5em 0 1em; } td, th { padding: .15em .8em .15em 0; text-align: left; }
td.count { text-align: right; font-variant-numeric: tabular-nums; } code { overflow-wrap: anywhere; }
.bar { display: flex; height: 1em; border-radius: 4px; overflow: hidden; max-width: 40rem; }
.RIGHT { background: #2a9; } .WRONG { background: #d55; }
.UNDECIDED { background: #db4; } .UNREADABLE { background: #888; }
.legend span { color: #fff; padding: 0 .5em; border-radius: 4px; margin-right: .5em; }
section { border-top: 1px solid #8886; padding-top: .5em; }
"""


def class_html(bank: Bank, marked: Sequence[Marked]) -> str:
    """The page of a class; it needs no network and no script."""
    students = len({entry.answer.student for entry in marked})
    title = escape(_plain(bank.title))
    legend = "".join(f'<span class="{grade}">{grade}</span>' for grade in _GRADES)
    sections = "\n".join(_section(*asked) for asked in _by_question(bank, marked))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n<title>{title}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        f"<p>{len(marked)} answers of {students} students</p>\n"
        f'<p class="legend">{legend}</p>\n{sections}\n{_students(bank, marked)}\n</body>\n</html>\n'
    )


def _by_question(bank: Bank, marked: Sequence[Marked]) -> Iterator[tuple[Question, list[Marked]]]:
    for entry in bank.entries:
        entries = [m for m in marked if m.answer.question == entry.question.id]
        if entries:
            yield variant(entry, entries[0].answer.seed), entries


def _section(question: Question, marked: Sequence[Marked]) -> str:
    grades = Counter(entry.mark.grade for entry in marked)
    slips = Counter(entry.mark.misconception for entry in marked if entry.mark.misconception)
    others = Counter(
        entry.mark.read_as or entry.answer.text.strip() or _EMPTY for entry in marked if not entry.mark.right
    )
    mean = sum(entry.mark.score for entry in marked) / len(marked)
    counts = ", ".join(f"{grades[grade]} {grade}" for grade in _GRADES if grades[grade])
    return "\n".join(
        [
            f"<section>\n<h2>{escape(question.id)}</h2>",
            f"<p>{prose(question.prompt)}</p>",
            f"<p>Right: {_right(question)}</p>",
            _bar(grades),
            f"<p>{counts}; mean score {mean:.2f} of 1</p>",
            _table(("times", "misconception"), slips.most_common()),
            _table(("times", "answer that was not right"), others.most_common(_MOST_ANSWERS), code=True),
            "</section>",
        ]
    )


def _bar(grades: Counter[Grade]) -> str:
    parts = (f'<div class="{g}" style="flex: {grades[g]}" title="{grades[g]} {g}"></div>' for g in _GRADES if grades[g])
    return f'<div class="bar">{"".join(parts)}</div>'


def _table(head: tuple[str, str], rows: Iterable[tuple[str | None, int]], code: bool = False) -> str:
    around = ("<code>", "</code>") if code else ("", "")
    body = "".join(
        f'<tr><td class="count">{count}</td><td>{around[0]}{escape(_short(text or ""))}{around[1]}</td></tr>'
        for text, count in rows
    )
    return f"<table><tr><th>{head[0]}</th><th>{head[1]}</th></tr>{body}</table>" if body else ""


def _students(bank: Bank, marked: Sequence[Marked]) -> str:
    earned = {s: "open" if p is None else f"{p:.10g}" for s, p in points(bank, marked).items()}
    rows = "".join(f'<tr><td>{escape(_short(s))}</td><td class="count">{p}</td></tr>' for s, p in earned.items())
    head = f"<tr><th>student</th><th>points of {possible(bank, marked):.10g}</th></tr>"
    return f"<section>\n<h2>Students</h2>\n<table>{head}{rows}</table>\n</section>"


def prose(text: str) -> str:
    """Running text with its formulas in MathML.

    >>> prose("Is $x<1$?")
    'Is <math><mrow><mi>x</mi><mo>&lt;</mo><mn>1</mn></mrow></math>?'
    """
    pieces, position = [], 0
    for span in find_math(text).spans:
        pieces += [escape(_plain(text[position : span.outer[0]])), _formula(span.tex, "latex")]
        position = span.outer[1]
    return "".join([*pieces, escape(_plain(text[position:]))])


def _right(question: Question) -> str:
    """The right answer: the text of the right choices, the blanks, or the formula."""
    if question.blanks:
        return "; ".join(f"{escape(_plain(blank.id))} {_right(blank)}" for blank in question.blanks)
    if question.choices:
        keys = {key.strip() for key in question.answer.split(",")}
        return "; ".join(f"({escape(c.key)}) {prose(c.text)}" for c in question.choices if c.key in keys)
    return f"<code>{escape(_plain(question.answer))}</code>" if question.kind == "code" else _formula(question.answer)


def _formula(tex: str, syntax: Syntax = "auto") -> str:
    try:
        statements = read_text(tex, syntax).statements
    except ReadError:
        statements = ()
    return ", ".join(map(mathml, statements)) or f"<code>{escape(_plain(tex))}</code>"


def _short(text: str) -> str:
    return _plain(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")


def _plain(text: str) -> str:
    """Without the characters that no page may have."""
    return NOT_XML.sub("\ufffd", text)
