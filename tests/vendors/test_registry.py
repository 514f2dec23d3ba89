"""A line of the registry that is incomplete fails here, not at a user's."""

from collections.abc import Iterator
import json
from pathlib import Path
import sys

import pytest

from custom_components.energy_site.api.errors import AccountServiceError, ApiError, VerdictError
from custom_components.energy_site.config_flow import EnergySiteConfigFlow
from custom_components.energy_site.helpers.issues import IssueDescription
from custom_components.energy_site.repairs import ISSUES
from custom_components.energy_site.vendors.registry import VENDORS
from custom_components.energy_site.vendors.vendor import Vendor

COMPONENT = Path(__file__).parents[2] / "custom_components" / "energy_site"
ENGLISH = json.loads((COMPONENT / "translations" / "en.json").read_text())

each_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.source)


def test_no_two_vendors_have_the_same_word() -> None:
    words = [vendor.source for vendor in VENDORS]
    assert len(words) == len(set(words))


@each_vendor
@pytest.mark.parametrize("step", ["{}", "{}_reauth", "{}_reconfigure"])
def test_the_config_flow_leads_to_its_steps(vendor: Vendor, step: str) -> None:
    name = f"async_step_{step.format(vendor.source)}"
    assert callable(getattr(vendor.steps, name))
    assert callable(getattr(EnergySiteConfigFlow, name))


@each_vendor
def test_no_step_of_its_own_is_that_of_another(vendor: Vendor) -> None:
    # A step that two vendors give the same name has to be the one that they share.
    steps = {name for name in dir(vendor.steps) if name.startswith("async_step_")}
    for name in steps:
        found = [getattr(other.steps, name) for other in VENDORS if name in vars(other.steps)]
        assert len(found) <= 1, name


@each_vendor
def test_it_has_words_in_the_menu_and_in_its_first_form(vendor: Vendor) -> None:
    assert ENGLISH["config"]["step"]["user"]["menu_options"][vendor.source]
    assert ENGLISH["config"]["step"][vendor.source]["title"]


@each_vendor
def test_its_adapter_says_who_made_the_devices_and_what_its_entries_hold(vendor: Vendor) -> None:
    assert vendor.adapter.manufacturer
    assert vendor.adapter.required
    assert vendor.public_data <= {*vendor.adapter.required}


def test_every_issue_that_is_described_is_listed() -> None:
    modules = [module for name, module in sys.modules.items() if name.startswith("custom_components.energy_site.")]
    described = {
        value.key: f"{module.__name__}.{name}"
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, IssueDescription)
    }
    missing = [place for key, place in described.items() if key not in ISSUES]
    assert not missing, f"not in the ISSUES of their module or vendor: {missing}"


# Raised under the texts of what the account's service says: to a gateway's entry, and to an account's own.
NAMED_BY_CAUSE = {"account_service", "account_waiting"}


@pytest.mark.parametrize("key", sorted(ISSUES.keys() - NAMED_BY_CAUSE))
def test_each_issue_has_words_for_what_is_wrong_and_what_fixes_it(key: str) -> None:
    texts = ENGLISH["issues"].get(key)
    assert texts, f"translations/en.json has no issues.{key}"
    assert texts["title"]
    fixable = ISSUES[key].fix_flow is not None
    assert ("fix_flow" in texts) is fixable, f"issues.{key} needs " + ("a fix_flow" if fixable else "a description")


def test_no_words_are_left_of_an_issue_that_nothing_raises() -> None:
    verdicts = {error.translation_key for error in subclasses(VerdictError)}
    conditions = {error.translation_key for error in subclasses(AccountServiceError)}
    of_sessions = {f"session_{key}" for key in conditions}
    assert set(ENGLISH["issues"]) - set(ISSUES) <= verdicts | conditions | of_sessions


def subclasses[E: ApiError](kind: type[E]) -> Iterator[type[E]]:
    """Return an error and all that are more special."""
    yield kind
    for each in kind.__subclasses__():
        yield from subclasses(each)
