r"""Derivatives stated of functions without their argument, ``\sigma' = \sigma(1 - \sigma)``, with it written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from symdl.notation.functions import FUNCTIONS
from symdl.notation.names import name_of
from symdl.notation.scope import library_definitions
from symdl.notation.syntax import (
    Bracketed,
    Call,
    DerivativeOf,
    Juxtaposed,
    Name,
    Node,
    Relation,
    Scripted,
    walk,
)

from .context import Context
from .formulas import Formula
from .statements import applied_names
from .trees import with_argument


@dataclass(frozen=True)
class _Head:
    """What a derivative is stated of: the left side with its argument written, and that argument."""

    first: Node
    letter: str


def with_arguments(node: Node | None, context: Context, formula: Formula) -> Relation:
    r"""``f' = f(1 - f)`` and ``\frac{df}{dx} = f(1 - f)``, where functions stand without their argument, with it.

    A name for a value of one variable, ``y = \sigma(x)``, has its derivative by that variable.
    """
    assert isinstance(node, Relation)
    head = _head(node.first, context, formula)
    if head is None:
        return node
    argument = Bracketed((Name(head.letter),), start=node.first.start, end=node.first.end)
    bare = [list(_bare(side, argument)) for side in node.sides[1:]]
    functions = _functions(head, context, formula) if any(bare) else frozenset()
    rest = []
    for (relation, side), names in zip(node.rest, bare, strict=True):
        for name in names:
            side = with_argument(side, name, argument) if name_of(name) in functions else side
        rest.append((relation, side))
    return replace(node, first=head.first, rest=tuple(rest))


def _head(first: Node, context: Context, formula: Formula) -> _Head | None:
    if isinstance(first, DerivativeOf):
        return _derivative_head(first, context, formula)
    call = first.items if isinstance(first, Juxtaposed) and len(first.items) == 2 else ()
    if isinstance(first, Call) and len(first.arguments) == 1:
        call = (first.function, Bracketed(first.arguments))
    primed = call[0] if call else first
    if not isinstance(primed, Scripted) or not primed.primes or not isinstance(primed.base, Name):
        return None
    if call:
        (argument,) = call[1].items if isinstance(call[1], Bracketed) and len(call[1].items) == 1 else (None,)
        letter = name_of(argument) if isinstance(argument, Name) else None
        return _Head(first, letter) if letter else None
    return _primed_head(primed, primed.base, context, formula)


def _primed_head(primed: Scripted, base: Name, context: Context, formula: Formula) -> _Head | None:
    """``f'`` alone, of a function or of a value that has a name."""
    letter = _argument_of(base, context, formula)
    if letter is not None:
        argument = Bracketed((Name(letter),), start=primed.start, end=primed.end)
        return _Head(Juxtaposed((primed, argument), start=primed.start, end=primed.end), letter)
    value = next((d for d in reversed(context.named_values(formula)) if d.function == name_of(base)), None)
    if value is None or len(value.body.free_symbols) != 1:
        return None
    (letter,) = map(str, value.body.free_symbols)
    derived = DerivativeOf(base, ((Name(letter), primed.primes),), start=primed.start, end=primed.end)
    return _Head(derived, letter)


def _derivative_head(first: DerivativeOf, context: Context, formula: Formula) -> _Head | None:
    letter = name_of(first.variables[0][0]) if len(first.variables) == 1 else None
    if letter is None or not isinstance(first.variables[0][0], Name):
        return None
    if not isinstance(first.argument, Name):
        return _Head(first, letter)
    own = _argument_of(first.argument, context, formula)
    if own is None:
        return _Head(first, letter)
    if name_of(first.argument) in context.visible(formula):
        return _Head(first, letter) if own == letter else None
    argument = Bracketed((first.variables[0][0],), start=first.start, end=first.end)
    return _Head(replace(first, argument=Juxtaposed((first.argument, argument))), letter)


def _argument_of(base: Name, context: Context, formula: Formula) -> str | None:
    """The argument of a function that a name stands for; x for one that needs no definition."""
    name = name_of(base) or ""
    function = context.visible(formula).get(name)
    if function is not None:
        return str(function.definition.arguments[0])
    return "x" if _is_known(name, context, formula) else None


def _is_known(name: str, context: Context, formula: Formula) -> bool:
    """Whether a name is a function of one argument that needs no definition, and stands for nothing else here."""
    if any(definition.function == name for definition in context.named_values(formula)):
        return False
    known = context.profile.functions.get(name, name)
    definition = library_definitions().get(known)
    one = definition is not None and len(definition.arguments) == 1
    return one or (known in FUNCTIONS and FUNCTIONS[known].arity == (1,))


def _functions(head: _Head, context: Context, formula: Formula) -> frozenset[str]:
    """The functions that may stand without an argument beside a derivative.

    Those that the document defines; of those that need no definition the ones that the derivative is of,
    or that the definition of its function applies: elsewhere their letters may stand for numbers.
    """
    visible, defined = context.visible(formula), context.scope(formula).definitions
    names = {name_of(part) or "" for part in walk(head.first)}
    known = {name for name in names if _is_known(name, context, formula)}
    for source in (visible[name].formula.node for name in names & set(visible)):
        known |= applied_names(source) if source is not None else frozenset()
    if names & known - set(visible):
        known |= {*context.profile.functions, *library_definitions(), *FUNCTIONS}
    known = {name for name in known - set(visible) if _is_known(name, context, formula)}
    return frozenset(known | set(defined))


def _bare(side: Node, argument: Bracketed) -> Iterator[Name]:
    """The names that stand in a side without an argument, and nowhere with another one than ``argument``."""
    names = {part: None for part in walk(side) if isinstance(part, Name)}
    behind = [
        (head, following.base if isinstance(following, Scripted) else following)
        for part in walk(side)
        if isinstance(part, Juxtaposed)
        for head, following in pairwise(part.items)
    ]
    called = {_letter(part.function) for part in walk(side) if isinstance(part, Call)}
    for name in names:
        if name in called or name in argument.items:
            continue
        brackets = [b for head, b in behind if _letter(head) == name and isinstance(b, Bracketed)]
        inside = [set(walk(bracket)) for bracket in brackets]
        alone = sum(part == name for part in walk(side)) > len(brackets)
        if all(name in parts or argument.items[0] in parts for parts in inside) and (
            alone or any(name in parts for parts in inside)
        ):
            yield name


def _letter(head: Node) -> Node:
    return head.base if isinstance(head, Scripted) else head
