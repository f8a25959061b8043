"""Bugs planted in torch.optim.Optimizer subclasses: each is found and named."""

from functools import cache, partial

import pytest

from symdl import library
from symdl.testing import check_optimizer

torch = pytest.importorskip("torch", reason="torch is not installed")
STEPS = 24
EPSILON = {"epsilon": 0.1}
DECAY = {**EPSILON, "weight_decay": 0.1}


class Base(torch.optim.Optimizer):
    """A state for each parameter, and a step on each."""

    bug = ""
    shared: dict = {}

    def entry(self, parameter):
        entry = self.shared.setdefault(tuple(parameter.shape), {}) if self.bug == "class" else self.state[parameter]
        if not entry:
            self.begin(entry, torch.zeros_like(parameter), parameter)
        return entry

    def begin(self, entry, zero, parameter):
        kind = torch.float32 if self.bug == "float32" else zero.dtype
        entry.update(t=0, m=zero.clone().to(kind), v=zero.clone().to(kind))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self.move(parameter, parameter.grad, self.entry(parameter), group)


class Adam(Base):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})
        self.count = 0

    def move(self, p, g, entry, group):
        (beta1, beta2), eps, bug = group["betas"], group["eps"], self.bug
        entry["t"] += 1
        self.count += 1
        t = self.count if bug == "count" else entry["t"]
        if bug == "lost":
            m = entry["m"].mul(beta1).add(g, alpha=1 - beta1)
        else:
            m = entry["m"].mul_(beta1).add_(g.to(entry["m"].dtype), alpha=1 - beta1)
        v = entry["v"].mul_(beta2).addcmul_(g.to(entry["v"].dtype), g.to(entry["v"].dtype), value=1 - beta2)
        if bug == "largest":
            entry["most"] = v.clone() if "most" not in entry else torch.maximum(entry["most"], v)
            v = entry["most"]
        if bug == "hat":
            p.addcdiv_(m, v.sqrt() + eps, value=-group["lr"] * (1 - beta2**t) ** 0.5 / (1 - beta1**t))
            return
        v_hat = v if bug == "biased" else v / (1 - beta2**t)
        root = (v_hat + eps).sqrt() if bug == "inside" else v_hat.sqrt() + eps
        p.add_(-group["lr"] * (m / (1 - beta1**t)).to(p.dtype) / root.to(p.dtype))


class AdamW(Base):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "wd": weight_decay})

    def move(self, p, g, entry, group):
        (beta1, beta2), share = group["betas"], group["lr"] * group["wd"]
        if self.bug == "in place":
            g.add_(p, alpha=group["wd"])
        elif self.bug == "coupled":
            g = g + group["wd"] * p
        elif self.bug != "after":
            p.mul_(1 - share)
        entry["t"] += 1
        m = entry["m"].mul_(beta1).add_(g, alpha=1 - beta1)
        v = entry["v"].mul_(beta2).addcmul_(g, g, value=1 - beta2)
        t = entry["t"]
        p.addcdiv_(m / (1 - beta1**t), (v / (1 - beta2**t)).sqrt() + group["eps"], value=-group["lr"])
        if self.bug == "after":
            p.mul_(1 - share)


class SGD(Base):
    def __init__(self, params, lr=1e-2, momentum=0.9):
        super().__init__(params, {"lr": lr, "momentum": momentum})
        self.lr = lr

    def move(self, p, g, entry, group):
        if self.bug == "alias":
            entry["b"] = entry["b"].mul_(group["momentum"]).add_(g) if "b" in entry else g
        else:
            entry["b"] = group["momentum"] * entry.get("b", 0) + g
        p.add_(entry["b"], alpha=-(self.lr if self.bug == "cached" else group["lr"]))


class RMSprop(Base):
    def __init__(self, params, lr=1e-2, alpha=0.9, eps=1e-8):
        super().__init__(params, {"lr": lr, "alpha": alpha, "eps": eps})

    def move(self, p, g, entry, group):
        v = entry["v"].mul_(group["alpha"]).addcmul_(g, g, value=1 if self.bug == "weight" else 1 - group["alpha"])
        root = (v + group["eps"]).sqrt() if self.bug == "inside" else v.sqrt() + group["eps"]
        p.addcdiv_(g, root, value=-group["lr"])


class Nadam(Base):
    def __init__(self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, momentum_decay=4e-3):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "psi": momentum_decay})

    def move(self, p, g, entry, group):
        (beta1, beta2), psi = group["betas"], group["psi"]
        entry["t"] += 1
        t = entry["t"]
        mu, ahead = (beta1 * (1 - 0.5 * 0.96 ** (n * psi)) for n in (t, t + 1))
        product = entry.get("product", 1.0) * mu
        if self.bug != "product":
            entry["product"] = product
        before = entry["m"].clone()
        m = entry["m"].mul_(beta1).add_(g, alpha=1 - beta1)
        v = entry["v"].mul_(beta2).addcmul_(g, g, value=1 - beta2)
        m_hat = ahead * (before if self.bug == "stale" else m) / (1 - product * ahead) + (1 - mu) * g / (1 - product)
        p.add_(-group["lr"] * m_hat / ((v / (1 - beta2**t)).sqrt() + group["eps"]))


class Lion(Base):
    def __init__(self, params, lr=1e-2, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "wd": weight_decay})

    def move(self, p, g, entry, group):
        one, two = group["betas"][::-1] if self.bug == "exchanged" else group["betas"]
        p.add_(-group["lr"] * ((one * entry["m"] + (1 - one) * g).sign() + group["wd"] * p))
        entry["m"] = two * entry["m"] + (1 - two) * g


