"""What the toy cloud's folder provides: this is all that the registry needs."""

from custom_components.energy_site.vendors.vendor import Vendor

from .adapter import ToyAdapter
from .flow import ToySteps

TOY = Vendor(source="toy", adapter=ToyAdapter, steps=ToySteps)
