"""Programs to lines of a tensor library: one new tensor a line, names used again as soon as they are free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from string import ascii_lowercase

import sympy as sp

from symdl.core.programs import Assign, Operand, Program

from .frameworks import INFIX, Framework
from .text import number, scalar


def functional(
    program: Program, names: Mapping[sp.Symbol, str], framework: Framework, taken: Iterable[str] = ()
) -> list[str]:
    """The statements of a program over tensors of one shape; its outputs become variables of their names.

    >>> from symdl.codegen.frameworks import TORCH
    >>> body = (Assign("t0", "exp", ("x",)), Assign("y", "add", ("t0", sp.Integer(1))))
    >>> functional(Program("f", ("x",), ("y",), body), {}, TORCH)
    ['a = torch.exp(x)', 'y = a + 1.0']
    """
    return _Functional(program, names, framework, taken).lines()


def _fragile(statements: list[Assign]) -> set[Operand]:
    """Exponentials that a compiler may join in one of the sum of their exponents, with its rounding error."""
    exponentials = {statement.target for statement in statements if statement.operation == "exp"}
    found: set[Operand] = set()
    for statement in statements:
        operands = statement.operands
        if statement.operation == "multiply" and exponentials.issuperset(operands):
            found.update(operands)
        if statement.operation == "divide" and operands[1] in exponentials:
            found.add(operands[1])
    return found


class _Functional:
    def __init__(
        self, program: Program, names: Mapping[sp.Symbol, str], framework: Framework, taken: Iterable[str]
    ) -> None:
        self.statements = [statement for statement in program.body if isinstance(statement, Assign)]
        self.framework = framework
        self.fragile = _fragile(self.statements)
        self.names = dict(names)
        self.kept = {*program.inputs, *program.outputs}
        self.model = program.inputs[0]
        self.places = {name: name for name in self.kept}
        known = {*self.kept, *names.values(), *taken}
        letters = (*ascii_lowercase, *(a + b for a in ascii_lowercase for b in ascii_lowercase))
        self.free = [name for name in letters if name not in known and name not in ("as", "if", "in", "is", "or")]
        self.scalars: dict[str, str] = {}

    def lines(self) -> list[str]:
        """All statements as lines, the scalars that they use before them."""
        body = [self._line(index, statement) for index, statement in enumerate(self.statements)]
        return [*(f"{name} = {text}" for text, name in self.scalars.items()), *body]

    def _line(self, index: int, statement: Assign) -> str:
        value = self._value(statement)
        if self.framework.kept and statement.target in self.fragile:
            value = f"{self.framework.kept}({value})"
        later = {o for s in self.statements[index + 1 :] for o in s.operands}
        for name in dict.fromkeys(o for o in statement.operands if isinstance(o, str) and o not in later):
            if name not in self.kept:
                self.free.insert(0, self.places[name])
        if statement.target not in self.kept:
            self.places[statement.target] = self.free.pop(0)
        return f"{self.places[statement.target]} = {value}"

    def _value(self, statement: Assign) -> str:
        operands = [self._operand(operand) for operand in statement.operands]
        fixed = [not isinstance(operand, str) for operand in statement.operands]
        operation, module = statement.operation, self.framework.module
        if operation in INFIX:
            return f" {INFIX[operation]} ".join(operands)
        if operation == "copy":
            return self._full(operands[0]) if fixed[0] else operands[0]
        if operation == "negate":
            return f"-{operands[0]}"
        if operation == "where":
            first = self._full(operands[1]) if fixed[1] and fixed[2] else operands[1]
            return f"{module}.where({operands[0]}, {first}, {operands[2]})"
        if operation in ("maximum", "minimum") and any(fixed):
            tensor, bound = operands if fixed[1] else reversed(operands)
            return f"{module}.clip({tensor}, {'None, ' if operation == 'minimum' else ''}{bound})"
        full = (self._full(o) if known else o for o, known in zip(operands, fixed, strict=True))
        return f"{self.framework.spelled(operation)}({', '.join(full)})"

    def _full(self, text: str) -> str:
        return f"{self.framework.module}.full_like({self.model}, {text})"

    def _operand(self, operand: Operand) -> str:
        if isinstance(operand, str):
            return self.places[operand]
        if not operand.free_symbols:
            text = number(operand).replace("np.", "math.")
            return f"({text})" if text.startswith("-") else text
        text = scalar(operand, self.names)
        if operand.is_Symbol:
            return text
        if text not in self.scalars:
            self.scalars[text] = self.free.pop()
        return self.scalars[text]
