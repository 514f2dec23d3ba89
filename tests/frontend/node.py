"""The node that runs JavaScript: Playwright's own, else one that is installed."""

from pathlib import Path
import re
import shutil
import subprocess

import pytest

ROOT = Path(__file__).parents[2]
STRATEGY = ROOT / "custom_components/energy_site/frontend/strategy"
# Sets have had their operations since then.
_OLDEST = 22


def find_node() -> str:
    """Return a node that knows the language of the modules; skip the test where there is none."""
    if (own := _of_playwright()) is not None:
        return str(own)
    if (found := shutil.which("node")) is None:
        pytest.skip("node is missing: neither Playwright's nor another one is installed")
    version = run(found, "--version").stdout.strip()
    if (major := re.match(r"v(\d+)", version)) is None or int(major[1]) < _OLDEST:
        pytest.skip(f"node {version} is older than {_OLDEST}, and Playwright, which has a newer one, isn't installed")
    return found


def run(*command: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command in the repository, and return what it wrote."""
    return subprocess.run(command, input=stdin, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603 - The command is the test's own.


def _of_playwright() -> Path | None:
    try:
        import playwright
    except ImportError:
        return None
    folder = Path(playwright.__file__).parent / "driver"
    return next((path for name in ("node", "node.exe") if (path := folder / name).is_file()), None)
