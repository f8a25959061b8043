"""The syntax tree that LaTeX and plain text are both read into.

The tree says what is written, not what it means. ``f(1 - x)`` is :class:`Juxtaposed` (an application
or a product: that depends on whether ``f`` is a function where it stands), ``x^T`` and ``f^{(i)}`` are
:class:`Scripted` (a power, a transpose, an index). ``elaborate`` decides under a profile and a scope.

Every node has ``start`` and ``end``, offsets in the text that was read; they do not count in ``==``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace


@dataclass(frozen=True)
class Node:
    """A piece of the text from ``start`` to ``end``."""

    start: int = field(default=0, kw_only=True, compare=False, repr=False)
    end: int = field(default=0, kw_only=True, compare=False, repr=False)


@dataclass(frozen=True)
class Number(Node):
    """A decimal number, exactly as it was written."""

    text: str


@dataclass(frozen=True)
class Name(Node):
    r"""A letter or a word: ``\hat{\mathbf v}`` is ``Name("v", ("bold", "hat"))``.

    Greek letters and words are spelled out (``theta``); decorations stand from the inside out.
    """

    base: str
    decorations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Text(Node):
    r"""Words among the formulas: ``\text{ if }``."""

    text: str


@dataclass(frozen=True)
class Placeholder(Node):
    r"""The dot that stands for any argument: ``f(\cdot)``."""


@dataclass(frozen=True)
class Ellipsis(Node):
    r"""``\ldots``."""


@dataclass(frozen=True)
class Scripted(Node):
    """``base`` with a subscript, a superscript and primes, their meaning undecided."""

    base: Node
    subscript: Node | None = None
    superscript: Node | None = None
    primes: int = 0


@dataclass(frozen=True)
class Component(Node):
    """``base[index]``."""

    base: Node
    index: Node


@dataclass(frozen=True)
class Bracketed(Node):
    r"""Items in brackets: ``(x)``, ``(x, y)``, ``[0, 1)``, ``\{x, y\}``, ``(\cdot; \theta)``.

    ``opening`` and ``closing`` are one of ``( [ {`` and ``) ] }`` or empty for an invisible bracket.
    """

    items: tuple[Node, ...]
    opening: str = "("
    closing: str = ")"


@dataclass(frozen=True)
class Listing(Node):
    """Items between commas, without brackets of their own."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Juxtaposed(Node):
    """Items side by side: products and applications, not yet told apart."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Product(Node):
    """``first`` and then, from left to right, each operator (``*``, ``/``, ``odot``...) with its operand."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True)
class Addition(Node):
    """Terms, each with its sign: ``+``, ``-`` or ``±``."""

    terms: tuple[tuple[str, Node], ...]


@dataclass(frozen=True)
class Fraction(Node):
    """``numerator`` over ``denominator``."""

    numerator: Node
    denominator: Node


@dataclass(frozen=True)
class Root(Node):
    """The root of ``radicand``: square unless ``degree`` is given."""

    radicand: Node
    degree: Node | None = None


@dataclass(frozen=True)
class Absolute(Node):
    """``|body|``."""

    body: Node


@dataclass(frozen=True)
class Norm(Node):
    r"""``\|body\|``; the order is a subscript around it."""

    body: Node


@dataclass(frozen=True)
class Call(Node):
    r"""A function with a fixed meaning, applied: ``\max(x, 0)``, ``\tanh^2 x``.

    ``function`` is a :class:`Name`, or :class:`Scripted` where it bears scripts. ``bare`` says that
    the argument had no brackets of its own: how far it reaches is for the elaborator to say.
    """

    function: Node
    arguments: tuple[Node, ...]
    bare: bool = False


@dataclass(frozen=True)
class Summation(Node):
    r"""A sum or a product over an index.

    ``kind`` is ``sum`` or ``prod``. ``\sum_{i=1}^n`` has an index, ``lower`` and ``upper``;
    ``\sum_{s \le t}`` has the index and the condition; ``\sum_i`` the index alone.
    """

    kind: str
    index: Node | None
    lower: Node | None
    upper: Node | None
    condition: Node | None
    body: Node


@dataclass(frozen=True)
class Extremum(Node):
    r"""``\max_i x_i``, ``\arg\min_{w \in W} L(w)``: ``kind`` is max, min, argmax, argmin, sup or inf."""

    kind: str
    index: Node | None
    condition: Node | None
    body: Node


@dataclass(frozen=True)
class Integral(Node):
    r"""``\int_a^b body dx``; without bounds an indefinite one."""

    body: Node
    variable: Node
    lower: Node | None = None
    upper: Node | None = None


@dataclass(frozen=True)
class Evaluated(Node):
    r"""``body \big|_{x = a}``."""

    body: Node
    place: Relation


@dataclass(frozen=True)
class Gradient(Node):
    r"""``\nabla_{variable} argument``; ``order`` is the superscript of the nabla, if any.

    In ``\nabla_{\theta_t} L(\theta_t + v)`` the subscript names the variable and the argument of
    ``L`` is the point. ``argument`` is None for a nabla that stands alone.
    """

    variable: Node | None
    argument: Node | None
    order: Node | None = None


