r"""LaTeX to tokens.

What only changes the look is passed over (spaces, ``\left``, ``\big``, ``\color``, ``\label``); every
other command is known by name or refused with a remedy. Macros of the author (``macros={"Vr":
r"\mathbf{r}"}``) are expanded here; tokens of an expansion stand where the macro stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from symdl.core import ReadError

from .latex_commands import (
    BARS,
    CHARACTERS,
    CLOSING,
    CONNECTIVES,
    DEFINED_AS,
    IGNORED,
    IGNORED_ARGUMENTS,
    NOTES,
    OLD_FONTS,
    OPENING,
    OPERATORS,
    POWER_OF_TEN,
    REFUSED,
    RELATIONS,
    ROW_SPACING,
    SEPARATORS,
    SPLIT_ROWS,
    STRUCTURES,
    SYMBOLS,
    TEXT,
)
from .letters import SMALL, composed_letter, small_scripts
from .tokens import (
    ACCENTS,
    FUNCTION_NAMES,
    GREEK,
    MAX_DEPTH,
    MAX_LENGTH,
    OPERATOR_NAMES,
    PRIMES,
    TABLES,
    WORD_LENGTH,
    Kind,
    Token,
    check_number,
    did_you_mean,
    differentials_are_names,
)

_SPACED = {"arg max": "argmax", "arg min": "argmin", "arg  max": "argmax", "arg  min": "argmin"}
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?|\\(.)", re.DOTALL)
_NUMBER = re.compile(r"(?:\d(?:\d|\{,\}\d{3})*(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?")
_NEGATED = re.compile(r"\s*(?:=|\\in(?![A-Za-z]))")
_TEXT_WITH_MATH = re.compile(r"\s*\{[^{}$]*\$")
_LETTERS = re.compile(r"[A-Za-z]+")
_SNAKE = re.compile(r"[A-Za-z]+(?:\\_[A-Za-z0-9]+)+")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)*\Z")
_ASCII_RELATION = re.compile(r":=|<=|>=|!=|==|\+=|-=|=|<|>")
_SPELLED = {*GREEK} | {f"{name}{digit}" for name in GREEK for digit in range(10)}
_FUNCTIONS_IN_RUNS = re.compile("|".join(sorted(FUNCTION_NAMES, key=len, reverse=True)))


class _Lexer:
    def __init__(self, text: str, macros: Mapping[str, str], start: int = 0, end: int | None = None) -> None:
        self.text, self.macros = text, dict(macros)
        self.position, self.limit = start, len(text) if end is None else end
        self.single_bars, self.double_open = 0, False
        self.cells: list[bool] = []
        self.last: Token | None = None
        self.spent: list[int] = []
        self.depth = 0
        self.braces: list[bool] = []

    def error(self, message: str, remedy: str = "", position: int | None = None) -> ReadError:
        place = self.position if position is None else position
        return ReadError(message, text=self.text, position=place, remedy=remedy)

    def tokens(self) -> Iterator[Token]:
        while self.position < self.limit:
            for token in self.step():
                self.last = token
                yield token
        yield Token("end", "", self.limit, self.limit)

    def step(self) -> Iterator[Token]:
        character = self.text[self.position]
        if character.isspace() or character in "~$\u200b\ufeff":
            self.position += 1
        elif character == "%":
            end = self.text.find("\n", self.position)
            self.position = end if end >= 0 else len(self.text)
        elif character == "\\":
            yield from self.command()
        elif character in "{}":
            yield from self.brace(character)
        elif (character.isdigit() and character.isascii()) or self._decimal_point():
            yield self.number()
        elif character.isascii() and character.isalpha():
            yield from self.letters()
        else:
            yield from self.character(character)

    def brace(self, character: str) -> Iterator[Token]:
        r"""A brace, unless it only bounds what ``\textcolor`` colours."""
        shown = self.braces.pop() if character == "}" and self.braces else True
        if character == "{":
            self.braces.append(True)
        token = self.take("left brace" if character == "{" else "right brace", character, self.position + 1)
        if shown:
            yield token

    def _decimal_point(self) -> bool:
        return _NUMBER.match(self.text, self.position) is not None

    def take(self, kind: Kind, text: str, end: int) -> Token:
        token = Token(kind, text, self.position, end)
        self.position = end
        return token

    def number(self) -> Token:
        match = _NUMBER.match(self.text, self.position)
        if match is None:
            raise self.error("a digit that is no number")
        text, end = match.group().replace("{,}", ""), match.end()
        exponent = POWER_OF_TEN.match(self.text, end)
        if exponent is not None:
            text, end = f"{text}e{_plain_sign(exponent.group(1))}", exponent.end()
        check_number(text, self.text, self.position)
        return self.take("number", text, end)

    def character(self, character: str) -> Iterator[Token]:
        start = self.position
        relation = _ASCII_RELATION.match(self.text, start)
        if relation is not None:
            written = relation.group()
            yield self.take("relation", {"==": "=", "+=": "+=", "-=": "-="}.get(written, written), relation.end())
        elif character in PRIMES:
            yield self.take("prime", "'" * PRIMES[character], start + 1)
        elif character in SMALL:
            small = small_scripts(self.text, start)
            self.position = small[-1].end
            yield from small
        elif character == "&":
            self.position += 1
            if self.cells and self.cells[-1]:
                yield Token("cell", "&", start, start + 1)
        elif character == "|":
            yield self.bar(start)
        elif self.text.startswith("...", start):
            yield self.take("ellipsis", "…", start + 3)
        elif character in CHARACTERS:
            yield self.take(*CHARACTERS[character], start + 1)
        else:
            letter = composed_letter(self.text, start)
            if letter is None:
                raise self.error(f"the character {character!r} has no meaning here", "write the formula in LaTeX")
            yield self.take("name", *letter)

    def bar(self, start: int) -> Token:
        """One bar, or two that are a norm's: where a single bar is open, the first of two closes it."""
        follows = self.last is not None and self.last.kind in {"name", "number", "close", "right brace", "prime"}
        norm = self.double_open or follows or "||" in self.text[start + 2 : self.limit]
        if self.text.startswith("||", start) and self.single_bars % 2 == 0 and norm:
            self.double_open = not self.double_open
            return self.take("bar", "‖", start + 2)
        self.single_bars += 1
        return self.take("bar", "|", start + 1)

    def letters(self) -> Iterator[Token]:
        letter = composed_letter(self.text, self.position)
        if letter is not None:
            yield self.take("name", *letter)
            return
        snake = _SNAKE.match(self.text, self.position, self.limit)
        if snake is not None:
            yield self.take("name", snake.group().replace("\\_", "_"), snake.end())
            return
        match = _LETTERS.match(self.text, self.position, self.limit)
        assert match is not None
        word, end = match.group(), match.end()
        if len(word) > 1 and composed_letter(self.text, end - 1) is not None:
            word, end = word[:-1], end - 1
        digits = end
        while digits < len(self.text) and self.text[digits].isdigit() and digits - end < 2:
            digits += 1
        if digits > end and self.text[self.position : digits] in _SPELLED:
            yield self.take("name", self.text[self.position : digits], digits)
        elif word in {"if", "otherwise", "else"}:
            yield self.take("note", word, end)
        elif word in _SPELLED or self.is_word(word):
            yield self.take("name", word, end)
        else:
            yield from self.split_run(word, end)

    def is_word(self, word: str) -> bool:
        r"""Whether a run of letters is no product of them; a mark before two letters takes one: ``\gamma^tr``."""
        pair = len(word) == 2 and self.last is not None and self.last.kind in {"subscript", "superscript"}
        return (word in OPERATOR_NAMES and not pair) or not (len(word) < WORD_LENGTH or _FUNCTIONS_IN_RUNS.search(word))

    def split_run(self, word: str, end: int) -> Iterator[Token]:
        """A run of letters is a product, but for function names in it: ``ylna``."""
        offset = 0
        while offset < len(word):
            found = _FUNCTIONS_IN_RUNS.match(word, offset)
            if word[offset] == "d" and len(word) == 2 and offset == 0 and self.differential_alone(end):
                yield self.take("name", word, end)
                return
            if found is not None:
                yield self.take("function", FUNCTION_NAMES[found.group()], self.position + len(found.group()))
                offset = found.end()
            else:
                yield self.take("name", word[offset], self.position + 1)
                offset += 1
        self.position = end

    def command(self) -> Iterator[Token]:
        start = self.position
        defined = DEFINED_AS.match(self.text, start)
        if defined is not None:
            yield self.take("relation", ":=", defined.end())
            return
        match = _COMMAND.match(self.text, start)
        if match is None:
            raise self.error("a backslash at the end", "remove it")
        name, end = match.group(1) or match.group(2), match.end()
        if name in OLD_FONTS and name not in self.macros:
            self.position = end
            yield from self.old_font(name, start)
            return
        if match.group(1) and match.group().endswith("*") and name not in {"operatorname", "hspace", "vspace", "tag"}:
            end -= 1
        if name in self.macros:
            yield from self.macro(name, end)
        else:
            self.position = end
            yield from self.known(name, start, end)

    def known(self, name: str, start: int, end: int) -> Iterator[Token]:
        """The tokens of a command that LaTeX itself or a package defines."""
        if name in IGNORED:
            if name == "left" or name == "right":
                yield from self.delimiter("open" if name == "left" else "close")
        elif name in IGNORED_ARGUMENTS:
            self.length()
            for _ in range(IGNORED_ARGUMENTS[name]):
                self.argument(name)
            if name == "textcolor":
                self.skip_space()
                if self.text.startswith("{", self.position):
                    self.position += 1
                    self.braces.append(False)
        elif name in {"underset", "overset", "stackrel"}:
            yield from self.stacked(name)
        elif name in {"begin", "end"}:
            yield from self.environment(name, start)
        elif name in TEXT:
            yield from self.text_of(name, start)
        elif name == "\\":
            self.length()
            yield Token("break", "\\\\", start, end)
        elif name == "not" and (negated := _NEGATED.match(self.text, end)):
            yield self.take("relation", "!=" if negated.group().strip() == "=" else "notin", negated.end())
        elif name in {"prime"}:
            yield Token("prime", "'", start, end)
        elif name.endswith("dots") or name in {"dotsc", "dotsb", "dotsm"}:
            yield Token("ellipsis", "…", start, end)
        else:
            yield Token(*self.lookup(name, start), start, end)

    def lookup(self, name: str, start: int) -> tuple[Kind, str]:
        tables: tuple[tuple[Kind, Mapping[str, str]], ...] = (
            ("relation", RELATIONS),
            ("operator", OPERATORS),
            ("function", FUNCTION_NAMES),
            ("name", SYMBOLS),
            ("open", OPENING),
            ("close", CLOSING),
            ("bar", BARS),
            ("note", CONNECTIVES),
        )
        if name in STRUCTURES or name in ACCENTS:
            return "command", name
        for kind, table in tables:
            if name in table:
                return kind, table[name]
        if name in SEPARATORS:
            return "separator", name
        if name in GREEK or name in OPERATOR_NAMES:
            return "name", name
        if name in {"%", "$", "&", "#", "_"}:
            raise self.error(f"\\{name} is no mathematics", "write it in the text", start)
        if name in REFUSED:
            raise self.error(f"\\{name}: {REFUSED[name]}", "write what it stands for", start)
        known = [*RELATIONS, *OPERATORS, *FUNCTION_NAMES, *STRUCTURES, *ACCENTS, *GREEK, *SYMBOLS, *SEPARATORS]
        remedy = did_you_mean(name, known, "write what it stands for")
        raise self.error(f"unknown command \\{name}", remedy, start)

    def delimiter(self, kind: Kind) -> Iterator[Token]:
        r"""The bracket after ``\left`` or ``\right``; a period is an invisible one."""
        self.skip_space()
        start = self.position
        if self.text.startswith(".", start):
            yield self.take(kind, "", start + 1)
        elif self.text.startswith("|", start):
            yield self.take(kind, "|", start + 1)
        elif self.text.startswith(("\\|", "\\Vert"), start):
            yield self.take(kind, "‖", start + (2 if self.text[start + 1] == "|" else 5))
        elif self.text.startswith(("\\vert", "\\mid"), start):
            yield self.take(kind, "|", start + (5 if self.text[start + 1] == "v" else 4))

    def differential_alone(self, end: int) -> bool:
        r"""Whether ``dW`` is a name of its own: no fraction bar, no integral and no brace of a fraction is near."""
        if not differentials_are_names(self.text):
            return False
        before, after = self.text[: self.position].rstrip(), self.text[end:].lstrip()
        beside = before.endswith(("/", "}{", "} {", "\\frac{")) or after.startswith(("/", "}{", "} {", "}^", "^"))
        return not beside and not (self.last is not None and self.last.kind == "left brace" and after.startswith("}"))

    def old_font(self, name: str, start: int) -> Iterator[Token]:
        r"""``{\bf x}`` and ``{\rm sgn}``, as ``\mathbf`` and ``\mathrm``."""
        self.skip_space()
        command, letters = OLD_FONTS[name], _LETTERS.match(self.text, self.position, self.limit)
        if command in ACCENTS:
            if self.text.startswith(("{", "\\"), self.position) or letters is not None:
                yield Token("command", command, start, self.position)
        elif letters is not None:
            self.position = letters.end()
            yield self.worded(command, letters.group(), start)

    def stacked(self, command: str) -> Iterator[Token]:
        r"""``\underset{x}{\min}`` as ``\min_{x}``; what stands over a relation is a remark on it."""
        script_start, script_end = self.argument_place(command)
        base_start, base_end = self.argument_place(command)
        after = self.position
        base = list(self.within(self.text, self.macros, base_start, base_end).tokens())[:-1]
        yield from base
        if command == "underset" or not (len(base) == 1 and base[0].kind == "relation"):
            mark: Kind = "subscript" if command == "underset" else "superscript"
            yield Token(mark, "_" if command == "underset" else "^", script_start, script_start)
            yield Token("left brace", "{", script_start, script_start)
            yield from list(self.within(self.text, self.macros, script_start, script_end).tokens())[:-1]
            yield Token("right brace", "}", script_end, script_end)
        self.position = after

    def argument_place(self, command: str) -> tuple[int, int]:
        """Where the next argument in braces stands, and go behind it."""
        content = self.argument(command)
        return self.position - 1 - len(content), self.position - 1

    def skip_space(self) -> None:
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1

    def length(self) -> None:
        """Go behind an optional length in square brackets."""
        found = ROW_SPACING.match(self.text, self.position)
        self.position = found.end() if found is not None else self.position

    def argument(self, command: str) -> str:
        """The text between the braces that follow, and go behind them."""
        self.skip_space()
        start, depth = self.position, 0
        for index in range(start, len(self.text)):
            character = self.text[index]
            depth += (character == "{") - (character == "}")
            if depth == 0:
                if character != "}":
                    break
                self.position = index + 1
                return self.text[start + 1 : index]
        raise self.error(f"\\{command} needs an argument in braces", f"write \\{command}{{...}}", start)

    def text_of(self, command: str, start: int) -> Iterator[Token]:
        r"""Words, with the formulas in them: ``\text{if $x > 0$}``."""
        if not _TEXT_WITH_MATH.match(self.text, self.position, self.limit):
            yield self.words_of(command, start)
            return
        position, stop = self.argument_place(command)
        after = self.position
        for number, part in enumerate(self.text[position:stop].split("$")):
            if number % 2:
                yield from list(self.within(self.text, self.macros, position, position + len(part)).tokens())[:-1]
            elif part.strip():
                yield Token("note", part.strip(), position, position + len(part))
            position += len(part) + 1
        self.position = after

    def words_of(self, command: str, start: int) -> Token:
        if command in {"mathrm", "mathit"} and not self.text[self.position :].lstrip().startswith("{"):
            self.skip_space()
            letter = self.text[self.position : self.position + 1]
            if letter.isalpha() and letter.isascii():
                return Token("name", letter, start, self.take("name", letter, self.position + 1).end)
        return self.worded(command, self.argument(command), start)

    def worded(self, command: str, content: str, start: int) -> Token:
        """A word as a name or a function, anything else as a note."""
        cleaned = re.sub(r"\\[,;:! ]|[~{}]", " ", content).replace("\\_", "_").strip()
        scripted = self.last is not None and self.last.kind in {"left brace", "subscript", "superscript"}
        prose = cleaned.lower() in NOTES or (content != content.strip() and not scripted and "_" not in cleaned)
        cleaned = _SPACED.get(cleaned, cleaned)
        kind: Kind = "name" if (_WORD.match(cleaned) or cleaned == "1") and not prose else "note"
        if kind == "name" and cleaned in FUNCTION_NAMES:
            kind, cleaned = "function", FUNCTION_NAMES[cleaned]
        elif kind == "note" and cleaned.strip("- ") == "":
            kind, cleaned = "note", ""
        return Token(kind, cleaned, start, self.position)

    def environment(self, command: str, start: int) -> Iterator[Token]:
        name = self.argument(command).strip().rstrip("*")
        if name not in SPLIT_ROWS | TABLES:
            known = [*SPLIT_ROWS, *TABLES]
            raise self.error(f"unknown environment {name}", did_you_mean(name, known, "use aligned or cases"), start)
        if command == "end":
            if self.cells:
                self.cells.pop()
            yield Token("end of environment", name, start, self.position)
            return
        if name == "array":
            self.argument("begin{array}")
        in_brace = self.last is not None and self.last.kind == "open" and self.last.text == "{"
        self.cells.append(name in TABLES or in_brace)
        yield Token("begin", "cases" if in_brace else name, start, self.position)

    def macro(self, name: str, end: int) -> Iterator[Token]:
        """The tokens of the author's macro, all at the place where it is used."""
        start, self.position = self.position, end
        body = self.macros[name]
        count = max((int(digit) for digit in re.findall(r"#([1-9])", body)), default=0)
        arguments = [self.macro_argument(name) for _ in range(count)]
        body = re.sub(r"#([1-9])", lambda match: arguments[int(match.group(1)) - 1], body)
        self.spent.append(len(body) + 1)
        if sum(self.spent) > MAX_LENGTH or len(self.spent) > MAX_LENGTH // 10:
            raise self.error(f"the macro \\{name} expands to more than {MAX_LENGTH} characters", "shorten it", start)
        rest = {key: value for key, value in self.macros.items() if key != name}
        try:
            inner = list(self.within(body, rest, 0, len(body)).tokens())
        except ReadError as problem:
            inside = problem.message.startswith("in the macro")
            message = problem.message if inside else f"in the macro \\{name}: {problem.message}"
            raise self.error(message, problem.remedy, start) from problem
        for token in inner[:-1]:
            yield Token(token.kind, token.text, start, self.position)

    def within(self, text: str, macros: Mapping[str, str], start: int, end: int) -> _Lexer:
        """A lexer for a part of the text, which counts its work and depth with this one's."""
        inner = _Lexer(text, macros, start, end)
        inner.spent, inner.depth = self.spent, self.depth + 1
        inner.cells, inner.last = list(self.cells), self.last
        if inner.depth > MAX_DEPTH:
            raise self.error(f"nested deeper than {MAX_DEPTH} levels", "split the formula into definitions")
        return inner

    def macro_argument(self, name: str) -> str:
        """A group in braces, or a single letter or command."""
        self.skip_space()
        if self.text.startswith("{", self.position):
            return self.argument(name)
        single = _COMMAND.match(self.text, self.position)
        found = single.group() if single is not None else self.text[self.position : self.position + 1]
        if not found or found == "}":
            raise self.error(f"\\{name} needs an argument in braces", f"write \\{name}{{...}}")
        self.position += len(found)
        return found


