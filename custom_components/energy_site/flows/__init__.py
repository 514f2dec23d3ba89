"""The steps of the config flow, a file a source."""
