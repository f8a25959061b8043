"""symdl beside sympy.simplify, sympy's equals and z3 alone, on the same claims in one run.

Each runs in a child process of its own, which is ended after ten seconds on one claim. ``python
tests/benchmarks/side_by_side.py`` prints a table: right, wrong, undecided, hang, total processor time.
"""

from __future__ import annotations

import argparse
import json
import select
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import sympy as sp
import z3

from symdl.core import Belongs, Claim, Compare, Definition, Exists
from symdl.notation.claims import read_claims
from symdl.notation.profile import PLAIN
from symdl.prover import decide, ledger
from symdl.prover.problems import pose

ROOT = Path(__file__).parent.parent.parent
LIMIT = 10.0


def claims() -> list[tuple[Claim, bool]]:
    """Comparisons of scalars of the ledger, and the hard claims, with their truth."""
    found = [(v.claim, v.claim.expected == "PROVED") for v in ledger.read().values()]
    found = [(claim, truth) for claim, truth in found if isinstance(claim.statement, Compare) and is_scalar(claim)]
    data = json.loads((ROOT / "tests" / "data" / "hard_claims.json").read_text(encoding="utf-8"))
    for row in (row for group in data.values() for row in group):
        parts = read_claims(row["claim"], row["given"], PLAIN, "auto")
        found += [(part, row["truth"]) for part in parts if len(parts) == 1]
    return found


def is_scalar(claim: Claim) -> bool:
    statement = claim.statement
    written = all(isinstance(side, sp.Expr) for side in (statement.lhs, statement.rhs))
    return written and "E(" not in str(statement)


# --- the peers: True, False, or None where they do not say


def symdl_says(claim: Claim) -> bool | None:
    return {"PROVED": True, "REFUTED": False}.get(decide(claim).outcome)


def plain(claim: Claim) -> tuple[sp.Expr, str, sp.Expr, list[Compare]] | None:
    """Both sides with definitions unfolded; bounds by 0 and integers as assumptions of the symbols."""
    if not isinstance(claim.statement, Compare) or any(
        not isinstance(g, Compare | Belongs | Definition) for g in claim.given
    ):
        return None
    problem = pose(claim.statement, claim.given)
    return problem.left, problem.relation, problem.right, list(problem.assumptions)


def with_assumptions(claim: Claim) -> tuple[sp.Expr, str, sp.Expr] | None:
    found = plain(claim)
    if found is None:
        return None
    left, relation, right, given = found
    integers = {g.symbol for g in claim.given if isinstance(g, Belongs) and g.domain != "real"}
    positive = {g.lhs for g in given if g.relation == ">" and g.lhs.is_Symbol and g.rhs.is_nonnegative}
    positive |= {g.rhs for g in given if g.relation == "<" and g.rhs.is_Symbol and g.lhs.is_nonnegative}
    fresh = {
        s: sp.Symbol(
            s.name,
            real=True,
            **({"positive": True} if s in positive | integers else {}),
            **({"integer": True} if s in integers else {}),
        )
        for s in left.free_symbols | right.free_symbols
    }
    return left.xreplace(fresh), relation, right.xreplace(fresh)


RELATIONS = {"=": sp.Eq, "!=": sp.Ne, "<": sp.Lt, "<=": sp.Le, ">": sp.Gt, ">=": sp.Ge}


def simplify_says(claim: Claim) -> bool | None:
    found = with_assumptions(claim)
    if found is None:
        return None
    left, relation, right = found
    if relation == "=":
        rest = sp.simplify((left - right).doit())
        return True if rest == 0 else False if rest.is_number else None
    judged = sp.simplify(RELATIONS[relation](left, right).doit())
    return bool(judged) if judged in (sp.true, sp.false) else None


def equals_says(claim: Claim) -> bool | None:
    found = with_assumptions(claim)
    if found is None or found[1] not in ("=", "!="):
        return None
    same = (found[0] - found[2]).doit().equals(0)
    return same if found[1] == "=" or same is None else not same


def z3_says(claim: Claim) -> bool | None:
    found = plain(claim)
    if found is None or any(isinstance(g, Belongs) and g.domain != "real" for g in claim.given):
        return None
    left, relation, right, given = found
    solver = z3.Solver()
    solver.set("timeout", int(1000 * LIMIT))
    try:
        facts = [compared(g.lhs, g.relation, g.rhs, solver) for g in given]
        goal = compared(left, relation, right, solver)
    except NotImplementedError:
        return None
    solver.add(*facts, z3.Not(goal))
    answer = solver.check()
    return True if answer == z3.unsat else False if answer == z3.sat else None


