"""The toy cloud as a source."""
