"""A program of the utility that uses the battery for the grid."""

from dataclasses import dataclass

from .model import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class GridServices(Part):
    """Whether an event of the program is active, its W, and the reserve in % that the program keeps."""

    active: bool | None = None
    power: float | None = None
    reserve: float | None = None
