"""What else does the law of a place say, that nothing computes with yet?

Floors, retention, disclosure and the like stand beside the values that checks read, under the same demand for a
source, so that a report or a flow that needs one finds it in the file. The names are a closed list for the same reason:
a figure spelled differently in every profile is found by nobody. When code begins to read one, it moves to a section.
"""

from typing import Annotated, Literal

from pydantic import Field

from callgate.policies.leaf import Count, Leaf, Strict, Text, Unique

Texts = Unique[Text]
Disclosure = Literal["generic", "cause"]
Method = Literal["card_call", "third_party_billing", "forwarding", "transfer", "three_way", "flash"]
Exempt = Literal["first_list", "staff_removal", "owner_removal", "block", "keying_error"]


class Facts(Strict):
    """Each may be left out; what was looked for in vain is named under `not_found`."""

    # Floors: a report lists where they were missed (`load_floor`); they never refuse a call, so no `Policy` has them.
    floor_minutes_per_day: Leaf[Count] | None = None
    floor_calls_per_month: Leaf[Count] | None = None

    # The list and its review.
    count_unit: Leaf[Literal["number", "person"]] | None = None
    contacts_limit: Leaf[Count] | None = None
    list_extension: Leaf[Text] | None = None
    change_exemptions: Leaf[Unique[Exempt]] | None = None
    review_days: Leaf[Count] | None = None
    electronic_change_minutes: Leaf[Count] | None = None
    refusal_grounds: Leaf[Text] | None = None
    victim_numbers: Leaf[Text] | None = None
    recipient_conditions: Leaf[Texts] | None = None

    # The call.
    forbidden_methods: Leaf[Unique[Method]] | None = None
    acceptance: Leaf[Text] | None = None
    accept_within_seconds: Leaf[Count] | None = None
    call_timer_starts: Leaf[Literal["answer", "acceptance"]] | None = None
    called_party_block_keys: Leaf[Text] | None = None
    assisted_destinations: Leaf[Text] | None = None
    local_schedules: Leaf[Text] | None = None
    earlier_limits: Leaf[Texts] | None = None
    tty_provision: Leaf[Text] | None = None
    tty_rate_percent_max: Leaf[Annotated[int, Field(ge=0, le=100)]] | None = None

    # Lawyers.
    attorney_bar_needs_finding: Leaf[bool] | None = None
    attorney_calls: Leaf[Text] | None = None

    # Who hears what: `generic` says only that the number is not available, `cause` says why.
    disclosure_number_refused: Leaf[Disclosure] | None = None
    disclosure_number_removed: Leaf[Disclosure] | None = None
    disclosure_restriction: Leaf[Disclosure] | None = None

    # Removal at the wish of whoever is called.
    removal_channels: Leaf[Unique[Literal["letter", "phone", "web", "agency"]]] | None = None
    removal_addressee: Leaf[Text] | None = None
    removal_confirmed_to_requester: Leaf[bool] | None = None
    removal_notified_to_inmate: Leaf[bool] | None = None

    # Notices and recordings.
    monitoring_notice: Leaf[Text] | None = None
    notice_languages: Leaf[Unique[Literal["en", "es"]]] | None = None
    recordings_kept_days: Leaf[Count] | None = None
    recordings_kept_as_evidence_days: Leaf[Count] | None = None
    recordings_kept_as_evidence: Leaf[Text] | None = None
    recordings_access: Leaf[Text] | None = None

    # Money, system, and what is not known.
    rates_also_reported: Leaf[Texts] | None = None
    free_minutes: Leaf[Text] | None = None
    system_duties: Leaf[Texts] | None = None
    not_found: Leaf[Texts] | None = None
    not_read: Leaf[Texts] | None = None
