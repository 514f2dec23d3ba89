"""The words in the cloud's responses that identify nobody."""

from typing import Final

from ...helpers.harmless import Vocabulary

_WORDS: Final = (
    "acb acbs ai backuponly collar collars comm communicating costsavings drevent eim emu encharge encharges "
    "enphase enpower enpowers envoy envoys evse fullbackup granularity micro microinverter micros pcu rack rel "
    "retrieve rgm savingsmode sg unprocessable "
)

VOCABULARY: Final = Vocabulary(
    words=frozenset(_WORDS.split()),
    fields=frozenset({"eventtypekey"}),
)
