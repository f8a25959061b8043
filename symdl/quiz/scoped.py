"""Two texts under one scope."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from symdl.core import Given
from symdl.notation.profile import Profile
from symdl.notation.scope import Scope
from symdl.notation.syntax import Bracketed, DerivativeOf, Juxtaposed, Name, Node, rewritten

from .reading import Context, Reading, functions_of


@dataclass(frozen=True)
class Pair:
    """The right answer and the given one, with the names that are functions in both."""

    context: Context
    gold: Reading
    own: Reading
    scope: Scope
    sampling: bool = False

    @property
    def profile(self) -> Profile:
        """The profile in force."""
        return self.context.profile

    @property
    def given(self) -> tuple[Given, ...]:
        """What the question declares."""
        return self.context.ready.entries


def bind(context: Context, gold: Reading, own: Reading, sampling: bool = False) -> Pair:
    """The two readings under one scope."""
    known = {name for name in context.profile.functions if name in gold.applied or name in own.applied}
    known -= gold.bare | own.bare
    if known:
        gold, own = _with_arguments(gold, known), _with_arguments(own, known)
    functions = functions_of(context, gold, own)
    scope = context.ready.scope
    plain = frozenset(name for name in context.profile.functions if name in gold.bare or name in own.bare)
    if functions:
        scope = scope.with_functions(functions)
    if plain - scope.variables - scope.definitions.keys():
        scope = replace(scope, variables=scope.variables | plain)
    return Pair(context, gold, own, scope, sampling)


def _with_arguments(reading: Reading, known: Collection[str]) -> Reading:
    r"""``\frac{d\sigma}{dx}`` as the derivative of ``\sigma(x)``, for a function that elsewhere has an argument."""

    def applied(node: Node) -> Node:
        if isinstance(node, DerivativeOf) and isinstance(node.argument, Name) and node.argument.base in known:
            (variable, _), *others = node.variables
            if not others:
                return replace(node, argument=Juxtaposed((node.argument, Bracketed((variable,)))))
        return node

    return replace(reading, nodes=tuple(rewritten(node, applied) for node in reading.nodes))
