"""Equations that are written on lines of their own, as code writes them."""

from __future__ import annotations

import re

_END = re.compile(r"\r?\n|(?<!\\);")
_RELATION = re.compile(r"(?<=\S)\s*(?::=|<-|=|\\leftarrow|\\gets|←)")
_OPEN_END = re.compile(r"(?:[-+*/=<>,(\[{&^_]|\\\\|\\(?:cdot|times|leftarrow|gets|le|ge|odot))\s*$")
_CHANGED = re.compile(r"^\s*([A-Za-z_]\w*)\s*([-+*/])=\s*(\S.*)$")


def on_one_line(text: str) -> str:
    r"""A text whose lines are equations each, with semicolons between; any other text as it is.

    ``w -= a`` is written out. A line that ends in an operator goes on in the next one.

    >>> on_one_line("v = b*v + g\ntheta -= eta*v")
    'v = b*v + g; theta = theta - (eta*v)'
    >>> on_one_line("x\n= y\n= z")
    'x\n= y\n= z'
    """
    lines = [line.strip().rstrip(";,") for line in _END.split(text) if line.strip()]
    if "\\begin" in text or "$" in text or not lines or not all(map(_is_equation, lines)):
        return text
    if len(lines) > 1 and any(_OPEN_END.search(line) for line in lines[:-1]):
        return text
    written = [_CHANGED.sub(r"\1 = \1 \2 (\3)", line) for line in lines]
    return "; ".join(written) if len(lines) > 1 or written != lines else text


def _is_equation(line: str) -> bool:
    return _RELATION.search(line) is not None and not line.startswith(("=", "&", "<", ">"))
