"""Client of the Enphase IQ Gateway's local interface, firmware 7 or newer."""
