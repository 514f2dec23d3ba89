"""What may be shown of answers to anybody: the vendors' own words, numbers, dates, versions and part numbers."""

import re
from typing import Final

# Words of the vendors' interfaces, of HTTP and of the calendar. A text with any
# other word in it may be of a person, so it is not shown.
_VOCABULARY: Final = (
    "abc ac acb acbs absent accept access account action active activated ad added admin advanced after agg "
    "aggregate ai alarm alarms alert all allowance allowed always and aon api app apparent apply arf armed asked at "
    "attachment auth authorization auto available backfeed backup backuponly bad balanced basic battery before "
    "being ble bmu boot box busy by can cancelled capacity ceiling cellular certain chan changed channel channels "
    "charge charged charger chargers charging check circuit clear cleared client close closed closing cmd code "
    "collar collars combiner comm communicating cond condition config configured confirmed connected connecting "
    "connection consumed consumption contact contacts control controller cost costsavings cp critical ctrl "
    "cumulative curr current custom cut daily data date datetime day days dc dcvoltagetoolow dead default del "
    "delayed denied deny dev device devices disabled discharge discharged discharging disconnected dl done down "
    "drdr drevent drop dry due duration economy eid eim empty emu enable enabled enc encharge encharges enchg encmn "
    "end energy enphase enpower enpowers enpwr ens ensemble envoy envoys error errors esub eth ethernet eur ev "
    "event events evse exceeded exhausted expired export exported failed failure false fault faulted fc fcr filler "
    "firmware first flags flat floor for forbidden force format found frequency fri from full fullbackup fw gateway "
    "gateways gen general generac generator get global gone governed granted granularity green grid hardware heat "
    "heater high history home hour hours html http id idle ignored imbalance import imported in inactive incomplete "
    "independence info installed interface internal interval intervals invalid inverter inverters is itk ivp json "
    "key kva kvar kw kwh last level lifetime limit limits list live load locked long low main mains maintenance "
    "managed manual many max maximum mde meter metered metering meters method micro microinverter micros mid min "
    "mini minimum mins minute minutes missing mode model module mon month monthly months moved multimode mwh "
    "negative net network never next no nolimit none normal not nothing now nsrb null obs obsolete of off offgrid "
    "offline offset ok on ongrid online only open opening oper operating operation operational optimisation "
    "optimization optimized or other out over overcurrent overridden override own panel parameter partial pause "
    "paused payload pcu pe peak pending per percent percentage period permitted phase ph plan please plugged pnum "
    "positive power powered ppp present primary prioritize produced producing production profile prop public pump "
    "pv pwr quota rack range rare rate reached read readings ready received recommended refused register rejected "
    "rel relay relays removed replace report reported reporting request requests required reserve reserved response "
    "restart restored resume retired retrieve retry reverted rgm ripple rate running sat savings savingsmode sc "
    "schedule scheduled schedules season second secondary security self selfconsumption server service settings "
    "severity sg shed shut shutdown single site size sleep small soc soh solar source split standby start started "
    "starting state status stop stopped storage storagetoumode store stored storm stream string strs subghz success "
    "successfully summary summer sun suspended switch synchronized synchronizing system systems tariff telemetry "
    "temperature temporarily the three through thu tied tier time timed timeout timestamp to today tomorrow too "
    "total tou transitioning true tue two type unauthorized unavailable unbalanced unchanged undetermined unused "
    "unexpected units unknown unlimited unmanaged unprocessable unreachable until up update updated upgrading usage "
    "usb usd use used utc valid value var vehicle version very via virtual vls voltage wait waiting warning was "
    "watt watts web wed week weekdays weekend weekends weekly wh wifi winter wire wiring wlan word write written "
    "year yearly yellow yes zero zigbee zn january february march april may june july august september october "
    "november december jan feb mar apr jun jul aug sep oct nov dec monday tuesday wednesday thursday friday "
    "saturday sunday gmt aud cad chf gbp nzd sek dkk nok pln brl mxn zar inr bad gateway gone conflict created "
    "accepted moved permanently temporary redirect method entity nginx openresty "
)
_WORDS: Final = frozenset(_VOCABULARY.split())

_NOT_A_WORD = re.compile(r"[\s._:;/,()+%&=?#'\"|°-]+")
_RUN = re.compile(r"[A-Za-z]+|\d+")

# What is longer and mixes letters with digits may be a key; what is shorter is a
# version or a phase. Versions, part numbers and types themselves may be longer.
_LONGEST_MIX = 6
_LONGEST_MADE = 10
_INITIALS = 2


def is_harmless(text: str, *, made: bool = False) -> bool:
    """Tell whether a text holds nothing but numbers, short codes and words that vendors use.

    `made` says that it is a version, a part number or a type.
    """
    longest = _LONGEST_MADE if made else _LONGEST_MIX
    return all(_is_harmless(word, longest) for word in _NOT_A_WORD.split(text) if word)


def _is_harmless(word: str, longest: int) -> bool:
    if word.isascii() and word.lower() in _WORDS:
        return True
    if not word.isascii() or not word.isalnum():
        return False
    runs = _RUN.findall(word)
    if len(runs) == 1:
        return word.isdigit() or len(word) <= _INITIALS
    letters = (run.lower() for run in runs if run.isalpha())
    return len(word) <= longest and all(len(run) <= _INITIALS or run in _WORDS for run in letters)
