"""The arrows of the design: which room may import which, and what must never be loaded."""

import ast
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "symdl"

LAYERS: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("cli", "pytest_plugin"),
    ("front",),
    ("builder",),
    ("audit",),
    ("documents", "quiz"),
    ("report",),
    ("testing",),
    ("matching",),
    ("notation",),
    ("codegen",),
    ("prover",),
    ("calculus",),
    ("numerics",),
    ("library",),
    ("core",),
)
"""From left to right: a room imports rooms of later layers only, never one of its own layer."""

RANK = {room: rank for rank, layer in enumerate(LAYERS) for room in layer}
NUMPY_ONLY = {"nn", "generated"}
STANDARD_LIBRARY = set(sys.stdlib_module_names)


def room_of(module: str) -> str:
    """The room of ``symdl.room.anything``; the package itself counts as the room ''."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] != "__version__" else ""


def imports_of(source: str, module: str, is_package: bool) -> Iterable[str]:
    """Absolute names of everything that a module imports, type-checking blocks included."""
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            target = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            yield target
            yield from (f"{target}.{alias.name}" for alias in node.names if target == "symdl")


def violations(source: str, module: str, is_package: bool = False) -> list[str]:
    """What a module imports against the arrows."""
    here = room_of(module)
    found = []
    for name in imports_of(source, module, is_package):
        top, there = name.split(".")[0], room_of(name)
        if here in NUMPY_ONLY:
            allowed = top in STANDARD_LIBRARY or top == "numpy" or there in NUMPY_ONLY or name == "symdl"
        elif top != "symdl" or there in ("", here):
            allowed = top != "proofs"
        else:
            allowed = there in RANK and here in RANK and RANK[here] < RANK[there]
        if not allowed:
            found.append(f"{module} imports {name}")
    return found


def modules() -> list[tuple[str, Path]]:
    """Every module of the package but its ``__init__``, which is lazy and names all rooms."""
    paths = [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]
    names = [".".join(("symdl", *path.relative_to(PACKAGE).with_suffix("").parts)) for path in paths]
    return [(name.removesuffix(".__init__"), path) for name, path in zip(names, paths, strict=True)]


@pytest.mark.parametrize(("module", "path"), modules(), ids=lambda value: value if isinstance(value, str) else "")
def test_imports_run_one_way(module: str, path: Path) -> None:
    assert violations(path.read_text(encoding="utf-8"), module, path.name == "__init__.py") == []


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("from symdl.prover import decide", "symdl.core.claims"),
        ("from ..codegen import generate", "symdl.prover.cells"),
        ("import symdl.cli", "symdl.front"),
        ("from .. import front", "symdl.core.errors"),
        ("from proofs import activations", "symdl.prover.ledger"),
        ("import sympy", "symdl.nn"),
        ("from symdl.core import symbol", "symdl.generated.relu"),
        ("import symdl.unknown_room", "symdl.core.errors"),
    ],
)
def test_the_architecture_test_can_fail(source: str, module: str) -> None:
    assert violations(source, module)


def loaded_after(statement: str, package: str) -> bool:
    """Whether a fresh interpreter has ``package`` loaded after ``statement``."""
    code = f"{statement}\nimport sys\nraise SystemExit(3 if {package!r} in sys.modules else 0)"
    return subprocess.run([sys.executable, "-c", code], check=False).returncode == 3


@pytest.mark.parametrize("statement", ["import symdl", "import symdl.cli", "import symdl.nn", "from symdl import nn"])
def test_sympy_is_loaded_only_when_needed(statement: str) -> None:
    assert not loaded_after(statement, "sympy")


def test_generated_modules_load_without_sympy() -> None:
    names = [name for name, _ in modules() if name.startswith("symdl.generated.")]
    assert names
    assert not loaded_after("import " + ", ".join(names), "sympy")


def test_the_loading_test_can_fail() -> None:
    assert loaded_after("import symdl.core", "sympy")