def _plain_sign(text: str) -> str:
    return text.replace("−", "-").replace("–", "-").replace(" ", "")


def _is_lone_function(kept: list[Token], token: Token) -> bool:
    r"""Whether ``token`` closes a group that holds a function's name alone: ``{\rm sgn}``."""
    kinds = [before.kind for before in kept[-3:]]
    argument = len(kinds) == 3 and kinds[0] in {"subscript", "superscript", "command", "right brace"}
    return token.kind == "right brace" and kinds[-2:] == ["left brace", "function"] and not argument


def tokenize(text: str, macros: Mapping[str, str]) -> list[Token]:
    r"""The tokens of a LaTeX formula, with one of kind ``end`` at the end.

    Raises :class:`ReadError` for an unknown command, environment or character. The sign of an elementwise
    power, ``g^{\odot 2}``, is passed over.

    >>> [t.text for t in tokenize(r"\theta_t - \eta", {})]
    ['theta', '_', 't', '-', 'eta', '']
    """
    kept: list[Token] = []
    for token in _Lexer(text, macros).tokens():
        if token.kind == "right brace" and kept and kept[-1].kind == "left brace":
            kept.pop()
        elif _is_lone_function(kept, token):
            del kept[-2]
        elif not (token.text == "odot" and [last.kind for last in kept[-2:]] == ["superscript", "left brace"]):
            kept.append(token)
    return kept
