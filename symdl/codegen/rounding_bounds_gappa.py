"""Programs as input of Gappa, to hold its bounds against ours.

Elementary functions of exact arguments stand as numbers that are off by what is assumed of them.

Source: M. Daumas and G. Melquiond, Certification of bounds on expressions involving rounded operators,
ACM Transactions on Mathematical Software 37 (2010), 2:1-2:20.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence

from flint import arb

from symdl.core import UnsupportedOperation

from .rounding_bounds import Format, Node
from .rounding_bounds_functions import ASSUMED
from .rounding_bounds_intervals import Interval

_FORMATS = {"float32": "ieee_32", "float64": "ieee_64"}
_INFIX = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
_SECONDS = 60


def gappa_script(nodes: Sequence[Node], shape: Format) -> str:
    """The statements of the nodes, and the question for the relative error of the last.

    Raises :class:`UnsupportedOperation` for an operation that Gappa does not know, and for a function of
    an argument that is rounded.
    """
    names: dict[int, str] = {}
    lines, given = [f"@rnd = float<{_FORMATS[shape.name]}, ne>;"], []
    for node in _inputs_first(nodes[-1]):
        name = names[id(node)] = f"v{len(names)}"
        if not _is_leaf(node):
            rounded, exact = (_formula(node, [letter + names[id(i)] for i in node.inputs]) for letter in ("", "E"))
            lines += [f"{name} = {'' if node.exact else 'rnd'}({rounded});", f"E{name} = {exact};"]
            continue
        if any(not operand.exact for operand in node.inputs):
            raise UnsupportedOperation(f"{node.operation} of a rounded argument is not written for Gappa")
        lines.append(f"{name} = rnd({name}_);")
        if node.exact:
            lines.append(f"E{name} = {name};")
            given.append(f"{name} in {_range(node.value)}")
        else:
            error = _decimal(node.relative.upper(), 1)
            given += [f"{name} in {_range(node.value)}", f"E{name} in {_range(node.value)}"]
            given.append(f"{name} -/ E{name} in [-{error}, {error}]")
    last = names[id(nodes[-1])]
    conditions = " /\\ ".join(given)
    return "\n".join([*lines, f"{{ {conditions} -> {last} -/ E{last} in ? }}", ""])


def _inputs_first(result: Node) -> list[Node]:
    """What the result is computed from, each node after its operands."""
    order: list[Node] = []
    stack = [(result, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif all(node is not known for known in order):
            stack.append((node, True))
            stack += [(operand, False) for operand in node.inputs if not _is_leaf(node)]
    return order


def _is_leaf(node: Node) -> bool:
    """Whether it is given: the argument, a constant, a value of an elementary function."""
    constant = node.exact and node.value.low == node.value.high
    return constant or not node.operation or node.operation in ASSUMED


def _formula(node: Node, operands: list[str]) -> str:
    if node.operation in _INFIX:
        return f" {_INFIX[node.operation]} ".join(operands)
    a = operands[0]
    unary = {"negate": f"-{a}", "absolute": f"|{a}|", "sqrt": f"sqrt({a})", "square": f"{a} * {a}"}
    unary["reciprocal"] = f"1 / {a}"
    if node.operation not in unary:
        raise UnsupportedOperation(f"{node.operation} is not written for Gappa")
    return unary[node.operation]


def _range(value: Interval) -> str:
    return f"[{_decimal(value.low, -1)}, {_decimal(value.high, 1)}]"


def _decimal(value: arb, direction: int) -> str:
    """A binary number of few digits beside the value, as Gappa writes them."""
    if value == 0:
        return "0"
    mantissa, exponent = (int(part) for part in value.man_exp())
    surplus = max(mantissa.bit_length() - 60, 0)
    shifted = mantissa >> surplus if direction < 0 else -(-mantissa >> surplus)
    return f"{shifted}b{exponent + surplus}"


def gappa_bound(script: str, program: str = "gappa") -> float:
    """The largest relative error that Gappa allows for; infinite where it finds no bound."""
    done = subprocess.run([program], input=script, capture_output=True, text=True, timeout=_SECONDS, check=False)
    found = re.search(r" in \[(\S+?)(?: \{[^}]*\})?, (\S+?)(?: \{[^}]*\})?\]", done.stdout + done.stderr)
    return max(abs(_number(end)) for end in found.groups()) if found else float("inf")


def _number(text: str) -> float:
    """A number such as -5b-24 or 0.25."""
    mantissa, _, exponent = text.partition("b")
    return float(mantissa) * 2.0 ** int(exponent or 0)
