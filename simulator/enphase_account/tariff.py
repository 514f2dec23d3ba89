"""The service that tells what the owner entered in the app that energy costs."""

from simulator.iq_gateway.reply import Json

from .asking import Ask
from .errors import words


def tariff(ask: Ask) -> Json:
    """Return the tariff of the home."""
    if (entered := ask.home.tariff) is None:
        raise words(404, "Not Found")
    return entered
