"""What ``import symdl`` offers: verify, derive, generate, and the makers that read text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import sympy as sp

from . import library
from .calculus import derivatives, reverse
from .codegen import Generated
from .codegen import generate as _generate
from .codegen.networks import network_source
from .codegen.numba_network_source import numba_network_source
from .core import (
    STEP,
    THETA,
    Activation,
    All,
    Array,
    ArrayExpr,
    Assignment,
    Claim,
    Compare,
    Definition,
    DefinitionError,
    Evaluation,
    InputError,
    Layer,
    Loss,
    Mark,
    Optimizer,
    Parameter,
    Question,
    Source,
    State,
    Verdict,
    symbol,
    to_text,
)
from .core.arrays import array
from .documents import check_file, check_text
from .library.optimizers import FAMILIES
from .matching.roles import with_roles
from .notation.claims import ClaimText, read_claims, read_equality, read_expression
from .notation.door import admit
from .notation.given import GivenText
from .notation.profile import DEEP_LEARNING, PLAIN, Profile
from .notation.text import Syntax
from .notation.tokens import GREEK
from .prover import decide, explain
from .prover.rule_derivations import RuleDerivation, derive_rule
from .quiz.marking import mark_answer
from .quiz.misconceptions import explained
from .testing import Examination
from .testing import examine as _examine

if TYPE_CHECKING:
    from .report.card_data import Card

__all__ = [
    "activation",
    "array",
    "card",
    "check_file",
    "check_text",
    "derive",
    "equivalent",
    "examine",
    "find",
    "generate",
    "gradient",
    "loss",
    "mark",
    "network",
    "optimizer",
    "plot",
    "source_code",
    "verify",
]

Text: TypeAlias = str | sp.Expr
Number: TypeAlias = int | Fraction | sp.Rational | str
Item = Activation | Loss | Layer | Optimizer


def verify(
    claim: ClaimText, given: Iterable[GivenText] = (), *, profile: Profile = PLAIN, syntax: Syntax = "auto"
) -> Verdict:
    """Decide a claim: equal wherever both sides are defined, on the domain that ``given`` states.

    ``claim`` is plain text, LaTeX, a SymPy relation or a claim of :mod:`symdl.core`; a chain
    ``a = b <= c`` is proved when each of its links is. Raises :class:`symdl.ReadError` on text that
    cannot be read.

    >>> verify("log(1 + exp(x)) - log(1 + exp(-x)) = x").outcome
    'PROVED'
    >>> print(verify("max(x, k*x) = x", given=["x > 0"]).witness)
    at k = 2, x = 1: 2 against 1
    """
    parts = read_claims(claim, given, profile, syntax)
    if len(parts) == 1:
        return explain(decide(parts[0]))
    assumptions = tuple(dict.fromkeys(entry for part in parts for entry in part.given))
    return explain(decide(Claim(All(tuple(part.statement for part in parts)), assumptions)))


def equivalent(
    left: Text,
    right: Text,
    given: Iterable[GivenText] = (),
    *,
    profile: Profile = DEEP_LEARNING,
    syntax: Syntax = "auto",
) -> Verdict:
    r"""Decide whether two expressions are the same function: equal, on the same domain up to points.

    >>> equivalent(r"\sigma(x)(1-\sigma(x))", r"\frac{e^{-x}}{(1+e^{-x})^2}").outcome
    'PROVED'
    >>> equivalent(r"\ln x^2", r"2 \ln x").outcome
    'REFUTED'
    """
    arrays = read_equality(left, right, given, profile, syntax)
    if arrays is not None:
        return decide(arrays)
    first, second = (read_expression(side, given, profile, syntax) for side in (left, right))
    assumptions = tuple(dict.fromkeys((*first.given, *second.given)))
    equality = decide(Claim(Compare(first.expr, "=", second.expr, first.conditions + second.conditions), assumptions))
    if not equality.proved:
        return equality
    for inside, outside in ((first, second), (second, first)):
        for condition in outside.conditions:
            if condition.relation == "!=":
                continue
            same = decide(Claim(condition, (*assumptions, *inside.conditions)))
            if not same.proved:
                return Verdict(equality.claim, same.outcome, same.evidence)
    return equality


def mark(gold: Text, answer: Text, given: Iterable[str] = ()) -> Mark:
    r"""The mark of an answer against the right one: RIGHT with a proof, WRONG with a witness.

    UNDECIDED and UNREADABLE say why. For tolerances, forms, choices and other kinds of answers make a
    :class:`symdl.Question`, and mark with ``symdl.quiz.marking.mark_answer``.

    >>> mark(r"\frac{dL}{dz} = p - y", "p - y").grade
    'RIGHT'
    >>> print(mark(r"\ln x", r"\ln|x|").grade)
    WRONG
    """
    sides = [(side, ()) if isinstance(side, str) else admit(side) for side in (gold, answer)]
    texts = [side if isinstance(side, str) else to_text(side) for side, _ in sides]
    assumed = [str(entry) for _, entries in sides for entry in entries]
    question = Question(texts[0], given=(*given, *assumed))
    return explained(question, texts[1], mark_answer(question, texts[1]))


def derive(expr: Text, wrt: str | sp.Symbol | None = None) -> derivatives.Derivation | RuleDerivation:
    """The derivative of an expression or of a library activation, with its steps by rule name.

    Of an update rule, the steps that lead to it: what its averages estimate, what its step minimises, its other forms.

    ``wrt`` is the variable; without it the only one, or x where there are several. A single word is the name of
    an item, and ``DefinitionError`` is raised where there is none of that name. Raises
    :class:`symdl.ReadError` on text that cannot be read, ``UnsupportedDerivative`` where there is none.

    >>> print(derive("x*exp(-x)").result)
    -x*exp(-x) + exp(-x)
    """
    item = _library_item(expr)
    if isinstance(item, Activation):
        return derivatives.derive(item.expr, item.argument)
    if isinstance(item, Optimizer):
        forms = (tuple(family.points()) for family in FAMILIES if family.name == item.name)
        return derive_rule(item, next(forms, ()))
    if item is not None:
        remedy = "symdl derives expressions, activations and update rules"
        raise InputError(f"{item.name} is no scalar expression", remedy=remedy)
    if wrt is None and isinstance(expr, str) and _is_word(expr.strip()):
        library.find(expr.strip())
    read = read_expression(expr).unfolded
    return derivatives.derive(read, _variable(read, wrt))


def _is_word(text: str) -> bool:
    """Whether a text can only be the name of an item: a variable is shorter, or Greek."""
    return text.isidentifier() and len(text) > 2 and text.split("_")[0] not in GREEK and len(text.split("_")[0]) > 1


def _variable(expr: sp.Expr, wrt: str | sp.Symbol | None) -> sp.Symbol:
    if wrt is not None:
        return symbol(wrt.strip()) if isinstance(wrt, str) else wrt
    free = sorted(expr.free_symbols, key=str)
    if len(free) <= 1:
        return free[0] if free else symbol("x")
    if symbol("x") in free:
        return symbol("x")
    raise InputError(f"several variables: {', '.join(map(str, free))}", remedy="say which with wrt (--wrt)")


def _library_item(name: object) -> Item | None:
    known = {item.name: item for item in library.ITEMS}
    return known.get(name.strip()) if isinstance(name, str) else None


def generate(item: Item | str, target: str = "numpy", precise: bool = False) -> Generated:
    """Source for an item: ``.source``, ``.tests`` and ``.load()``, which gives its functions.

    ``target`` is ``numpy``; activations and elementwise update rules are written for ``torch`` (an
    ``autograd.Function`` and an ``Optimizer``), ``jax`` (a ``custom_jvp`` and an optax transformation) and ``numba``
    (the functions of the NumPy module as compiled loops) too.
    ``precise`` computes an activation in twice the digits: float32 within .51 ULP, float64 as its docstring says.
    ``torch:AdamW`` stands for the rule that this optimizer follows, with its defaults (:func:`find`).

    >>> print(generate("relu").load().relu([-1.0, 2.0]))
    [0. 2.]
    """
    if isinstance(item, str):
        item = find(item) if ":" in item else library.find(item)
    return _generate(item, target, precise)


def card(item: Item | str) -> Card:
    """What is known of an item: definition, derivative, kinks, properties with their verdicts, code, source.

    ``print(card(...))`` shows it as text; notebooks show its formulas.

    >>> card("relu").kinks[0].interval
    ('0', '1')
    """
    return import_module("symdl.report.cards").card(_found(item))


def source_code(item: Item | str) -> str:
    """The NumPy module of an item: the committed one for an item of the library, else generated now."""
    return import_module("symdl.report.cards").source_code(_found(item))


def plot(item: Item | str, path: str | Path) -> None:
    """Write the value and the derivative of an activation as a figure, SVG or PNG by the ending of ``path``.

    Raises :class:`InputError` for another item or ending, ``MissingPackage`` where matplotlib is not installed.
    """
    found = _found(item)
    if not isinstance(found, Activation):
        raise InputError(f"{found.name} has no curve", remedy="plots are made of activations")
    curves = import_module("symdl.report.curves")
    curves.write_figure(found.name, curves.curve(found, curves.FINE), Path(path))


def _found(item: Item | str) -> Item:
    return find(item) if isinstance(item, str) else item


def network(layers: str, sizes: str, activation: str, loss: str, target: str = "numpy") -> str:
    """The source of a network: ``network("mlp", "784,256,128,10", "relu", "cross_entropy")``.

    ``target`` is ``numpy`` or ``numba``.
    Raises :class:`InputError` for widths that are no integers and for items of another kind,
    :class:`MissingPackage` where Numba is asked for and not installed.
    """
    written = {"numpy": network_source, "numba": numba_network_source}.get(target)
    if written is None:
        raise InputError(f"networks are not generated for {target}", remedy="choose --target numpy or numba")
    try:
        widths = [int(width) for width in sizes.split(",")]
    except ValueError:
        raise InputError(f"{sizes!r} is no list of widths", remedy="write 784,256,128,10") from None
    found = find(layers), find(activation), find(loss)
    chain, between, last = found
    if not (isinstance(chain, Layer) and isinstance(between, Activation) and isinstance(last, Loss)):
        kinds = ", ".join(f"{item.name} is a {type(item).__name__}" for item in found)
        raise InputError(kinds, remedy="a network takes a layer, an activation and a loss")
    return written(widths, between, last, chain)


def gradient(expr: ArrayExpr | Loss, wrt: Array) -> ArrayExpr:
    """The gradient of a scalar array expression, in reverse mode.

    >>> W, x = array("W", "out", "in"), array("x", "in")
    >>> gradient((W @ x).sum(), wrt=x).dimensions == x.dimensions
    True
    """
    return reverse.gradient(expr.expr if isinstance(expr, Loss) else expr, wrt)


def activation(
    name: str,
    formula: Text,
    *,
    parameters: Mapping[str, Number | None] | None = None,
    given: Iterable[str] = (),
    slope_at: Mapping[Number, Number] | None = None,
    source: Source | None = None,
) -> Activation:
    """An activation from a formula in x (or in its only variable).

    ``parameters`` maps further symbols to their defaults, or None where the caller must give them;
    ``given`` states their domains, which decide which branch of a maximum is which.

    >>> activation("bent", "(sqrt(x^2+1)-1)/2 + x").expr
    x + (sqrt(x**2 + 1) - 1)/2
    >>> elu = activation("elu", "max(x, 0) + min(a*(exp(x)-1), 0)", parameters={"a": 1}, given=["a > 0"])
    >>> print(elu.parameters[0].domain[0])
    a > 0
    """
    read = read_expression(formula, given)
    expr = read.unfolded
    constants = _parameters({symbol(key): default for key, default in (parameters or {}).items()})
    argument = _argument(name, expr, {constant.symbol for constant in constants})
    declared = {_rational(point): _rational(slope) for point, slope in (slope_at or {}).items()}
    return Activation(name, argument, expr, _within(name, constants, read.given), declared, source)


def _within(name: str, parameters: tuple[Parameter, ...], given: Iterable[object]) -> tuple[Parameter, ...]:
    """The parameters, each with the relations whose last symbol it is."""
    places = {parameter.symbol: place for place, parameter in enumerate(parameters)}
    domains: list[list[Compare]] = [[] for _ in parameters]
    for entry in (entry for entry in given if not isinstance(entry, Definition)):
        free = entry.lhs.free_symbols | entry.rhs.free_symbols if isinstance(entry, Compare) else set()
        if not isinstance(entry, Compare) or not free or not free <= places.keys():
            raise DefinitionError(f"{name}: {entry} is no relation between parameters", remedy="such as a > 0")
        domains[max(places[symbol] for symbol in free)].append(entry)
    return tuple(replace(p, domain=tuple(domain)) for p, domain in zip(parameters, domains, strict=True))


def _argument(name: str, expr: sp.Expr, parameters: set[sp.Symbol]) -> sp.Symbol:
    free = expr.free_symbols - parameters
    if symbol("x") in free or not free:
        return symbol("x")
    if len(free) > 1:
        names = ", ".join(sorted(map(str, free)))
        raise DefinitionError(f"{name}: which of {names} is the argument?", remedy="call it x, or declare parameters")
    return free.pop()


def _parameters(given: Mapping[sp.Symbol, Number | None]) -> tuple[Parameter, ...]:
    return tuple(Parameter(s, str(s), None if value is None else _rational(value)) for s, value in given.items())


def _rational(value: Number) -> sp.Rational:
    """An exact rational; a decimal is meant as written."""
    try:
        exact = Fraction(str(value))
    except ValueError:
        raise InputError(f"{value!r} is no exact number", remedy="write 0.9 or 9/10") from None
    return sp.Rational(exact.numerator, exact.denominator)


def optimizer(
    name: str,
    step: Sequence[str],
    *,
    start: Mapping[str, Text | int] | None = None,
    hyper: Mapping[str, Number | None] | None = None,
    point: Text = "theta",
    source: Source | None = None,
) -> Optimizer:
    """An update rule from its assignments, in order: theta the parameter, g the gradient, t the step.

    ``start`` names the states and their value before the first step; ``hyper`` gives defaults; other
    names that nothing assigns are hyper-parameters without one. ``point`` is where g is taken.

    >>> rule = optimizer("mine", ["m = beta*m + (1-beta)*g", "theta = theta - eta*m"], start={"m": 0})
    >>> [p.name for p in rule.hyper]
    ['learning_rate', 'momentum']
    """
    assignments = tuple(_assignment(line) for line in step)
    states = tuple(State(symbol(key), read_expression(str(value)).unfolded) for key, value in (start or {}).items())
    taken = read_expression(point).unfolded
    bound = {THETA, STEP, symbol("g"), *(s.symbol for s in states), *(a.symbol for a in assignments)}
    used = {s for a in assignments for s in a.expr.free_symbols} | taken.free_symbols
    defaults = dict.fromkeys(sorted(used - bound, key=str)) | {symbol(k): v for k, v in (hyper or {}).items()}
    rule = Optimizer(name, _parameters(defaults), states, (Evaluation(symbol("g"), taken),), assignments, {}, source)
    return with_roles(rule)


def _assignment(line: str) -> Assignment:
    target, equals, expression = line.partition("=")
    if not equals or not target.strip().isidentifier():
        raise DefinitionError(f"{line!r} is no assignment", remedy="write: m = beta*m + (1-beta)*g")
    return Assignment(symbol(target.strip()), read_expression(expression).unfolded)


def loss(name: str, expr: ArrayExpr, inputs: Sequence[Array], *, source: Source | None = None) -> Loss:
    """A loss over arrays: a scalar array expression in its inputs, the prediction first.

    >>> p, y = array("p", "batch"), array("y", "batch")
    >>> loss("absolute_square", ((p - y)**2).mean(), [p, y]).name
    'absolute_square'
    """
    return Loss(name, tuple(inputs), expr, source=source)


def find(text: str) -> Item:
    """A library item by name, a value by ``module:object``, or an expression as an activation ``f``.

    ``bump(x) = exp(-x^2)`` is an activation of that name.

    ``torch:AdamW``, ``optax:adamw`` and ``keras:Adam`` are the rules that these optimizers follow, found by running
    them; ``torch:SGD(momentum=0.9)`` with arguments.

    >>> find("adam").name, find("x*exp(-x)").name, find("bump(x) = exp(-x^2)").name
    ('adam', 'f', 'bump')
    """
    item = _library_item(text)
    if item is not None:
        return item
    if ":" in text:
        points = import_module("symdl.audit.points")
        return points.library_point(text) if points.names_library_optimizer(text) else _imported(text)
    if text.strip().isidentifier():
        return library.find(text.strip())
    return _defined(text)


_DEFINITION = re.compile(r"\s*([A-Za-z]\w*)\(\s*([A-Za-z]\w*)\s*\)\s*=([^=].*)", re.S)


def _defined(text: str) -> Activation:
    """``name(x) = formula``, or a formula alone."""
    definition = _DEFINITION.fullmatch(text)
    if definition is None:
        return activation("f", text)
    name, argument, formula = definition.groups()
    found = activation(name, formula)
    if found.argument != symbol(argument) and found.expr.free_symbols:
        raise InputError(f"{name} is defined in {argument}, but its formula is one in {found.argument}")
    return found


def _imported(text: str) -> Item:
    import sys

    module, _, attribute = text.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        value = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(f"{text} cannot be imported: {error}", remedy="name it as module:object") from error
    if not isinstance(value, Item):
        raise InputError(f"{text} is a {type(value).__name__}", remedy="it must be an activation, loss, layer or rule")
    return value


def examine(items: Sequence[str | Item] = ()) -> list[Examination]:
    """Property-test the generated code of the items, or of the whole library: one row an item and dtype."""
    chosen = [_found(item) for item in items] or list(library.ITEMS)
    return [row for item in chosen for row in _examine(item, generate(item))]
