"""Pictures of what a person sees, small enough for a repository."""

from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.async_api import Page

from demo.polling import until

_PATIENCE = 15.0
_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Album:
    """A folder of pictures, each of them in light and in dark."""

    folder: Path

    async def add(self, page: Page, name: str, *, height: int | None = None) -> None:
        """Add a picture of what a page shows, of another height (pixels) if there is more to see."""
        size = page.viewport_size
        if size is not None and height is not None:
            await page.set_viewport_size({"width": size["width"], "height": height})
        await page.emulate_media(color_scheme="dark")
        await _take(page, self.folder / f"{name}-dark.webp")
        await page.emulate_media(color_scheme="light")
        await _take(page, self.folder / f"{name}.webp")


async def _take(page: Page, path: Path) -> None:
    """Write a picture of a page, exactly as it is, which WebP does in a third of the bytes of PNG."""
    seen: list[bytes] = []

    async def still() -> bool:
        seen.append(await page.screenshot(animations="disabled", caret="hide"))
        return seen[-2:-1] == seen[-1:]

    # A page that counts seconds never stops.
    with suppress(TimeoutError):
        await until(still, patience=_PATIENCE, every=_EVERY)
    with Image.open(BytesIO(seen[-1])) as image:
        image.save(path, lossless=True, quality=100, method=6)
