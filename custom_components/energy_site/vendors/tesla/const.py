"""Constants of Tesla's entries."""

from typing import Final

SOURCE: Final = "tesla"

CONF_REGION: Final = "region"

# The page on which users register an application.
DEVELOPER_PAGE: Final = "https://developer.tesla.com/dashboard"
