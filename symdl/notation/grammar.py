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

from symdl.core import ReadError

from . import brackets, calls, reaches, scripts, structures
from .names import STATISTICS
from .syntax import (
    Addition,
    Bracketed,
    Call,
    Component,
    Conditional,
    Ellipsis,
    Evaluated,
    Juxtaposed,
    Listing,
    Name,
    Node,
    Number,
    Parsed,
    Placeholder,
    Product,
    Relation,
    Remark,
    Scripted,
    Summation,
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
        self.in_rows = False
        self.integrals = False
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
            if token.text == "∨":
                raise self.error("either of two statements is no statement", token, "state them one by one")
            if token.kind == "note" and token.text and token.text != "∧":
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
            if relation.text == ":" and self.token.kind in {"break", "end", "end of environment"}:
                break
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

    def skip_spacing(self) -> None:
        """Pass over space within brackets."""
        while self.at("separator"):
            self.advance()

    # Expressions

    def addition(self) -> Node:
        """Terms with signs."""
        start = self.token.start
        sign = self.sign() if self.token.text in _SIGNS and self.at("operator") else "+"
        terms = [(sign, self.product())]
        while self.at("operator") and self.token.text in _SIGNS:
            terms.append((self.sign(), self.product()))
        if len(terms) == 1 and terms[0][0] == "+":
            return terms[0][1]
        return Addition(tuple(terms), start=start, end=terms[-1][1].end)

    def join_rows(self) -> None:
        """Pass over the end of a row when the next one begins with an operator."""
        following = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
        if self.at("break") and following.kind == "operator" and not self.in_rows:
            self.advance()

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
        self.join_rows()
        while self.at_operator() or self._dot_as_product():
            operator = self.advance().text
            operand = self.signed_run()
            derived = reaches.slashed(self, first, operand) if operator == "/" and not rest else None
            if derived is not None:
                first = derived
            elif operator == "/" and isinstance(operand, Juxtaposed) and isinstance(operand.items[-1], Summation):
                rest += _divided_before(operand)
            else:
                rest.append(("cdot" if operator == "." else operator, operand))
            self.join_rows()
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

    def at_operator(self) -> bool:
        """Whether an operator that binds tighter than a sum comes next."""
        return self.at("operator") and self.token.text not in _SIGNS

    def starts_operand(self) -> bool:
        """Whether an operand can begin at the next token."""
        if self.token.kind in _OPERANDS:
            return self.token.text != "over" and not (self.integrals and reaches.at_differential(self))
        if self.at("begin"):
            return self.token.text in TABLES
        return self.at("bar") and not self.open_bars and self.bars_left.get(self.position, 0) % 2 == 1

    def postfix(self) -> Node:
        """An atom with its scripts, primes and component index."""
        node = self.atom()
        while True:
            if self.token.kind in {"subscript", "superscript", "prime"}:
                node = scripts.scripts(self, node)
            elif self._at_component(node):
                bracket = brackets.bracketed(self)
                index = bracket.items[0] if len(bracket.items) == 1 else Listing(bracket.items)
                node = Component(node, index, start=node.start, end=bracket.end)
            elif self._at_evaluation():
                bar = self.advance()
                node = self.evaluated(node, bar)
            elif self.at("factorial"):
                if isinstance(node, Call) and node.function == Name("factorial"):
                    raise self.unexpected()
                end = self.advance().end
                node = Call(Name("factorial", start=end - 1, end=end), (node,), start=node.start, end=end)
            else:
                return node

    def _at_evaluation(self) -> bool:
        r"""Whether a bar with a place below follows: ``\big|_{x = 0}``."""
        following = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
        return self.at("bar", "|") and following.kind == "subscript" and not self.open_bars

    def evaluated(self, body: Node, bar: Token) -> Node:
        """``body`` at the place that the subscript of the bar says."""
        self.expect("subscript", "'_'")
        place = scripts.script(self, bar)
        if not isinstance(place, Relation):
            raise self.error("where the bar is evaluated is not stated", bar, "write \\big|_{x = 0}")
        return Evaluated(body, place, start=body.start, end=self.before.end)

    def _at_component(self, node: Node) -> bool:
        """Whether a square bracket follows that can only be an index: ``G_t[i]``."""
        if not self.at("open", "["):
            return False
        mean = isinstance(node, Name) and node.base in STATISTICS
        if self.token.start != self.before.end and not mean:
            return False
        if not isinstance(node, Name | Scripted | Component | Bracketed):
            return False
        following = self.tokens[self.position + 1 : self.position + 12]
        kinds = [token.kind for token in following]
        close = next((n for n, token in enumerate(following) if token.kind == "close"), None)
        index_like = {"name", "number", "comma", "operator", "superscript", "subscript"}
        return close is not None and close > 0 and following[close].text == "]" and set(kinds[:close]) <= index_like

    # Atoms

    def atom(self) -> Node:
        """The smallest complete expression."""
        handler = _ATOMS.get(self.token.kind)
        if handler is None:
            if self.at("end"):
                raise self.error("the formula ends too early", remedy="complete it")
            raise self.error(f"expected an expression, found {self.describe()}", remedy="check the text before it")
        return handler(self)

    def number(self) -> Node:
        """A number."""
        token = self.advance()
        return Number(token.text, start=token.start, end=token.end)

    def ellipsis(self) -> Node:
        """Three dots."""
        token = self.advance()
        return Ellipsis(start=token.start, end=token.end)

    def placeholder(self) -> Node:
        """A dot or a star in the place of an argument or a size."""
        token = self.token
        following = self.tokens[self.position + 1].kind
        dots, ends = {"cdot", ".", "*"}, {"close", "comma", "semicolon", "bar", "right brace"}
        if token.text not in dots or following not in ends | ({"end"} if token.text == "*" else set()):
            raise self.error(f"expected an expression, found {self.describe()}", remedy="check the text before it")
        self.advance()
        return Placeholder(start=token.start, end=token.end)


_ATOMS: dict[Kind, Callable[[Parser], Node]] = {
    "number": Parser.number,
    "name": structures.name,
    "function": calls.function,
    "open": brackets.opened,
    "left brace": brackets.group,
    "command": structures.command,
    "begin": structures.environment,
    "bar": brackets.bars,
    "ellipsis": Parser.ellipsis,
    "operator": Parser.placeholder,
    "period": Parser.placeholder,
}


def _bars_left(tokens: Sequence[Token]) -> dict[int, int]:
    """For each bar, how many bars follow it within the same brackets and the same side of a relation."""
    result: dict[int, int] = {}
    stack: list[list[int]] = [[]]

    def settle(bars: list[int]) -> None:
        result.update({place: len(bars) - n - 1 for n, place in enumerate(bars)})
        bars.clear()

    for index, token in enumerate(tokens):
        if token.kind in {"open", "left brace"}:
            stack.append([])
        elif token.kind in {"close", "right brace"}:
            settle(stack.pop())
            stack = stack or [[]]
        elif token.kind == "bar":
            stack[-1].append(index)
        elif token.kind in {"relation", "comma", "separator", "break", "semicolon", "end"}:
            settle(stack[-1])
    for bars in stack:
        settle(bars)
    return result


def _divided_before(operand: Juxtaposed) -> list[tuple[str, Node]]:
    r"""``1/n \sum_i x_i`` is a mean: what is divided by ends where a sum begins."""
    *front, total = operand.items
    divisor = front[0] if len(front) == 1 else Juxtaposed(tuple(front), start=operand.start, end=front[-1].end)
    return [("/", divisor), ("cdot", total)]
