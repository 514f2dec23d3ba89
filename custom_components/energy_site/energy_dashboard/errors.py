"""Why a dialog about the Energy dashboard doesn't end as it should."""


class EnergyDashboardError(Exception):
    """Nothing was changed, or Home Assistant complains about it; `reason` is the key of the text that says so."""

    def __init__(self, reason: str, **placeholders: str) -> None:
        """Name the text and its placeholders."""
        super().__init__(reason)
        self.reason = reason
        self.placeholders = placeholders
