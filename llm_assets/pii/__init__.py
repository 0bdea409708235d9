"""Personal data: found by kind, one file each, and replaced by stand-ins that reach nobody."""

from llm_assets.pii.email import EMAIL
from llm_assets.pii.ip_address import IP_ADDRESS
from llm_assets.pii.kinds import Kind
from llm_assets.pii.phone import PHONE

KINDS: dict[str, Kind] = {kind.name: kind for kind in (EMAIL, IP_ADDRESS, PHONE)}
"""Every kind there is, by name. A kind is on where the recipe's section ``pii`` names it."""
