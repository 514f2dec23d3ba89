"""A browser, and people at it."""

from collections.abc import AsyncIterator, Generator
import os
from pathlib import Path
import shutil
import signal

from playwright.async_api import Browser, async_playwright, expect
import pytest

from demo.config_dir import ROOT
from demo.setting_up import STRATEGY

from .household import Household, household
from .person import Person, at_a_browser
from .pictures import Album

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run"
_FAILED = pytest.StashKey[bool]()

expect.set_options(timeout=90_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let whoever asks have the pictures of the documentation taken anew."""
    parser.addoption("--pictures", action="store_true", help="take the pictures of docs/images anew")


def pytest_configure() -> None:
    """End Home Assistant and the browser also when the tests are told to end."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Return a Chromium: the one that BROWSER names, one that is installed, or that of scripts/debian-chromium."""
    candidates = (os.environ.get("BROWSER"), *_BROWSERS, str(ROOT / ".tools/chromium/chromium"))
    path = next((found for each in candidates if each and (found := shutil.which(each))), None)
    if path is None:
        pytest.skip("there is no browser: install Chromium, or name one with BROWSER=/path/to/chromium")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=path, args=_FLAGS.split())
        yield chromium
        await chromium.close()


@pytest.fixture(scope="session")
async def house(browser: Browser) -> AsyncIterator[Household]:
    """Return a household whose gateway is set up, with days behind it."""
    async with household() as house:
        await house.set_up()
        yield house


@pytest.fixture(autouse=True)
async def _connected(house: Household) -> None:
    """Connect anew: Home Assistant gives up on a connection at which nobody listens for a minute."""
    await house.assistant.close()
    await house.assistant.log_in()


@pytest.fixture(scope="session")
async def dashboard(house: Household) -> str:
    """Return the address of a dashboard that makes itself."""
    await house.assistant.command(
        "lovelace/dashboards/create", url_path="our-home", title="Our home", mode="storage", show_in_sidebar=True
    )
    await house.assistant.command("lovelace/config/save", url_path="our-home", config=STRATEGY)
    return "/our-home"


@pytest.fixture
def album(request: pytest.FixtureRequest, tmp_path: Path) -> Album:
    """Return where pictures go: into the documentation if that was asked for."""
    folder = ROOT / "docs" / "images" if request.config.getoption("--pictures") else tmp_path
    folder.mkdir(exist_ok=True)
    return Album(folder)


@pytest.fixture
async def person(
    browser: Browser, house: Household, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Person]:
    """Return a person at a browser, who has signed in to the Home Assistant of `house`.

    A test that fails says what Home Assistant logged, and where a picture of what the person saw is.
    """
    async with at_a_browser(browser, house) as person:
        yield person
        if request.node.stash.get(_FAILED, False):
            picture = tmp_path / "seen.png"
            await person.page.screenshot(path=picture)
            words = f"What the person saw: {picture}\nHome Assistant's last words:\n{house.process.last_lines()}"
            request.node.add_report_section("teardown", "browser", words)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell the fixtures of a test whether it failed."""
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report
