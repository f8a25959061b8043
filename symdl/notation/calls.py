r"""Functions with a fixed meaning and their arguments: ``\max(x, 0)``, ``\tanh^2 x``, ``diff(f, x)``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import brackets, reaches, scripts, structures
from .syntax import Absolute, Call, Juxtaposed, Listing, Name, Node, Remark, Root
from .tokens import Token

if TYPE_CHECKING:
    from .grammar import Parser


def function(parser: Parser) -> Node:
    """A function with a fixed meaning, applied."""
    before, token = parser.before, parser.advance()
    if before.kind == "left brace" and parser.at("right brace"):
        return Name(token.text, start=token.start, end=token.end)
    if token.text in {"max", "min"} and parser.at("subscript"):
        return reaches.extremum(parser, token)
    if token.text in structures.OPERATORS:
        return structures.operator_call(parser, token, brackets.bracketed(parser).items)
    head: Node = Name(token.text, start=token.start, end=token.end)
    plain = parser.token.kind not in {"subscript", "superscript", "prime"}
    if not plain:
        head = scripts.scripts(parser, head)
    if parser.latex and _stands_alone(parser):
        return head
    arguments, bare = _arguments(parser, token)
    end = parser.before.end
    if plain and len(arguments) == 1 and token.text == "sqrt":
        return Root(arguments[0], start=token.start, end=end)
    if plain and len(arguments) == 1 and token.text == "abs":
        return Absolute(arguments[0], start=token.start, end=end)
    return Call(head, arguments, bare, start=token.start, end=end)


def _stands_alone(parser: Parser) -> bool:
    r"""Whether no argument can follow, so that the function itself is meant: ``\tanh' = 1 - \tanh^2``."""
    return parser.token.kind in {"relation", "end", "right brace", "close", "comma", "period", "break", "cell"} or (
        parser.token.kind == "operator" and parser.token.text not in {"-"}
    )


def _arguments(parser: Parser, token: Token) -> tuple[tuple[Node, ...], bool]:
    """The arguments of a function, and whether they had no brackets of their own."""
    if parser.at("open") and parser.token.text in {"(", "[", "{"}:
        return brackets.bracketed(parser).items, False
    if parser.at("left brace"):
        return _in_braces(parser, token), False
    if not parser.starts_operand() and not parser.at("operator", "-"):
        raise parser.error(f"{token.text} has no argument", token, f"write {token.text}(x)")
    with parser.nested():
        return (_bare_argument(parser, token),), True


def _bare_argument(parser: Parser, token: Token) -> Node:
    """What follows a function without brackets, up to an operator or the next function."""
    if parser.at("operator", "-"):
        return parser.signed_run()
    items = [parser.postfix()]
    while token.text != "sqrt" and parser.starts_operand() and not parser.at("function"):
        if isinstance(items[0], Call):
            break
        items.append(parser.postfix())
    if len(items) == 1:
        return items[0]
    return Juxtaposed(tuple(items), start=items[0].start, end=items[-1].end)


def _in_braces(parser: Parser, token: Token) -> tuple[Node, ...]:
    r"""Arguments in bare braces, which LaTeX does not print: ``\max{x,0}``."""
    node = brackets.braces(parser)
    items = node.items if isinstance(node, Listing) else (node,)
    if parser.latex and len(items) > 1:
        written = parser.text[token.start : node.end]
        opening = written.find("{")
        fix = f"{written[:opening]}\\{{{written[opening + 1 : -1]}\\}}"
        message = f"LaTeX swallows the braces of {written}: it is printed without brackets"
        parser.remarks.append(Remark("TEX001", message, token.start, node.end, fix))
    return items
