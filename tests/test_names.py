"""One concept has one word, and it is the field's: what a reviewer would have to look up is not used as a name."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

COMPONENT = Path(__file__).parents[1] / "custom_components" / "energy_site"

# Words that stood for something that Home Assistant, HTTP or the energy trade has a word for.
RETIRED = frozenset(
    [
        "AnyRow",
        "Bundle",
        "CloudProblem",
        "FlowProblem",
        "FlowSpending",
        "Happening",
        "Happenings",
        "Hardware",
        "Keeper",
        "Link",
        "Obstacle",
        "OtherWay",
        "Outcome",
        "Purse",
        "Question",
        "Refusal",
        "SiteRow",
        "Spending",
        "Steering",
        "SystemSpending",
        "UnitRow",
        "Wish",
        "_change",
        "_forgetful",
        "_hush",
        "_put",
        "_recall",
        "_refresh",
        "_shown",
        "_take",
        "_tell",
        "_worth_writing",
        "asks",
        "by_hand",
        "examine",
        "expects_silence",
        "forgetful_session",
        "governed_remotely",
        "greatest",
        "happenings",
        "hear",
        "keeper",
        "least",
        "made_at",
        "meant_for",
        "noticed",
        "other_way",
        "patience",
        "purse",
        "remember",
        "spending",
        "stands_until",
        "steering",
        "survey",
        "take_wishes",
        "tell",
        "tend",
        "tidy",
        "trouble",
        "usual",
        "wanted_now",
        "wish",
        "wishes",
        "worth",
    ]
)


def trees() -> Iterator[tuple[Path, ast.Module]]:
    """Return the component's modules."""
    for path in sorted(COMPONENT.rglob("*.py")):
        yield path.relative_to(COMPONENT), ast.parse(path.read_text())


def names(tree: ast.Module) -> Iterator[str]:
    """Return what a module gives a name to."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.arg():
                yield node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.attr


def test_no_retired_word_is_a_name() -> None:
    found = {(str(path), name) for path, tree in trees() for name in names(tree) if name in RETIRED}
    assert not found


def test_no_two_classes_have_the_same_name() -> None:
    places = defaultdict(list)
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path))
    assert not {name: found for name, found in places.items() if len(found) > 1}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{path}:{node.name}": node.end_lineno - node.lineno + 1
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if node.end_lineno is not None and node.end_lineno - node.lineno >= 60
    }
    assert not long


def test_the_root_holds_only_what_home_assistant_looks_for_and_what_everything_shares() -> None:
    assert {path.stem for path in COMPONENT.glob("*.py")} == {
        "__init__",
        "application_credentials",
        "binary_sensor",
        "condition",
        "calendar",
        "config_flow",
        "const",
        "coordinator",
        "device_trigger",
        "diagnostics",
        "entity",
        "errors",
        "event",
        "number",
        "repairs",
        "select",
        "sensor",
        "services",
        "switch",
        "system_health",
        "trigger",
    }
