"""Equations with step indices, aligned at one step: which value is new, which is old, and the order.

A step takes the parameter from index ``n`` to ``n + 1``. Of every other sequence it computes the newest
value that the update uses, directly or through other equations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import sympy as sp

from symdl.core import STEP, THETA, DefinitionError, function, symbol

from .lines import Line, name_of, offset_of, sequences, uses

_FARTHEST = 3


@dataclass(frozen=True)
class Step:
    """``target`` becomes ``expr``, in symbols but for gradients; ``origin`` is -1 for bookkeeping."""

    target: sp.Symbol
    expr: sp.Expr
    origin: int = -1


@dataclass(frozen=True)
class Aligned:
    """The needed equations by name, and the newest index, relative to ``n``, of each sequence.

    ``from_zero`` are the sequences whose value at index 0 the text states.
    """

    parameter: str
    lines: Mapping[str, Line]
    newest: Mapping[str, int]
    from_zero: frozenset[str] = frozenset()

    @property
    def inputs(self) -> list[str]:
        """Sequences that no equation defines."""
        return [name for name in self.newest if name not in self.lines]

    def expr(self, name: str) -> sp.Expr:
        """The right side for ``name``, with ``t`` standing for ``n``."""
        return self.lines[name].at(self.newest[name])

    def lags(self, name: str) -> set[tuple[str, int]]:
        """Each sequence that the equation for ``name`` uses, and how many steps old its value is."""
        return {(used, self.newest[used] - offset) for used, offset in uses(self.expr(name))}

    def oldest(self, name: str) -> int:
        """The age of the oldest value of ``name`` that the step uses."""
        return max((lag for user in self.lines for used, lag in self.lags(user) if used == name), default=0)


def align(lines: tuple[Line, ...], parameter: str, from_zero: frozenset[str] = frozenset()) -> Aligned:
    """The equations that the update of ``parameter`` needs, aligned.

    Raises :class:`DefinitionError` when two sequences need each other's newest value.

    >>> from symdl.core import function
    >>> theta, v = function("theta"), function("v")
    >>> rule = (Line("theta", 0, theta(STEP - 1) - v(STEP)), Line("v", 0, v(STEP - 1) / 2 + theta(STEP - 1)))
    >>> dict(align(rule, "theta").newest)
    {'theta': 1, 'v': 1}
    """
    by_name = {line.target: line for line in _with_indices(lines, parameter)}
    newest, queue = {parameter: 1}, [parameter]
    while queue:
        line = by_name[queue.pop()]
        for name, offset in uses(line.at(newest[line.target])):
            if offset > _FARTHEST:
                raise DefinitionError(f"the equations for {line.target} and {name} run ahead of each other")
            if offset > newest.get(name, offset - 1):
                newest[name] = offset
                queue += [name] if name in by_name and name != line.target else []
    _forbid_future(by_name, newest, parameter)
    _advance(by_name, newest, parameter)
    return Aligned(parameter, {name: line for name, line in by_name.items() if name in newest}, newest, from_zero)


def _advance(lines: Mapping[str, Line], newest: dict[str, int], parameter: str) -> None:
    """Compute a sequence as far ahead as the step's other values allow, so that no old input must be kept.

    ``c = b m(t-1) + (1-b) g(t)`` beside ``m(t) = d m(t-1) + (1-d) g(t)`` uses the old ``m``, and the step
    ends with the new one.
    """
    for name in [name for name in newest if name in lines and name != parameter]:
        ahead = newest[name] + 1
        reach = {used: newest[used] for used, _ in uses(lines[name].at(ahead)) if used != name}
        reach |= {parameter: 0} if parameter in reach else {}
        used = list(uses(lines[name].at(ahead)))
        if reach and all(offset <= reach.get(other, newest[name]) for other, offset in used):
            newest[name] = ahead


def _forbid_future(lines: Mapping[str, Line], newest: Mapping[str, int], parameter: str) -> None:
    for name in newest:
        if name in lines and any(u == name and o >= newest[name] for u, o in uses(lines[name].at(newest[name]))):
            raise DefinitionError(
                f"the equation for {name} uses the value that it defines",
                remedy=f"use the value of {name} at an earlier step",
            )
    if newest[parameter] != 1:
        raise DefinitionError(f"the rule uses a value of {parameter} that lies ahead of its step")


def _with_indices(lines: tuple[Line, ...], parameter: str) -> Iterator[Line]:
    """Equations without an index get one, where the rest of the rule has indices.

    A bare parameter is the present one; another bare name is its newest value, its own old value on
    the right of its own equation.
    """
    bare = {line.target for line in lines if line.shift is None} - {parameter}
    for line in lines:
        others = [offset for name, offset in uses(line.expr) if name != parameter]
        here = line.shift if line.shift is not None else max(others, default=0)
        now = STEP + max(others, default=here if line.target != parameter else 0)
        values = {symbol(name): function(name)(now) for name in bare - {line.target}}
        values[symbol(line.target)] = function(line.target)(STEP + here - 1)
        values[symbol(parameter)] = THETA
        if line.shift is None and line.target == parameter:
            here += 1
        yield replace(line, shift=here, expr=line.expr.xreplace(values))


def program(aligned: Aligned, name_to_symbol: Mapping[str, sp.Symbol]) -> tuple[Step, ...]:
    """The aligned equations as assignments in order, then those that carry values to the next step."""
    order = _ordered(aligned)
    chains = {name: _chain(name, aligned, order, name_to_symbol[name]) for name in aligned.newest}
    steps = [Step(chains[name][0], _in_symbols(name, aligned, chains), aligned.lines[name].origin) for name in order]
    for chain in chains.values():
        for older, newer in reversed(list(zip(chain[1:], chain, strict=False))):
            steps += [Step(older, newer)] if older != newer else []
    return tuple(steps)


def _ordered(aligned: Aligned) -> list[str]:
    """Each equation after those whose new values it uses; in the order of the text otherwise."""
    waiting = [name for name in aligned.lines if name != aligned.parameter] + [aligned.parameter]
    done: list[str] = []
    while waiting:
        ready = [n for n in waiting if not {u for u, lag in aligned.lags(n) if lag == 0} & set(waiting)]
        if not ready:
            raise DefinitionError(f"the equations for {' and '.join(waiting)} each need the other's new value")
        done.append(ready[0])
        waiting.remove(ready[0])
    return done


def _chain(name: str, aligned: Aligned, order: list[str], base: sp.Symbol) -> tuple[sp.Symbol, ...]:
    """The symbols of the newest value and of older ones.

    One symbol serves for the new and the old value when nothing needs the old one after the new one
    is there.
    """
    oldest = aligned.oldest(name)
    older = tuple(_previous(base, lag) for lag in range(1, oldest + 1))
    if name not in aligned.lines:
        return (base, *older)
    later = order[order.index(name) + 1 :]
    if oldest < 2 and all(used != name or lag == 0 for user in later for used, lag in aligned.lags(user)):
        return (base, base)
    return (symbol(f"{base}_next"), base, *older[:-1])


def _previous(base: sp.Symbol, lag: int) -> sp.Symbol:
    return symbol(f"{base}_previous" + (f"_{lag}" if lag > 1 else ""))


def _in_symbols(name: str, aligned: Aligned, chains: Mapping[str, tuple[sp.Symbol, ...]]) -> sp.Expr:
    expr = aligned.expr(name)
    values = {
        value: chains[name_of(value)][aligned.newest[name_of(value)] - offset_of(value)] for value in sequences(expr)
    }
    counted = expr.xreplace(values).xreplace({STEP: STEP - _first_index(name, aligned)})
    return counted if {name_of(value) for value in values} & aligned.from_zero else _counted_from_one(counted)


def _counted_from_one(expr: sp.Expr) -> sp.Expr:
    """The expression with its step count one higher where it would divide by zero at the first step.

    Texts that number the value after the first step 2 still mean ``1 - b^t`` at ``t = 1``; not those that
    give the value at index 0.
    """
    first = expr.xreplace({STEP: sp.Integer(1)})
    return expr.xreplace({STEP: STEP + 1}) if first.has(sp.zoo, sp.nan, sp.oo) else expr


def _first_index(name: str, aligned: Aligned) -> int:
    """How far the step count of the text is ahead of ``n`` in an equation.

    A written ``t`` counts the values of the sequence that is defined; in the update, those of the
    newest sequence that it uses.
    """
    if name != aligned.parameter:
        return aligned.newest[name]
    used = [aligned.newest[u] for u, _ in uses(aligned.expr(name)) if u != name]
    return max(used, default=1 - (aligned.lines[name].shift or 0))
