"""What every client shares: transport, payload readers, one tree of errors."""
