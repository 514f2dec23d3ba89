"""Prints what a Home Assistant with its frontend installs while it starts, without the versions of an older one."""

from collections.abc import Iterator
import re
import tomllib

from .config_dir import ROOT

# Parts of Home Assistant that every version with a frontend loads, and this project's own one has for other reasons.
_MORE = ("aiohasupervisor", "numpy")


def packages() -> Iterator[str]:
    """Yield the names of the project's group for the demo, and what else is needed."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    yield from (re.split("[=<>~]", each)[0] for each in groups["demo"] if isinstance(each, str))
    yield from _MORE


if __name__ == "__main__":
    print("\n".join(packages()))
