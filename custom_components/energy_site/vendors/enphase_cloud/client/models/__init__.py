"""The data in the cloud's responses, as sent."""
