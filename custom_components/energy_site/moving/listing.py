"""The list of what a move does, entity by entity, as a dialog shows it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_registry import RegistryEntry
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import slugify

from ..const import DOMAIN
from ..helpers.texts import in_markdown
from .journal import Move
from .planner import LeftReason, Pair
from .preparation import Preparation
from .table import Alteration

_TEXTS = f"component.{DOMAIN}.selector.move.options."
_ENTITY = f"component.{DOMAIN}.entity."


# More entities of a kind than these share a line.
_SHOWN_SINGLY = 3


class _Texts:
    """The texts of the list in the user's language."""

    def __init__(self, texts: Mapping[str, str], names: Mapping[str, str]) -> None:
        self._texts = texts
        self._names = names

    def say(self, key: str, **placeholders: object) -> str:
        """Return one of the list's own texts."""
        return self._texts.get(f"{_TEXTS}{key}", key).format(**placeholders)

    def name(self, entity: RegistryEntry) -> str:
        """Return what ours is called, without its device."""
        found = self._names.get(f"{_ENTITY}{entity.domain}.{entity.translation_key}.name")
        return found or entity.original_name or entity.entity_id


async def async_list(hass: HomeAssistant, prepared: Preparation) -> str:
    """Return what becomes what, what changes, what stays, and what the user has to look after, in Markdown."""
    language = hass.config.language
    texts = _Texts(
        await async_get_translations(hass, language, "selector", {DOMAIN}),
        await async_get_translations(hass, language, "entity", {DOMAIN}),
    )
    pairs = prepared.plan.pairs
    sections = [
        (texts.say("kept", count=len(pairs)), _lines((pair for pair in pairs if not pair.changes), texts)),
        *(
            (texts.say(change), _lines((pair for pair in pairs if change in pair.changes), texts, words=True))
            for change in Alteration
        ),
        *(
            (
                texts.say(reason),
                [_ids(left.old for left in prepared.plan.left if left.reason is reason)],
            )
            for reason in LeftReason
        ),
        (texts.say("by_device"), _names(prepared.by_device)),
        (texts.say("by_words"), _names(prepared.by_words)),
    ]
    notes = [texts.say(prepared.integration.warning)] if prepared.integration.warning else []
    notes.append(texts.say("goes_on" if prepared.goes_on else "is_disabled"))
    shown = [f"**{title}**\n\n" + "\n".join(lines) for title, lines in sections if any(lines)]
    return "\n\n".join([*notes, *shown])


async def async_tell_way_back(hass: HomeAssistant, name: str, move: Move) -> str:
    """Return what undoing a move into the entry `name` does, in Markdown."""
    texts = _Texts(await async_get_translations(hass, hass.config.language, "selector", {DOMAIN}), {})
    if (succession := move.succession) is not None:
        return texts.say("way_back_of_gateway", new=succession.after.unique_id, old=succession.before.unique_id)
    titles = in_markdown({"name": name, "old": move.title})
    return texts.say("way_back", count=len(move.entities), **titles)


def _lines(pairs: Iterable[Pair], texts: _Texts, *, words: bool = False) -> list[str]:
    """Return a line for each of our values, with all entities of that kind."""
    kinds: dict[tuple[str, str, bool], list[Pair]] = defaultdict(list)
    for pair in pairs:
        kinds[pair.ours.domain, pair.becomes.key, pair.serial is not None].append(pair)
    lines = []
    for same in kinds.values():
        name, told = texts.name(same[0].ours), same[0].becomes.words
        line = f"- {name}: {_ids(pair.old for pair in same)}"
        if words and told:
            line += " (" + ", ".join(f"`{old}` → `{new}`" for old, new in told.items() if old != new) + ")"
        lines.append(line)
    return lines


def _ids(entities: Iterable[RegistryEntry]) -> str:
    """Return entity IDs; those of many devices of a kind differ in a serial number only, and are shown once."""
    alike: dict[str, list[RegistryEntry]] = defaultdict(list)
    for entity in entities:
        serial = slugify(entity.unique_id.partition("_")[0])
        alike[entity.entity_id.replace(serial, "…")].append(entity)
    shown: list[str] = []
    for pattern, same in alike.items():
        if len(same) > _SHOWN_SINGLY:
            shown.append(f"`{pattern}` ({len(same)})")
        else:
            shown.extend(f"`{entity.entity_id}`" for entity in same)
    return ", ".join(shown)


def _names(names: Iterable[str]) -> list[str]:
    return [f"- {in_markdown({'name': name})['name']}" for name in names]
