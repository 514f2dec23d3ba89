"""The client of the Enphase IQ Gateway's local API, firmware 7 or newer."""
