"""What more than one layer needs of Home Assistant: files, sessions, time zones, texts, redaction."""
