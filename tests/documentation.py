"""Reads the pages of the documentation."""

import json
from pathlib import Path
import re

ROOT = Path(__file__).parents[1]
ENGLISH = json.loads((ROOT / "custom_components/energy_site/translations/en.json").read_text())
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def section(page: str, heading: str) -> str:
    """Return what stands below a heading of a page, up to the next one."""
    text = (ROOT / page).read_text()
    return re.split(r"^#+ ", text.split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def tables(page: str, heading: str) -> list[list[list[str]]]:
    """Return the cells of each table below a heading, without those of the table's own heading."""
    found = re.findall(r"(?:^ *\|.*\n)+", section(page, heading), re.MULTILINE)
    return [
        [[cell.strip() for cell in line.strip()[1:-1].split("|")] for line in table.splitlines()[2:]] for table in found
    ]


def table_rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of all tables below a heading."""
    return [row for table in tables(page, heading) for row in table]
