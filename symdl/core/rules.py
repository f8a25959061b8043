r"""The rule codes of document checks: what each means, with an example and its repair.

Errors say that something is false, warnings that a reader may be misled, and information names a
convention or an assumption. A finding's own message says what was found at its place; the table
says what such findings are about.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from .errors import InputError
from .findings import Severity


@dataclass(frozen=True)
class Rule:
    """A code, what it stands for, and an example with its repair, as LaTeX or prose."""

    code: str
    title: str
    severity: Severity
    explanation: str
    example: str
    repair: str


RULES: tuple[Rule, ...] = (
    Rule(
        "READ001",
        "formula not understood",
        "warning",
        "The formula is outside what the reader knows, so nothing was decided about it. The caret shows the place. "
        "It is counted as unread and never passed over.",
        r"\theta \mathbin{\spadesuit} \eta",
        "write it with the usual operators and function names",
    ),
    Rule(
        "READ002",
        "unbalanced delimiter",
        "warning",
        "A delimiter of mathematics opens and never closes, so what follows it cannot be read as a formula.",
        "costs $5 and $x = 1$",
        r"close it, or write \$ for a price",
    ),
    Rule(
        "READ003",
        "no formulas",
        "info",
        "Nothing stands between $...$, $$...$$, \\(...\\) or \\[...\\], so there is nothing to check.",
        "an empty file",
        "put formulas between dollar signs",
    ),
    Rule(
        "READ004",
        "formula in a form that is not read",
        "info",
        "The formula is there in a form other than TeX (MathML without an annotation), so it is not checked.",
        "<math><mi>x</mi></math>",
        "give the TeX, as an annotation or between delimiters",
    ),
    Rule(
        "READ005",
        "not checked in time",
        "warning",
        "The check of the file took longer than --timeout allows and was stopped, so nothing is known about it. The "
        "outcome is not kept in the cache.",
        "symdl check --timeout 1 book.md",
        "allow more time, or split the file",
    ),
    Rule(
        "TEX001",
        "braces that TeX swallows",
        "warning",
        "In TeX, plain braces only group: they are not printed. The formula is read as its author meant it.",
        r"\max{x,0}",
        r"\max\{x,0\}",
    ),
    Rule(
        "TEX002",
        "backslash that Python takes away",
        "warning",
        "In a docstring without r before it, Python reads \\t, \\b, \\f, \\n and \\r as control characters, so "
        "\\theta and \\beta never reach the documentation. The formula is read as its author meant it.",
        'a docstring "the rate :math:`\\beta`"',
        'r"the rate :math:`\\beta`"',
    ),
    Rule(
        "DEF001",
        "definition refers to itself",
        "error",
        "The right side of a definition uses the very thing that it defines, at the same argument or step, so it "
        "defines nothing.",
        "f(x) = f(x) + 1",
        "write the right side without the left, or at an earlier step",
    ),
    Rule(
        "DEF002",
        "definition is incomplete",
        "info",
        "A rule or function uses a quantity that the document does not define, so no code can be made from it.",
        r"\theta_{t+1} = \theta_t - \eta u_t",
        "define the quantity next to the rule",
    ),
    Rule(
        "DEF003",
        "recognised definition",
        "info",
        "The definition equals one that symdl knows; the message says by what that was found.",
        r"f(x) = \max\{x, 0\}",
        "nothing to repair",
    ),
    Rule(
        "DEF004",
        "new definition",
        "info",
        "The rule is none that symdl knows, which is no error; the message names the nearest known one.",
        r"m_t = \beta m_{t-1} + (1-\beta) \operatorname{sign}(g_t)",
        "nothing to repair",
    ),
    Rule(
        "DEF005",
        "parts taken over from another rule",
        "info",
        "A rule given as a change to an earlier one takes the rest from it; the message lists what was taken.",
        r"RMSProp: change $G_t = \gamma G_{t-1} + (1-\gamma) g_t^2$",
        "nothing to repair",
    ),
    Rule(
        "DEF006",
        "start not stated",
        "info",
        "A recurrence needs its value before the first step. Where the text is silent a buffer starts at zero and a "
        "previous parameter at the parameter itself.",
        r"M_t = \delta M_{t-1} + (1-\delta) g_t",
        "add M_0 = 0",
    ),
    Rule(
        "DEF007",
        "a point without a value",
        "info",
        "The conditions of a definition by cases are all strict at a point, so no branch says what the value is there.",
        r"f(x) = \begin{cases} x & x > 0 \\ \alpha x & x < 0 \end{cases}",
        r"f(x) = \begin{cases} x & x > 0 \\ \alpha x & x \le 0 \end{cases}",
    ),
    Rule(
        "SYM001",
        "a symbol that is never defined",
        "warning",
        "A symbol is used once and defined nowhere, and one that looks like it stands beside it with the same index, "
        "or a \\partial stands by itself, without what the derivative is by. It is an error in a rule that the text "
        "calls by a known name, where the quantity that is meant makes it that rule.",
        r"\epsilon_k = (1-\alpha) e_k + \alpha \epsilon_\tau",
        r"\epsilon_k = (1-\alpha) \epsilon_k + \alpha \epsilon_\tau",
    ),
    Rule(
        "SYM002",
        "sizes that do not fit",
        "error",
        "The sizes that the text declares of its matrices and vectors do not fit where they are multiplied, added or "
        "set equal. The witness has sizes at which the formula has no value.",
        r"y = W^\top x \text{ with } W \in \mathbb{R}^{m \times n},\ x \in \mathbb{R}^n",
        r"y = W x",
    ),
    Rule(
        "KINK001",
        "kink without a declared slope",
        "info",
        "At a kink the derivative is the Clarke interval between the one-sided slopes, not a number; code has to "
        "choose one.",
        r"f(x) = \max\{x, 0\}",
        "say what f'(0) is taken to be",
    ),
    Rule(
        "FUN001",
        "the function is not the one that the text names",
        "error",
        "The text gives the name of a known function to a formula with other values; the witness is a point where "
        "they differ.",
        r"Sigmoid: f(x) = \frac{1}{1+e^{x}}",
        r"f(x) = \frac{1}{1+e^{-x}}",
    ),
    Rule(
        "DER001",
        "wrong derivative",
        "error",
        "The stated derivative differs from that of the definition it refers to; the witness is a point where it does.",
        r"\tanh'(x) = 1 - \tanh(x)",
        r"\tanh'(x) = 1 - \tanh(x)^2",
    ),
    Rule(
        "DER002",
        "a definition that its derivative does not fit",
        "warning",
        "The derivative that the text states is not that of this definition, but it would be after a small change here "
        "(a missing square, brackets behind a minus): the definition may be what is wrong.",
        r"L = \frac{1}{2} (y - \sigma(z)) \text{ with } \frac{dL}{dz} = -(y - \sigma(z)) \sigma'(z)",
        r"L = \frac{1}{2} (y - \sigma(z))^2",
    ),
    Rule(
        "STEP001",
        "a step does not follow",
        "error",
        "In a chain of equations one side does not equal the side before it, so what is concluded from there on has no "
        "ground. The witness is a point where the two differ.",
        r"(a+b)^2 - (a-b)^2 = 2ab = 4ab",
        r"(a+b)^2 - (a-b)^2 = 4ab",
    ),
    Rule(
        "EQN001",
        "the two sides are not equal",
        "error",
        "An identity fails at the point that the witness gives.",
        r"\tanh(x) = 2\sigma(x) - 1",
        r"\tanh(x) = 2\sigma(2x) - 1",
    ),
    Rule(
        "INEQ001",
        "the inequality fails",
        "error",
        "An inequality fails at the point that the witness gives, within the stated assumptions. One that is itself "
        "an assumption (behind if, for, assume, let) is not judged.",
        r"\sigma(x) > \frac{1}{2}",
        "state for which x it is meant",
    ),
    Rule(
        "EQN003",
        "not decided",
        "info",
        "The claim could be neither proved nor refuted; the evidence says why.",
        r"\int_0^x e^{-s^2} ds < 1",
        "nothing to repair; state assumptions that are missing",
    ),
    Rule(
        "OPT001",
        "bias correction with the decay of another average",
        "error",
        "A moving average with decay b that starts at zero has the weight 1 - b^t after t steps, so it must be divided "
        "by one minus the power of its own decay. With another one the corrected average stays biased.",
        r"\hat{M}_t = \frac{M_t}{1-\gamma^t} where M_t = \delta M_{t-1} + (1-\delta) g_t",
        r"\hat{M}_t = \frac{M_t}{1-\delta^t}",
    ),
    Rule(
        "OPT002",
        "bias correction without the power of the step",
        "error",
        "The weight of a moving average after t steps is 1 - b^t. Without the power the correction is right at the "
        "first step only, and too large for ever after.",
        r"\hat{M}_t = \frac{M_t}{1-\beta}",
        r"\hat{M}_t = \frac{M_t}{1-\beta^t}",
    ),
    Rule(
        "OPT003",
        "bias correction that leaves a bias",
        "error",
        "Under a constant gradient the corrected average differs from the quantity that it estimates.",
        r"\hat{M}_t = \frac{M_t}{1+\beta^t}",
        r"\hat{M}_t = \frac{M_t}{1-\beta^t}",
    ),
    Rule(
        "OPT004",
        "the rule is not the one that the text names",
        "error",
        "The text names a known update rule, and this one takes other steps under each of that rule's conventions. The "
        "witness is a run where they part; where one small edit makes them agree, it is the repair.",
        r"AdaGrad: G_t = G_{t-1} + g_t",
        r"G_t = G_{t-1} + g_t^2",
    ),
    Rule(
        "OPT005",
        "the stated coefficient is not the rule's",
        "error",
        "The text says what multiplies the gradient in a rule, or how far the rule goes in a step, and the rule has "
        "something else there.",
        r"the learning rate of dimension $i$ is $\frac{\eta}{G_t[i]}$",
        r"\frac{\eta}{\sqrt{G_t[i]}}",
    ),
    Rule(
        "CONV001",
        "epsilon inside the root",
        "info",
        "Epsilon is added under the root, not to the root. Both are in use and give different steps.",
        r"\frac{\eta}{\sqrt{G_t+\epsilon}}",
        "nothing to repair",
    ),
    Rule(
        "CONV002",
        "gradient at the look-ahead point",
        "info",
        "The gradient is taken where the momentum alone would lead, not at the parameters.",
        r"\nabla L(\theta_t + \beta(\theta_t - \theta_{t-1}))",
        "nothing to repair",
    ),
    Rule(
        "CONV003",
        "another convention of a known rule",
        "info",
        "Texts and libraries write this rule in several ways that differ in more than letters; the message says which "
        "way was taken.",
        r"v_t = \beta v_{t-1} + \eta g_t, \theta_{t+1} = \theta_t - v_t",
        "nothing to repair",
    ),
    Rule(
        "CONV004",
        "libraries differ",
        "info",
        "Optimizers of one name in two libraries take other steps at the same hyper-parameters; the message names the "
        "convention of each. Both are in use.",
        "Adam in torch (epsilon outside the root) and in Keras (epsilon hat)",
        "nothing to repair; carry hyper-parameters over with care",
    ),
    Rule(
        "AUD001",
        "an optimizer is not what its name says",
        "error",
        "An optimizer that has the name of a known update rule takes other steps than that rule under each of its "
        "conventions. The message names the nearest one, the first step that differs and the largest difference.",
        "a step that applies the update of the step before",
        "compare the step with the formula of the rule",
    ),
    Rule(
        "AUD002",
        "an optimizer that symdl does not know",
        "info",
        "The steps are those of no rule in the library, which is no error; the message names the nearest.",
        "a rule of the library's own",
        "nothing to repair",
    ),
    Rule(
        "AUD003",
        "a rule that couples coordinates",
        "info",
        "The step of one coordinate depends on the gradients of others, by a norm or a factored moment, and no rule of "
        "that kind in the library fits.",
        "a step scaled by the norm of the layer",
        "nothing to repair",
    ),
    Rule(
        "ARG001",
        "argument without effect",
        "warning",
        "No value of the argument that was tried changed a parameter or a state, beside any other argument.",
        "relative_step=False, where the rate is made relative all the same",
        "heed the argument, or remove it",
    ),
    Rule(
        "DOC001",
        "the documented formula is not the code",
        "error",
        "The formula of a docstring, run as it is written in exact arithmetic, takes other steps than the code. The "
        "finding has both, the first step that differs and the largest difference.",
        "a decay that a later line of the algorithm discards",
        "correct the formula, or the code",
    ),
    Rule(
        "DOC002",
        "documented formula not run",
        "info",
        "A formula of a docstring could not be followed as an algorithm; the message says why. Nothing follows.",
        "a formula with an operation that is named and not given",
        "nothing to repair",
    ),
    Rule(
        "DOC003",
        "the docstring names another convention",
        "error",
        "The text of a docstring says where a hyper-parameter stands, and the code is at another point of the family.",
        "'epsilon hat' of an optimizer whose epsilon is that of Algorithm 1",
        "correct the text",
    ),
    Rule(
        "DOC004",
        "name in documented code that nothing gives",
        "warning",
        "Code in a docstring uses a name that is no argument and is assigned nowhere; read as a name near to it, the "
        "code takes the steps of the implementation.",
        "(1 - beta) beside beta1",
        "write the name of the argument",
    ),
    Rule(
        "VAL001",
        "a default that is another function",
        "info",
        "A library's activation computes, at its defaults, another definition than the one of that name here.",
        "gelu by the approximation with tanh",
        "name the variant and its parameters when you call it",
    ),
    Rule(
        "KINK002",
        "derivative outside the Clarke interval",
        "error",
        "At a kink a library's derivative is no number between the one-sided slopes, or none at all.",
        "a derivative of nan at 0",
        "take a slope between the one-sided ones",
    ),
    Rule(
        "KINK003",
        "another slope at a kink",
        "info",
        "At a kink a library's derivative is within the Clarke interval and not the slope that symdl declares there.",
        "hardtanh with the derivative 1 at 1",
        "nothing to repair",
    ),
    Rule(
        "ACC001",
        "accuracy lost",
        "info",
        "A library's activation or its derivative, in float64, is off by more than 1000 units in the last place "
        "somewhere, or is 0, nan or infinite where the true value is not.",
        "1 - tanh(x)^2 as 0 at x = 20",
        "compute it in a form without cancellation",
    ),
    Rule(
        "DTYPE001",
        "state narrower than the parameters",
        "warning",
        "The parameters are float64, and a number of the state is kept in a narrower type, so the steps are only as "
        "precise as that.",
        "a product of momenta in float32",
        "keep the state in the type of the parameters",
    ),
    Rule(
        "SUP001",
        "comment that silences nothing",
        "warning",
        "A symdl: ignore comment names a rule that finds nothing there, so it hides nothing but what may come.",
        "<!-- symdl: ignore[OPT001] --> above a correct formula",
        "remove the comment",
    ),
    Rule(
        "BUILD001",
        "no code made",
        "warning",
        "The definition could be read but not turned into code; the message says why.",
        r"a rule whose gradient is nowhere named",
        "complete the definition",
    ),
)
"""Every rule, in the order of the text that they concern: reading, definitions, claims, update rules."""


def rule(code: str) -> Rule:
    """The rule with this code; case does not matter.

    Raises :class:`InputError` for a code that is not in the table.

    >>> rule("opt001").title
    'bias correction with the decay of another average'
    """
    wanted = code.strip().upper()
    for row in RULES:
        if row.code == wanted:
            return row
    known = ", ".join(row.code for row in RULES)
    raise InputError(f"there is no rule {code}", remedy=f"the rules are {known}")


def nearest_code(code: str) -> str:
    """The code that is spelled most like ``code``.

    >>> nearest_code("OPT0O1")
    'OPT001'
    """
    return difflib.get_close_matches(code.upper(), [row.code for row in RULES], n=1, cutoff=0.0)[0]
