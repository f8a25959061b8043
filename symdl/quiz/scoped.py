"""Two texts under one scope."""

from __future__ import annotations

from dataclasses import dataclass, replace

from symdl.core import Given
from symdl.notation.profile import Profile
from symdl.notation.scope import Scope

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
    functions = functions_of(context, gold, own)
    scope = context.ready.scope
    plain = frozenset(name for name in context.profile.functions if name in gold.bare or name in own.bare)
    if functions:
        scope = scope.with_functions(functions)
    if plain - scope.variables - scope.definitions.keys():
        scope = replace(scope, variables=scope.variables | plain)
    return Pair(context, gold, own, scope, sampling)
