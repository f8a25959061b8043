r"""Brackets of every kind: ``( )``, ``{ }``, ``\{ \}``, bars."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import structures
from .conditions import joined
from .syntax import Absolute, Addition, Bracketed, Juxtaposed, Listing, Node, Norm
from .tokens import Kind

if TYPE_CHECKING:
    from .grammar import Parser

_CLOSERS = {"(": ")", "[": "]", "{": "}", "⟨": "⟩", "|": "|", "‖": "‖", "": ""}
_TIGHT = frozenset({"number", "name", "close", "right brace", "prime", "factorial", "operator"})


def items(parser: Parser, closer: Kind) -> tuple[Node, ...]:
    """Items between commas or semicolons, up to the closing token."""
    parser.skip_spacing()
    found = [joined(parser, parser.statement())]
    parser.skip_spacing()
    while parser.at("comma") or parser.at("semicolon"):
        parser.advance()
        parser.skip_spacing()
        if parser.at(closer):
            break
        found.append(joined(parser, parser.statement()))
        parser.skip_spacing()
    return tuple(found)


def bracketed(parser: Parser) -> Bracketed:
    """Items in visible brackets."""
    opening = parser.expect("open", "an opening bracket")
    with parser.inside():
        found = items(parser, "close")
    closing = parser.expect("close", f"'{_CLOSERS[opening.text] or 'a closing bracket'}'")
    interval = len(found) == 2 and {opening.text, closing.text} <= {"(", "[", ")", "]"}
    if opening.text and closing.text not in {_CLOSERS[opening.text], ""} and not interval:
        message = f"'{opening.text}' is closed by '{closing.text}'"
        raise parser.error(message, parser.before, "close it with the bracket that it opened")
    node = Bracketed(found, opening.text, closing.text, start=opening.start, end=closing.end)
    if not opening.text and closing.text == "|" and len(found) == 1 and parser.at("subscript"):
        return replace(node, items=(parser.evaluated(found[0], closing),), closing="")
    return node


def braces(parser: Parser) -> Node:
    """The content of a group in braces, which TeX does not print."""
    opening = parser.expect("left brace", "{")
    with parser.inside():
        node = _content(parser)
        if parser.at("command", "over"):
            parser.advance()
            node = structures.fraction_of(node, _content(parser), opening.start, parser.before.end)
    closing = parser.expect("right brace", "}")
    return replace(node, start=opening.start, end=closing.end)


def _content(parser: Parser) -> Node:
    found = items(parser, "right brace")
    return found[0] if len(found) == 1 else Listing(found, start=found[0].start, end=found[-1].end)


def group(parser: Parser) -> Node:
    """A group in braces as an operand; a sum that only the braces hold together is refused."""
    if not parser.latex and _is_piecewise(parser):
        return structures.plain_cases(parser)
    opening, before = parser.token, parser.position
    follows_tightly = parser.position > 0 and parser.before.kind in _TIGHT
    node = braces(parser)
    behind_operand = follows_tightly and parser.tokens[before - 1].kind != "operator"
    is_sum = isinstance(node, Addition) and (len(node.terms) > 1 or behind_operand)
    goes_on = parser.starts_operand() or parser.token.kind in {"superscript", "subscript"}
    run = isinstance(node, Juxtaposed) and not isinstance(node.items[-1], Bracketed)
    if (run and parser.at("superscript")) or (is_sum and (follows_tightly or goes_on or parser.at_operator())):
        message = "these braces are not printed, so the formula is not read as it is typeset"
        raise parser.error(message, opening, "use ( ) for brackets")
    return node


def _is_piecewise(parser: Parser) -> bool:
    """Whether the braces hold ``value if condition``."""
    depth = 0
    for token in parser.tokens[parser.position :]:
        depth += (token.kind == "left brace") - (token.kind == "right brace")
        if depth == 1 and token.kind == "note" and token.text in {"if", "otherwise"}:
            return True
        if depth == 0:
            return False
    return False


def opened(parser: Parser) -> Node:
    r"""Brackets as an operand; ``\left| x \right|`` and cases behind ``\{`` among them."""
    opening = parser.token
    if opening.text == "{" and parser.tokens[parser.position + 1].kind == "begin":
        return structures.braced_cases(parser)
    if opening.text not in {"|", "‖"}:
        return bracketed(parser)
    parser.advance()
    with parser.inside():
        body = parser.side()
    end = parser.expect("close", "the closing bar").end
    return (Norm if opening.text == "‖" else Absolute)(body, start=opening.start, end=end)


def bars(parser: Parser) -> Node:
    """``|x|`` with plain bars."""
    opening = parser.advance()
    parser.open_bars += 1
    with parser.nested():
        body = parser.addition()
    parser.open_bars -= 1
    if not parser.at("bar", opening.text):
        raise parser.error(f"'{opening.text}' opens here and is not closed", opening, "close it or write \\mid")
    end = parser.advance().end
    return (Norm if opening.text == "‖" else Absolute)(body, start=opening.start, end=end)
