"""An error that a config flow shows in its form."""

from collections.abc import Mapping


class FlowError(Exception):
    """An error of a `field` of the form, or of the form as a whole; if it is `passing`, only waiting helps."""

    def __init__(
        self, key: str, field: str = "base", *, passing: bool = False, placeholders: Mapping[str, str] | None = None
    ) -> None:
        """Keep the translation key, the field, and the placeholders of the message."""
        super().__init__(key)
        self.key = key
        self.passing = passing
        self.errors = {field: key}
        self.placeholders = dict(placeholders or {})
