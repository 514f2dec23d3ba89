"""The words in responses that may be shown to anyone: terms of the trade, numbers, dates, versions, part numbers."""

from dataclasses import dataclass
import re
from typing import Final

# Words of the energy trade, of HTTP and of the calendar. A text with any other word may be
# personal, so it isn't shown.
_TRADE: Final = (
    "abc absent ac accept accepted access account action activated active ad added admin advanced after aggregate "
    "alarm alarms alert all allowance allowed always and api app apparent apply apr april asked at attachment aud "
    "aug august auth authorization auto available backup bad balanced basic battery before being boot box brl busy "
    "by cad can cancelled capacity ceiling cellular certain changed channel channels charge charged charger "
    "chargers charging check chf circuit clear cleared client close closed closing cmd code cond condition config "
    "configured confirmed conflict connected connecting connection consumed consumption contact contacts control "
    "controller cost created critical ctrl cumulative curr current custom cut daily data date datetime day days dc "
    "dead dec december default del delayed denied deny dev device devices disabled discharge discharged discharging "
    "disconnected dkk dl done down drop dry due duration economy empty enable enabled end energy entity error "
    "errors eth ethernet eur ev event events exceeded exhausted expired export exported failed failure false fault "
    "faulted feb february firmware first flags flat floor for forbidden force format found frequency fri friday "
    "from full fw gateway gateways gbp gen general generator get global gmt gone granted green grid hardware heat "
    "heater high history home hour hours html http id idle ignored import imported in inactive incomplete "
    "independence info inr installed interface internal interval intervals invalid inverter inverters is jan "
    "january json jul july jun june key kva kvar kw kwh last level lifetime limit limits list live load locked long "
    "low main mains maintenance managed manual many mar march max maximum may meter metered metering meters method "
    "mid min mini minimum mins minute minutes missing mode model module mon monday month monthly months moved mwh "
    "mxn negative net network never next nginx no nok none normal not nothing nov november now null nzd oct october "
    "of off offgrid offline offset ok on ongrid online only open opening openresty oper operating operation "
    "operational optimisation optimization optimized or other out over overcurrent overridden override own panel "
    "parameter partial pause paused payload peak pending per percent percentage period permanently permitted ph "
    "phase plan please pln plugged positive power powered present primary prioritize produced producing production "
    "profile public pump pv pwr quota range rare rate reached read readings ready received recommended redirect "
    "refused register rejected relay relays removed replace report reported reporting request requests required "
    "reserve reserved response restart restored resume retired retry reverted ripple running sat saturday savings "
    "schedule scheduled schedules season second secondary security sek self selfconsumption sep september server "
    "service settings severity shed shut shutdown single site size sleep small soc soh solar source split standby "
    "start started starting state status stop stopped storage store stored storm stream string success successfully "
    "summary summer sun sunday suspended switch synchronized synchronizing system systems tariff telemetry "
    "temperature temporarily temporary the three through thu thursday tied tier time timed timeout timestamp to "
    "today tomorrow too total tou transitioning true tue tuesday two type unauthorized unavailable unbalanced "
    "unchanged undetermined unexpected units unknown unlimited unmanaged unreachable until unused up update updated "
    "upgrading usage usb usd use used utc valid value var vehicle version very via virtual voltage wait waiting "
    "warning was watt watts web wed wednesday week weekdays weekend weekends weekly wh wifi winter wire wiring wlan "
    "word write written year yearly yellow yes zar zero "
)
_WORDS: Final = frozenset(_TRADE.split())

_NOT_A_WORD = re.compile(r"[\s._:;/,()+%&=?#'\"|°-]+")
_RUN = re.compile(r"[A-Za-z]+|\d+")

# A longer mix of letters and digits may be a key; a shorter one is a version or a phase. Versions,
# part numbers and types themselves may be longer.
_LONGEST_MIX = 6
_LONGEST_MADE = 10
_INITIALS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Text in a vendor's responses that identifies nobody, in addition to what all vendors may send.

    `words` are in lowercase. `fields` are names of fields, letters and digits only, that sound
    personal but aren't.
    """

    words: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()

    def is_harmless(self, text: str, *, made: bool = False) -> bool:
        """Return whether a text contains only numbers, short codes and words that vendors use.

        `made` is true for a version, a part number or a type.
        """
        longest = _LONGEST_MADE if made else _LONGEST_MIX
        return all(self._is_harmless(word, longest) for word in _NOT_A_WORD.split(text) if word)

    def _is_harmless(self, word: str, longest: int) -> bool:
        if word.isascii() and self._knows(word.lower()):
            return True
        if not word.isascii() or not word.isalnum():
            return False
        runs = _RUN.findall(word)
        if len(runs) == 1:
            return word.isdigit() or len(word) <= _INITIALS
        letters = (run.lower() for run in runs if run.isalpha())
        return len(word) <= longest and all(len(run) <= _INITIALS or self._knows(run) for run in letters)

    def _knows(self, word: str) -> bool:
        return word in _WORDS or word in self.words


# For an unknown vendor.
NO_VOCABULARY: Final = Vocabulary()
