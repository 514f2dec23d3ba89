"""The words in Tesla's responses that identify nobody."""

from typing import Final

from ...helpers.harmless import Vocabulary

_WORDS: Final = (
    "allyear an autonomous backups balanced be been billing commercial condition connector could current economics gen "
    "has hold incomplete intentional island jump key megapack met must ok overload panel payment peak powerwall "
    "powerwalls preferred rate region registered registration requires residential roof rule scope scopes shape shingle "
    "solarglass subscription super support teg tesla today unintentional upstream user vn wall weekend "
)

VOCABULARY: Final = Vocabulary(
    words=frozenset(_WORDS.split()),
    fields=frozenset(
        {
            "customerpreferredexportrule",
            "maxsitemeterpowerac",
            "minsitemeterpowerac",
            "partname",
            "powersharesessionstate",
            "region",
            "usersettings",
        }
    ),
)
