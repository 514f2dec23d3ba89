"""The sites of an account, and where its API is."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from .....api.errors import ApiPayloadError
from .....api.payload import Record, parse_each, records
from ..addresses import Region, region_at, region_named
from .common import site_id

_VEHICLE = ("vin", "vehicle_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """An energy site of `products`.

    What is there, as the site's components: `None` where the answer doesn't tell it.
    Measurements of this list may be stale, so they aren't read. `site_name` is missing for
    some sites, all components for others.
    """

    energy_site_id: int = field(repr=False)
    site_name: str | None = field(repr=False)
    resource_type: str | None
    battery: bool | None
    solar: bool | None
    wall_connectors: int | None

    @property
    def has_equipment(self) -> bool | None:
        """Whether there is a battery, solar or a Wall Connector; `None` where the answer doesn't tell it."""
        if self.battery or self.solar or self.wall_connectors:
            return True
        return None if self.battery is None and self.solar is None and self.wall_connectors is None else False


def parse_products(endpoint: str, payload: object) -> tuple[Product, ...]:
    """Read `products`: the energy sites. Vehicles are left out before anything else of them is read."""
    sites = {site.energy_site_id: site for site in parse_each(_sites(endpoint, payload), _product)}
    return tuple(sites.values())


def parse_region(endpoint: str, payload: object) -> Region:
    """Read `users/region`: one of Tesla's regions by its address, else by its name, and never an address."""
    root = Record(endpoint, payload)
    region = region_at(root.text_or_none("fleet_api_base_url")) or region_named(root.text_or_none("region"))
    if region is None:
        raise ApiPayloadError(endpoint, "no region that is known")
    return region


def _sites(endpoint: str, payload: object) -> Iterator[Record]:
    for item in records(endpoint, payload):
        if "energy_site_id" in item and not any(key in item for key in _VEHICLE):
            yield item


def _product(item: Record) -> Product:
    components = item.record_or_empty("components")
    told = components.value("wall_connectors")
    return Product(
        energy_site_id=site_id(item),
        site_name=item.name_or_none("site_name"),
        resource_type=item.code_or_none("resource_type"),
        battery=components.flag_or_none("battery"),
        solar=components.flag_or_none("solar"),
        wall_connectors=len(told) if isinstance(told, list) else None,
    )
