"""The words in a gateway's responses that identify nobody."""

from typing import Final

from ...helpers.harmless import Vocabulary

_WORDS: Final = (
    "acb acbs agg ai aon arf armed backfeed ble bmu chan collar collars combiner comm communicating cp "
    "dcvoltagetoolow drdr eid eim enc encharge encharges enchg encmn enphase enpower enpwr ens ensemble envoy esub "
    "evse fc fcr filler generac governed imbalance itk ivp mde micro microinverter multimode nolimit nsrb obs "
    "obsolete pcu pe pnum ppp prop rel rgm sc storagetoumode strs subghz vls zigbee zn "
)

VOCABULARY: Final = Vocabulary(
    words=frozenset(_WORDS.split()),
    fields=frozenset({"devname", "schedmodekey", "webtokens"}),
)
