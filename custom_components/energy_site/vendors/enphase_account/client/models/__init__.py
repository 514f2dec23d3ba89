"""The answers of the services, one module a subject."""
