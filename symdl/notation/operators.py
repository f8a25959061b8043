"""Operators with a reach of their own: sums, derivatives, gradients, limits, components."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp
from sympy.core.function import AppliedUndef

from symdl.core import function, symbol
from symdl.core.expectations import bernoulli, expectation, gaussian

from .indices import indexed
from .names import name_of, script_text
from .results import GradientEvaluation, unfold
from .sums import member
from .syntax import (
    Bracketed,
    Component,
    DerivativeOf,
    Evaluated,
    Expectation,
    Gradient,
    Integral,
    Juxtaposed,
    LimitOf,
    Name,
    Node,
    Number,
    Placeholder,
    Relation,
    Scripted,
)

if TYPE_CHECKING:
    from .elaborator import Elaborator

GRADIENT = function("gradient")
"""``GRADIENT(point)``: the gradient of the loss at ``point``."""


def integral(maker: Elaborator, node: Integral) -> sp.Expr:
    """An integral over one variable, not worked out."""
    name = name_of(node.variable)
    if name is None or node.lower is None or node.upper is None:
        raise maker.error("an integral needs its variable and both of its bounds", node, "write \\int_a^b f(x) dx")
    bounds = maker.bound_of(node.lower), maker.bound_of(node.upper)
    inner = name not in maker.bound
    maker.bound.add(name)
    body = maker.guarded(node.body, sp.true)
    if inner:
        maker.bound.discard(name)
    return sp.Integral(body, (symbol(name), *bounds))


def expected(maker: Elaborator, node: Expectation) -> sp.Expr:
    r"""``\mathbb E_{x \sim \mathcal N(\mu, \sigma^2)}[f(x)]``, where the law is one that is known."""
    law = _law(maker, node.over) if isinstance(node.over, Relation) else None
    if law is None or node.argument is None:
        raise maker.error(
            "an expectation has no value without its distribution",
            node,
            "write \\mathbb E_{x \\sim \\mathcal N(0, 1)}[f(x)]",
        )
    return expectation(maker.expression(node.argument), law)


def _law(maker: Elaborator, over: Relation) -> sp.Expr | None:
    """The law of ``x ~ N(m, v)`` or ``x ~ Bernoulli(p)``."""
    place, name = over.rest[0][1], name_of(over.first)
    if over.relations != ("~",) or name is None or not isinstance(place, Juxtaposed) or len(place.items) != 2:
        return None
    head, bracket = name_of(place.items[0]), place.items[1]
    parameters = bracket.items if isinstance(bracket, Bracketed) else ()
    if head in {"N", "N_cal"} and len(parameters) == 2:
        return gaussian(symbol(name), maker.expression(parameters[0]), maker.expression(parameters[1]))
    if head in {"Bernoulli", "Bern", "Ber", "B_cal"} and len(parameters) == 1:
        return bernoulli(symbol(name), maker.expression(parameters[0]))
    return None


def evaluated(maker: Elaborator, node: Evaluated) -> sp.Expr:
    """A value at a point: derivatives are taken first."""
    name = name_of(node.place.first)
    if name is None or node.place.relations != ("=",):
        raise maker.error("where the bar is evaluated is not stated", node.place, "write \\big|_{x=0}")
    body, point = maker.expression(node.body), maker.expression(node.place.rest[0][1])
    if symbol(name) not in body.free_symbols and not body.is_number:
        raise maker.error(f"there is no {name} in what is evaluated", node.place, f"write the function of {name} out")
    return sp.Subs(body, symbol(name), point) if body.has(sp.Derivative) else body.xreplace({symbol(name): point})


def derivative(maker: Elaborator, node: DerivativeOf) -> sp.Expr:
    """An unevaluated derivative; a bare name is taken as a function of the variable."""
    if node.argument is None:
        raise maker.error("a derivative of nothing", node, "write the function behind it")
    variables = []
    for variable, order in node.variables:
        name = name_of(variable)
        if name is None:
            raise maker.error("a derivative is taken by a name", variable, "write diff(f, x)")
        of_family = member(maker, variable)
        variables.append((maker.symbol(name) if of_family is None else of_family, order))
    body = _derived(maker, node.argument, tuple(dict.fromkeys(free for free, _ in variables)))
    return sp.Derivative(body, *variables)


def _derived(maker: Elaborator, argument: Node, variables: tuple[sp.Symbol, ...]) -> sp.Expr:
    name = name_of(argument) if isinstance(argument, Name | Scripted) else None
    if name is not None and name not in {str(free) for free in variables}:
        if maker.scope.is_function(name):
            return _function(maker, name, argument, variables)
        return _value(maker, name, variables)
    return _with_parameters(maker.expression(argument), maker, variables)


def _function(maker: Elaborator, name: str, node: Node, variables: tuple[sp.Symbol, ...]) -> sp.Expr:
    """A function that is derived without its brackets: of what it was defined of, if by these names."""
    definition = maker.scope.definitions.get(name)
    if definition is None:
        return function(name)(*variables)
    maker.use(definition)
    whole = _with_parameters(function(name)(*definition.arguments), maker, variables)
    if set(variables) <= whole.free_symbols:
        return whole
    if len(variables) != len(definition.arguments):
        names = ", ".join(map(str, definition.arguments))
        raise maker.error(f"{name} is a function of {names}", node, f"derive it by one of them, or write {name}(...)")
    return function(name)(*variables)


def _with_parameters(body: sp.Expr, maker: Elaborator, variables: tuple[sp.Symbol, ...]) -> sp.Expr:
    """An expression with its definitions written out where it depends on a variable through them alone."""
    if set(variables) <= body.free_symbols or not body.has(AppliedUndef):
        return body
    taken = {str(free) for free in variables}
    written = unfold(body, tuple(e for e in maker.scope.definitions.values() if e.function not in taken))
    return written if written.free_symbols & set(variables) - body.free_symbols else body


def _value(maker: Elaborator, name: str, variables: tuple[sp.Symbol, ...]) -> sp.Expr:
    """What a defined name stands for, down to the variables; a function of them where it does not lead there."""
    definition = maker.scope.definitions.get(name)
    if definition is None:
        return function(name)(*variables)
    taken = {str(free) for free in variables}
    named = (entry for entry in maker.scope.definitions.values() if not entry.arguments)
    body = unfold(definition.body, tuple(entry for entry in named if entry.function not in taken))
    if not body.free_symbols.intersection(variables):
        return function(name)(*variables)
    maker.use(definition)
    return body


def limit(maker: Elaborator, node: LimitOf) -> sp.Expr:
    """A limit is a statement of its own, not a part of an expression."""
    raise maker.error("a limit stands alone on the left of =", node, "write limit(f, x, oo) = 0")


def gradient(maker: Elaborator, node: Gradient) -> sp.Expr:
    """An opaque gradient at its point."""
    return _gradient(maker, node, None)


def _gradient(maker: Elaborator, node: Gradient, component: str | None) -> sp.Expr:
    """The gradient; its square where an average of it is kept (``\\nabla_\\theta^2 L`` has no other fitting shape)."""
    squared = node.order == Number("2") and maker.average and node.variable is not None
    if node.order is not None and not squared:
        raise maker.error("the power of a nabla has several meanings", node, "write (\\nabla L)^2 or name the Hessian")
    if node.argument is None:
        raise maker.error("a gradient of nothing", node, "write \\nabla_\\theta L")
    of, place = _gradient_of(maker, node.argument)
    place = place if place is not None else node.variable
    if place is None:
        raise maker.error("where the gradient is taken is not stated", node, "write \\nabla L(\\theta)")
    point = maker.expression(place)
    value = GRADIENT(point)
    by = indexed(node.variable, maker.time) if node.variable is not None else None
    evaluation = GradientEvaluation(value, of, by.base if by else None, point, component)
    maker.gradients[evaluation] = None
    return value**2 if squared else value


def _gradient_of(maker: Elaborator, argument: Node) -> tuple[str, Node | None]:
    """The name of the function, and the argument that it is given."""
    name = name_of(argument)
    if name is not None:
        return name, None
    if isinstance(argument, Juxtaposed) and len(argument.items) == 2:
        head, bracket = argument.items
        name = name_of(head)
        if name is not None and isinstance(bracket, Bracketed):
            items = [item for item in bracket.items if not isinstance(item, Placeholder)]
            return name, (items[0] if items else None)
    raise maker.error("the gradient of a formula is not read yet", argument, "give the function a name")


def component(maker: Elaborator, node: Component) -> sp.Expr:
    """One component of something in brackets: noted, and dropped."""
    inside = node.base
    while isinstance(inside, Bracketed) and len(inside.items) == 1:
        inside = inside.items[0]
    index = script_text(node.index)
    if index is None or not isinstance(node.base, Bracketed):
        raise maker.error("an index that is no name", node.index, "write x[i]")
    if not isinstance(inside, Gradient) and not maker.sequences:
        raise maker.error("a component of an expression", node, "write the component of each name: x[i]")
    maker.components.add(index)
    return _gradient(maker, inside, index) if isinstance(inside, Gradient) else maker.expression(inside)
