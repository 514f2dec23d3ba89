"""A complete vendor in a few files: what a new one has to bring, and no more."""