def compared(left: sp.Expr, relation: str, right: sp.Expr, solver: z3.Solver) -> z3.BoolRef:
    a, b = translated(left, solver), translated(right, solver)
    return {"=": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[relation]


def translated(e: sp.Basic, solver: z3.Solver) -> z3.ArithRef:
    """Algebra, roots and branches in z3's real arithmetic; denominators are not 0."""
    if isinstance(e, sp.Symbol):
        return z3.Real(e.name)
    if isinstance(e, sp.Rational):
        return z3.Q(int(e.p), int(e.q))
    if isinstance(e, sp.Piecewise):
        return branches(list(e.args), solver)
    parts = [translated(a, solver) for a in e.args] if isinstance(e, sp.Add | sp.Mul | sp.Max | sp.Min | sp.Abs) else []
    match e:
        case sp.Add():
            return z3.Sum(parts)
        case sp.Mul():
            return z3.Product(parts)
        case sp.Abs():
            return z3.If(parts[0] >= 0, parts[0], -parts[0])
        case sp.Max() | sp.Min():
            best = parts[0]
            for other in parts[1:]:
                best = z3.If((other > best) if isinstance(e, sp.Max) else (other < best), other, best)
            return best
        case sp.Pow(exp=sp.Rational() as n):
            return power(translated(e.base, solver), n, solver)
    raise NotImplementedError(str(e.func))


def power(base: z3.ArithRef, n: sp.Rational, solver: z3.Solver) -> z3.ArithRef:
    if n.q > 2:
        raise NotImplementedError("a root of higher degree")
    if n.q == 2:
        root = z3.FreshReal()
        solver.add(root >= 0, root * root == base)
        base = root
    if n < 0:
        solver.add(base != 0)
        return 1 / base ** abs(int(n.p))
    return base ** int(n.p)


def branches(pieces: list, solver: z3.Solver) -> z3.ArithRef:
    value, guard = pieces[0].args
    if guard == sp.true or len(pieces) == 1:
        return translated(value, solver)
    if not isinstance(guard, sp.core.relational.Relational):
        raise NotImplementedError("a guard that is no comparison")
    relation = {"==": "="}.get(guard.rel_op, guard.rel_op)
    test = compared(guard.lhs, relation, guard.rhs, solver)
    return z3.If(test, translated(value, solver), branches(pieces[1:], solver))


PEERS = {"symdl": symdl_says, "sympy.simplify": simplify_says, "sympy equals": equals_says, "z3 alone": z3_says}


# --- children


def serve(peer: str) -> None:
    """Answer the numbers of claims that come in on standard input."""
    rows = claims()
    print("ready", flush=True)
    for line in sys.stdin:
        start = time.process_time()
        claim = rows[int(line)][0]
        try:
            says = None if isinstance(claim.statement, Exists) and peer != "symdl" else PEERS[peer](claim)
            answer = {True: "true", False: "false", None: "open"}[None if says is None else bool(says)]
        except Exception as error:  # noqa: BLE001 - whatever a peer raises, it has not decided
            answer = f"error-{type(error).__name__}"
        print(answer, time.process_time() - start, flush=True)


class Child:
    """A peer in a process of its own."""

    def __init__(self, peer: str) -> None:
        self.command = [sys.executable, __file__, "--serve", peer]
        self.process: subprocess.Popen[str] | None = None

    def ask(self, index: int) -> tuple[str, float]:
        if self.process is None:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.process.stdout.readline()
        self.process.stdin.write(f"{index}\n")
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], LIMIT)[0]:
            self.close()
            return "hang", LIMIT
        answer, seconds = self.process.stdout.readline().split()
        return answer, float(seconds)

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def judged(answer: str, truth: bool) -> str:
    if answer in ("true", "false"):
        return "right" if (answer == "true") == truth else "wrong"
    return answer if answer == "hang" else "undecided"


def measured(peer: str, rows: list[tuple[Claim, bool]]) -> tuple[Counter[str], float, list[str]]:
    child, counts, total, wrong = Child(peer), Counter(), 0.0, []
    for index, (claim, truth) in enumerate(rows):
        answer, seconds = child.ask(index)
        mark = judged(answer, truth)
        counts[mark] += 1
        total += seconds
        wrong += [f"{peer} says {answer}: {claim}"] if mark == "wrong" else []
    child.close()
    return counts, total, wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", choices=PEERS)
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return
    rows = claims()
    print(f"{len(rows)} claims, {sum(truth for _, truth in rows)} true\n")
    print("| | right | wrong | undecided | hang | total time |\n|---|---|---|---|---|---|", flush=True)
    notes = []
    for peer in options.peers:
        counts, total, wrong = measured(peer, rows)
        cells = [str(counts[mark]) for mark in ("right", "wrong", "undecided", "hang")]
        print(f"| {peer} | {' | '.join(cells)} | {total:.0f} s |", flush=True)
        notes += wrong
    print("\n" + "\n".join(notes))


if __name__ == "__main__":
    main()
