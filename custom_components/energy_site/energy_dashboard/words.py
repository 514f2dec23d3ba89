"""The words for what is added to the Energy dashboard, what isn't, and why."""

from collections.abc import Iterable, Mapping
from typing import Self

from homeassistant.components.energy.const import DOMAIN as ENERGY
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN
from ..helpers.texts import in_markdown
from .errors import EnergyDashboardError
from .plan import Addition, AdditionPlan, Candidate, DashboardPart, Remark


class Words:
    """The texts in Home Assistant's language, which lists in a dialog are made of."""

    def __init__(self, hass: HomeAssistant, texts: Mapping[str, str]) -> None:
        """Use the texts by their full keys, and the names of entities."""
        self._hass = hass
        self._texts = texts

    @classmethod
    async def async_load(cls, hass: HomeAssistant) -> Self:
        """Return the texts of the integration and those of the Energy dashboard's own issues."""
        language = hass.config.language
        return cls(
            hass,
            {
                **await async_get_translations(hass, language, "selector", [DOMAIN]),
                **await async_get_translations(hass, language, "options", [DOMAIN]),
                **await async_get_translations(hass, language, "issues", [ENERGY]),
            },
        )

    @property
    def parts(self) -> dict[DashboardPart, str]:
        """The names of the parts."""
        return {part: self._word(part) for part in DashboardPart}

    def error(self, err: EnergyDashboardError) -> str:
        """Return the sentence that says why nothing was changed."""
        text = self._texts[f"component.{DOMAIN}.options.abort.{err.reason}"]
        return text.format(**err.placeholders)

    def additions(self, additions: Iterable[Addition]) -> str:
        """Return a list of what is added, with the names of the entities."""
        return _list(f"**{_plain(each.name)}**: {', '.join(self._contents(each))}" for each in additions)

    def items(self, additions: Iterable[Addition]) -> str:
        """Return a list of the names of what was added."""
        return _list(f"**{_plain(each.name)}**" for each in additions)

    def removal(self, removed: Iterable[Addition], kept: Iterable[Addition], gone: Iterable[Addition]) -> str:
        """Return a list of what is removed, and of what isn't and why."""
        lines = [f"**{_plain(each.name)}**" for each in removed]
        lines += [f"{_plain(each.name)}: {self._word('kept')}" for each in kept]
        lines += [f"{_plain(each.name)}: {self._word('gone')}" for each in gone]
        return _list(lines)

    def remarks(self, plan: AdditionPlan) -> str:
        """Return a list of why something isn't added and what to note, with its heading; nothing if there is none."""
        return f"{self._word('remarks')}\n\n{self.reasons(plan)}" if plan.remarks else ""

    def reasons(self, plan: AdditionPlan) -> str:
        """Return a list of why something isn't added and what to note."""
        lines = [self._remark(each) for each in plan.remarks]
        return _list(lines or [self._word("nothing")])

    def statistics(self, ids: Iterable[str]) -> str:
        """Return statistics with the names of their entities."""
        return ", ".join(self._named(each) for each in ids)

    def issues(self, issues: Mapping[str, tuple[str, ...]]) -> str:
        """Return a list of what Home Assistant reports of what was added."""
        return _list(
            f"{self._texts.get(f'component.{ENERGY}.issues.{kind}.title', kind)}: {self.statistics(affected)}"
            for kind, affected in issues.items()
        )

    def _contents(self, addition: Addition) -> Iterable[str]:
        yield from map(_candidate, addition.candidates)
        if addition.capacity is not None:
            yield self._word("capacity").format(capacity=f"{addition.capacity:g}")

    def _remark(self, remark: Remark) -> str:
        candidate = remark.candidate
        text = self._word(remark.reason).format(
            entity=_candidate(candidate) if candidate is not None else "",
            unit=_plain(candidate.unit or "") if candidate is not None else "",
            currency=self._hass.config.currency,
            there=self.statistics(remark.there),
        )
        return f"{_plain(remark.name)}: {text}"

    def _named(self, statistic_id: str) -> str:
        state = self._hass.states.get(statistic_id)
        return f"`{_plain(statistic_id)}`" if state is None else f"{_plain(state.name)} (`{_plain(statistic_id)}`)"

    def _word(self, name: str) -> str:
        return self._texts[f"component.{DOMAIN}.selector.energy_dashboard.options.{name}"]


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _candidate(candidate: Candidate) -> str:
    return f"{_plain(candidate.name)} (`{candidate.statistic_id}`)"


def _plain(text: str) -> str:
    return in_markdown({"text": text})["text"]
