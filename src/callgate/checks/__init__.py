"""Which rules is every call held against? One file a rule, all of them named here.

A check sees one frozen `Case` and its `Policy`; it passes, limits or denies, and never grants. The order below is the
order of the findings in the record and cannot change an outcome. To add a rule: one file, one test file, one line here.
"""

from callgate.checks import (
    block,
    call_cap,
    calling_hours,
    carrier_limit,
    destination,
    dialable,
    gap,
    one_live_call,
    payment_type,
    person,
    phone_list,
    pin,
    quota,
    restriction,
    shield,
    shutoff,
    station,
    tariff,
)
from callgate.domain.verdict import Check

CHECKS: tuple[Check, ...] = (
    station.CHECK,
    shutoff.CHECK,
    calling_hours.CHECK,
    pin.CHECK,
    person.CHECK,
    restriction.CHECK,
    one_live_call.CHECK,
    quota.CHECK,
    gap.CHECK,
    dialable.CHECK,
    destination.CHECK,
    phone_list.CHECK,
    block.CHECK,
    shield.CHECK,
    payment_type.CHECK,
    tariff.CHECK,
    call_cap.CHECK,
    carrier_limit.CHECK,
)
