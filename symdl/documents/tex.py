"""TeX sources -> notes: sections, items, theorem-like environments, pseudo-code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from symdl.notation.spans import MATH_ENVIRONMENTS

from .document import Problem, Reading, formula, prose, vocabulary
from .located import Located
from .macros import bracket_ends

_MARK = re.compile(
    r"(?P<comment>%[^\n]*)"
    r"|(?P<escaped>\\[%$#&_ ~])"
    r"|(?P<verb>\\(?:verb|lstinline|mintinline)\*?(?P<bar>[^A-Za-z\s{*])[^\n]*?(?P=bar))"
    r"|(?P<math>\\[(\[]|\$\$?)"
    r"|\\begin\s*\{(?P<begin>[A-Za-z]+\*?)\}"
    r"|\\end\s*\{(?P<end>[A-Za-z]+\*?)\}"
    r"|\\(?P<command>[A-Za-z]+)\*?"
    r"|(?P<cell>&|\\\\(?:\*?\[[^\]\n]*\])?)"
    r"|(?P<tie>~)"
    r"|(?P<brace>[{}])"
)
_MATH = re.compile(MATH_ENVIRONMENTS)
_CLOSING: Mapping[str, str] = {"\\(": "\\)", "\\[": "\\]", "$": "$", "$$": "$$"}
_VERBATIM = ("verbatim", "lstlisting", "minted", "comment", "tikzpicture", "filecontents", "Verbatim")
_SECTIONS = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph")
_DROPPED = vocabulary(
    "label cite citep citet ref eqref autoref cref Cref index input include usepackage documentclass bibliography "
    "bibliographystyle includegraphics vspace hspace pagestyle footnotemark nocite todo url "
)
_STATEMENTS = vocabulary(
    "STATE State Statex REQUIRE Require ENSURE Ensure FOR For FORALL ForAll WHILE While IF If ELSIF ElsIf ELSE "
    "Else REPEAT Repeat UNTIL Until RETURN Return PRINT LOOP Loop INPUT Input OUTPUT Output KwIn KwOut KwData "
    "KwResult ENDFOR EndFor ENDWHILE EndWhile ENDIF EndIf item "
)
_THEOREMS = vocabulary(
    "theorem lemma proposition corollary definition remark example claim assumption exercise algorithm proof fact "
)
_TABLES = ("tabular", "tabularx", "longtable", "tabulary")
_RULES = vocabulary("hline toprule midrule bottomrule cline cmidrule endhead endfirsthead endfoot")
_SPACE = re.compile(r"[ \t]*\n?[ \t]*")
_LONGEST_ARGUMENT = 20_000
_DEEPEST = 8
_DOLLAR = re.compile(r"\\.|(?P<close>\$)|(?P<blank>\n[ \t]*\n)", re.DOTALL)


def read_tex(text: str) -> Reading:
    r"""The formulas of a TeX source.

    >>> reading = read_tex("\\section{Adam} % a $comment$\nLet $m$ be\n\\begin{equation}\n m = 1\n\\end{equation}")
    >>> [reading.notes.text[span.start : span.end] for span in reading.math]
    ['m', '\\begin{equation}\n m = 1\n\\end{equation}']
    """
    return Reading.join(_Reader(Located.whole(text)).readings())


class _Reader:
    """One pass over a source; ``position`` is where the next mark is sought."""

    def __init__(self, source: Located, depth: int = 0) -> None:
        self.source, self.text, self.depth = source, source.text, depth
        self.absent: set[str] = set()
        self.ends: dict[str, dict[int, int]] = {}
        self.table_row = -1
        body = re.search(r"\\begin\s*\{document\}", self.text)
        self.position = body.end() if body else 0
        self.handlers: Mapping[str, Callable[[re.Match[str]], Iterator[Reading]]] = {
            "comment": self.at_comment,
            "escaped": self.at_escaped,
            "verb": self.at_verb,
            "math": self.at_math,
            "begin": self.at_begin,
            "end": self.at_end,
            "command": self.at_command,
            "cell": self.at_cell,
            "tie": self.at_tie,
            "brace": self.at_brace,
        }

    def readings(self) -> Iterator[Reading]:
        while (match := _MARK.search(self.text, self.position)) is not None:
            yield prose(self.words(self.position, match.start()))
            self.position = match.end()
            kind = "verb" if match["verb"] else match.lastgroup or ""
            yield from self.handlers[kind](match)
        yield prose(self.source[self.position :])

    def words(self, start: int, end: int) -> Located:
        """A piece of the text; within a table on one line, as rows need it."""
        piece = self.source[start:end]
        return piece if self.table_row < 0 else Located(piece.text.replace("\n", " "), piece.marks)

    def piece(self, match: re.Match[str]) -> Located:
        return self.source[match.start() : match.end()]

    def at_comment(self, match: re.Match[str]) -> Iterator[Reading]:
        piece = self.piece(match)
        blank = Located(" " * len(piece.text), piece.marks)
        yield Reading(blank, comments=((0, len(blank.text)),) if "symdl:" in piece.text else ())

    def at_escaped(self, match: re.Match[str]) -> Iterator[Reading]:
        yield prose(self.source[match.start() + 1 : match.end()])

    def at_verb(self, match: re.Match[str]) -> Iterator[Reading]:
        yield prose(Located(" "))

    def at_tie(self, match: re.Match[str]) -> Iterator[Reading]:
        yield prose(Located(" "))

    def at_cell(self, match: re.Match[str]) -> Iterator[Reading]:
        """The end of a cell or a row, between bars; the first row of a table names its columns."""
        if self.table_row < 0 or match.group() == "&":
            yield prose(Located(" | " if self.table_row >= 0 else " "))
            return
        self.table_row += 1
        yield prose(Located(" |\n| --- |\n| " if self.table_row == 1 else " |\n| "))

    def at_brace(self, match: re.Match[str]) -> Iterator[Reading]:
        yield prose(Located(""))

    def at_math(self, match: re.Match[str]) -> Iterator[Reading]:
        opening = match.group()
        closing = _CLOSING[opening]
        close = self.closing_dollar() if "$" in opening else self.find(closing)
        if close < 0:
            yield self.problem(match, f"{opening} has no closing {closing}")
            return
        if not self.text.startswith(closing, close):
            yield Reading(Located(""), problems=(Problem("$$ is closed by a single dollar", 0),))
            closing = "$"
        self.position = close + len(closing)
        yield from self.formula(match.end(), close, opening in ("$$", "\\["))

    def find(self, closing: str) -> int:
        """Where a delimiter stands next; one that is nowhere is sought once."""
        if closing in self.absent:
            return -1
        found = self.text.find(closing, self.position)
        if found < 0:
            self.absent.add(closing)
        return found

    def closing_dollar(self) -> int:
        """Where a formula that dollars open ends: at the next dollar, before a blank line."""
        match = _DOLLAR.search(self.text, self.position)
        while match is not None and not match["blank"]:
            if match["close"]:
                return match.start()
            match = _DOLLAR.search(self.text, match.end())
        return -1

    def formula(self, start: int, end: int, display: bool) -> Iterator[Reading]:
        yield formula(_without_comments(self.source[start:end]), display)

    def problem(self, match: re.Match[str], message: str) -> Reading:
        return Reading(self.piece(match), problems=(Problem(message, 0),))

    def at_begin(self, match: re.Match[str]) -> Iterator[Reading]:
        name = match["begin"]
        closing = f"\\end{{{name}}}"
        if _MATH.fullmatch(name) or name in _VERBATIM:
            close = self.find(closing)
            if close < 0:
                yield self.problem(match, f"{match.group()} has no closing {closing}")
                return
            self.position = close + len(closing)
            yield prose(Located("\n"))
            if _MATH.fullmatch(name):
                yield from self.formula(match.start(), self.position, True)
            yield prose(Located("\n"))
        elif name.rstrip("*") in _THEOREMS:
            yield from self.theorem(name.rstrip("*"))
        else:
            self.skip_arguments()
            self.table_row = 0 if name.rstrip("*") in _TABLES else self.table_row
            yield prose(Located("\n\n| " if name.rstrip("*") in _TABLES else "\n\n"))

    def theorem(self, name: str) -> Iterator[Reading]:
        """An environment as a paragraph that opens with its name in bold."""
        title = self.argument("[", "]")
        yield prose(Located("\n\n"))
        if name != "algorithm":
            yield prose(Located(f"**{name.capitalize()}"))
            if title is not None:
                yield prose(Located(" (") + title + Located(")"))
            yield prose(Located(".** "))

    def at_end(self, match: re.Match[str]) -> Iterator[Reading]:
        yield prose(Located("\n\n"))
        self.table_row = -1 if match["end"].rstrip("*") in _TABLES else self.table_row
        if match["end"] == "document":
            self.position = len(self.text)

    def at_command(self, match: re.Match[str]) -> Iterator[Reading]:
        name = match["command"]
        if name in _SECTIONS:
            self.argument("[", "]")
            level = max(1, _SECTIONS.index(name) - 1)
            yield from self.around("\n\n" + "#" * level + " ", "\n\n")
        elif name == "caption":
            yield from self.around("\n\n**", ".** \n\n")
        elif name in ("textbf", "textsc"):
            yield from self.around("**", "**")
        elif name in _STATEMENTS:
            label = self.argument("[", "]")
            yield prose(Located("\n- ") + (Located("**") + label + Located("** ") if label else Located("")))
        elif name in _DROPPED or name in _RULES:
            self.skip_arguments()
        elif name in ("newcommand", "renewcommand", "providecommand", "def", "DeclareMathOperator", "newtheorem"):
            self.skip_definition()
        elif name == "par":
            yield prose(Located("\n\n"))
        else:
            yield prose(Located("" if self.text.startswith("{", self.position) else " "))

    def around(self, before: str, after: str) -> Iterator[Reading]:
        """An argument as text between two marks, its own formulas read."""
        argument = self.argument("{", "}")
        if argument is not None and self.depth < _DEEPEST:
            inner = Reading.join(_Reader(argument, self.depth + 1).readings())
            yield from (prose(Located(before)), inner, prose(Located(after)))

    def argument(self, opening: str, closing: str) -> Located | None:
        """What stands in brackets at the position, which moves behind it."""
        space = _SPACE.match(self.text, self.position)
        start = space.end() if space else self.position
        if not self.text.startswith(opening, start):
            return None
        if opening not in self.ends:
            self.ends[opening] = bracket_ends(self.text, opening, closing)
        end = self.ends[opening].get(start)
        if end is None or end - start > _LONGEST_ARGUMENT:
            return None
        self.position = end
        return self.source[start + 1 : end - 1]

    def skip_arguments(self) -> None:
        while self.argument("[", "]") is not None or self.argument("{", "}") is not None:
            pass

    def skip_definition(self) -> None:
        """Past a definition of a macro, whose body is no formula of the document."""
        name = re.compile(r"\s*\\[A-Za-z]+(?:#\d)*").match(self.text, self.position)
        self.position = name.end() if name else self.position
        self.skip_arguments()


def _without_comments(tex: Located) -> Located:
    """A formula whose comments are blank, so that every place stays."""
    blanked = re.sub(r"\\.|%[^\n]*", lambda m: m[0] if m[0][0] == "\\" else " " * len(m[0]), tex.text, flags=re.DOTALL)
    return Located(blanked, tex.marks)
