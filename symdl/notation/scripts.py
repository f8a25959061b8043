r"""Scripts and arguments: what ``_``, ``^``, primes and commands take hold of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import brackets
from .syntax import Addition, Bracketed, Juxtaposed, Listing, Name, Node, Number, Remark, Scripted, Text
from .tokens import GREEK, Token

if TYPE_CHECKING:
    from .grammar import Parser


def scripts(parser: Parser, base: Node) -> Node:
    """Subscript, superscript and primes, each once."""
    node = Scripted(base, start=base.start, end=base.end)
    while parser.token.kind in {"subscript", "superscript", "prime"}:
        mark = parser.advance()
        primes = len(mark.text) if mark.kind == "prime" else _primes_above(parser, mark)
        if primes:
            node = replace(node, primes=node.primes + primes, end=parser.before.end)
        elif mark.kind == "subscript":
            _require_free(parser, node.subscript, mark)
            node = replace(node, subscript=_two_indices(script(parser, mark)), end=parser.before.end)
        else:
            _require_free(parser, node.superscript, mark)
            node = replace(node, superscript=_word_or(script(parser, mark), parser), end=parser.before.end)
    return node


def _two_indices(node: Node) -> Node:
    r"""``\beta_{2_t}`` as ``\beta_{2,t}``: a number has no index of its own."""
    if not isinstance(node, Scripted) or not isinstance(node.base, Number) or node.subscript is None:
        return node
    if node.superscript is not None or node.primes:
        return node
    return Listing((node.base, node.subscript), start=node.start, end=node.end)


def _word_or(node: Node, parser: Parser) -> Node:
    r"""A word above a name belongs to the name: ``s^{\text{corrected}}``."""
    word = parser.latex and isinstance(node, Name) and len(node.base) > 2 and node.base.isalpha()
    if not word or not isinstance(node, Name) or node.base in {*GREEK, "ell", "top", "star", "plus"}:
        return node
    return Text(node.base, start=node.start, end=node.end)


def below_and_above(parser: Parser) -> tuple[Node | None, Node | None]:
    """The subscript and the superscript of an operator."""
    below = above = None
    while parser.token.kind in {"subscript", "superscript"}:
        mark = parser.advance()
        _require_free(parser, below if mark.kind == "subscript" else above, mark)
        if mark.kind == "subscript":
            below = script(parser, mark)
        else:
            above = script(parser, mark)
    return below, above


def _require_free(parser: Parser, present: Node | None, mark: Token) -> None:
    if present is not None:
        raise parser.error(f"a second {mark.kind}", mark, "use braces to say what it belongs to")


def _primes_above(parser: Parser, mark: Token) -> int:
    r"""The primes in ``^{\prime\prime}`` (or ``^{,}``, as some write it); 0 for any other script."""
    if mark.kind != "superscript":
        return 0
    braced = parser.at("left brace")
    offset = parser.position + braced
    count = 0
    while parser.tokens[offset].kind == "prime" or (braced and not count and parser.tokens[offset].kind == "comma"):
        count += len(parser.tokens[offset].text)
        offset += 1
    if not count or (braced and parser.tokens[offset].kind != "right brace"):
        return 0
    parser.position = offset + braced
    return count


_MARKS = {"*": "star", "+": "plus"}


def script(parser: Parser, mark: Token) -> Node:
    """What stands in a subscript or a superscript."""
    if parser.at("left brace"):
        following = parser.tokens[parser.position + 1 : parser.position + 3]
        if [token.kind for token in following] != ["operator", "right brace"] or following[0].text not in _MARKS:
            return brackets.braces(parser)
        parser.advance()
        mark_alone = parser.advance()
        parser.advance()
        return Name(_MARKS[mark_alone.text], start=mark_alone.start, end=mark_alone.end)
    with parser.nested():
        if parser.at("operator") and parser.token.text in _MARKS:
            star = parser.advance()
            return Name(_MARKS[star.text], start=star.start, end=star.end)
        if parser.latex and parser.at("function"):
            name = parser.advance()
            return Name(name.text, start=name.start, end=name.end)
        if parser.latex:
            return _one_token(parser, mark)
        return parser.atom() if mark.kind == "subscript" else _exponent(parser)


def _exponent(parser: Parser) -> Node:
    """An exponent in plain text: a signed operand, with its own power to the right."""
    start = parser.token.start
    if parser.at("operator", "-"):
        parser.advance()
        with parser.nested():
            body = _exponent(parser)
        return Addition((("-", body),), start=start, end=body.end)
    base = parser.atom()
    if isinstance(base, Bracketed) and base.opening == "(" and len(base.items) == 1:
        base = base.items[0]
    while parser.at("subscript"):
        base = scripts(parser, base)
    name = base.base if isinstance(base, Scripted) else base
    if isinstance(name, Name) and parser.at("open", "(") and (len(name.base) > 1 or base is not name):
        bracket = brackets.bracketed(parser)
        base = Juxtaposed((base, bracket), start=start, end=bracket.end)
    if not parser.at("superscript"):
        return base
    mark = parser.advance()
    power = script(parser, mark)
    return Scripted(base, superscript=power, start=start, end=power.end)


def _one_token(parser: Parser, mark: Token) -> Node:
    """One token, as TeX takes it; a whole number is kept, with a remark."""
    if not parser.at("number") or len(parser.token.text) == 1:
        return parser.atom()
    token = parser.advance()
    message = f"TeX takes only the first digit of {token.text} here; braces are missing"
    parser.remarks.append(Remark("TEX002", message, mark.start, token.end, f"{mark.text}{{{token.text}}}"))
    return Number(token.text, start=token.start, end=token.end)


def argument(parser: Parser) -> Node:
    r"""An argument of a command: a group in braces, or one token (``\frac12``)."""
    if parser.at("left brace"):
        return brackets.braces(parser)
    with parser.nested():
        if parser.at("number") and len(parser.token.text) > 1:
            return _first_digit(parser)
        return parser.atom()


def _first_digit(parser: Parser) -> Node:
    """The first digit of the next number; the others stay."""
    token = parser.token
    if not token.text.isdigit():
        raise parser.error(f"TeX takes only the first character of {token.text}", token, "put it in braces")
    parser.tokens[parser.position] = replace(token, text=token.text[1:], start=token.start + 1)
    return Number(token.text[0], start=token.start, end=token.start + 1)
