"""The energy part of Tesla's Fleet API, and the OAuth and registration that it requires."""
