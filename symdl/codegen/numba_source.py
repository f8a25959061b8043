"""Programs to the body of a loop for Numba: one number a line, names used again as soon as they are free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from keyword import kwlist
from string import ascii_lowercase

import sympy as sp

from symdl.core.operations import OPERATIONS
from symdl.core.programs import Assign, Operand, Program

from .frameworks import INFIX
from .numba_helpers import FLOAT32, FLOAT64, WIDE, Kind
from .text import number, scalar

OWN = ("exp", "expm1", "log", "log1p", "tanh", "erf", "erfc", "erfcx", "log_erfc", "sign")
"""The operations that modules define for themselves, for each kind of arithmetic."""
_SHARED = ("maximum", "minimum")
_MATH = {
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
}
SPELLED: dict[str, str] = (
    {name: f"math.{_MATH.get(name, name)}" for name in OPERATIONS if name not in INFIX}
    | {name: f"_{name}_KIND" for name in OWN}
    | {name: f"_{name}" for name in _SHARED}
    | {"absolute": "abs"}
    | {name: f"_{name}" for name in ("sum_error", "difference_error", "product_error")}
    | {"corrected": "_corrected_KIND"}
    | {name: f"_{name}" for name in ("scaled_exp", "power_of_two")}
)
"""The Numba column of the operation table, for what has no sign of its own."""


def fresh(name: str, taken: Iterable[str]) -> str:
    """``name``, with as many underscores as make it a new one.

    >>> fresh("i", ("i", "i_"))
    'i__'
    """
    while name in taken:
        name += "_"
    return name


def numbers(scalars: Iterable[str]) -> list[str]:
    """Arguments that are numbers."""
    return [f"{name}: float" for name in scalars]


def kind_of(dtype: str, wide: bool = False) -> Kind:
    """The arithmetic of a kernel for arrays of ``dtype``."""
    return FLOAT64 if dtype == "float64" else WIDE if wide else FLOAT32


_LETTERS = (*ascii_lowercase, *(a + b for a, b in product(ascii_lowercase, repeat=2) if a + b not in kwlist))


@dataclass(frozen=True)
class Body:
    """The statements of one element, and the numbers that they take beside it: names with their expressions."""

    rows: tuple[str, ...]
    scalars: Mapping[str, str]


def scalar_body(program: Program, names: Mapping[sp.Symbol, str], kind: Kind, taken: Iterable[str] = ()) -> Body:
    """The statements of ``program`` for one element; inputs and outputs are variables of their names.

    ``names`` maps scalar symbols to Python names, ``taken`` are names that must stay free.

    >>> body = (Assign("t0", "exp", ("x",)), Assign("y", "add", ("t0", sp.Integer(1))))
    >>> scalar_body(Program("f", ("x",), ("y",), body), {}, FLOAT32).rows
    ('a = _exp_float32(x)', 'y = a + np.float32(1.0)')
    """
    return _Writer(program, names, kind, taken).body()


class _Writer:
    def __init__(self, program: Program, names: Mapping[sp.Symbol, str], kind: Kind, taken: Iterable[str]) -> None:
        self.statements = [statement for statement in program.body if isinstance(statement, Assign)]
        self.names = dict(names)
        self.kind = kind
        self.kept = {*program.inputs, *program.outputs}
        self.places = {name: name for name in self.kept}
        known = {*self.kept, *names.values(), *taken}
        self.free = [name for name in _LETTERS if name not in known]
        self.constants = [name for name in (f"c{index}" for index in range(1, 100)) if name not in known]
        self.scalars: dict[str, str] = {}

    def body(self) -> Body:
        """All statements as lines."""
        rows = tuple(self._line(index, statement) for index, statement in enumerate(self.statements))
        return Body(rows, {name: text for text, name in self.scalars.items()})

    def _line(self, index: int, statement: Assign) -> str:
        value = self._value(statement)
        later = {o for s in self.statements[index + 1 :] for o in s.operands}
        for name in dict.fromkeys(o for o in statement.operands if isinstance(o, str) and o not in later):
            if name not in self.kept:
                self.free.insert(0, self.places[name])
        if statement.target not in self.kept:
            self.places[statement.target] = self.free.pop(0)
        return f"{self.places[statement.target]} = {value}"

    def _value(self, statement: Assign) -> str:
        operation = statement.operation
        operands = [self._operand(operand) for operand in statement.operands]
        if operation in INFIX:
            return f" {INFIX[operation]} ".join(operands)
        if operation == "copy":
            return operands[0]
        if operation == "call":
            return f"{operands[0]}({', '.join(operands[1:])})"
        if operation == "negate":
            return f"-{operands[0]}"
        if operation == "square":
            return f"{operands[0]} * {operands[0]}"
        if operation == "reciprocal":
            return f"{self.kind.literal('1.0')} / {operands[0]}"
        if operation == "where":
            return f"{operands[1]} if {operands[0]} else {operands[2]}"
        if operation in _SHARED and isinstance(statement.operands[0], sp.Expr):
            operands.reverse()
        return f"{SPELLED[operation].replace('KIND', self.kind.name)}({', '.join(operands)})"

    def _operand(self, operand: Operand) -> str:
        if isinstance(operand, str):
            return self.places[operand]
        if not operand.free_symbols:
            text = self.kind.literal(number(operand))
            return f"({text})" if text.startswith("-") else text
        text = scalar(operand, self.names)
        if operand.is_Symbol:
            self.scalars.setdefault(text, text)
        elif text not in self.scalars:
            self.scalars[text] = self.constants.pop(0)
        return self.scalars[text]
