"""The common basis of all clients: transport, payload readers, and one hierarchy of errors."""
