"""The syntax tree as presentation MathML, which browsers draw without a script."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

from symdl.notation.syntax import (
    Absolute,
    Addition,
    Bracketed,
    Call,
    Cases,
    Component,
    Conditional,
    DerivativeOf,
    Ellipsis,
    Evaluated,
    Existential,
    Expectation,
    Extremum,
    Fraction,
    Gradient,
    Integral,
    Juxtaposed,
    LimitOf,
    Listing,
    Matrix,
    Name,
    Negation,
    Node,
    Norm,
    Number,
    Placeholder,
    Product,
    Relation,
    Root,
    Scripted,
    Summation,
    Text,
    children,
)
from symdl.notation.tokens import UNICODE_NAMES, UNICODE_RELATIONS

_LETTERS = {name: sign for sign, name in UNICODE_NAMES.items()} | {
    "varepsilon": "ε",
    "epsilon": "ϵ",
    "varphi": "φ",
    "phi": "ϕ",
    "oo": "∞",
    "ell": "ℓ",
}
_RELATIONS = {name: sign for sign, name in UNICODE_RELATIONS.items()} | {"=": "=", "<": "<", ">": ">", ":=": "≔"}
_OPERATORS = {"*": "·", "cdot": "·", "odot": "⊙", "otimes": "⊗", "-": "−"}
_ACCENTS = {"hat": "^", "bar": "¯", "tilde": "~", "vec": "→", "dot": "˙", "ddot": "¨", "check": "ˇ", "breve": "˘"}
_FONTS = {
    "bold": "bold",
    "cal": "script",
    "scr": "script",
    "bb": "double-struck",
    "frak": "fraktur",
    "sans": "sans-serif",
}
_BIG = {"sum": "∑", "prod": "∏"}


def mathml(node: Node, display: bool = False) -> str:
    r"""A formula as a ``math`` element.

    >>> from symdl.notation.latex import parse
    >>> print(mathml(parse(r"\frac{1}{x_t}")))
    <math><mfrac><mn>1</mn><msub><mi>x</mi><mi>t</mi></msub></mfrac></math>
    """
    block = ' display="block"' if display else ""
    return f"<math{block}>{_element(node)}</math>"


def _element(node: Node) -> str:
    """The element of a node; what has no form of its own is its parts in a row."""
    write = _WRITERS.get(type(node))
    return write(node) if write is not None else _row(_element(part) for part in children(node))


def _row(parts: Iterable[str]) -> str:
    return f"<mrow>{''.join(parts)}</mrow>"


def _sign(text: str) -> str:
    return f"<mo>{escape(text)}</mo>"


def _number(node: Number) -> str:
    return f"<mn>{escape(node.text)}</mn>"


def _name(node: Name) -> str:
    letter = escape(_LETTERS.get(node.base, node.base))
    fonts = [_FONTS[d] for d in node.decorations if d in _FONTS]
    written = f'<mi mathvariant="{fonts[0]}">{letter}</mi>' if fonts else f"<mi>{letter}</mi>"
    if fonts[:1] == ["bold"]:
        written = f'<mi mathvariant="bold" style="font-weight: bold">{letter}</mi>'
    for decoration in node.decorations:
        if decoration in _ACCENTS:
            written = f'<mover accent="true">{written}{_sign(_ACCENTS[decoration])}</mover>'
        elif decoration == "under":
            written = f"<munder>{written}{_sign('_')}</munder>"
        elif decoration == "Delta":
            written = _row(("<mi>Δ</mi>", written))
    return written


def _text(node: Text) -> str:
    return f"<mtext>{escape(node.text)}</mtext>"


def _scripted(node: Scripted) -> str:
    above = ["′" * node.primes] if node.primes else []
    superscript = _row([*map(_sign, above), *([_element(node.superscript)] if node.superscript else [])])
    base = _element(node.base)
    if node.subscript is not None and (above or node.superscript is not None):
        return f"<msubsup>{base}{_element(node.subscript)}{superscript}</msubsup>"
    if node.subscript is not None:
        return f"<msub>{base}{_element(node.subscript)}</msub>"
    return f"<msup>{base}{superscript}</msup>"


def _component(node: Component) -> str:
    return _row((_element(node.base), _sign("["), _element(node.index), _sign("]")))


def _fenced(opening: str, parts: Iterable[Node], closing: str) -> str:
    inner: list[str] = []
    for part in parts:
        inner += [_sign(",")] * bool(inner) + [_element(part)]
    return _row((_sign(opening) * bool(opening), *inner, _sign(closing) * bool(closing)))


def _bracketed(node: Bracketed) -> str:
    return _fenced(node.opening, node.items, node.closing)


def _product(node: Product) -> str:
    rest = (_sign(_OPERATORS.get(op, op)) + _element(part) for op, part in node.rest)
    return _row((_element(node.first), *rest))


def _addition(node: Addition) -> str:
    terms = []
    for number, (sign, term) in enumerate(node.terms):
        terms.append(("" if sign == "+" and not number else _sign(_OPERATORS.get(sign, sign))) + _element(term))
    return _row(terms)


def _root(node: Root) -> str:
    if node.degree is None:
        return f"<msqrt>{_element(node.radicand)}</msqrt>"
    return f"<mroot>{_element(node.radicand)}{_element(node.degree)}</mroot>"


def _call(node: Call) -> str:
    arguments = _row(_element(a) for a in node.arguments) if node.bare else _fenced("(", node.arguments, ")")
    return _row((_element(node.function), _sign("\u2061"), arguments))


def _beneath(operator: str, beneath: str, above: str = "") -> str:
    if above:
        return f"<munderover>{operator}{beneath}{above}</munderover>"
    return f"<munder>{operator}{beneath}</munder>" if beneath else operator


def _summation(node: Summation) -> str:
    lower = [node.condition] if node.condition is not None else [n for n in (node.index, node.lower) if n is not None]
    beneath = _row(_sign("=").join(_element(part) for part in lower)) if lower else ""
    above = _element(node.upper) if node.upper is not None else ""
    return _row(
        (
            _beneath(_sign(_BIG.get(node.kind, node.kind)), beneath or ("<mrow/>" if above else ""), above),
            _element(node.body),
        )
    )


def _extremum(node: Extremum) -> str:
    beneath = node.condition or node.index
    operator = f"<mi>{escape(node.kind.replace('arg', 'arg '))}</mi>"
    return _row((_beneath(operator, _element(beneath) if beneath else ""), _element(node.body)))


def _integral(node: Integral) -> str:
    sign = _sign("∫")
    if node.lower is not None and node.upper is not None:
        sign = f"<msubsup>{sign}{_element(node.lower)}{_element(node.upper)}</msubsup>"
    return _row((sign, _element(node.body), "<mi>d</mi>", _element(node.variable)))


def _evaluated(node: Evaluated) -> str:
    return f"<msub>{_row((_element(node.body), _sign('|')))}{_element(node.place)}</msub>"


def _gradient(node: Gradient) -> str:
    nabla = _sign("∇")
    if node.variable is not None:
        nabla = f"<msub>{nabla}{_element(node.variable)}</msub>"
    if node.order is not None:
        nabla = f"<msup>{nabla}{_element(node.order)}</msup>"
    return _row((nabla, _element(node.argument) if node.argument is not None else ""))


def _expectation(node: Expectation) -> str:
    letter = '<mi mathvariant="double-struck">𝔼</mi>'
    if node.over is not None:
        letter = f"<msub>{letter}{_element(node.over)}</msub>"
    return _row((letter, _fenced("[", [node.argument], "]") if node.argument is not None else ""))


def _derivative(node: DerivativeOf) -> str:
    order = sum(count for _, count in node.variables)
    power = f"<msup><mi>d</mi><mn>{order}</mn></msup>" if order > 1 else "<mi>d</mi>"
    below = "".join("<mi>d</mi>" + _power(variable, count) for variable, count in node.variables)
    operator = f"<mfrac>{power}{_row((below,))}</mfrac>"
    return _row((operator, _element(node.argument) if node.argument is not None else ""))


def _power(node: Node, count: int) -> str:
    return f"<msup>{_element(node)}<mn>{count}</mn></msup>" if count > 1 else _element(node)


def _limit(node: LimitOf) -> str:
    beneath = _row((_element(node.variable), _sign("→"), _element(node.point)))
    return _row((_beneath("<mi>lim</mi>", beneath), _element(node.argument)))


def _table(rows: Iterable[Iterable[str]]) -> str:
    cells = ("".join(f"<mtd>{cell}</mtd>" for cell in row) for row in rows)
    return "<mtable>" + "".join(f"<mtr>{row}</mtr>" for row in cells) + "</mtable>"


def _cases(node: Cases) -> str:
    rows = [(_element(v), _element(c) if c is not None else "<mtext>otherwise</mtext>") for v, c in node.rows]
    return _row((_sign("{"), _table(rows)))


def _matrix(node: Matrix) -> str:
    return _row((_sign("["), _table([[_element(cell) for cell in row] for row in node.rows]), _sign("]")))


def _relation(node: Relation) -> str:
    rest = (_sign(_RELATIONS.get(relation, relation)) + _element(side) for relation, side in node.rest)
    return _row((_element(node.first), *rest))


_WRITERS: Mapping[type[Node], Callable[[Any], str]] = {
    Number: _number,
    Name: _name,
    Text: _text,
    Placeholder: lambda node: _sign("·"),
    Ellipsis: lambda node: _sign("…"),
    Scripted: _scripted,
    Component: _component,
    Bracketed: _bracketed,
    Listing: lambda node: _fenced("", node.items, ""),
    Juxtaposed: lambda node: _row(_element(item) for item in node.items),
    Product: _product,
    Addition: _addition,
    Fraction: lambda node: f"<mfrac>{_element(node.numerator)}{_element(node.denominator)}</mfrac>",
    Root: _root,
    Absolute: lambda node: _fenced("|", [node.body], "|"),
    Norm: lambda node: _fenced("‖", [node.body], "‖"),
    Call: _call,
    Summation: _summation,
    Extremum: _extremum,
    Integral: _integral,
    Evaluated: _evaluated,
    Gradient: _gradient,
    Expectation: _expectation,
    DerivativeOf: _derivative,
    LimitOf: _limit,
    Cases: _cases,
    Matrix: _matrix,
    Conditional: lambda node: _row((_element(node.body), _sign("|"), _element(node.given))),
    Relation: _relation,
    Negation: lambda node: _row((_sign("¬"), _element(node.statement))),
    Existential: lambda node: _row((_sign("∃"), *map(_element, node.variables), _sign(":"), _element(node.statement))),
}
