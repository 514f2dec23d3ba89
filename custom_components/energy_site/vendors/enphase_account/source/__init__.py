"""Systems of an owner's account as sources."""
