"""Which faults must the tests find? Each is one small change of the source that breaks one row of the feature table.

A fault names the text that it takes the place of: one whose text is no longer there fails by name, and is to be planted
anew where its rule went.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`file`: below src/callgate. `old` stands there once. `tests`: each must fail with the fault, and pass without."""

    name: str
    row: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


_API: Final = "tests/api"
_CHECKS: Final = "tests/checks"
_FLOWS: Final = "tests/flows"
_SCREENING: Final = f"{_API}/test_phone_lists_screening.py"

FAULTS: Final = (
    Fault(
        name="a list takes one number more than its limit",
        row="F08",
        file="domain/phone_list.py",
        old="after > policy.list_limit",
        new="after > policy.list_limit + 1",
        tests=("tests/domain/test_phone_list.py::test_nine_and_ten_fit_and_eleven_do_not",),
    ),
    Fault(
        name="a blocked number is put on the list",
        row="F10",
        file="flows/change_list.py",
        old="None if find_binding_blocks(case) else _entry(",
        new="_entry(",
        tests=(
            f"{_SCREENING}::test_a_number_that_is_blocked_for_the_person_is_struck_out_in_one_wording_and_the_rest_applied",
        ),
    ),
    Fault(
        name="whoever asks again is answered without a look at the blocks set since",
        row="F11",
        file="flows/batch.py",
        old="heard = with_pin_heard(case, policy, is_locked=False)",
        new="heard = with_pin_heard(replace(case, blocks=()), policy, is_locked=False)",
        tests=("tests/flows/test_repeats.py::test_an_allow_that_todays_facts_refuse_is_denied_from_then_on",),
    ),
    Fault(
        name="a number that waits for the warden can be called",
        row="F12",
        file="checks/phone_list.py",
        old='case "active":',
        new='case "active" | "pending_warden":',
        tests=("tests/checks/test_phone_list.py::test_denies_what_the_warden_has_not_decided_on",),
    ),
    Fault(
        name="a number that is nowhere listed can be called",
        row="F14",
        file="checks/phone_list.py",
        old='return Deny("not_listed")',
        new="return Pass()",
        tests=("tests/checks/test_phone_list.py::test_denies_a_number_that_is_not_on_the_list",),
    ),
    Fault(
        name="the list beats a block",
        row="F16",
        file="checks/block.py",
        old="if binding else Pass()",
        new="if binding and case.entry is None else Pass()",
        tests=("tests/checks/test_block.py::test_denies_a_blocked_number_even_when_it_is_on_the_list",),
    ),
    Fault(
        name="only a victim's block shields, and a court's order does not",
        row="F17",
        file="checks/shield.py",
        old="and block.kind in VICTIM_CLASS",
        new='and block.kind == "victim"',
        tests=("tests/checks/test_shield.py::test_denies_a_cellmate_the_victim_of_somebody_here",),
    ),
    Fault(
        name="a court's order needs no document",
        row="F18",
        file="flows/set_block.py",
        old='if given.kind == "court_order" and given.document_reference is None:',
        new='if given.kind == "court" and given.document_reference is None:',
        tests=("tests/api/test_blocks.py::test_what_a_block_must_say",),
    ),
    Fault(
        name="a removal request waits for the warden before it blocks",
        row="F19",
        file="flows/take_in_removal.py",
        old="return None if is_common else write.new_id()",
        new="return None",
        tests=(
            f"{_API}/test_removal_requests.py::test_a_request_about_one_person_closes_the_number_to_that_person_alone",
        ),
    ),
    Fault(
        name="a keypress ends the call and blocks nothing",
        row="F20",
        file="flows/record_call_events.py",
        old="await self._block_by_keypress(decided)",
        new="pass",
        tests=(
            f"{_FLOWS}/test_record_call_events.py::test_a_keypress_blocks_from_the_next_authorize_on_even_when_it_comes_late",
        ),
    ),
    Fault(
        name="two wardens lift a victim's block between them",
        row="F21",
        file="flows/lift_block.py",
        old="if Role.VICTIM_SERVICES.value not in roles:",
        new="if not roles:",
        tests=(
            f"{_FLOWS}/test_lift_block.py::test_a_victims_block_is_lifted_by_two_people_one_of_them_of_victim_services",
        ),
    ),
    Fault(
        name="a victim's block names those who lift any other",
        row="F22",
        file="domain/lifting.py",
        old="return [[Role.VICTIM_SERVICES.value], _roles(Permission.BLOCKS_LIFT_VICTIM_CLASS)]",
        new="return [_roles(Permission.BLOCKS_LIFT)]",
        tests=("tests/domain/test_lifting.py::test_a_victims_block_takes_two_people_and_any_other_one",),
    ),
    Fault(
        name="a one-time call is good at the instant of its end",
        row="F33",
        file="checks/phone_list.py",
        old="case.decided_at < case.one_time.expires_at",
        new="case.decided_at <= case.one_time.expires_at",
        tests=(
            f"{_CHECKS}/test_phone_list_one_time.py::test_an_unlisted_number_passes_until_the_instant_at_which_it_expires",
        ),
    ),
    Fault(
        name="a restriction holds at the instant of its end",
        row="F34",
        file="checks/restriction.py",
        old="it.starts_at <= case.decided_at < it.ends_at",
        new="it.starts_at <= case.decided_at <= it.ends_at",
        tests=("tests/checks/test_restriction.py::test_is_in_force_from_its_start_until_just_before_its_end",),
    ),
    Fault(
        name="a restriction cuts off the attorney",
        row="F35",
        file="checks/restriction.py",
        old="if in_force and call_class_of(case) is not CallClass.PRIVILEGED:",
        new="if in_force:",
        tests=("tests/checks/test_restriction.py::test_a_privileged_call_survives_and_is_not_recorded",),
    ),
    Fault(
        name="one day over the limit warns nobody",
        row="F36",
        file="domain/restriction.py",
        old="return limit is not None and days > limit",
        new="return limit is not None and days > limit + 1",
        tests=("tests/domain/test_restriction.py::test_one_day_below_the_limit_at_it_and_above_it",),
    ),
    Fault(
        name="a number is refused for any reason that a warden writes",
        row="F37",
        file="flows/decide_pending_number.py",
        old="given.reason not in REFUSAL_REASONS",
        new="not given.reason",
        tests=(
            f"{_API}/test_pending_numbers_refused.py::test_a_refusal_for_a_reason_that_is_none_is_422_and_told_the_permitted_ones",
        ),
    ),
    Fault(
        name="an attorney is privileged before the warden looked",
        row="F38",
        file="checks/call_class.py",
        old='case.entry.state == "active" and case.entry.kind in PRIVILEGED_ENTRY_KINDS',
        new="case.entry.kind in PRIVILEGED_ENTRY_KINDS",
        tests=("tests/checks/test_call_class.py::test_one_that_the_warden_has_not_verified_is_social",),
    ),
    Fault(
        name="a recorded call to an attorney goes unnoticed",
        row="F39",
        file="flows/open_incident.py",
        old="frozenset({CallClass.PRIVILEGED.value, CallClass.HOTLINE.value})",
        new="frozenset({CallClass.HOTLINE.value})",
        tests=(
            f"{_FLOWS}/test_open_incident.py::test_a_recorded_privileged_call_is_an_incident_and_an_alert_with_its_report",
        ),
    ),
    Fault(
        name="a place's block stays behind when its person is moved",
        row="F54",
        file="flows/put_inmate.py",
        old="await carry_blocks(write, departure, facility_id=given.facility_id)",
        new="pass",
        tests=(
            f"{_FLOWS}/test_carry_blocks.py::test_a_facilitys_block_becomes_the_persons_with_the_same_kind_and_papers",
        ),
    ),
    Fault(
        name="a PIN outlives its person's release",
        row="F55",
        file="flows/put_inmate.py",
        old="if given.status == RELEASED and await delete_pin(write.transaction, inmate_id):",
        new="if False:",
        tests=("tests/api/test_pins.py::test_a_released_person_gets_no_pin_and_the_old_one_never_comes_back",),
    ),
)
