"""The smoke run fails for what newer versions of Home Assistant say about the integration."""

import pytest

from demo.smoke import complaints

HAPPY = "2026-11-26 03:42:58.829 INFO (MainThread) [custom_components.energy_site] Home is responding again"
UNTESTED = (
    "2026-11-26 03:42:58.829 WARNING (SyncWorker_0) [homeassistant.loader] We found a custom integration energy_site "
    "which has not been tested by Home Assistant."
)
ELSEWHERE = (
    "2026-11-26 03:42:58.829 WARNING (MainThread) [py.warnings] homeassistant/components/http/auth.py:146: Warning"
)


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-26 03:42:58 WARNING (MainThread) [homeassistant.helpers.frame] Detected that 'energy_site' is deprecated",
        "2026-11-26 03:42:58 WARNING (MainThread) [py.warnings] custom_components/energy_site/sensor.py:3: DeprecationWarning",
        '  File "custom_components/energy_site/sensor.py", line 3, in async_setup_entry',
    ],
)
def test_a_line_that_names_the_integration_is_a_complaint(line: str) -> None:
    assert complaints(f"{HAPPY}\n{UNTESTED}\n{ELSEWHERE}\n{line}\n") == [line]


def test_a_log_without_any_is_none() -> None:
    assert complaints(f"{HAPPY}\n{UNTESTED}\n{ELSEWHERE}\n") == []
