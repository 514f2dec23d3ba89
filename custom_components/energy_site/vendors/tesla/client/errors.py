"""What only the Fleet API can refuse."""

from ....api.errors import ApiForbiddenError, ApiNoDataError, ApiRefusedError, ApiStatusError
from ....api.oauth import OAuthError


class PaymentRequiredError(ApiStatusError):
    """The application is disabled: its credit is used up, or Tesla has no payment method for it."""


class ScopeMissingError(ApiForbiddenError):
    """The owner's consent lacks the permission for this endpoint. Signing in again without it doesn't help."""


class NotRegisteredError(ApiRefusedError):
    """The application isn't registered in the region of the account."""


class WrongRegionError(ApiStatusError):
    """The account belongs to another region, and none that Tesla names answers for it."""


class SiteUnavailableError(ApiNoDataError):
    """Tesla has no answer for this site: its gateway is offline, or the site is stale, such as that of a sold house.

    The status doesn't tell which of both it is.
    """


class SiteOfflineError(SiteUnavailableError):
    """The gateway of the site didn't answer Tesla in time."""


class PartnerTokenRefusedError(OAuthError):
    """Tesla gives the application no token of its own, as for one that was registered as open source."""


class OfflineAccessDeniedError(OAuthError):
    """The owner didn't grant `offline_access`, so access would end after some hours."""
