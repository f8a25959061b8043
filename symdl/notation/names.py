r"""How a symbol is called: one stable text for each name in a formula.

============================  ==================
LaTeX                         name
============================  ==================
``\theta``                    ``theta``
``\hat{M}_t``                 ``M_hat_t``
``\mathcal L``                ``L_cal``
``\Delta w_t``                ``Delta_w_t``
``\theta_{t+1}``              ``theta_{t+1}``
``G_t[i]``                    ``G_t[i]``
``x_{\text{output}}``         ``x_output``
``w^{(i)}_t``                 ``w_t[i]``
``x^*``                       ``x_star``
``g_t'``                      ``g_prime_t``
============================  ==================

The letter comes first, then its decorations, then the subscript. Two fonts of one letter are two
names. Plain text reads these names back.
"""

from __future__ import annotations

from .syntax import (
    Addition,
    Bracketed,
    Component,
    Juxtaposed,
    Listing,
    Name,
    Node,
    Number,
    Placeholder,
    Product,
    Scripted,
    Text,
)
from .tokens import ACCENTS

STATISTICS = frozenset({"E", "Var", "Cov", "RMS", "MSE"})
"""Words before square brackets that say what is taken of the quantity inside."""
DECORATIONS = frozenset({*ACCENTS.values(), "star", "prime", "plus"})
"""Words that read back as decorations when they follow the letter: ``M_hat_t``."""


def name_of(node: Node) -> str | None:
    """The name that ``node`` spells, or None when it is no name.

    >>> name_of(Scripted(Name("M", ("hat",)), subscript=Name("t")))
    'M_hat_t'
    """
    if isinstance(node, Name):
        front = "Delta_" if "Delta" in node.decorations else ""
        return front + "_".join([node.base, *(word for word in node.decorations if word != "Delta")])
    if isinstance(node, Scripted):
        return _scripted_name(node)
    if isinstance(node, Component):
        base, index = name_of(node.base), script_text(node.index)
        return f"{base}[{index}]" if base and index else None
    if isinstance(node, Juxtaposed) and is_statistic(node):
        return _joined(node.items, "")
    return None


def is_statistic(node: Node) -> bool:
    """Whether ``node`` is a mean or a variance, ``E[g^2]``: a name with a formula in it."""
    if isinstance(node, Component):
        return isinstance(node.base, Name) and node.base.base in STATISTICS
    if not isinstance(node, Juxtaposed) or len(node.items) != 2:
        return False
    head, bracket = node.items
    named = isinstance(head, Name) and head.base in STATISTICS
    return named and isinstance(bracket, Bracketed) and bracket.opening == "["


def _scripted_name(node: Scripted) -> str | None:
    base = name_of(node.base)
    if base is None or not isinstance(node.base, Name):
        return None
    name, component = base + "_prime" * node.primes, ""
    if node.superscript is not None:
        upper = index_text(node.superscript)
        if upper is None:
            return None
        name, component = (name, upper) if upper.startswith("[") else (f"{name}_{upper}", "")
    if node.subscript is not None:
        script = script_text(node.subscript)
        if script is None:
            return None
        name += f"_{script}" if script.isalnum() or _is_name(node.subscript) else f"_{{{script}}}"
    return name + component


def _is_name(node: Node) -> bool:
    return isinstance(node, Name) or (isinstance(node, Scripted) and isinstance(node.base, Name))


def index_text(superscript: Node) -> str | None:
    r"""What a superscript adds to a name: ``[i]`` for ``^{(i)}``, a word for ``^*``; None for a power."""
    if isinstance(superscript, Bracketed):
        alone = superscript.opening in {"(", "["} and len(superscript.items) == 1 and _index_like(superscript.items[0])
        return f"[{script_text(superscript.items[0])}]" if alone else None
    if isinstance(superscript, Text):
        return superscript.text
    return superscript.base if superscript in (Name("star"), Name("plus")) else None


def _index_like(node: Node) -> bool:
    if isinstance(node, Addition):
        return all(isinstance(term, Name | Number) for _, term in node.terms)
    return isinstance(node, Name | Number)


def script_text(node: Node) -> str | None:
    """A subscript or an index as compact text; None for what is no index.

    >>> script_text(Addition((("+", Name("t")), ("-", Number("1")))))
    't-1'
    """
    if isinstance(node, Number):
        return node.text
    if isinstance(node, Placeholder):
        return "."
    if isinstance(node, Name | Scripted | Component):
        if isinstance(node, Scripted) and node.superscript is not None and not index_text(node.superscript):
            base, power = script_text(node.base), script_text(node.superscript)
            return f"{base}^{power}" if base and power else None
        return name_of(node)
    if isinstance(node, Juxtaposed):
        return _joined(node.items, "")
    if isinstance(node, Listing):
        return _joined(node.items, ",")
    if isinstance(node, Bracketed):
        inner = _joined(node.items, ",")
        return f"{node.opening}{inner}{node.closing}" if inner else None
    if isinstance(node, Addition):
        return _sum_text(node)
    if isinstance(node, Product):
        parts = _joined((node.first, *(operand for _, operand in node.rest)), "*")
        return parts if all(operator in {"*", "cdot"} for operator, _ in node.rest) else None
    return None


def _sum_text(node: Addition) -> str | None:
    text = ""
    for sign, term in node.terms:
        part = script_text(term)
        if part is None:
            return None
        text += part if not text and sign == "+" else sign + part
    return text


def _joined(nodes: tuple[Node, ...], separator: str) -> str | None:
    parts = [script_text(node) for node in nodes]
    return separator.join(part for part in parts if part) if all(parts) else None
