"""Mutated documents and random bytes through every reader of a container, and through the check.

``python tests/benchmarks/fuzz_documents.py 300 --seed 1`` runs so many seconds and prints, for each
container, how many texts were read and refused, the slowest, and what went wrong: an exception that is
none of symdl's own, a place outside the text, a reading that took too long, memory beyond the bound.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from symdl.core import InputError
from symdl.documents import check_text
from symdl.documents.containers import read_document
from symdl.documents.files import decoded

SECONDS_EACH = 5.0
MEGABYTES = 300
CHECKED_UP_TO = 600
_RUNNER = ThreadPoolExecutor(1)
"""Keeps what a reading raises, whatever it is."""

MARKDOWN = """# Adam

Let $m_0 = 0$. <!-- symdl: ignore[OPT001] -->

$$
m_t = \\beta m_{t-1} + (1-\\beta) g_t
$$

- Sigmoid: \\(f(x) = \\frac{1}{1+e^{-x}}\\), so `$no$` \\\\(a \\\\{ b\\\\)

| f | f' |
|---|---|
| $x^2$ | $2x$ |

```math
y = 2
```
\\begin{align*} a &= 1 \\\\ b &= 2 \\end{align*} and $`z`$ for $5
"""
RST = """Adam
====

The rate :math:`x_t`, ``code`` and

.. math::
   :label: a

   f(x) = \\begin{cases} x & x > 0 \\\\ 0 & x \\le 0 \\end{cases}

   b = 2

+-----------+-----------+
| f         | f'        |
+===========+===========+
| .. math:: | :math:`1` |
|     x     |           |
+-----------+-----------+

=== ==========
a   b
=== ==========
f   :math:`x`
=== ==========

.. note::
   :math:`y` :: and

Code::

    $x$

>>> 1
.. symdl: ignore[DER001]
"""
TEX = """\\documentclass{article}
\\newcommand{\\R}[2][x]{\\mathbb{#1}^{#2}} \\def\\a#1{b} \\DeclareMathOperator*{\\am}{am}
\\begin{document} \\section{Adam $x$} % comment $
\\begin{theorem}[Name] For $x > 0$: \\[ x^2 > 0 \\] \\end{theorem}
\\begin{algorithm}\\caption{The \\gls{adam}}\\begin{algorithmic}
\\STATE $m \\leftarrow \\beta m + g$ \\end{algorithmic}\\end{algorithm}
\\verb|$n$| \\begin{verbatim} $ \\end{verbatim} $$y$$ \\$5
\\begin{equation} a = \\R{2} % symdl: ignore
\\end{equation}\\end{document}
"""
PYTHON = (
    'class Adam:\n    r"""The rate :math:`x_t`.\n\n    .. math::\n        m_t = 2\n    """\n\n'
    '    def f(self):\n        """So $\\\\frac{1}{2}$ and $\\theta$."""\n        x = 1  # and $y$\n'
    "        # $$\n        # z\n        # $$\nAdam.__doc__ = r'''a $b$''' + 'c $d$'\n"
)
HTML = (
    "<html><h1>Adam</h1><p>so \\(a &lt; b\\) and $$c$$</p><script type='math/tex; mode=display'>d</script>"
    "<pre>\\(n\\)</pre><math><annotation encoding='application/x-tex'>x</annotation></math><table><tr><td>\\[e\\]</td>"
    "</tr></table><!-- symdl: ignore --> <li>\\begin{align}a\\end{align}</li></html>"
)
SEEDS = {
    ".md": MARKDOWN,
    ".rst": RST,
    ".tex": TEX,
    ".py": PYTHON,
    ".html": HTML,
    ".ipynb": json.dumps(
        {"cells": [{"cell_type": "markdown", "source": MARKDOWN.splitlines(True)}, {"cell_type": "code"}]}
    ),
    "": RST + MARKDOWN,
}
SHARDS = [
    *(
        "$",
        "$$",
        "\\(",
        "\\)",
        "\\[",
        "\\\\(",
        "`",
        "```",
        "{",
        "}",
        "<",
        ">",
        "&",
        "%",
        "#",
        '"""',
        "'",
        "|",
        "+",
        "=",
    ),
    *(
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "\t",
        " ",
        "    ",
        "\0",
        "\ufeff",
        "\ud7ff",
        "é",
        "\x0b",
        "\u2028",
        "[",
        "]",
        "..",
        "::",
    ),
    *(
        "\\begin{align}",
        "\\end{align}",
        "\\begin{",
        "\\newcommand{\\x}{\\x\\x}",
        "\\section{",
        "<script>",
        "<math>",
        "<!--",
    ),
    *(
        "-->",
        ":math:`",
        ".. math::",
        "+--+--+\n",
        "=== ===\n",
        "\\u",
        "\\x",
        "\\N{",
        "(",
        ")",
        "symdl: ignore[",
        "\\def",
    ),
]


def mutated(text: str, source: random.Random) -> str:
    """A text with some pieces cut, doubled, moved, repeated or put in."""
    for _ in range(source.randint(1, 8)):
        a, b = sorted(source.randint(0, len(text)) for _ in range(2))
        piece = source.choice((text[a:b], source.choice(SHARDS), "".join(source.choices(SHARDS, k=6))))
        match source.randrange(4):
            case 0:
                text = text[:a] + text[b:]
            case 1:
                text = text[:a] + piece + text[a:]
            case 2:
                text = text[:a] + piece + text[b:]
            case _:
                text = text[:a] + piece * source.choice((2, 3, 20)) + text[a:]
        text = text[:20_000]
    return text


def texts(suffix: str, source: random.Random) -> bytes:
    """A mutated document, a long repetition or random bytes."""
    kind = source.randrange(20)
    if kind == 0:
        return source.randbytes(source.randint(0, 2_000))
    if kind == 1:
        return "".join(source.choices(SHARDS, k=source.randint(0, 300))).encode("utf-8", "replace")
    if kind == 2:
        piece = "".join(source.choices(SHARDS, k=source.randint(1, 3)))
        return (piece * (200_000 // len(piece))).encode("utf-8", "replace")
    if suffix == ".ipynb" and kind < 15:
        cell = {"cell_type": "markdown", "source": mutated(MARKDOWN, source)}
        return json.dumps({"cells": [cell] * source.randint(0, 3)}).encode("utf-8", "replace")
    return mutated(SEEDS[suffix], source).encode("utf-8", "replace")


def large() -> Iterator[tuple[str, bytes]]:
    """Documents at the bound on their length and of about ten megabytes, and deep nesting."""
    for size in (2_900_000, 10_000_000):
        for suffix, seed in SEEDS.items():
            if suffix != ".ipynb":
                whole = seed.replace("\\begin{document}", "").replace("\\end{document}", "")
                yield suffix, (whole * (size // len(whole.encode()))).encode()
        cells = [{"cell_type": "markdown", "source": MARKDOWN}] * (size // len(MARKDOWN))
        yield ".ipynb", json.dumps({"cells": cells}).encode()
    book = {"cells": [{"cell_type": "code", "outputs": ["x" * 10_000_000]}, {"cell_type": "markdown", "source": "$x$"}]}
    yield ".ipynb", json.dumps(book).encode()
    for suffix, opening in (
        (".tex", "\\textbf{"),
        (".rst", ".. note::\n "),
        (".html", "<div>"),
        (".py", "("),
        (".ipynb", "["),
    ):
        yield suffix, (opening * 50_000).encode()


def read(suffix: str, content: bytes, check: bool) -> str:
    """Read one text: what came of it."""
    name = f"a{suffix}"
    try:
        text = decoded(content, name)
        document = read_document(text, name)
        if check and len(text) <= CHECKED_UP_TO:
            check_text(text, name)
    except InputError as error:
        return "refused" if error.message and error.remedy else "without remedy"
    for span in document.reading.math:
        place = document.place(span.start, span.end)
        assert 0 <= document.source_offset(place) <= len(document.source), "a place outside the text"
    return "read"


def run(seconds: float, seed: int, check: bool = True) -> tuple[dict[str, Counter[str]], list[str]]:
    """The outcomes by container, and what went wrong."""
    source, outcomes, wrong = random.Random(seed), defaultdict(Counter), []
    end = time.monotonic() + seconds
    slowest: dict[str, float] = defaultdict(float)
    while time.monotonic() < end and len(wrong) < 10:
        suffix = source.choice(list(SEEDS))
        content = texts(suffix, source)
        one(suffix, content, check and source.random() < 0.05, outcomes, wrong, slowest)
    for suffix, worst in slowest.items():
        outcomes[suffix]["slowest ms"] = round(worst * 1000)
    return outcomes, wrong


def one(
    suffix: str,
    content: bytes,
    check: bool,
    outcomes: dict[str, Counter[str]],
    wrong: list[str],
    slowest: dict[str, float],
    limit: float = SECONDS_EACH,
) -> None:
    """One text, its outcome counted."""
    start = time.process_time()
    reading = _RUNNER.submit(read, suffix, content, check)
    problem = reading.exception()
    outcome = "wrong" if problem is not None else reading.result()
    if problem is not None:
        trace = "".join(traceback.format_exception(problem, limit=-4))
        wrong.append(f"{suffix} {content[:2_000]!r}\n{trace}")
    spent = time.process_time() - start
    slowest[suffix] = max(slowest[suffix], spent)
    outcomes[suffix][outcome] += 1
    if spent > limit:
        wrong.append(f"{suffix}: {spent:.1f} s for {len(content)} bytes {content[:300]!r}")


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--large", action="store_true", help="documents of ten megabytes and deep nesting first")
    arguments = parser.parse_args()
    wrong: list[str] = []
    if arguments.large:
        for suffix, content in large():
            table: dict[str, Counter[str]] = defaultdict(Counter)
            slowest: dict[str, float] = defaultdict(float)
            one(suffix, content, False, table, wrong, slowest, limit=60)
            print(
                f"{len(content):9} bytes of {suffix or 'none':6} {dict(table[suffix])} {slowest[suffix]:.1f} s",
                flush=True,
            )
    outcomes, more = run(arguments.seconds, arguments.seed)
    for suffix, counts in sorted(outcomes.items()):
        print(f"{suffix or 'none':6} {dict(counts)}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB")
    if peak > MEGABYTES:
        wrong.append(f"{peak:.0f} MB of memory")
    print("\n\n".join(wrong + more))
    return bool(wrong or more)


if __name__ == "__main__":
    sys.exit(main())
