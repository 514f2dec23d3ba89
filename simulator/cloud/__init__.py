"""What the simulated clouds share: archives, local days, tokens, statistics, and the loopback server."""