class Adagrad(Base):
    def __init__(self, params, lr=1e-2, eps=1e-10):
        super().__init__(params, {"lr": lr, "eps": eps})

    def move(self, p, g, entry, group):
        total = entry["v"].mul_(0.0 if self.bug == "forgets" else 1.0).addcmul_(g, g)
        size = total.sqrt().max() if self.bug == "whole" else total.sqrt()
        p.add_(-group["lr"] * g / (size + group["eps"]))


class Adamax(Base):
    def __init__(self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    def move(self, p, g, entry, group):
        (beta1, beta2), eps = group["betas"], group["eps"]
        entry["t"] += 1
        m = entry["m"].mul_(beta1).add_(g, alpha=1 - beta1)
        small = 0 if self.bug == "after" else eps
        u = entry["v"] = torch.maximum(beta2 * entry["v"], g.abs() + small)
        p.add_(-group["lr"] / (1 - beta1 ** entry["t"]) * m / (u + (eps if self.bug == "after" else 0)))


@cache
def planted(base, bug):
    return type(base.__name__, (base,), {"bug": bug, "shared": {}})


ROWS = (
    (Adam, "lost", library.adam, EPSILON, "state not updated: m"),
    (Adam, "count", library.adam, EPSILON, "shared by all parameters"),
    (Adam, "float32", library.adam, EPSILON, "the state is kept in float32"),
    (Adam, "class", library.adam, EPSILON, "kept outside"),
    (Adam, "hat", library.adam, EPSILON, "epsilon hat"),
    (Adam, "inside", library.adam, EPSILON, "epsilon inside the root"),
    (Adam, "biased", library.adam, EPSILON, "beta_2 is not corrected"),
    (AdamW, "coupled", library.adamw, DECAY, "coupled"),
    (AdamW, "after", library.adamw, DECAY, "after the step"),
    (AdamW, "in place", library.adamw, DECAY, "changes in place the array of gradients"),
    (SGD, "alias", library.momentum, {"momentum": 0.9}, "holds on to the array of gradients"),
    (SGD, "cached", library.momentum, {"momentum": 0.9}, "the rate that it was made with stays"),
    (RMSprop, "inside", library.rmsprop, EPSILON, "epsilon inside the root"),
    (RMSprop, "weight", library.rmsprop, EPSILON, "take the factor 1 - rho away"),
    (Nadam, "product", library.nadam, EPSILON, "state not updated: P"),
    (Nadam, "stale", library.nadam, EPSILON, "stale: the step uses m"),
    (Lion, "exchanged", library.lion, {"weight_decay": 0.1}, "exchange beta_1 and beta_2"),
    (Adagrad, "forgets", library.adagrad, EPSILON, "state not updated: G"),
    (Adagrad, "whole", library.adagrad, EPSILON, "depends on the others"),
    (Adamax, "after", library.adamax, EPSILON, "epsilon after the maximum"),
)


@pytest.mark.parametrize(("base", "bug", "rule", "hyper", "named"), ROWS, ids=[f"{r[0].__name__}-{r[1]}" for r in ROWS])
def test_a_bug_in_a_torch_optimizer_is_found_and_named(base, bug, rule, hyper, named):
    check = check_optimizer(planted(base, bug), rule, hyper=hyper, steps=STEPS)
    assert not check
    assert named in check.reason


@pytest.mark.parametrize(
    ("base", "rule", "hyper"),
    {row[0].__name__: (row[0], *row[2:4]) for row in ROWS}.values(),
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_right_torch_optimizer_passes(base, rule, hyper):
    check = check_optimizer(planted(base, ""), rule, hyper=hyper, steps=STEPS)
    assert check, str(check)


@pytest.mark.parametrize(
    ("make", "rule", "hyper"),
    [
        (torch.optim.Adam, library.adam, EPSILON),
        (torch.optim.AdamW, library.adamw, DECAY),
        (torch.optim.RMSprop, library.rmsprop, EPSILON),
        (torch.optim.Adagrad, library.adagrad, EPSILON),
        (torch.optim.Adadelta, library.adadelta, EPSILON),
        (torch.optim.Adamax, library.adamax, EPSILON),
        (torch.optim.Rprop, library.rprop, {}),
        (lambda params, lr: torch.optim.SGD(params, lr), library.sgd, {}),
        (partial(torch.optim.Adam, eps=0.1), library.adam, EPSILON),
    ],
    ids=lambda value: getattr(value, "__name__", "") if callable(value) else "",
)
def test_the_optimizers_of_torch_pass(make, rule, hyper):
    check = check_optimizer(make, rule, hyper=hyper, steps=STEPS)
    assert check, str(check)


def test_the_place_of_the_rate_is_told_where_it_shows_at_changing_rates_only():
    check = check_optimizer(torch.optim.SGD, library.momentum, hyper={"momentum": 0.9})
    assert check
    assert "when the rate changes, as the convention form velocity, rate outside" in check.reason


def test_an_optimizer_that_has_its_parameters_already_is_refused():
    from symdl.core import InputError

    made = torch.optim.SGD([torch.zeros(1, requires_grad=True)])
    with pytest.raises(InputError, match="has its parameters already"):
        check_optimizer(made, library.sgd)


class Asking(Base):
    """Gradient descent that takes its gradients from a closure."""

    def __init__(self, params, lr=1e-2):
        super().__init__(params, {"lr": lr})

    def step(self, closure=None):
        with torch.enable_grad():
            closure()
        return super().step()

    def move(self, p, g, entry, group):
        p.add_(g, alpha=-group["lr"])


def test_an_optimizer_that_needs_a_closure_gets_one():
    assert check_optimizer(Asking, library.sgd, steps=STEPS)
