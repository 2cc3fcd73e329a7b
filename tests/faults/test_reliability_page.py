"""docs/reliability.md names tests that exist, and every test of this folder that a promise rests on."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`( \(slow)?", PAGE)
FAULTS = ("test_bars", "test_broker", "test_clock", "test_database", "test_disk", "test_drain", "test_kills")


def known_tests(path: Path) -> dict[str, bool]:
    """The tests of a file by name, and whether each is slow as a whole."""
    found = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    return {
        node.name: any(ast.unparse(mark) == "pytest.mark.slow" for mark in node.decorator_list)
        for node in found
        if node.name.startswith("test_")
    }


def test_every_named_test_exists_and_is_as_long_as_it_says() -> None:
    assert len(NAMED) > 20
    for file, name, slow in NAMED:
        known = known_tests(ROOT / file)
        assert name in known, f"{file} has no {name}"
        assert known[name] == bool(slow), f"{name} is {'slow' if known[name] else 'not slow'}"


def test_every_fault_is_named() -> None:
    named = {name for _, name, _ in NAMED}
    for module in (*FAULTS, "test_two_apis", "test_newer_database"):
        missing = known_tests(ROOT / "tests" / "faults" / f"{module}.py").keys() - named
        assert not missing, f"docs/reliability.md does not name {missing} of {module}"
