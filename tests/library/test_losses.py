"""Laws over the tuple of losses: gradients, other libraries, bad input, nan. No loss is named in a law."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import sympy as sp

from symdl.calculus.expansion import expand
from symdl.calculus.reverse import gradient
from symdl.codegen.accuracy import specimen
from symdl.codegen.array_activations import activations_of
from symdl.codegen.array_normal import leaves, normalise
from symdl.codegen.arrays import array_program_source
from symdl.codegen.modules import namespace
from symdl.core import Activation
from symdl.core.array_graph import graph
from symdl.core.array_rewriting import substitute
from symdl.core.arrays import Map, apply
from symdl.library.loss_counterparts import LOSS_DISAGREEMENTS, table
from symdl.library.losses import LOSSES
from symdl.numerics import ball
from symdl.testing.array_measure import array_accuracies, is_mixing, moderate_samples, samples, sizes_of
from symdl.testing.array_properties import array_properties

NAMES = [loss.name for loss in LOSSES]
OF_TORCH = {
    "kl_div": lambda F, prediction, target: F.kl_div(prediction, target, reduction="batchmean"),
    "kl_divergence": lambda F, prediction, target: F.kl_div(prediction.log(), target, reduction="batchmean"),
    "smoothed_cross_entropy": lambda F, prediction, target: F.cross_entropy(prediction, target, label_smoothing=0.1),
    "soft_cross_entropy": lambda F, prediction, target: F.cross_entropy(prediction, target),
    "weighted_binary_cross_entropy_with_logits": lambda F, prediction, target, pos_weight: (
        F.binary_cross_entropy_with_logits(prediction, target, pos_weight=pos_weight)
    ),
    "cosine_distance": lambda F, prediction, target: (1 - F.cosine_similarity(prediction, target)).mean(),
    "info_nce_loss": lambda F, prediction, keys, target: F.cross_entropy(prediction @ keys.T / 0.07, target),
}
"""What it is in torch.nn.functional, where that has another name or form."""
TORCH_DIFFERS = {"gaussian_nll_loss": lambda arguments: arguments["variance"] < 1e-6}
"""Entries of moderate size where torch gives something else: see the disagreements."""
PAGE = Path(__file__).parent.parent.parent / "docs" / "library-disagreements.md"
_cache: dict[str, SimpleNamespace] = {}


def functions(loss):
    if loss.name not in _cache:
        _cache[loss.name] = SimpleNamespace(**namespace(array_program_source(loss)))
    return _cache[loss.name]


def call(loss, arguments, suffix=""):
    return getattr(functions(loss), loss.name + suffix)(**arguments)


def at(loss, dtype=np.float64, count=1):
    return list(moderate_samples(loss, np.dtype(dtype), count))


def others(loss):
    return [(f"_{a.name}_gradient", a) for a in loss.differentiable]


@pytest.mark.parametrize("loss", LOSSES, ids=NAMES)
def test_gradients_are_those_of_the_loss_written_out_in_scalars(loss):
    """Derivatives of the scalar expression by SymPy against the generated gradient: no reverse mode."""
    (arguments,) = at(loss)
    sizes = sizes_of(loss)
    integers = {a.name: arguments[a.name] for a in loss.inputs if a.integer}
    parameters = [*loss.parameters, *(p for a in activations_of(loss.expr, loss.parameters) for p in a.parameters)]
    scalar = expand(loss.expr, sizes, integers).item().xreplace(specimen(parameters))
    values = {}
    for a in loss.inputs:
        if not a.integer:
            values |= dict(zip(expand(a, sizes).ravel(), map(float, arguments[a.name].ravel()), strict=True))
    smooth = scalar.replace(sp.Max, lambda *sides: sp.Max(*sides).rewrite(sp.Piecewise))
    for suffix, by in [("_gradient", loss.inputs[0]), *others(loss)]:
        slopes = np.asarray(call(loss, arguments, suffix)).ravel()
        for place, entry in enumerate(expand(by, sizes).ravel()):
            exact = ball.enclose(sp.diff(smooth, entry), {s: values[s] for s in smooth.free_symbols}, 60)
            assert abs(float(exact.mid()) - slopes[place]) <= 1e-13 * max(1, abs(slopes).max())


@pytest.mark.parametrize("loss", LOSSES, ids=NAMES)
def test_float32_is_the_rounded_float64(loss):
    """Losses are computed in float64 whatever the dtype, so float32 is off by its last rounding at most."""
    for arguments in at(loss, np.float32, 2):
        wide = {name: a.astype(np.float64) if a.dtype == np.float32 else a for name, a in arguments.items()}
        for suffix in ("", "_gradient", *(s for s, _ in others(loss))):
            single, double = np.asarray(call(loss, arguments, suffix)), np.asarray(call(loss, wide, suffix))
            assert single.dtype == np.float32
            assert double.dtype == np.float64
            assert np.array_equal(single, double.astype(np.float32))


@pytest.mark.parametrize("loss", LOSSES, ids=NAMES)
def test_nan_in_the_prediction_is_nan(loss):
    (arguments,) = at(loss)
    first = loss.inputs[0].name
    arguments[first][(0,) * arguments[first].ndim] = np.nan
    assert np.isnan(call(loss, arguments))
    assert np.isnan(np.asarray(call(loss, arguments, "_gradient"))).any() == (not _is_blind(loss))


def _is_blind(loss):
    """Whether the gradient does not read the prediction."""
    (slope,) = normalise(gradient(loss.expr, loss.inputs[0]))
    return loss.inputs[0].name not in [a.name for a in leaves(slope)]


def shares_rows(loss, name):
    """Whether the first size of an input is also one of another."""
    (first,) = [a.dimensions[0] for a in loss.inputs if a.name == name]
    return any(first in a.dimensions for a in loss.inputs if a.name != name)


@pytest.mark.parametrize("loss", LOSSES, ids=NAMES)
def test_wrong_input_is_refused(loss):
    (arguments,) = at(loss)
    for name, given in arguments.items():
        wrong = [(ValueError, given[..., np.newaxis]), (ValueError, given[:0])]
        if given.dtype.kind == "i":
            wrong += [(ValueError, given - 100), (ValueError, given + 100), (ValueError, given.astype(float))]
        else:
            wrong += [(TypeError, given.astype(np.int64)), (TypeError, given.astype(np.float16))]
        if shares_rows(loss, name):
            wrong.append((ValueError, np.concatenate([given, given])))
        for error, value in wrong:
            for suffix in ("", "_gradient"):
                with pytest.raises(error):
                    call(loss, {**arguments, name: value}, suffix)


@pytest.mark.parametrize("loss", LOSSES, ids=NAMES)
def test_parameters_outside_of_their_domain_are_refused(loss):
    (arguments,) = at(loss)
    for parameter in loss.parameters:
        if parameter.domain:
            with pytest.raises(ValueError, match="expected"):
                call(loss, {**arguments, parameter.name: -1e300})


def in_torch(loss, arguments):
    """The value and the gradients that torch gives, by what a disagreement calls them."""
    torch = pytest.importorskip("torch")
    function = getattr(torch.nn.functional, loss.name, None)
    if loss.name in OF_TORCH:
        function = partial(OF_TORCH[loss.name], torch.nn.functional)
    if function is None:
        pytest.skip("torch has no such loss")
    derived = [loss.inputs[0].name, *(a.name for a in loss.differentiable)]
    tensors = {name: torch.tensor(a, requires_grad=name in derived) for name, a in arguments.items()}
    value = function(*tensors.values())
    value.backward()
    return {"value": value.item()} | {f"{name} gradient": tensors[name].grad.numpy() for name in derived}


def here(loss, arguments):
    """The same of the generated module."""
    slopes = [("_gradient", loss.inputs[0]), *others(loss)]
    gradients = {f"{a.name} gradient": call(loss, arguments, suffix) for suffix, a in slopes}
    return {"value": call(loss, arguments)} | gradients


@pytest.mark.parametrize("loss", LOSSES, ids=NAMES)
def test_values_and_gradients_are_those_of_torch(loss):
    for arguments in at(loss, count=3):
        theirs, ours = in_torch(loss, arguments), here(loss, arguments)
        left_out = TORCH_DIFFERS[loss.name](arguments) if loss.name in TORCH_DIFFERS else False
        assert ours.pop("value") == pytest.approx(theirs.pop("value"), rel=1e-11, abs=1e-12)
        for name, slopes in ours.items():
            pair = (np.where(left_out, 0, entries) for entries in (slopes, theirs[name]))
            assert np.allclose(*pair, rtol=1e-10, atol=1e-12), name


@pytest.mark.parametrize("entry", LOSS_DISAGREEMENTS, ids=lambda entry: f"{entry.loss}-{entry.quantity}")
def test_torch_differs_where_it_is_said_to(entry):
    (loss,) = [loss for loss in LOSSES if loss.name == entry.loss]
    arguments = {name: np.asarray(values) for name, values in entry.example}
    theirs, ours = (np.ravel(of(loss, arguments)[entry.quantity]) for of in (in_torch, here))
    assert not np.allclose(theirs, ours, rtol=1e-9, atol=0)
    exact = np.ravel(truth(loss, entry.quantity, arguments))
    assert all(abs(float(e.mid()) - o) <= 1e-14 * abs(ours).max() for e, o in zip(exact, ours, strict=True))


def truth(loss, quantity, arguments):
    """The loss, or its gradient by an input, in ball arithmetic, written out at the sizes of the arguments."""
    sizes = {d.name: n for a in loss.inputs for d, n in zip(a.dimensions, arguments[a.name].shape, strict=True)}
    by = [a for a in loss.inputs if quantity == f"{a.name} gradient"]
    exact = {name: np.vectorize(sp.Rational, otypes=[object])(a) for name, a in arguments.items()}
    written = expand(gradient(loss.expr, by[0]) if by else loss.expr, sizes, exact)
    constants = specimen([*loss.parameters, *(p for a in activations_of(loss.expr, ()) for p in a.parameters)])
    return [ball.enclose(sp.sympify(e).xreplace(constants), {}, 90, 20_000) for e in np.ravel(np.asarray(written))]


def test_the_page_of_disagreements_shows_those_of_losses():
    assert table() in PAGE.read_text(encoding="utf-8")


def test_no_loss_sums_products_beside_those_that_contrast():
    assert all(not is_mixing(loss) for loss in LOSSES if len(loss.inputs) == 1)


SLIPS = {
    "sign": lambda slope: -slope,
    "factor": lambda slope: 2 * slope,
    "sum instead of mean": lambda slope: slope * slope.size,
    "one entry": lambda slope: slope + np.eye(slope.size)[0].reshape(slope.shape) * np.abs(slope).max() / 100,
}
"""What a gradient may get wrong, whatever the loss."""


@pytest.mark.parametrize("loss", LOSSES, ids=NAMES)
def test_slips_in_gradients_are_caught_by_taylor_order(loss):
    """The values alone tell: nothing here knows the formula of the gradient."""
    module, dtype = functions(loss), np.dtype(np.float64)
    assert dict(array_properties(loss, dtype, module))["Taylor order"]() == ""
    for suffix in ("_gradient", *(name for name, _ in others(loss))):
        name = f"{loss.name}{suffix}"
        for slip in SLIPS.values():
            right = getattr(module, name)
            wrong = SimpleNamespace(
                **{**vars(module), name: lambda slip=slip, right=right, **given: slip(right(**given))}
            )
            assert dict(array_properties(loss, dtype, wrong))["Taylor order"]() != "", slip


REACHED = {"l1_loss", "hinge_loss", "l1_penalty"}
"""Losses at whose kinks the slope counts, and which the samples reach."""


def bent(loss):
    """The loss with the slope of the other side, or of neither, at the kinks of the functions that it applies."""
    changed = {}
    for node in graph(loss.expr):
        if isinstance(node, Map) and isinstance(node.function, Activation) and node.function.slope_at:
            slopes = {point: slope + 1 for point, slope in node.function.slope_at.items()}
            operands = [substitute(operand, changed) for operand in node.operands]
            changed[node] = apply(replace(node.function, slope_at=slopes), *operands)
    return replace(loss, expr=substitute(loss.expr, changed)) if changed else None


@pytest.mark.parametrize("loss", [loss for loss in LOSSES if bent(loss)], ids=lambda loss: loss.name)
def test_another_slope_at_kinks_is_caught(loss):
    """Wherever it changes anything: a slope that is multiplied by 0 does not count."""
    wrong = SimpleNamespace(**namespace(array_program_source(bent(loss))))
    names = [f"{loss.name}{suffix}" for suffix in ("_gradient", *(suffix for suffix, _ in others(loss)))]
    changed = any(
        not np.array_equal(*(getattr(module, name)(**arguments) for module in (functions(loss), wrong)), equal_nan=True)
        for arguments in samples(loss, np.dtype(np.float64))
        for name in names
    )
    rows = array_accuracies(loss, np.dtype(np.float64), wrong, 1)
    assert any(row.worst > 100 for row in rows) == changed
    assert changed or loss.name not in REACHED
