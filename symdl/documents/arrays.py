"""Which names of a definition are matrices and vectors, by how they are multiplied."""

from __future__ import annotations

from dataclasses import replace

from symdl.notation.names import name_of
from symdl.notation.syntax import Addition, Bracketed, Juxtaposed, Name, Node, Product, Relation, Scripted

Kinds = dict[str, str]


def array_kinds(node: Node) -> Kinds:
    r"""The matrices and vectors in ``y = W x + b``; nothing where no capital multiplies a name.

    >>> from symdl.notation.latex import parse
    >>> array_kinds(parse(r"x_{\text{out}} = W x + b"))
    {'W': 'matrix', 'x': 'vector', 'b': 'vector', 'x_out': 'vector'}
    >>> array_kinds(parse("y = a x + b"))
    {}
    """
    kinds: Kinds = {}
    if not isinstance(node, Relation):
        return kinds
    for side in node.sides[1:]:
        terms = [term for _, term in side.terms] if isinstance(side, Addition) else [side]
        for term in terms:
            kinds |= _product_kinds(term)
        if kinds:
            kinds |= {name: "vector" for term in terms if (name := _bare_name(term)) and name not in kinds}
    head = name_of(node.first)
    return kinds | ({head: "vector"} if kinds and head else {})


def _product_kinds(term: Node) -> Kinds:
    factors = term.items if isinstance(term, Juxtaposed) else ()
    if isinstance(term, Product) and all(operator == "cdot" for operator, _ in term.rest):
        factors = (term.first, *(operand for _, operand in term.rest))
    if len(factors) < 2 or not all(_is_matrix(factor) for factor in factors[:-1]):
        return {}
    last = _bare_name(factors[-1])
    if last is None or _is_matrix(factors[-1]):
        return {}
    return {name: "matrix" for factor in factors[:-1] if (name := _bare_name(factor))} | {last: "vector"}


def _bare_name(node: Node) -> str | None:
    if isinstance(node, Scripted) and isinstance(node.superscript, Name) and node.superscript.base in ("T", "top"):
        node = node.base if node.subscript is None else replace(node, superscript=None)
    return None if isinstance(node, Bracketed) else name_of(node)


def _is_matrix(node: Node) -> bool:
    """A single Latin capital, with or without an index, transposed or not."""
    if isinstance(node, Scripted) and isinstance(node.superscript, Name) and node.superscript.base in ("T", "top"):
        node = node.base if node.subscript is None else replace(node, superscript=None)
    base = node.base if isinstance(node, Scripted) and node.superscript is None else node
    return isinstance(base, Name) and len(base.base) == 1 and base.base.isupper()
