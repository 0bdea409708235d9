"""Personal data: found by kind, one file each, and replaced by stand-ins that reach nobody."""

from llm_assets.pii.card_number import CARD_NUMBER
from llm_assets.pii.email import EMAIL
from llm_assets.pii.iban import IBAN
from llm_assets.pii.ip_address import IP_ADDRESS
from llm_assets.pii.kinds import Kind
from llm_assets.pii.phone import PHONE
from llm_assets.pii.us_ssn import US_SSN

KINDS: dict[str, Kind] = {kind.name: kind for kind in (EMAIL, IP_ADDRESS, PHONE, CARD_NUMBER, IBAN, US_SSN)}
"""Every kind that is told by its form, by name; :mod:`llm_assets.pii.names` has one more. A kind is on where the recipe's section
``pii`` names it."""
