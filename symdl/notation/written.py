r"""SymPy to LaTeX in a document's own notation.

:func:`spellings` takes from formulas that were read how their author writes each name; :func:`write` writes
an expression with them. What the map lacks is written from its name: ``M_hat_t`` is ``\hat{M}_{t}``. What is
written reads back as the same expression.

>>> from .latex import read
>>> names = spellings([read(r"\hat{\mathbf m}_t = \mathbf m_t / (1 - \beta_1^t)")])
>>> m, t = function("m_bold_hat"), symbol("t")
>>> write(m(t + 1) * symbol("beta_1"), names)
'\\beta_{1} \\hat{\\mathbf m}_{t + 1}'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.printing.latex import LatexPrinter

from symdl.core import function, symbol

from . import plain
from .names import name_of
from .profile import DEEP_LEARNING
from .scope import library_definitions
from .syntax import Addition, Component, Juxtaposed, Listing, Name, Node, Number, Parsed, Scripted, walk
from .tokens import ACCENTS, GREEK

__all__ = ["function", "spellings", "symbol", "write"]

_COMMANDS = {word: command for command, word in reversed(ACCENTS.items())}
_MARKS = {"star": "^*", "prime": "'", "plus": "^+"}
_LETTERS = frozenset({*GREEK, "ell", "hbar"})


def spellings(formulas: Iterable[Parsed]) -> dict[str, str]:
    """How each name of some formulas is written by their author, without its indices; the first spelling wins."""
    found: dict[str, str] = {}
    for parsed in formulas:
        for node in (part for statement in parsed.statements for part in walk(statement)):
            name = name_of(node) if isinstance(node, Name) else None
            written = parsed.source(node).strip()
            if name and written and not written.startswith("{") and written.count("{") == written.count("}"):
                found.setdefault(name, written)
    return found


def write(expr: sp.Basic, names: Mapping[str, str] | None = None, functions: Iterable[str] = ()) -> str:
    """``expr`` in LaTeX; ``names`` maps names to their spelling, ``functions`` are those applied in brackets.

    Library functions are applied in brackets too; all others are quantities with indices.
    """
    letters = {str(free) for free in expr.free_symbols}
    before_brackets = letters & {*DEEP_LEARNING.functions, *library_definitions(), *functions, "I", "chi"}
    printer = _Writer(names or {}, frozenset(functions), {"mul_symbol": "dot"} if before_brackets else {})
    return str(printer.doprint(expr))


class _Writer(LatexPrinter):
    def __init__(self, names: Mapping[str, str], functions: frozenset[str], settings: dict[str, object]) -> None:
        super().__init__({"gothic_re_im": False, "inv_trig_style": "full", **settings})
        self.names, self.functions = names, functions

    def _print_Symbol(self, expr: sp.Symbol, style: str = "plain") -> str:  # noqa: N802
        return self.spelled(str(expr))

    def spelled(self, name: str) -> str:
        """A name as the author writes it, or as its parts say."""
        return self.names.get(name) or self.node(plain.parse(name))

    def node(self, node: Node) -> str:
        """A name, an index or a subscript in LaTeX."""
        if isinstance(node, Name):
            return self.names.get(name_of(node) or "") or _decorated(node)
        if isinstance(node, Scripted) and node.subscript is not None:
            return f"{self.node(node.base)}_{{{self.node(node.subscript)}}}"
        if isinstance(node, Scripted) and node.superscript is not None:
            return f"{self.node(node.base)}^{{{self.node(node.superscript)}}}"
        if isinstance(node, Component):
            return f"{self.node(node.base)}[{self.node(node.index)}]"
        if isinstance(node, Listing | Juxtaposed):
            return ("," if isinstance(node, Listing) else " ").join(map(self.node, node.items))
        if isinstance(node, Addition):
            return "".join(f"{sign}{self.node(term)}" for sign, term in node.terms).removeprefix("+")
        return node.text if isinstance(node, Number) else str(name_of(node) or "")

    def _print_Function(self, expr: sp.Function, exp: str | None = None) -> str:  # noqa: N802
        if not isinstance(expr, AppliedUndef):
            return str(super()._print_Function(expr, exp))
        name, arguments = expr.func.__name__, ", ".join(map(self._print, expr.args))
        power = f"^{{{exp}}}" if exp is not None else ""
        if name in self.functions or name in library_definitions():
            head = self.names.get(name) or (self.spelled(name) if len(name) == 1 else rf"\operatorname{{{name}}}")
            return rf"{head}{power}\left({arguments}\right)"
        if name == "gradient":
            return (
                rf"\nabla L\left({arguments}\right)" if exp is None else rf"(\nabla L\left({arguments}\right)){power}"
            )
        spelled = self.spelled(name)
        return f"{{{spelled}}}_{{{arguments}}}{power}" if "_{" in spelled else f"{spelled}_{{{arguments}}}{power}"

    def _print_Subs(self, expr: sp.Subs) -> str:  # noqa: N802
        place = ", ".join(
            f"{self._print(v)} = {self._print(p)}" for v, p in zip(expr.variables, expr.point, strict=True)
        )
        return rf"\left. {self._print(expr.expr)} \right|_{{{place}}}"

    def _print_Piecewise(self, expr: sp.Piecewise) -> str:  # noqa: N802
        rows = [
            f"{self._print(value)} & " + (r"\text{otherwise}" if condition == sp.true else self._print(condition))
            for value, condition in expr.args
        ]
        return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"


def _decorated(node: Name) -> str:
    base = node.base
    if base in _LETTERS:
        text = f"\\{base}"
    elif base == "oo":
        text = r"\infty"
    else:
        text = base if len(base) == 1 else rf"\mathrm{{{base}}}"
    for word in node.decorations:
        if word == "Delta":
            text = rf"\Delta {text}"
        elif word in _MARKS:
            text += _MARKS[word]
        else:
            text = f"\\{_COMMANDS.get(word, 'mathrm')}{{{text}}}"
    return text
