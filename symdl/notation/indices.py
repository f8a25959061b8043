r"""Time and component indices: ``\theta_{t+1}[i]`` is theta, one step on, component i.

:func:`indexed` takes a node apart; :func:`time_names` finds which letters count time in a statement.
Nothing here decides whether a name *is* a sequence: ``\beta_1`` reads as beta at the absolute time 1,
and only the other formulas tell that beta is a constant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from .names import is_statistic, name_of, script_text
from .syntax import (
    Addition,
    Bracketed,
    Component,
    Juxtaposed,
    Listing,
    Name,
    Node,
    Number,
    Relation,
    Scripted,
    Summation,
    walk,
)

_COORDINATES = frozenset({"i", "j"})
_LAYERS = frozenset({"l", "L", "ell"})
TIME_NAMES = frozenset({"t", "s", "tau"})
"""The letters that count steps unless a statement uses others (``x_{k+1}``)."""


@dataclass(frozen=True)
class Indexed:
    r"""A quantity with its indices.

    ``base`` is the name without them. ``index`` is the letter that counts time and ``offset`` what is
    added to it: ``\theta_{t-1}`` has index t and offset -1. ``M_0`` has no letter and the offset 0: an
    absolute time. Without any time both are None. ``component`` is the text of the component index.
    """

    base: str
    index: str | None = None
    offset: int | None = None
    component: str | None = None

    @property
    def is_absolute(self) -> bool:
        """Whether the time is a number: ``M_0``."""
        return self.index is None and self.offset is not None


def indexed(node: Node, time: Collection[str] = TIME_NAMES) -> Indexed | None:
    r"""The name, time and component of ``node``; None when it is no indexed name.

    ``\theta_{t+1}[i]``, ``\theta_{t,i}``, ``w_t^{(i)}``, ``w^{(t)}``, ``m(t-1)`` and ``E[g^2]_t`` are
    understood.

    >>> from symdl.notation.latex import parse
    >>> indexed(parse(r"\theta_{t+1}[i]"))
    Indexed(base='theta', index='t', offset=1, component='i')
    >>> indexed(parse(r"\hat{M}_0")), indexed(parse(r"x_{\text{in}}")).base
    (Indexed(base='M_hat', index=None, offset=0, component=None), 'x_in')
    """
    if isinstance(node, Name):
        name = name_of(node)
        return Indexed(name) if name else None
    if is_statistic(node):
        whole = name_of(node)
        return Indexed(whole) if whole else None
    if isinstance(node, Component):
        inner, component = indexed(node.base, time), script_text(node.index)
        return _with_component(inner, component) if inner and component else None
    if isinstance(node, Scripted):
        return _scripted(node, time)
    if isinstance(node, Juxtaposed) and len(node.items) == 2:
        return _applied(node.items[0], node.items[1], time)
    return None


def _with_component(inner: Indexed, component: str) -> Indexed | None:
    return replace(inner, component=component) if inner.component is None else None


def _scripted(node: Scripted, time: Collection[str]) -> Indexed | None:
    if isinstance(node.base, Component) and node.superscript is None and not node.primes:
        whole, when = name_of(node.base), _time(node.subscript, time) if node.subscript else None
        return Indexed(whole, *when) if whole and when else None
    if not isinstance(node.base, Name):
        return None
    found = indexed(replace(node.base, decorations=(*node.base.decorations, *("prime",) * node.primes)), time)
    if found is not None and node.subscript is not None:
        found = _with_script(found, node.subscript, time)
    if found is not None and node.superscript is not None:
        found = _with_upper(found, node.superscript, time)
    return found


def _with_script(found: Indexed, script: Node, time: Collection[str]) -> Indexed | None:
    """``found`` with what its subscript says: a time, a time and a component, or more of the name."""
    items = script.items if isinstance(script, Listing) else (script,)
    when = _time(items[0], time)
    if when is not None:
        found = replace(found, index=when[0], offset=when[1])
        rest = ",".join(filter(None, (script_text(item) for item in items[1:])))
        return replace(found, component=rest) if rest else found
    if len(items) == 2 and (when := _time(items[1], time)) is not None:
        return replace(found, index=when[0], offset=when[1], component=script_text(items[0]))
    text = script_text(script)
    return replace(found, base=f"{found.base}_{text}") if text else None


def _with_upper(found: Indexed, script: Node, time: Collection[str]) -> Indexed | None:
    r"""``found`` with an index above, in brackets or a coordinate's i or j: ``w^{(i)}``, ``w^{(t+1)}``, ``g_t^i``."""
    if isinstance(script, Name) and found.index is not None and name_of(script) in _COORDINATES:
        return _with_component(found, name_of(script) or "")
    if not isinstance(script, Bracketed) or script.opening not in {"(", "["} or len(script.items) != 1:
        return None
    when = _time(script.items[0], time)
    if when is not None and found.offset is None:
        return replace(found, index=when[0], offset=when[1])
    text = script_text(script.items[0])
    if text and (script.opening == "[" or text in _LAYERS or {"+", "-"} & {*text}):
        return replace(found, base=f"{found.base}[{text}]")
    return _with_component(found, text) if text else None


