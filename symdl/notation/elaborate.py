r"""The syntax tree to SymPy, under a profile and a scope.

:func:`elaborate` takes one expression, :func:`compare` a chain of relations, :func:`define` a
definition. What the tree leaves open is settled here: ``f(1 - x)`` applies ``f`` where ``f`` is a
function (of the scope, the library, the profile), and is a product otherwise.

*Functions with a definition* (of the scope or the library) stay applied: ``sigmoid(x)`` is
``symdl.core.function("sigmoid")(x)``, and its :class:`symdl.core.Definition` is in ``definitions``, to be
put into the ``given`` of a claim, where the prover unfolds it. ``Elaborated.unfolded`` has them written
out. ``f'(x)`` and ``diff(f(x), x)`` are unevaluated ``sp.Derivative(f(x), x)``; at another point than a
symbol, ``sp.Subs`` of it.

*Conditions* are collected from the tree before SymPy can simplify them away: denominators that must not
vanish, arguments of logarithms and even roots, bases of powers; those of a branch of cases hold on that
branch alone.

*Gradients* are opaque: ``\nabla_{\theta_t} L(\theta_t + v)`` is ``symdl.core.function("gradient")`` applied
to the point, here ``theta_t + v``. Each is listed in ``gradients`` with what it is the gradient of, by
which name, and the component. Without an argument of ``L`` the point is the subscript itself.

*Sequences* (``sequences=True``): each quantity with a time index is an applied function of the time,
``\theta_{t+1}[i]`` is ``function("theta")(t + 1)`` with ``t`` = ``symdl.core.STEP``, components are dropped
and listed in ``components``. ``\beta_1`` and ``M_0`` stay symbols unless ``scope.sequences`` names their
base. A sum over ``s \le t`` is ``sp.Sum`` over ``s`` from 1 to ``t``.

>>> from symdl.notation.latex import parse
>>> from symdl.notation.profile import DEEP_LEARNING
>>> rule = parse(r"\theta_t[i] - \eta (\nabla_{\theta_t} L(\theta_{t-1}))[i]")
>>> result = elaborate(rule, DEEP_LEARNING, sequences=True)
>>> result.expr
-eta*gradient(theta(t - 1)) + theta(t)
>>> [(str(g.point), g.of, g.variable, g.component) for g in result.gradients], sorted(result.components)
([('theta(t - 1)', 'L', 'theta', 'i')], ['i'])
"""

from __future__ import annotations

from sympy.core.function import AppliedUndef

from symdl.core import Compare, Definition, symbol
from symdl.core.claims import Relation as CoreRelation

from . import applications, sums
from .elaborator import COMPARISONS, Elaborator
from .functions import joined
from .indices import TIME_NAMES, is_recurrence, time_names
from .names import is_statistic, name_of
from .profile import PLAIN, Profile
from .results import Elaborated, GradientEvaluation, unfold
from .scope import Scope, library_definitions
from .syntax import (
    Bracketed,
    Extremum,
    Juxtaposed,
    Name,
    Node,
    Relation,
    Scripted,
    Summation,
    walk,
)

__all__ = ["Elaborated", "Elaborator", "GradientEvaluation", "compare", "define", "defined_head", "elaborate", "unfold"]


def elaborate(
    node: Node, profile: Profile = PLAIN, scope: Scope | None = None, *, sequences: bool = False, text: str = ""
) -> Elaborated:
    """The SymPy expression of one expression node (see the module's description).

    ``text`` is what was parsed, for carets. Raises :class:`ReadError` for what is no scalar expression,
    an unknown function, a division by zero, or a number too large to write down.

    >>> from symdl.notation.plain import parse
    >>> result = elaborate(parse("x/x"))
    >>> result.expr, [str(condition) for condition in result.conditions]
    (1, ['x != 0'])
    """
    maker = _elaborator(node, profile, scope, sequences, text)
    return maker.result(maker.expression(node))


def _elaborator(node: Node, profile: Profile, scope: Scope | None, sequences: bool, text: str) -> Elaborator:
    """The elaborator for one statement; where brackets may be factors, primes show which names are functions."""
    scope = scope or Scope()
    if not profile.brackets_apply:
        known = {*scope.definitions, *library_definitions(), *profile.functions}
        scope = scope.with_functions(applications.primed_names(node) - known)
    maker = Elaborator(profile, scope, sequences, time_names(node) if sequences else TIME_NAMES, text)
    maker.average = sequences and isinstance(node, Relation) and is_recurrence(node)
    every = [part for part in walk(node) if isinstance(part, Summation | Extremum)]
    if every:
        maker.families = sums.families(node, maker.time if sequences else frozenset())
        maker.raised = sums.raised(node)
        maker.count = sums.count_name(node)
        if any(part.index is None for part in every):
            maker.varying = sums.varying(node)
    return maker


