"""How a request ends with an error."""

from simulator.iq_gateway.reply import Reply


class RefusedError(Exception):
    """A request ends here with an error's reply."""

    def __init__(self, reply: Reply) -> None:
        """Answer `reply`."""
        super().__init__(reply.status)
        self.reply = reply
