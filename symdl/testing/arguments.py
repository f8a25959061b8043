"""Which argument of a constructor is which hyper-parameter, and the values that tell conventions apart.

The spellings are data: what libraries call the hyper-parameters of the update rules of
:mod:`symdl.library`. A spelling may stand for several roles; the run decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from inspect import Parameter, signature
from typing import Any

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "learning_rate": ("lr", "learning_rate", "step_size", "eta"),
    "momentum": ("momentum", "mu", "beta", "b1", "beta_1", "beta1", "betas[0]"),
    "dampening": ("dampening",),
    "decay": ("alpha", "rho", "decay", "decay_rate"),
    "beta1": ("b1", "beta_1", "beta1", "betas[0]", "adam_beta_1"),
    "beta2": ("b2", "beta_2", "beta2", "betas[1]", "adam_beta_2"),
    "beta3": ("b3", "beta_3", "beta3", "betas[2]"),
    "epsilon": ("eps", "epsilon", "eps_root", "eps[0]", "epsilon_1"),
    "smallest_scale": ("eps[1]", "epsilon_2"),
    "clip": ("d", "clip_threshold", "clipping_threshold"),
    "decay_power": ("beta2_decay", "beta_2_decay", "decay_rate"),
    "weight_decay": ("weight_decay", "lambd", "wd", "adam_weight_decay"),
    "initial_accumulator": ("initial_accumulator_value", "initial_accumulator", "initial_scale"),
    "rate_decay": ("lr_decay",),
    "momentum_decay": ("momentum_decay",),
    "shrink": ("etas[0]", "eta_minus"),
    "grow": ("etas[1]", "eta_plus"),
    "smallest": ("step_sizes[0]", "min_step_size"),
    "largest": ("step_sizes[1]", "max_step_size"),
    "power": ("alpha",),
    "averaging_from": ("t0",),
}
"""The roles of hyper-parameters, and what libraries call them."""

TELLING: Mapping[str, Fraction] = {
    "learning_rate": Fraction(1, 8),
    "momentum": Fraction(3, 4),
    "dampening": Fraction(1, 4),
    "decay": Fraction(7, 8),
    "beta1": Fraction(3, 4),
    "beta2": Fraction(7, 8),
    "beta3": Fraction(15, 16),
    "epsilon": Fraction(1, 8),
    "smallest_scale": Fraction(1, 64),
    "clip": Fraction(5, 4),
    "decay_power": Fraction(3, 4),
    "weight_decay": Fraction(3, 16),
    "initial_accumulator": Fraction(5, 32),
    "rate_decay": Fraction(1, 32),
    "momentum_decay": Fraction(1, 16),
    "shrink": Fraction(3, 8),
    "grow": Fraction(5, 4),
    "smallest": Fraction(1, 16),
    "largest": Fraction(3, 16),
    "power": Fraction(5, 8),
    "averaging_from": Fraction(3),
}
"""Values, exact in binary, at which each hyper-parameter shows: none negligible, no two alike in one role."""


MANNER = ("implementation", "graph", "fused", "autograd", "compil", "performance", "deprecated", "exclude")
"""Words by which documentation says that an argument is about how, or for which parameters, something is computed."""


def documented_argument(doc: str, name: str) -> str:
    """What a docstring says of an argument: from its name at the start of a line to the next argument's."""
    match = re.search(
        rf"^[ \t]*{re.escape(name)}[ \t]*(?:\([^)]*\))?:.*?(?=^[ \t]*\w+[ \t]*(?:\([^)]*\))?:|\Z)", doc, re.M | re.S
    )
    return match.group() if match else ""


@dataclass(frozen=True)
class Argument:
    """One number, flag or choice of a constructor; ``betas[1]`` is the second of a tuple of numbers.

    ``roles`` are the hyper-parameters that it may be, the likeliest last in order of the table.
    """

    name: str
    default: Any
    roles: tuple[str, ...]
    required: bool = False

    @property
    def is_flag(self) -> bool:
        """Whether it is a switch."""
        return isinstance(self.default, bool)

    @property
    def is_off(self) -> bool:
        """Whether its default switches off what it stands for."""
        if self.required:
            return False
        return (self.default is None and "[" not in self.name) or (not self.is_flag and self.default == 0)

    def is_judged(self, doc: str) -> bool:
        """Whether it ought to change what is computed: it has a number or a flag for a value.

        Not so those whose documentation speaks of how the same is computed.
        """
        text = documented_argument(doc, self.name.partition("[")[0]).lower()
        if any(word in text for word in MANNER):
            return False
        kinds = re.search(r"\b(float|int|integer|bool|boolean)\b", text)
        return self.default is not None or bool(self.roles) or (kinds is not None and "string" not in text)

    @property
    def telling(self) -> float | None:
        """A value at which it shows; None where it plays no known role."""
        if not self.roles:
            return None
        value = float(TELLING[self.roles[-1]])
        return -value if isinstance(self.default, int | float) and self.default < 0 else value


def roles_of(spelling: str) -> tuple[str, ...]:
    """The roles that an argument of this name may play.

    >>> roles_of("alpha")
    ('decay', 'power')
    """
    return tuple(role for role, names in SPELLINGS.items() if spelling in names)


def arguments_of(make: Callable[..., Any]) -> tuple[Argument, ...]:
    """The arguments of a constructor that are numbers, tuples of numbers, flags, or None with a known role."""
    found: list[Argument] = []
    for parameter in signature(make).parameters.values():
        if parameter.kind in (Parameter.VAR_KEYWORD, Parameter.VAR_POSITIONAL):
            continue
        default = parameter.default
        if isinstance(default, tuple) and default and all(_is_plain(part) for part in default):
            names = [f"{parameter.name}[{index}]" for index in range(len(default))]
            found += [Argument(n, d, roles_of(n)) for n, d in zip(names, default, strict=True)]
        elif default is Parameter.empty:
            roles = roles_of(parameter.name)
            found += [Argument(parameter.name, None, roles, required=True)] if roles else []
        elif _is_plain(default):
            found.append(Argument(parameter.name, default, roles_of(parameter.name)))
    return tuple(found)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float)


def call_with(arguments: tuple[Argument, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments, with the parts of tuples put together and those without a value left out.

    >>> arguments_ = (Argument("betas[0]", .9, ()), Argument("betas[1]", .99, ()))
    >>> call_with(arguments_, {"betas[1]": 0.5})
    {'betas': (0.9, 0.5)}
    """
    given: dict[str, Any] = {}
    for argument in arguments:
        name, bracket, _ = argument.name.partition("[")
        if not bracket:
            given |= {name: values[name]} if name in values else {}
        elif any(other.startswith(f"{name}[") for other in values):
            given[name] = (*given.get(name, ()), values.get(argument.name, argument.default))
    return given
