"""What a site is, whoever made it: parts, counters, and nothing that does I/O."""