def _applied(head: Node, bracket: Node, time: Collection[str]) -> Indexed | None:
    """``m(t - 1)``: a sequence written as a function of time; ``E[g^2]_t``."""
    if isinstance(bracket, Scripted) and isinstance(bracket.base, Bracketed) and bracket.base.opening == "[":
        inner = script_text(bracket.base)
        when = _time(bracket.subscript, time) if bracket.subscript and bracket.superscript is None else None
        name = name_of(head)
        return Indexed(f"{name}{inner}", *when) if name and inner and when else None
    if not isinstance(head, Name) or not isinstance(bracket, Bracketed) or bracket.opening != "(":
        return None
    when = _time(bracket.items[0], time) if len(bracket.items) == 1 else None
    name = name_of(head)
    return Indexed(name, *when) if name and when and when[0] is not None else None


def _time(node: Node, time: Collection[str]) -> tuple[str | None, int] | None:
    """``t``, ``t - 1`` and ``0`` as (letter or None, offset)."""
    if isinstance(node, Number) and node.text.isdigit():
        return (None, int(node.text)) if len(node.text) < 7 else None
    if isinstance(node, Name) and name_of(node) in time:
        return name_of(node), 0
    if not isinstance(node, Addition) or len(node.terms) != 2:
        return None
    (first_sign, first), (sign, second) = node.terms
    letter = name_of(first) if first_sign == "+" else None
    if letter not in time or not isinstance(second, Number) or not second.text.isdigit() or len(second.text) > 6:
        return None
    return letter, int(second.text) if sign == "+" else -int(second.text)


def time_names(*nodes: Node) -> frozenset[str]:
    r"""The letters that count time: t, s, tau, those shifted in an index, and sums up to one of them.

    >>> from symdl.notation.latex import parse
    >>> sorted(time_names(parse(r"x_{k+1} = x_k - \sum_{j \le k} g_j")))
    ['j', 'k', 's', 't', 'tau']
    """
    every = [part for node in nodes for part in walk(node)]
    found = set(TIME_NAMES)
    for part in every:
        for first in _first_indices(part) if isinstance(part, Scripted) else ():
            letter = name_of(first.terms[0][1]) if isinstance(first, Addition) else None
            if letter and _time(first, {letter}):
                found.add(letter)
    for part in every:
        if isinstance(part, Summation) and part.index is not None and _reaches(part, found):
            found.add(name_of(part.index) or "t")
    return frozenset(found)


def _first_indices(node: Scripted) -> Iterator[Node]:
    """What may count time in the scripts of a name: the first index below, and one in brackets above."""
    below, above = node.subscript, node.superscript
    if below is not None:
        yield below.items[0] if isinstance(below, Listing) else below
    if isinstance(above, Bracketed) and above.opening == "(" and len(above.items) == 1:
        yield above.items[0]


def is_recurrence(node: Relation) -> bool:
    r"""Whether the first side is a sequence that stands on the other side at another time.

    >>> from symdl.notation.latex import parse
    >>> is_recurrence(parse("m(t) = m(t-1) + 1")), is_recurrence(parse("f(x) = x"))
    (True, False)
    """
    time = time_names(node)
    first = indexed(node.first, time)
    if first is None or first.index is None or len(node.rest) != 1:
        return False
    others = (indexed(part, time) for part in walk(node.rest[0][1]))
    return any(part is not None and part.base == first.base and part.offset is not None for part in others)


def _reaches(part: Summation, found: set[str]) -> bool:
    bounds = [bound for bound in (part.upper, part.condition) if bound is not None]
    names = {name_of(node) for bound in bounds for node in walk(bound) if isinstance(node, Name)}
    own = name_of(part.index) if part.index is not None else None
    return bool((names - {own}) & found)