def compare(
    node: Relation, profile: Profile = PLAIN, scope: Scope | None = None, *, sequences: bool = False, text: str = ""
) -> tuple[tuple[Compare, ...], Elaborated]:
    """A chain of comparisons: one :class:`symdl.core.Compare` for each link, and what was found on the way.

    The conditions under which a link has a value are in its ``defined``. Assignments (``<-``, ``:=``)
    count as ``=``. The ``expr`` of the second value is the last side.

    >>> from symdl.notation.plain import parse
    >>> [str(link) for link in compare(parse("0 < k < 1"))[0]]
    ['0 < k', 'k < 1']
    """
    maker = _elaborator(node, profile, scope, sequences, text)
    links: list[Compare] = []
    left, needs = maker.side(node.first)
    for written, right_node in node.rest:
        for relation, bound in bounds_of(maker, written, right_node):
            right, more = maker.side(bound)
            links.append(Compare(left, relation, right, joined(needs + more)))
        if written != "in":
            left, needs = right, more
    return tuple(links), maker.result(left)


def bounds_of(maker: Elaborator, relation: str, side: Node) -> tuple[tuple[CoreRelation, Node], ...]:
    r"""A relation and its right side; two for ``\in (a, b)``."""
    if relation in COMPARISONS or relation in {":=", "<-"}:
        return ((COMPARISONS.get(relation, "="), side),)
    if relation == "in" and isinstance(side, Bracketed) and len(side.items) == 2 and side.opening in {"(", "["}:
        lower: CoreRelation = ">" if side.opening == "(" else ">="
        upper: CoreRelation = "<" if side.closing == ")" else "<="
        return ((lower, side.items[0]), (upper, side.items[1]))
    raise maker.error(f"'{relation}' is no comparison", side, "use =, !=, <, <=, > or >=")


def define(
    node: Node, profile: Profile = PLAIN, scope: Scope | None = None, *, text: str = ""
) -> tuple[Definition, Elaborated] | None:
    r"""The definition that a relation states, with its elaborated body; None when it states none.

    ``f(x) = ...`` and ``f(x) := ...`` define; so do ``a := ...`` and ``a \leftarrow`` a constant.

    >>> from symdl.notation.latex import parse
    >>> str(define(parse(r"f(x) = \frac{1}{1+e^{-x}}"))[0])
    'f(x) = 1/(1 + exp(-x))'
    """
    if not isinstance(node, Relation) or len(node.rest) != 1 or node.relations[0] not in {"=", ":="}:
        return None
    head = defined_head(node.first)
    if head is None or (not head[1] and node.relations[0] == "="):
        return None
    name, arguments = head
    if is_recurrence(node):
        return None
    maker = _elaborator(node, profile, scope, False, text)
    maker.bound.update(arguments)
    body = maker.expression(node.rest[0][1])
    if name in {applied.func.__name__ for applied in body.atoms(AppliedUndef)}:
        raise maker.error(f"the definition of {name} refers to itself", node, "define it without itself")
    return Definition(name, tuple(symbol(argument) for argument in arguments), body), maker.result(body)


def defined_head(node: Node) -> tuple[str, tuple[str, ...]] | None:
    """The name and the arguments that the left side of a definition introduces.

    >>> from symdl.notation.latex import parse
    >>> defined_head(parse("f(x)")), defined_head(parse("a"))
    (('f', ('x',)), ('a', ()))
    """
    if isinstance(node, Name | Scripted) or is_statistic(node):
        name = name_of(node)
        return (name, ()) if name else None
    if not isinstance(node, Juxtaposed) or len(node.items) != 2:
        return None
    head, bracket = node.items
    name = name_of(head)
    component = applications.component_of_value(bracket)
    if name is not None and component is not None:
        inner, index = component
        names = [name_of(item) for item in (*inner.items, index)]
        return (f"{name}_vector", tuple(arg for arg in names if arg)) if all(names) else None
    if (
        name is None
        or (isinstance(head, Scripted) and head.primes)
        or not isinstance(bracket, Bracketed)
        or bracket.opening != "("
    ):
        return None
    arguments = [name_of(item) for item in applications.arguments_in(bracket)]
    return (name, tuple(arg for arg in arguments if arg)) if all(arguments) else None
