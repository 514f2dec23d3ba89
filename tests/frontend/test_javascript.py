"""The JavaScript of the dashboard does what its own tests say, and nothing that they can't see."""

from pathlib import Path
import re

import pytest

from .node import STRATEGY, find_node, run

_TESTS = sorted(
    path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    for path in Path(__file__).parent.glob("*.test.js")
)


@pytest.mark.parametrize("path", _TESTS, ids=lambda path: path.name)
def test_the_javascript_tests_pass(path: Path) -> None:
    done = run(find_node(), "--test", "--test-reporter=spec", str(path.resolve()))
    assert not done.returncode, done.stdout + done.stderr


def test_modules_reach_no_network_and_write_no_markup() -> None:
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function|fetch\(|XMLHttpRequest|WebSocket\("
        r"|EventSource|sendBeacon|https?:|import\(|localStorage|cookie"
    )
    modules = {path.name: path.read_text() for path in STRATEGY.iterdir()}
    assert "energy-site.js" in modules
    assert {name: match[0] for name, text in modules.items() if (match := forbidden.search(text))} == {}


def test_modules_are_found_beside_each_other() -> None:
    """A browser resolves their names against the folder's address, in which the version stands."""
    for path in STRATEGY.iterdir():
        for name in re.findall(r'from "(.+?)"', path.read_text()):
            assert name.startswith("./"), name
            assert (STRATEGY / name).is_file(), name
