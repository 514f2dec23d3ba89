"""Tesla energy sites."""
