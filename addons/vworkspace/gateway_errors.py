from odoo.exceptions import UserError


class GatewayError(UserError):
    """What went wrong between Odoo and the gateway, in words that a person may see."""


class GatewayUnreachable(GatewayError):
    """No answer, or one that says nothing about the change: try again later."""

    def __init__(self, message, retry_after=0):
        super().__init__(message)
        self.retry_after = retry_after


class GatewayDenied(GatewayError):
    """The key, or this database, isn't let in: nothing gets through until somebody sees to it."""


class GatewayRefused(GatewayError):
    """The gateway has understood, and says no: sending the same again is of no use."""
