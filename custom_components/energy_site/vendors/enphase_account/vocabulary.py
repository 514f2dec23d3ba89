"""The words in the responses of the account's services that identify nobody."""

from typing import Final

from ...helpers.harmless import Vocabulary

_WORDS: Final = (
    "acb acbs ai backuponly cfg collar collars comm completed costsavings dr dtg emea emu encharge encharges enl "
    "enlighten enphase enpower enpowers envoy envoys evse expert hems homeowner micro microinverter micros mqtt nem "
    "no not opted optimisation prioritize rbd reporting rma savingsmode severe storm vls weather "
)

VOCABULARY: Final = Vocabulary(words=frozenset(_WORDS.split()), fields=frozenset({"eventkey"}))
