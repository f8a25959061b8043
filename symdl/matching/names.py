"""The names that people give to update rules, and the families that they mean."""

from __future__ import annotations

import re

_SPOKEN: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        ("gradient descent", "gd", "steepest descent", "batch gradient descent", "vanilla gradient descent"),
        ("gradient_descent",),
    ),
    (
        ("stochastic gradient descent", "stochastic gd", "sgd", "minibatch sgd", "minibatch gradient descent"),
        ("gradient_descent", "momentum", "nesterov"),
    ),
    (
        (
            "momentum",
            "heavy ball",
            "polyak momentum",
            "polyak heavy ball",
            "classical momentum",
            "sgd with momentum",
            "sgd momentum",
            "gradient descent with momentum",
            "heavy ball momentum",
        ),
        ("momentum",),
    ),
    (
        (
            "nesterov",
            "nag",
            "nesterov momentum",
            "nesterov accelerated gradient",
            "nesterov acceleration",
            "nesterov accelerated gradient descent",
            "sgd with nesterov momentum",
        ),
        ("nesterov",),
    ),
    (("adagrad", "adaptive gradient"), ("adagrad",)),
    (("rmsprop", "root mean square propagation"), ("rmsprop", "centered_rmsprop", "rmsprop_momentum")),
    (("centered rmsprop", "rmsprop centered"), ("centered_rmsprop",)),
    (("rmsprop with momentum", "rmsprop momentum"), ("rmsprop_momentum",)),
    (("adadelta",), ("adadelta",)),
    (("adam", "adaptive moment estimation"), ("adam", "uncorrected_adam")),
    (("adamw", "adam with decoupled weight decay"), ("adamw",)),
    (("amsgrad",), ("amsgrad",)),
    (("adamax",), ("adamax",)),
    (("nadam", "nesterov adam", "nesterov accelerated adam"), ("nadam",)),
    (("radam", "rectified adam"), ("radam",)),
    (("adabelief",), ("adabelief",)),
    (("yogi",), ("yogi",)),
    (("adan",), ("adan",)),
    (("signsgd", "sign sgd", "sign descent", "sign gradient descent"), ("sign_descent",)),
    (("rprop", "resilient backpropagation"), ("rprop",)),
    (("lion",), ("lion",)),
    (("asgd", "averaged sgd", "averaged stochastic gradient descent"), ("asgd",)),
)
_GENERIC = frozenset(
    (
        *("the", "method", "methods", "optimizer", "optimiser", "algorithm", "update", "updates", "rule"),
        *("rules", "step", "steps", "equation", "equations", "formula", "formulas", "optimization", "parameter"),
        *("parameters", "weight", "weights", "first", "second", "moment", "moments", "estimate", "estimates", "bias"),
        *("correction", "corrections", "corrected", "of", "and", "for", "velocity", "accumulator", "average"),
        *("compute", "computing", "apply", "correct", "biased", "unbiased", "in", "on", "with", "using", "new"),
        *("running", "squared", "square", "sum", "accumulate", "accumulated", "scaled", "rescaled", "direction"),
        *("averages", "gradient", "gradients", "final", "where", "initialization", "state", "definition"),
        *("notes", "note", "details", "description", "mathematics", "theory", "background", "summary", "overview"),
        *("implementation", "pseudocode", "remarks", "remark", "example", "examples", "derivation"),
    )
)


def families_called(spoken: str) -> tuple[str, ...]:
    """The families that a heading or lead names exactly; none for anything else.

    >>> families_called("Nesterov’s method"), families_called("AdaGrad"), families_called("Adam with a twist")
    (('nesterov',), ('adagrad',), ())
    """
    for candidate in (re.sub(r"\([^)]*\)", " ", spoken), *re.findall(r"\(([^)]*)\)", spoken)):
        wanted = _compact(candidate)
        for names, families in _SPOKEN:
            if wanted and wanted in (_compact(name) for name in names):
                return families
    return ()


def is_generic(spoken: str) -> bool:
    """Whether a lead says what a formula is within a rule ("Update", "First moment") and names no rule.

    >>> is_generic("Bias-corrected estimates"), is_generic("AdaBelief")
    (True, False)
    """
    return not families_called(spoken) and all(word in _GENERIC for word in _words(spoken))


def _words(spoken: str) -> list[str]:
    return re.findall(r"[a-z]+", re.sub(r"[’']s\b", "", spoken.lower()).replace("mini-batch", "minibatch"))


def _compact(spoken: str) -> str:
    """The letters of a name without the words that any rule's name may have."""
    fillers = {"the", "method", "optimizer", "optimiser", "algorithm", "update", "rule", "step", "optimization"}
    fillers |= {"once", "more", "again", "revisited", "recap", "continued"}
    return "".join(word for word in _words(spoken) if word not in fillers)
