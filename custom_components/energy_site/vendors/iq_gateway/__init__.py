"""The Enphase IQ Gateway on the local network, firmware 7 or newer."""