@dataclass(frozen=True)
class Expectation(Node):
    r"""``\mathbb E_{over}[argument]``; ``argument`` is None for the bare operator."""

    over: Node | None
    argument: Node | None


@dataclass(frozen=True)
class DerivativeOf(Node):
    r"""``\frac{d^n argument}{dx^n}`` or ``diff(argument, x, n)``; ``argument`` is None for a bare operator."""

    argument: Node | None
    variables: tuple[tuple[Node, int], ...]


@dataclass(frozen=True)
class LimitOf(Node):
    r"""``\lim_{variable \to point} argument`` or ``limit(argument, variable, point)``."""

    argument: Node
    variable: Node
    point: Node


@dataclass(frozen=True)
class Cases(Node):
    """Values with their conditions; a condition of None says otherwise."""

    rows: tuple[tuple[Node, Node | None], ...]


@dataclass(frozen=True)
class Combined(Node):
    """Conditions that hold all together, or of which one holds; ``word`` is ``and`` or ``or``."""

    word: str
    conditions: tuple[Node, ...]


@dataclass(frozen=True)
class Matrix(Node):
    """Rows of cells."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True)
class Conditional(Node):
    """``body | given`` inside brackets."""

    body: Node
    given: Node


@dataclass(frozen=True)
class Relation(Node):
    r"""A chain ``first relation next relation next``.

    Relations: ``= != < <= > >= ~= ~ in notin subset propto ->``, and the assignments ``:=`` and
    ``<-`` (``\leftarrow``, ``\gets``).
    """

    first: Node
    rest: tuple[tuple[str, Node], ...]

    @property
    def sides(self) -> tuple[Node, ...]:
        """The expressions of the chain, from left to right."""
        return (self.first, *(node for _, node in self.rest))

    @property
    def relations(self) -> tuple[str, ...]:
        """The relations of the chain, from left to right."""
        return tuple(relation for relation, _ in self.rest)


@dataclass(frozen=True)
class Negation(Node):
    """``not (statement)``."""

    statement: Node


@dataclass(frozen=True)
class Existential(Node):
    """``exists x, y: statement``."""

    variables: tuple[Node, ...]
    statement: Node


@dataclass(frozen=True)
class Remark:
    """Something that is amiss in how the text is written, and the text that mends it.

    ``code`` is a rule code (TEX001), ``fix`` replaces the text from ``start`` to ``end``.
    """

    code: str
    message: str
    start: int
    end: int
    fix: str


@dataclass(frozen=True)
class Parsed:
    r"""What one span of mathematics says: its statements in order, remarks, and the words between.

    ``\hat G = a,\quad \hat M = b`` has two statements, an aligned block one for each row.
    """

    text: str
    statements: tuple[Node, ...]
    remarks: tuple[Remark, ...] = ()
    notes: tuple[Text, ...] = ()

    def source(self, node: Node) -> str:
        """The text that ``node`` was read from."""
        return self.text[node.start : node.end]


def children(node: Node) -> Iterator[Node]:
    """The nodes directly under ``node``, in order of the text."""
    found: list[Node] = []
    for name in _parts(type(node)):
        _collect(getattr(node, name), found)
    return iter(found)


def _parts(kind: type[Node]) -> tuple[str, ...]:
    """The fields of a kind of node that may hold nodes."""
    found = _PARTS.get(kind)
    if found is None:
        found = tuple(entry.name for entry in fields(kind) if entry.name not in ("start", "end"))
        _PARTS[kind] = found
    return found


_PARTS: dict[type[Node], tuple[str, ...]] = {}


def _collect(value: object, found: list[Node]) -> None:
    if isinstance(value, Node):
        found.append(value)
    elif isinstance(value, tuple):
        for part in value:
            _collect(part, found)


def walk(node: Node) -> Iterator[Node]:
    """``node`` and everything under it, parents first, from left to right.

    >>> [type(n).__name__ for n in walk(Addition((("+", Number("1")), ("-", Name("x")))))]
    ['Addition', 'Number', 'Name']
    """
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(list(children(current))))


def rewritten(node: Node, change: Callable[[Node], Node]) -> Node:
    """The tree with ``change`` applied to each node, those inside first.

    >>> rewritten(Addition((("+", Name("x")),)), lambda n: Name("y") if n == Name("x") else n)
    Addition(terms=(('+', Name(base='y', decorations=())),))
    """
    parts = {name: _rewritten(getattr(node, name), change) for name in _parts(type(node))}
    changed = {name: part for name, part in parts.items() if part is not getattr(node, name)}
    return change(replace(node, **changed) if changed else node)  # type: ignore[arg-type]


def _rewritten(value: object, change: Callable[[Node], Node]) -> object:
    if isinstance(value, Node):
        return rewritten(value, change)
    if isinstance(value, tuple):
        parts = tuple(_rewritten(part, change) for part in value)
        return value if all(new is old for new, old in zip(parts, value, strict=True)) else parts
    return value
