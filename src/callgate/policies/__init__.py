"""The law of each place, as data: one TOML file a jurisdiction, every value with its source and how sure that is.

`caps.toml` holds the federal rate caps by date and size of facility; every other `.toml` here is a profile that a
facility can name. How one is written, and how to add a jurisdiction, is told in `docs/policies.md`.

    leaf        how one value is written: { value, source, mark }
    schema      which keys a profile has; facts, tariffs and caps: parts of it
    consistency which values cannot both stand
    malformed   how a file is refused: file, key, reason
    building    from a file to the `Policy` that checks compare with
    documents   how a policy is kept, so that its decisions can be decided again years later
    loading     which profiles there are
"""

from callgate.policies.documents import document_of, policy_from_document
from callgate.policies.loading import (
    Floor,
    PolicyValue,
    UnknownProfile,
    list_cap_values,
    list_values,
    load_caps,
    load_floor,
    load_profile,
    load_profiles,
    profile_text,
    read_profile,
)
from callgate.policies.malformed import MalformedProfile

__all__ = [
    "Floor",
    "MalformedProfile",
    "PolicyValue",
    "UnknownProfile",
    "document_of",
    "list_cap_values",
    "list_values",
    "load_caps",
    "load_floor",
    "load_profile",
    "load_profiles",
    "policy_from_document",
    "profile_text",
    "read_profile",
]
