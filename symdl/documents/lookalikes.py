r"""Symbols that look like slips of another: ``e_k`` beside ``\epsilon_k``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeGuard

from symdl.core import Finding, Fix
from symdl.notation.names import name_of, script_text
from symdl.notation.syntax import Name, Node, Scripted, walk

from .formulas import Formula

_TWINS = {"a": ("alpha",), "e": ("epsilon", "varepsilon"), "w": ("omega",), "v": ("nu",), "p": ("rho",), "n": ("eta",)}


def lookalikes(formulas: tuple[Formula, ...]) -> Iterator[tuple[int, Finding]]:
    """A Latin letter with an index that occurs once in a document, where a Greek one with that index occurs too."""
    indexed = [(f, node) for f in formulas if f.node is not None for node in walk(f.node) if _is_indexed(node)]
    counts = Counter(name_of(node) for _, node in indexed)
    written = {name_of(node): (f, node) for f, node in reversed(indexed)}
    letters = Counter(n.base for f in formulas if f.node is not None for n in walk(f.node) if isinstance(n, Name))
    for formula, node in indexed:
        twin = _twin(node, written)
        own = node.base.base if isinstance(node.base, Name) else ""
        if twin is None or counts[name_of(node)] != 1 or letters[own] != 1:
            continue
        source, other = twin
        right = _bare(source.source(other))
        message = (
            f"{_bare(formula.source(node))} is used once and never defined, and {right} stands on line "
            f"{source.place.line}: one may be a slip for the other"
        )
        whole = formula.source(node)
        fix = Fix(formula.edited({(node.start, node.end): whole.replace(_bare(whole), right)}))
        yield formula.number, Finding("SYM001", "warning", message, fix, (source.place.line,))


def _is_indexed(node: Node) -> TypeGuard[Scripted]:
    if not isinstance(node, Scripted) or node.superscript is not None or node.subscript is None:
        return False
    return isinstance(node.base, Name) and not node.base.decorations


def _twin(node: Node, written: Mapping[str | None, tuple[Formula, Node]]) -> tuple[Formula, Node] | None:
    """The Greek quantity with the same index."""
    if not isinstance(node, Scripted) or not isinstance(node.base, Name) or node.subscript is None:
        return None
    index = script_text(node.subscript)
    for greek in _TWINS.get(node.base.base, ()):
        found = written.get(name_of(Scripted(Name(greek), subscript=node.subscript)))
        if found is not None and index:
            return found
    return None


def _bare(text: str) -> str:
    """The text of a quantity without braces around it."""
    return text[1:-1] if text.startswith("{") and text.endswith("}") else text
