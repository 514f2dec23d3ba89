"""Every link of the documentation resolves, and every command in it can be run."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
import os
from pathlib import Path
import re
import shlex
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import pytest

ROOT = Path(__file__).parents[1]
REPOSITORY = "https://github.com/energy-site/ha-energy-site"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")])

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)|<(https?://[^>\s]+)>|\bsrc(?:set)?=\"([^\"]+)\"")
_SCRIPT = re.compile(r"(scripts|\.ci)/[\w-]+")
_MODULE = re.compile(r"python -m ([\w.]+)")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _prose(page: Path) -> str:
    """Return a page without its code."""
    return _SPAN.sub("", _FENCE.sub("", page.read_text()))


def _links(page: Path) -> list[str]:
    return [next(filter(None, found)) for found in _LINK.findall(_prose(page))]


def _anchors(page: Path) -> set[str]:
    """Return what GitHub makes of the headings of a page, and the IDs that stand in it."""
    text = _FENCE.sub("", page.read_text())
    seen: Counter[str] = Counter()
    anchors = set(re.findall(r"\bid=\"([\w-]+)\"", text))
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        anchors.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return anchors


def _in_repository(link: str) -> str | None:
    """Return the path that an address of the repository's own shows, if it shows one."""
    if (shown := re.fullmatch(rf"{re.escape(REPOSITORY)}/(?:blob|tree)/main/([^?#]+)", link)) is not None:
        return shown[1]
    if (workflow := re.match(rf"{re.escape(REPOSITORY)}/actions/workflows/([\w.-]+)", link)) is not None:
        return f".github/workflows/{workflow[1]}"
    return None


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in _links(page):
        if link.startswith(("https:", "http:")):
            continue
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), link
        assert path.is_relative_to(ROOT), link
        if anchor:
            assert anchor in _anchors(path), link


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_addresses_of_the_repository_show_what_is_there(page: Path) -> None:
    for link in _links(page):
        imported = parse_qs(urlsplit(link).query).get("blueprint_url", [])
        for address in (link, *imported):
            path = _in_repository(address)
            assert path is None or (ROOT / path).is_file(), address
        assert all(_in_repository(address) for address in imported), link


def test_every_picture_is_shown() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in _links(page) if link.endswith(".webp")}
    assert shown >= set((ROOT / "docs/images").iterdir())


def _commands(page: Path) -> Iterator[list[str]]:
    """Yield the commands of a page that start with a file or a module of the repository."""
    text = page.read_text()
    lines = [line for language, code in _FENCE.findall(text) if language == "sh" for line in code.splitlines()]
    lines += _SPAN.findall(_FENCE.sub("", text))
    for line in lines:
        if _SCRIPT.match(line) or _MODULE.match(line):
            yield shlex.split(line)


# What a module says of itself is read once, as it takes seconds.
pytestmark = pytest.mark.xdist_group("commands")

COMMANDS = sorted({tuple(command) for page in PAGES for command in _commands(page)})


@cache
def _help(module: str) -> str:
    """Return what a module says of itself; one that needs the demo's packages says it in its script."""
    result = subprocess.run(  # noqa: S603 - the module is named by one of the repository's own files
        [sys.executable, "-m", module, "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0 or "No module named 'playwright'" in result.stderr, result.stderr
    return result.stdout


def _usage(command: tuple[str, ...]) -> str:
    """Return everything that a command may be given, by the file that is run and the help of what that starts."""
    if command[:2] == ("python", "-m"):
        return _help(command[2])
    script = (ROOT / command[0]).read_text()
    started = re.findall(r"-m ((?:bench|demo)[\w.]*) \"\$@\"", script)
    return "\n".join([script, *map(_help, started)])


def _is_known(word: str, usage: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", usage) is not None


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_can_be_run(command: tuple[str, ...]) -> None:
    arguments = command[1:]
    if command[:2] == ("python", "-m"):
        arguments = command[3:]
    else:
        assert os.access(ROOT / command[0], os.X_OK)
    if command[0] == "scripts/test":
        # Its arguments are those of pytest.
        assert all((ROOT / word).exists() for word in arguments if "/" in word)
        return
    usage = _usage(command)
    for word in arguments:
        assert word == "--help" or _is_known(word, usage), word


def test_the_table_of_commands_tells_the_words_that_they_take() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    assert len(rows) > 5
    for command, description in rows:
        usage = _usage(tuple(shlex.split(command)))
        for word in _SPAN.findall(description):
            assert (ROOT / word).exists() or _is_known(word, usage), f"{command}: {word}"


def test_every_script_is_described() -> None:
    described = (ROOT / "CONTRIBUTING.md").read_text()
    # It is started by scripts/setup alone.
    scripts = {path.name for path in (ROOT / "scripts").iterdir()} - {"debian-python"}
    assert [name for name in sorted(scripts) if f"`scripts/{name}`" not in described] == []


def test_the_readme_begins_with_what_a_visitor_looks_for() -> None:
    beginning = (ROOT / "README.md").read_text().split("\n## ")[0]
    assert len(beginning.splitlines()) <= 40
    for wanted in ("docs/images/", "\nscripts/demo\n", "\nscripts/test\n", "](#installation)"):
        assert wanted in beginning
