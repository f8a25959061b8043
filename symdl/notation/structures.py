r"""Commands with a grammar of their own: ``\frac``, ``\sum``, ``\nabla``, ``\mathbb E``, ``cases``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from . import brackets, reaches, scripts
from .conditions import CASE_WORDS, OTHERWISE, combined, is_condition, joined
from .names import index_text
from .syntax import (
    Absolute,
    Bracketed,
    Cases,
    Component,
    DerivativeOf,
    Existential,
    Expectation,
    Fraction,
    Gradient,
    Juxtaposed,
    LimitOf,
    Listing,
    Matrix,
    Name,
    Negation,
    Node,
    Norm,
    Number,
    Relation,
    Root,
    Scripted,
    Summation,
    Text,
)
from .tokens import ACCENTS, Token

if TYPE_CHECKING:
    from .grammar import Parser

FONTS = frozenset({"bold", "cal", "scr", "bb", "frak", "sans"})
"""Decorations that say nothing about what stands under them."""
OPERATORS = {"diff": (2, 3), "sum": (4,), "prod": (4,), "limit": (3,)}
"""Operators of plain text that are written as calls, and how many arguments they take."""


def command(parser: Parser) -> Node:
    """The node of the command that comes next."""
    token = parser.advance()
    if token.text in ACCENTS:
        return expectation_or(parser, accented(parser, token))
    if token.text not in _COMMANDS:
        raise parser.error(f"{token.text} is not read yet", token, "leave it out or write what it stands for")
    return _COMMANDS[token.text](parser, token)


def name(parser: Parser) -> Node:
    """A name; a capital Delta before a name belongs to it."""
    token = parser.advance()
    base, *decorations = token.text.split(":")
    if base == "arg" and parser.at("function") and parser.token.text in {"max", "min"}:
        return reaches.extremum(parser, replace(token, text=f"arg{parser.advance().text}"))
    if reaches.is_extremum(parser, token) and not decorations:
        return reaches.extremum(parser, token)
    if token.text == "Delta" and _starts_name(parser):
        inner = parser.atom()
        return _decorated(parser, inner, "Delta", token)
    return Name(base, tuple(decorations), start=token.start, end=token.end)


def _starts_name(parser: Parser) -> bool:
    return parser.at("name") or (parser.at("command") and parser.token.text in ACCENTS)


def accented(parser: Parser, token: Token) -> Node:
    """A letter with an accent or in a font."""
    return _decorated(parser, scripts.argument(parser), ACCENTS[token.text], token)


def _decorated(parser: Parser, inner: Node, decoration: str, token: Token) -> Node:
    """``inner`` with a decoration on its letter; a font is on each letter of a product, an accent over it as one."""
    start, end = token.start, max(inner.end, parser.before.end)
    if isinstance(inner, Name):
        return Name(inner.base, (*inner.decorations, decoration), start=start, end=end)
    if isinstance(inner, Number):
        return Name(inner.text, (decoration,), start=start, end=end)
    mean_of_power = decoration == "bar" and isinstance(inner, Scripted) and index_above(inner) is None
    if isinstance(inner, Scripted) and not mean_of_power:
        return replace(inner, base=_decorated(parser, inner.base, decoration, token), start=start, end=end)
    if isinstance(inner, Juxtaposed) and decoration not in FONTS and all(map(_is_letter, inner.items)):
        return Name(
            "".join(item.base for item in inner.items if isinstance(item, Name)), (decoration,), start=start, end=end
        )
    if isinstance(inner, Juxtaposed) and decoration in FONTS:
        items = tuple(_decorated(parser, item, decoration, token) for item in inner.items)
        return replace(inner, items=items, start=start, end=end)
    raise parser.error(f"{decoration} stands over more than a letter", token, "give the expression a name of its own")


def index_above(node: Scripted) -> str | None:
    """What stands above a name and is no power; empty where nothing does."""
    return "" if node.superscript is None else index_text(node.superscript)


def _is_letter(node: Node) -> bool:
    return isinstance(node, Name) and not node.decorations


def expectation_or(parser: Parser, node: Node) -> Node:
    r"""The expectation that begins with ``\mathbb E``, or ``node`` itself."""
    if node != Name("E", ("bb",)):
        return node
    over, _ = scripts.below_and_above(parser)
    argument = _operator_argument(parser)
    if over is None and isinstance(argument, Bracketed) and argument.opening == "[" and parser.at("subscript"):
        index = argument.items[0] if len(argument.items) == 1 else Listing(argument.items)
        return Component(node, index, start=node.start, end=argument.end)
    return Expectation(over, argument, start=node.start, end=parser.before.end)


def _operator_argument(parser: Parser) -> Node | None:
    """A bracket or a run of operands, if there is one."""
    if parser.at("open"):
        return parser.atom()
    return parser.run() if parser.starts_operand() else None


def fraction(parser: Parser, token: Token) -> Node:
    r"""``\frac{a}{b}``, which may be a derivative: ``\frac{d}{dx} f``."""
    numerator, denominator = scripts.argument(parser), scripts.argument(parser)
    node = fraction_of(numerator, denominator, token.start, parser.before.end)
    if isinstance(node, DerivativeOf) and node.argument is None and parser.starts_operand():
        argument = parser.run()
        return replace(node, argument=argument, end=argument.end)
    return node


def fraction_of(numerator: Node, denominator: Node, start: int, end: int) -> Node:
    """A fraction, or the derivative that it spells."""
    above, below = _differential(numerator), _differential(denominator)
    if above is None or below is None or not below[1]:
        return Fraction(numerator, denominator, start=start, end=end)
    variables = _variables(below[1])
    if sum(count for _, count in variables) != above[0]:
        return Fraction(numerator, denominator, start=start, end=end)
    body = above[1]
    argument: Node | None = None
    if body:
        argument = body[0] if len(body) == 1 else Juxtaposed(body, start=body[0].start, end=body[-1].end)
    return DerivativeOf(argument, variables, start=start, end=end)


def _differential(node: Node) -> tuple[int, tuple[Node, ...]] | None:
    """The order and what follows the d, when ``node`` begins with one."""
    items = node.items if isinstance(node, Juxtaposed) else (node,)
    head, order = _with_order(items[0])
    if not isinstance(head, Name) or head.base not in {"d", "partial"} or head.decorations:
        return None
    return order, items[1:]


def _variables(items: tuple[Node, ...]) -> tuple[tuple[Node, int], ...]:
    r"""The variables of ``dx^2`` or ``\partial x \partial y``."""
    found: list[tuple[Node, int]] = []
    for item in items:
        if isinstance(item, Name) and item.base in {"d", "partial"}:
            continue
        found.append(_with_order(item))
    return tuple(found)


def _with_order(item: Node) -> tuple[Node, int]:
    """``x^2`` in a derivative: what is taken, and how often."""
    match item:
        case Scripted(superscript=Number(text=digits)) if digits.isdigit() and len(digits) < 3:
            bare = Scripted(item.base, item.subscript, start=item.start, end=item.end)
            return (item.base if bare.subscript is None else bare), int(digits)
    return item, 1


def root(parser: Parser, token: Token) -> Node:
    r"""``\sqrt{x}`` and ``\sqrt[n]{x}``."""
    degree = None
    if parser.at("open", "["):
        degree = brackets.bracketed(parser).items[0]
    if parser.at("open", "("):
        radicand: Node = brackets.bracketed(parser).items[0]
    else:
        radicand = scripts.argument(parser)
    return Root(radicand, degree, start=token.start, end=parser.before.end)


def gradient(parser: Parser, token: Token) -> Node:
    r"""``\nabla``, its variable, and the function (with its bracket) that it is taken of."""
    variable, order = scripts.below_and_above(parser)
    if parser.starts_operand():
        with parser.nested():
            argument, power = reaches.scripted_gradient(reaches.form_in(variable, reaches.applied(parser), parser))
        node = Gradient(variable, argument, order, start=token.start, end=argument.end)
        return node if power is None else Scripted(node, superscript=power, start=token.start, end=power.end)
    return Gradient(variable, None, order, start=token.start, end=parser.before.end)


def logical(parser: Parser) -> Node:
    r"""``not (...)`` and ``exists x, y: ...``."""
    token = parser.advance()
    with parser.nested():
        if token.text != "exists":
            inner = parser.atom() if parser.at("open") else parser.statement()
            if isinstance(inner, Bracketed) and len(inner.items) == 1:
                inner = inner.items[0]
            return Negation(inner, start=token.start, end=parser.before.end)
        variables = [parser.postfix()]
        while parser.at("comma"):
            parser.advance()
            variables.append(parser.postfix())
        if not (parser.at("relation", ":") or parser.at("bar") or parser.at("separator")):
            raise parser.error("a colon is missing behind the variables", remedy="write exists x: x^2 = 2")
        parser.advance()
        statement = parser.statement()
    return Existential(tuple(variables), statement, start=token.start, end=statement.end)


def braced(parser: Parser, token: Token) -> Node:
    r"""``\underbrace{x + y}_{z}``: what it bears is a remark on it."""
    node = scripts.argument(parser)
    while parser.token.kind in {"subscript", "superscript"}:
        mark = parser.advance()
        label = Text("", start=mark.end, end=mark.end) if parser.at("note") else scripts.script(parser, mark)
        if parser.at("note"):
            parser.advance()
        written = parser.text[label.start : max(label.end, parser.before.end)]
        parser.notes.append(Text(written, start=label.start, end=parser.before.end))
    return Bracketed((node,), "", "", start=token.start, end=parser.before.end)


def environment(parser: Parser) -> Node:
    """``cases`` and matrices inside an expression."""
    token = parser.advance()
    with parser.inside():
        rows = _rows(parser)
    parser.expect("end of environment", f"\\end{{{token.text}}}")
    end = parser.before.end
    if token.text in {"cases", "dcases"} or (token.text == "Bmatrix" and _conditional(rows)):
        return Cases(tuple(_case(parser, row) for row in rows), start=token.start, end=end)
    matrix = Matrix(tuple(rows), start=token.start, end=end)
    if token.text == "vmatrix":
        return Absolute(matrix, start=token.start, end=end)
    return Norm(matrix, start=token.start, end=end) if token.text == "Vmatrix" else matrix


def braced_cases(parser: Parser) -> Node:
    r"""``\left\{ \begin{aligned} ... \end{aligned} \right.`` as cases."""
    opening = parser.advance()
    begin = parser.expect("begin", "an environment")
    with parser.inside():
        rows = _rows(parser)
    parser.expect("end of environment", f"\\end{{{begin.text}}}")
    if parser.at("close") and parser.token.text in {"", "}"}:
        parser.advance()
    end = parser.before.end
    return Cases(tuple(_case(parser, row) for row in rows), start=opening.start, end=end)


def _conditional(rows: list[tuple[Node, ...]]) -> bool:
    return all(len(row) > 1 and isinstance(row[-1], Relation | Text) for row in rows)


def _rows(parser: Parser) -> list[tuple[Node, ...]]:
    """Rows of cells; words become :class:`Text` cells."""
    rows: list[tuple[Node, ...]] = []
    outer, parser.in_rows = parser.in_rows, True
    while not parser.at("end of environment"):
        cells: list[Node] = []
        while parser.token.kind not in {"break", "end of environment"}:
            if parser.token.kind in {"cell", "comma", "separator", "semicolon", "period"}:
                parser.advance()
            elif parser.at("note"):
                token = parser.advance()
                cells.append(Text(token.text, start=token.start, end=token.end))
            elif parser.at("end"):
                raise parser.error("the environment is not closed", remedy="add its \\end")
            else:
                cells.append(parser.statement())
        if cells:
            rows.append(tuple(cells))
        if parser.at("break"):
            parser.advance()
    parser.in_rows = outer
    if not rows:
        raise parser.error("an environment without rows", remedy="fill it or remove it")
    return rows


def _case(parser: Parser, row: tuple[Node, ...]) -> tuple[Node, Node | None]:
    """A value and its condition out of the cells of a row."""
    formulas = [cell for cell in row if not isinstance(cell, Text)]
    several = len(formulas) > 2 and not all(map(is_condition, formulas[1:]))
    if not formulas or several or isinstance(formulas[0], Relation):
        raise parser.error("a row of cases needs a value and a condition", remedy="write value & condition \\\\")
    words = {word for cell in row if isinstance(cell, Text) for word in re.findall(r"[^\s,.;:]+", cell.text.lower())}
    if words - CASE_WORDS or (len(formulas) == 1 and words and not words & OTHERWISE):
        raise parser.error(f"the words of this case are not read: {' '.join(sorted(words))}", remedy="write x > 0")
    return formulas[0], (combined(row[row.index(formulas[0]) + 1 :]) if len(formulas) > 1 else None)


def plain_cases(parser: Parser) -> Node:
    """``{x if x > 0; 0 otherwise}``."""
    opening = parser.expect("left brace", "{")
    rows: list[tuple[Node, Node | None]] = []
    with parser.inside():
        while not parser.at("right brace"):
            value = parser.addition()
            word = parser.expect("note", "'if' or 'otherwise'")
            rows.append((value, joined(parser, parser.statement()) if word.text == "if" else None))
            if not parser.at("right brace"):
                parser.expect("semicolon", "';'")
    end = parser.expect("right brace", "}").end
    return Cases(tuple(rows), start=opening.start, end=end)


def operator_call(parser: Parser, head: Token, arguments: tuple[Node, ...]) -> Node:
    """``diff(f, x, n)``, ``sum(f, s, 1, t)``, ``prod(...)``, ``limit(f, x, a)``."""
    place = {"start": head.start, "end": parser.before.end}
    if len(arguments) not in OPERATORS[head.text]:
        usage = {"diff": "diff(f, x) or diff(f, x, 2)", "limit": "limit(f, x, oo)"}
        remedy = "write " + usage.get(head.text, f"{head.text}(f, s, 1, t)")
        raise parser.error(f"{head.text} does not take {len(arguments)} arguments", head, remedy)
    if head.text == "diff":
        return DerivativeOf(arguments[0], ((arguments[1], _order(parser, head, arguments)),), **place)
    if head.text == "limit":
        return LimitOf(arguments[0], arguments[1], arguments[2], **place)
    body, index, lower, upper = arguments
    return Summation(head.text, index, lower, upper, None, body, **place)


def _order(parser: Parser, head: Token, arguments: tuple[Node, ...]) -> int:
    if len(arguments) == 2:
        return 1
    order = arguments[2]
    if not isinstance(order, Number) or not order.text.isdigit() or len(order.text) > 2:
        raise parser.error("the order of a derivative is a small whole number", head, "write diff(f, x, 2)")
    return int(order.text)


def unsupported(parser: Parser, token: Token) -> Node:
    """A command that is known but has no node yet."""
    raise parser.error(f"\\{token.text} is not read yet", token, "write what it stands for")


_COMMANDS: dict[str, Callable[[Parser, Token], Node]] = {
    **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac"), fraction),
    "sqrt": root,
    "nabla": gradient,
    "partial": reaches.partial,
    "sum": reaches.summation,
    "prod": reaches.summation,
    "lim": reaches.limit,
    "int": reaches.integral,
    "underbrace": braced,
    "overbrace": braced,
    "forall": unsupported,
}
