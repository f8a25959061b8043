r"""The grammar of formulas: tokens to the syntax tree, whole input or :class:`ReadError`.

From loose to tight::

    statement    addition (relation addition)*
    addition     sign? product (sign product)*
    product      run (operator run)*          a / b c is a / (b c)
    run          postfix postfix*             side by side: product or application, undecided
    postfix      atom (_ script | ^ script | ' | [index] | !)*

Commands with a grammar of their own (``\frac``, ``\sum``, ``cases``...) are in ``structures``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from symdl.core import ReadError

from . import structures
from .syntax import (
    Absolute,
    Addition,
    Bracketed,
    Call,
    Component,
    Conditional,
    Ellipsis,
    Juxtaposed,
    Listing,
    Name,
    Node,
    Norm,
    Number,
    Parsed,
    Placeholder,
    Product,
    Relation,
    Remark,
    Root,
    Scripted,
    Text,
)
from .tokens import MAX_DEPTH, TABLES, Kind, Token

_SIGNS = frozenset({"+", "-", "±"})
_SEPARATORS = frozenset({"comma", "semicolon", "period", "break", "separator", "note", "begin", "end of environment"})
_OPERANDS = frozenset({"number", "name", "function", "open", "left brace", "command", "ellipsis"})
_CLOSERS = {"(": ")", "[": "]", "{": "}", "⟨": "⟩", "|": "|", "‖": "‖", "": ""}


class Parser:
    """A recursive-descent reader of one list of tokens."""

    def __init__(self, text: str, tokens: Sequence[Token], latex: bool) -> None:
        self.text, self.tokens, self.latex = text, list(tokens), latex
        self.position = 0
        self.depth = 0
        self.open_bars = 0
        self.bars_left = _bars_left(self.tokens)
        self.remarks: list[Remark] = []
        self.notes: list[Text] = []

    @property
    def token(self) -> Token:
        """The token that is read next."""
        return self.tokens[self.position]

    @property
    def before(self) -> Token:
        """The token that was read last."""
        return self.tokens[self.position - 1]

    def at(self, kind: Kind, text: str | None = None) -> bool:
        """Whether the next token is of this kind (and text)."""
        return self.token.kind == kind and (text is None or self.token.text == text)

    def advance(self) -> Token:
        """Take the next token."""
        token = self.token
        if token.kind != "end":
            self.position += 1
        return token

    def expect(self, kind: Kind, meaning: str) -> Token:
        """Take a token of this kind, or say what is missing."""
        if not self.at(kind):
            raise self.error(f"expected {meaning}, found {self.describe()}", remedy=f"put {meaning} here")
        return self.advance()

    def describe(self) -> str:
        """The next token in words."""
        shown = self.text[self.token.start : self.token.end]
        return f"'{shown}'" if shown else "the end"

    def error(self, message: str, token: Token | None = None, remedy: str = "") -> ReadError:
        """A :class:`ReadError` at the next token (or the given one)."""
        return ReadError(message, text=self.text, position=(token or self.token).start, remedy=remedy)

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Count one level of nesting and refuse too many."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"nested deeper than {MAX_DEPTH} levels", remedy="split the formula into definitions")
        yield
        self.depth -= 1

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Read the content of a bracket: bars that are open outside do not close in here."""
        outer, self.open_bars = self.open_bars, 0
        with self.nested():
            yield
        self.open_bars = outer

    # Statements

    def document(self) -> Parsed:
        """Every statement of the text."""
        self.skip_separators()
        if self.at("end") and not self.notes:
            raise self.error("there is nothing to read", remedy="write a formula")
        parts: list[Node] = []
        only_commas = True
        while not self.at("end"):
            parts.append(self.statement())
            if not self.at("end"):
                if self.token.kind not in _SEPARATORS and not self.at("relation", "->"):
                    raise self.unexpected()
                kinds = self.skip_separators()
                only_commas = only_commas and (kinds == ["comma"] or self.at("end"))
        if len(parts) > 1 and only_commas and not all(isinstance(part, Relation) for part in parts):
            parts = [Listing(tuple(parts), start=parts[0].start, end=parts[-1].end)]
        return Parsed(self.text, tuple(parts), tuple(self.remarks), tuple(self.notes))

    def unexpected(self) -> ReadError:
        """What to say of a token that fits nowhere."""
        if self.token.kind in {"close", "right brace"}:
            return self.error(f"{self.describe()} closes nothing that is open", remedy="remove it or open the bracket")
        if self.at("number"):
            return self.error("two numbers side by side", remedy="put an operator between them")
        return self.error(f"did not expect {self.describe()} here", remedy="check the text before it")

    def skip_separators(self) -> list[Kind]:
        """Pass over what stands between statements, keeping words as notes."""
        kinds: list[Kind] = []
        while (self.token.kind in _SEPARATORS and not self.starts_operand()) or (
            self.at("relation", "->") and (not kinds or "break" in kinds)
        ):
            token = self.advance()
            kinds.append(token.kind)
            if token.kind == "note" and token.text:
                self.notes.append(Text(token.text, start=token.start, end=token.end))
        return kinds

    def statement(self) -> Node:
        """A chain of relations, or an expression."""
        if self.at("command") and self.token.text in {"exists", "neg", "lnot"}:
            return structures.logical(self)
        first = self.side()
        rest: list[tuple[str, Node]] = []
        while self.at("relation") or self._continues():
            relation = self.advance()
            if self.at("relation") and relation.text in {"!", ":"}:
                raise self.unexpected()
            rest.append((relation.text, self.side()))
        if not rest:
            return first
        return Relation(first, tuple(rest), start=first.start, end=rest[-1][1].end)

    def _continues(self) -> bool:
        """Whether the next row goes on with a relation: ``a &= b \\\\ &= c``."""
        offset = self.position
        while self.tokens[offset].kind in {"break", "cell"}:
            offset += 1
        going_on = offset > self.position and self.tokens[offset].kind == "relation"
        going_on = going_on and self.tokens[offset].text != "->"
        if going_on:
            self.position = offset
        return going_on

    def side(self) -> Node:
        """One side of a relation; ``x | z`` where a bar can only mean *given*."""
        node = self.addition()
        if self.at("bar") and not self.open_bars:
            self.advance()
            given = self.addition()
            return Conditional(node, given, start=node.start, end=given.end)
        return node

    # Expressions

    def addition(self) -> Node:
        """Terms with signs."""
        start = self.token.start
        sign = self.sign() if self.token.text in _SIGNS and self.at("operator") else "+"
        terms = [(sign, self.product())]
        while (self.at("operator") and self.token.text in _SIGNS) or self._row_goes_on():
            terms.append((self.sign(), self.product()))
        if len(terms) == 1 and terms[0][0] == "+":
            return terms[0][1]
        return Addition(tuple(terms), start=start, end=terms[-1][1].end)

    def _row_goes_on(self) -> bool:
        following = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
        going_on = self.at("break") and following.kind == "operator" and not self.in_rows
        if going_on:
            self.advance()
        return going_on

    in_rows = False

    def sign(self) -> str:
        """One sign out of a row of signs."""
        sign = self.advance().text
        while self.at("operator") and self.token.text in {"+", "-"} and sign != "±":
            sign = "-" if (self.advance().text == "-") != (sign == "-") else "+"
        return sign

    def product(self) -> Node:
        """Operands between explicit operators, from left to right."""
        first = self.run()
        rest: list[tuple[str, Node]] = []
        while (self.at("operator") and self.token.text not in _SIGNS) or self._dot_as_product():
            operator = self.advance().text
            rest.append(("cdot" if operator == "." else operator, self.signed_run()))
        if not rest:
            return first
        return Product(first, tuple(rest), start=first.start, end=rest[-1][1].end)

    def _dot_as_product(self) -> bool:
        following = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
        return self.at("period") and following.kind == "open" and following.start == self.token.end

    def signed_run(self) -> Node:
        """A run that may have a sign of its own: ``a * -b``."""
        if self.at("operator") and self.token.text in {"+", "-"}:
            start, sign = self.token.start, self.sign()
            body = self.run()
            return Addition(((sign, body),), start=start, end=body.end) if sign == "-" else body
        return self.run()

    def run(self) -> Node:
        """Operands side by side."""
        items = [self.postfix()]
        while self.starts_operand():
            if self.at("number") and isinstance(items[-1], Number):
                raise self.unexpected()
            items.append(self.postfix())
        if len(items) == 1:
            return items[0]
        return Juxtaposed(tuple(items), start=items[0].start, end=items[-1].end)

    def starts_operand(self) -> bool:
        """Whether an operand can begin at the next token."""
        if self.token.kind in _OPERANDS:
            return self.token.text != "over"
        if self.at("begin"):
            return self.token.text in TABLES
        return self.at("bar") and not self.open_bars and self.bars_left.get(self.position, 0) % 2 == 1

    def postfix(self) -> Node:
        """An atom with its scripts, primes and component index."""
        node = self.atom()
        while True:
            if self.token.kind in {"subscript", "superscript", "prime"}:
                node = self.scripts(node)
            elif self._at_component(node):
                bracket = self.bracketed()
                index = bracket.items[0] if len(bracket.items) == 1 else Listing(bracket.items)
                node = Component(node, index, start=node.start, end=bracket.end)
            elif self.at("factorial"):
                end = self.advance().end
                node = Call(Name("factorial", start=end - 1, end=end), (node,), start=node.start, end=end)
            else:
                return node

    def _at_component(self, node: Node) -> bool:
        """Whether a square bracket follows that can only be an index: ``G_t[i]``."""
        if not self.at("open", "[") or self.token.start != self.before.end:
            return False
        if not isinstance(node, Name | Scripted | Component | Bracketed):
            return False
        following = self.tokens[self.position + 1 : self.position + 12]
        kinds = [token.kind for token in following]
        close = next((n for n, token in enumerate(following) if token.kind == "close"), None)
        index_like = {"name", "number", "comma", "operator", "superscript", "subscript"}
        return close is not None and close > 0 and following[close].text == "]" and set(kinds[:close]) <= index_like

    def scripts(self, base: Node) -> Node:
        """Subscript, superscript and primes, each once."""
        node = Scripted(base, start=base.start, end=base.end)
        while self.token.kind in {"subscript", "superscript", "prime"}:
            mark = self.advance()
            if mark.kind == "prime":
                node = replace(node, primes=node.primes + len(mark.text), end=mark.end)
            elif mark.kind == "superscript" and (primes := self.prime_script()):
                node = replace(node, primes=node.primes + primes, end=self.before.end)
            else:
                self._once(node.subscript if mark.kind == "subscript" else node.superscript, mark)
                script = self.script()
                node = _with_script(node, mark.kind, script, max(script.end, self.before.end))
        return node

    def _once(self, present: Node | None, mark: Token) -> None:
        if present is not None:
            raise self.error(f"a second {mark.kind}", mark, "use braces to say what it belongs to")

    def prime_script(self) -> int:
        r"""The primes in ``^{\prime\prime}`` (or ``^{,}``, as some write it); 0 for any other script."""
        offset = self.position + self.at("left brace")
        count = 0
        while self.tokens[offset].kind == "prime" or (count == 0 and self.tokens[offset].kind == "comma"):
            count += len(self.tokens[offset].text)
            offset += 1
        if count and self.at("left brace") and self.tokens[offset].kind == "right brace":
            self.position = offset + 1
            return count
        if count and not self.at("left brace") and not self.at("comma"):
            self.position = offset
            return count
        return 0

    def script(self) -> Node:
        """What stands in a subscript or superscript."""
        with self.nested():
            if self.at("left brace"):
                return self.braces()
            if self.at("operator") and self.token.text in {"*", "+"}:
                star = self.advance()
                return Name("star" if star.text == "*" else "plus", start=star.start, end=star.end)
            if self.latex:
                return self.single()
            return self.plain_script()

    def plain_script(self) -> Node:
        """An exponent in plain text: a signed operand, with its own power to the right."""
        start = self.token.start
        if self.at("operator", "-"):
            self.advance()
            body = self.plain_script()
            return Addition((("-", body),), start=start, end=body.end)
        base = self.atom()
        applied = isinstance(base, Name) and len(base.base) > 1 and self.at("open", "(")
        if applied and self.token.start == self.before.end:
            bracket = self.bracketed()
            base = Juxtaposed((base, bracket), start=start, end=bracket.end)
        if self.at("superscript"):
            self.advance()
            with self.nested():
                power = self.plain_script()
            return Scripted(base, superscript=power, start=start, end=power.end)
        return base

    def single(self) -> Node:
        r"""One token as TeX takes it: ``\frac12``, ``x^2y``, ``x_i``; a whole number is kept with a remark."""
        if self.at("number") and len(self.token.text) > 1:
            token = self.advance()
            fix = f"{self.before_script()}{{{token.text}}}"
            message = f"TeX takes only the first digit of {token.text} here; braces are missing"
            self.remarks.append(Remark("TEX002", message, token.start - 1, token.end, fix))
            return Number(token.text, start=token.start, end=token.end)
        return self.atom()

    def before_script(self) -> str:
        """The mark before the script that was just read."""
        return self.text[self.before.start - 1 : self.before.start]

    def argument(self) -> Node:
        r"""An argument of a command: a group in braces, or one token (``\frac12``)."""
        with self.nested():
            if self.at("left brace"):
                return self.braces()
            if self.at("number") and len(self.token.text) > 1:
                return self.first_digit()
            return self.atom()

    def first_digit(self) -> Node:
        """The first digit of the next number; the others stay."""
        token = self.token
        self.tokens[self.position] = replace(token, text=token.text[1:], start=token.start + 1)
        return Number(token.text[0], start=token.start, end=token.start + 1)

    def braces(self) -> Node:
        """The content of a group in braces, which TeX does not show."""
        opening = self.expect("left brace", "{")
        with self.inside():
            node = self.items_node("right brace")
            if self.at("command", "over"):
                self.advance()
                below = self.items_node("right brace")
                node = structures.fraction_of(node, below, node.start, below.end)
        closing = self.expect("right brace", "}")
        return replace(node, start=opening.start, end=closing.end)

    def items_node(self, closer: Kind) -> Node:
        """One item, or a :class:`Listing` of several between commas."""
        items = self.items(closer)
        if len(items) == 1:
            return items[0]
        return Listing(items, start=items[0].start, end=items[-1].end)

    def items(self, closer: Kind) -> tuple[Node, ...]:
        """Items between commas or semicolons, up to the closing token."""
        self.skip_spacing()
        items = [self.statement()]
        self.skip_spacing()
        while self.at("comma") or self.at("semicolon"):
            self.advance()
            self.skip_spacing()
            if self.at(closer):
                break
            items.append(self.statement())
            self.skip_spacing()
        return tuple(items)

    def skip_spacing(self) -> None:
        """Pass over space within brackets."""
        while self.at("separator"):
            self.advance()

    def bracketed(self) -> Bracketed:
        """Items in visible brackets."""
        opening = self.expect("open", "an opening bracket")
        with self.inside():
            items = self.items("close")
        closing = self.expect("close", f"'{_CLOSERS[opening.text] or 'a closing bracket'}'")
        interval = len(items) == 2 and {opening.text, closing.text} <= {"(", "[", ")", "]"}
        if closing.text not in {_CLOSERS[opening.text], ""} and opening.text and not interval:
            raise self.error(
                f"'{opening.text}' is closed by '{closing.text}'", self.before, "close it with the bracket it opened"
            )
        return Bracketed(items, opening.text, closing.text, start=opening.start, end=closing.end)

    # Atoms

    def atom(self) -> Node:
        """The smallest complete expression."""
        handlers: dict[Kind, Callable[[], Node]] = {
            "number": self.number,
            "name": lambda: structures.name(self),
            "function": self.function,
            "open": self.bracket_atom,
            "left brace": self.group,
            "command": lambda: structures.command(self),
            "begin": self.environment,
            "bar": self.bars,
            "ellipsis": self.ellipsis,
            "operator": self.placeholder,
            "period": self.placeholder,
        }
        handler = handlers.get(self.token.kind)
        if handler is None:
            if self.at("end"):
                raise self.error("the formula ends too early", remedy="complete it")
            raise self.error(f"expected an expression, found {self.describe()}", remedy="check the text before it")
        return handler()

    def environment(self) -> Node:
        """``cases`` or a matrix."""
        with self.inside():
            return structures.environment(self, self.advance())

    def number(self) -> Node:
        """A number."""
        token = self.advance()
        return Number(token.text, start=token.start, end=token.end)

    def ellipsis(self) -> Node:
        """Three dots."""
        token = self.advance()
        return Ellipsis(start=token.start, end=token.end)

    def placeholder(self) -> Node:
        """A dot in the place of an argument."""
        token = self.token
        following = self.tokens[self.position + 1].kind
        if token.text not in {"cdot", "."} or following not in {"close", "comma", "semicolon", "bar", "right brace"}:
            raise self.error(f"expected an expression, found {self.describe()}", remedy="check the text before it")
        self.advance()
        return Placeholder(start=token.start, end=token.end)

    def group(self) -> Node:
        """A group in braces as an operand; one that hides a sum from the reader is refused."""
        opening = self.token
        previous = self.tokens[self.position - 1].kind if self.position else "end"
        if not self.latex and self._is_piecewise():
            return structures.plain_cases(self)
        with self.nested():
            node = self.braces()
        tight = previous in _OPERANDS - {"open", "left brace", "command"} or previous in {"close", "right brace"}
        tight = tight or (previous == "operator" and self.tokens[self.position - 1] is not opening)
        follows = self.starts_operand() or (self.token.kind in {"superscript", "operator"} and not self.at_sign())
        if isinstance(node, Addition) and len(node.terms) > 1 and (tight or follows):
            message = "the braces around this sum are not printed, so the formula reads otherwise than it is typeset"
            raise self.error(message, opening, "use ( ) for brackets")
        return node

    def at_sign(self) -> bool:
        """Whether the next token is a sign."""
        return self.at("operator") and self.token.text in _SIGNS

    def _is_piecewise(self) -> bool:
        depth = 0
        for token in self.tokens[self.position :]:
            depth += (token.kind == "left brace") - (token.kind == "right brace")
            if depth == 1 and token.kind == "note":
                return True
            if depth == 0:
                return False
        return False

    def bracket_atom(self) -> Node:
        """Brackets as an operand; ``|x|`` and cases behind ``{`` among them."""
        opening = self.token
        if opening.text in {"|", "‖"}:
            self.advance()
            with self.inside():
                body = self.side()
            end = self.expect("close", "the closing bar").end
            maker = Norm if opening.text == "‖" else Absolute
            return maker(body, start=opening.start, end=end)
        if opening.text == "{" and self.tokens[self.position + 1].kind == "begin":
            return structures.braced_cases(self)
        with self.nested():
            return self.bracketed()

    def bars(self) -> Node:
        """``|x|`` with plain bars."""
        opening = self.advance()
        self.open_bars += 1
        with self.nested():
            body = self.addition()
        self.open_bars -= 1
        if not self.at("bar", opening.text):
            raise self.error(f"'{opening.text}' opens here and is not closed", opening, "close it or write \\mid")
        end = self.advance().end
        maker = Norm if opening.text == "‖" else Absolute
        return maker(body, start=opening.start, end=end)

    def function(self) -> Node:
        """A function with a fixed meaning and its argument."""
        token = self.advance()
        if token.text in structures.OPERATORS:
            with self.nested():
                return structures.operator_call(self, token, self.bracketed().items)
        head: Node = Name(token.text, start=token.start, end=token.end)
        if self.token.kind in {"subscript", "superscript", "prime"}:
            head = self.scripts(head)
        with self.nested():
            arguments, bare = self.function_arguments(token)
        end = self.before.end
        if token.text in {"sqrt", "abs"} and head == Name(token.text) and len(arguments) == 1 and not bare:
            maker = Root if token.text == "sqrt" else Absolute
            return maker(arguments[0], start=token.start, end=end)
        return Call(head, arguments, bare, start=token.start, end=end)

    def function_arguments(self, token: Token) -> tuple[tuple[Node, ...], bool]:
        """The arguments of a function, and whether they had no brackets."""
        if self.at("open") and self.token.text in {"(", "[", "{"}:
            return self.bracketed().items, False
        if self.at("left brace"):
            return self.swallowed_braces(token), False
        if not self.starts_operand():
            raise self.error(f"{token.text} has no argument", token, f"write {token.text}(x)")
        return (self.bare_argument(),), True

    def bare_argument(self) -> Node:
        r"""What follows a function without brackets, up to an operator or the next function."""
        items = [self.postfix()]
        while self.starts_operand() and not self.at("function") and not isinstance(items[0], Call):
            items.append(self.postfix())
        if len(items) == 1:
            return items[0]
        return Juxtaposed(tuple(items), start=items[0].start, end=items[-1].end)

    def swallowed_braces(self, token: Token) -> tuple[Node, ...]:
        r"""Arguments in bare braces, which LaTeX does not print: ``\max{x,0}``."""
        node = self.braces()
        items = node.items if isinstance(node, Listing) else (node,)
        if self.latex and len(items) > 1:
            start, end = token.start, node.end
            written = self.text[start:end]
            opening = written.find("{")
            fix = f"{written[:opening]}\\{{{written[opening + 1 : -1]}\\}}"
            message = f"LaTeX swallows the braces of {written}; it is printed without brackets"
            self.remarks.append(Remark("TEX001", message, start, end, fix))
        return items


def _with_script(node: Scripted, kind: Kind, script: Node, end: int) -> Scripted:
    if kind == "subscript":
        return replace(node, subscript=script, end=end)
    return replace(node, superscript=script, end=end)


def _bars_left(tokens: Sequence[Token]) -> dict[int, int]:
    """For each bar, how many bars follow it within the same brackets."""
    result: dict[int, int] = {}
    stack: list[list[int]] = [[]]
    for index, token in enumerate(tokens):
        if token.kind in {"open", "left brace"}:
            stack.append([])
        elif token.kind in {"close", "right brace", "end"}:
            found = stack.pop() if stack else []
            result.update({place: len(found) - n - 1 for n, place in enumerate(found)})
            if not stack:
                stack.append([])
        elif token.kind == "bar":
            stack[-1].append(index)
        elif token.kind in {"relation", "comma", "separator", "break", "semicolon"}:
            found = stack[-1]
            result.update({place: len(found) - n - 1 for n, place in enumerate(found)})
            stack[-1] = []
    for found in stack:
        result.update({place: len(found) - n - 1 for n, place in enumerate(found)})
    return result
