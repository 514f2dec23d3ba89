"""The client of the services behind the owner's app; Enphase documents none of them."""
