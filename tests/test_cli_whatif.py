"""Does `callgate whatif` name who would newly be allowed or denied, and nobody else?"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from callgate.domain.case import PinState
from callgate.domain.policy import Policy
from callgate.flows import what_if_many
from callgate.flows.replay_corpus import Corpus
from callgate.flows.replay_decisions import PolicyVersions
from callgate.flows.what_if import Change, Effect, WhatIf
from callgate.flows.what_if_many import Question, judge_each
from callgate.policies import document_of, load_profile, load_profiles, profile_text, read_profile
from callgate.store.case_text import read_case, write_case
from callgate.store.replay import Chosen, Recorded
from tests.asking import decide
from tests.command_line import Terminal
from tests.conftest import World
from tests.seeding import seed

ONE_MINUTE_AT_NIGHT = (("open", '"03:00"'), ("close", '"03:01"'))
KEPT = Path(__file__).parent / "corpus" / "0.1.0.jsonl"


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(tmp_path, capsys, monkeypatch)


def draft_of(profile: str, *edits: tuple[str, str]) -> str:
    """The profile's file with values replaced: each edit is a key and what to write for its value."""
    content = profile_text(profile)
    for key, value in edits:
        content, found = re.subn(rf"(?m)^({key} = \{{ value = )[^,]+,", rf"\g<1>{value},", content)
        assert found == 1, key
    return content


def policy_of(profile: str, *edits: tuple[str, str]) -> Policy:
    return read_profile(draft_of(profile, *edits), file_name=f"{profile}.toml")


def kept() -> list[Recorded]:
    return list(Corpus(KEPT).each(Chosen()))


def versions() -> PolicyVersions:
    return PolicyVersions(Corpus(KEPT).documents())


def profile_in(recorded: Recorded) -> str | None:
    facility = json.loads(recorded.facts)["facility"]
    return None if facility is None else str(facility["profile"])


def allowed_and_loose(answer: Mapping[str, Any], *, seconds: int) -> bool:
    return bool(answer["decision"] == "allow" and answer["max_duration_seconds"] > seconds)


@pytest.mark.parametrize("profile", sorted(load_profiles()))
def test_the_present_policy_changes_nothing_that_was_ever_kept(profile: str) -> None:
    what_if = WhatIf(load_profile(profile), versions())

    found = Counter(what_if.judge(one) for one in kept())

    assert set(found) == {Effect.SAME, Effect.NOT_CONCERNED}
    assert found[Effect.SAME] > 200


def test_a_cap_of_ten_minutes_shortens_exactly_the_grants_that_are_longer() -> None:
    what_if = WhatIf(policy_of("ct-doc", ("cap_seconds", "600")), versions())
    expected = {}
    for one in kept():
        answer, facts = json.loads(one.answer), json.loads(one.facts)
        cap = 600 if facts["media"] == "voice" else 1200  # text telephones have twice the time
        if profile_in(one) == "ct-doc" and allowed_and_loose(answer, seconds=cap):
            expected[one.decision_id] = (answer["max_duration_seconds"], cap)

    changes = [outcome for one in kept() if isinstance(outcome := what_if.judge(one), Change)]

    shortened = {one.decision_id: one for one in changes if one.effect is Effect.SHORTENED}
    assert {name: (one.recorded_seconds, one.again_seconds) for name, one in shortened.items()} == expected
    assert len(expected) > 50
    assert {one.checks for one in shortened.values()} == {("call_cap",)}
    # A grant that came to the very second of the new cap keeps its length, and only the factor's name may change.
    rest = [one for one in changes if one.effect is not Effect.SHORTENED]
    assert {(one.effect, one.why) for one in rest} <= {(Effect.DIFFERENT, "limiting_factor")}


def one_allowed() -> Recorded:
    return next(
        one
        for one in kept()
        if profile_in(one) == "ct-doc"
        and allowed_and_loose(json.loads(one.answer), seconds=899)
        and json.loads(one.facts)["person"] is not None
    )


def test_narrower_hours_newly_deny_and_say_by_which_check() -> None:
    what_if = WhatIf(policy_of("ct-doc", *ONE_MINUTE_AT_NIGHT), versions())

    change = what_if.judge(one_allowed())

    assert isinstance(change, Change)
    assert (change.effect, change.why) == (Effect.NEWLY_DENIED, "outside_calling_hours")
    assert change.checks == ("calling_hours",)
    assert (change.recorded_seconds, change.again_seconds) == (900, 0)


def test_a_policy_that_refuses_less_newly_allows_and_says_which_check_had_refused() -> None:
    closed = policy_of("ct-doc", *ONE_MINUTE_AT_NIGHT)
    recorded = recorded_under(closed, one_allowed())

    change = WhatIf(load_profile("ct-doc"), PolicyVersions({closed.content_hash: document_of(closed)})).judge(recorded)

    assert isinstance(change, Change)
    assert (change.effect, change.checks) == (Effect.NEWLY_ALLOWED, ("calling_hours",))
    assert (change.recorded_seconds, change.again_seconds) == (0, 900)


def recorded_under(policy: Policy, one: Recorded, **facts: Any) -> Recorded:
    """The same attempt as it would have been recorded under this policy."""
    case = replace(read_case(one.facts), **facts)
    draft = WhatIf(policy, versions())
    blank = replace(one, facts=write_case(case), policy_hash=policy.content_hash, answer="{}")
    answer = what_if_answer(draft, blank)
    return replace(blank, answer=answer)


def what_if_answer(draft: WhatIf, one: Recorded) -> str:
    from callgate.checks.decide import decide as decided  # noqa: PLC0415 - `decide` above asks over HTTP
    from callgate.flows.what_if import _answer  # noqa: PLC0415

    case = read_case(one.facts)
    return _answer(decided(case, draft._draft), one, case)


def test_wider_hours_cannot_tell_who_would_have_called_while_the_telephone_was_closed() -> None:
    closed = policy_of("ct-doc", *ONE_MINUTE_AT_NIGHT)
    recorded = recorded_under(closed, one_allowed(), pin=PinState.NOT_HEARD, person=None, entry=None)
    what_if = WhatIf(load_profile("ct-doc"), PolicyVersions({closed.content_hash: document_of(closed)}))

    change = what_if.judge(recorded)

    assert isinstance(change, Change)
    assert (change.effect, change.checks) == (Effect.CANNOT_TELL, ())
    assert change.why == "the telephone was closed, so no PIN was heard"


def test_a_ceiling_for_the_month_cannot_be_tried_where_no_use_was_summed() -> None:
    bounded = replace(policy_of("ct-doc"), quotas=replace(policy_of("ct-doc").quotas, minutes_per_month=300))
    by_day = replace(policy_of("ct-doc"), quotas=replace(policy_of("ct-doc").quotas, calls_per_day=1))
    recorded = recorded_under(policy_of("ct-doc"), without_limits(one_allowed()))
    known = PolicyVersions({(now := policy_of("ct-doc")).content_hash: document_of(now)})

    change = WhatIf(bounded, known).judge(recorded)
    of_the_day = WhatIf(by_day, known).judge(recorded)

    assert isinstance(change, Change)
    assert (change.effect, change.why[:30]) == (Effect.CANNOT_TELL, "use of this week or month was n"[:30])
    assert of_the_day is Effect.SAME


def without_limits(one: Recorded) -> Recorded:
    case = read_case(one.facts)
    assert case.facility is not None
    usage = replace(case.usage, calls_today=0, seconds_today=0)
    return replace(one, facts=write_case(replace(case, facility=replace(case.facility, limits=None), usage=usage)))


def test_other_rules_for_wrong_pins_cannot_be_tried_on_a_locked_telephone() -> None:
    present = policy_of("ct-doc")
    patient = replace(present, throttle=replace(present.throttle, wrong_max=present.throttle.wrong_max + 1))
    recorded = recorded_under(present, one_allowed(), pin=PinState.LOCKED, person=None, entry=None)
    known = PolicyVersions({present.content_hash: document_of(present)})

    change = WhatIf(patient, known).judge(recorded)

    assert isinstance(change, Change)
    assert (change.effect, change.why) == (Effect.CANNOT_TELL, "PIN entry was locked by other rules")
    assert WhatIf(policy_of("ct-doc", ("cap_seconds", "600")), known).judge(recorded) is Effect.SAME


def test_a_record_that_does_not_come_out_under_its_own_policy_is_no_change_of_the_draft() -> None:
    what_if = WhatIf(policy_of("ct-doc", ("cap_seconds", "600")), versions())
    told = replace(one_allowed(), answer=one_allowed().answer.replace("900", "901"))
    torn = replace(one_allowed(), facts="{")
    orphan = replace(one_allowed(), policy_hash="0" * 64)

    changes = [what_if.judge(one) for one in (told, torn, orphan)]

    assert [one.effect for one in changes if isinstance(one, Change)] == [Effect.UNREADABLE] * 3


def test_a_facility_can_be_tried_under_another_places_law_and_others_are_left_alone() -> None:
    stricter = WhatIf(load_profile("ny-doccs"), versions(), frozenset({"elsewhere"}))
    meant = WhatIf(load_profile("ny-doccs"), versions(), frozenset({"here"}))

    assert stricter.judge(one_allowed()) is Effect.NOT_CONCERNED
    found = Counter(outcome.effect for one in kept() if isinstance(outcome := meant.judge(one), Change))
    assert set(found) >= {Effect.LENGTHENED, Effect.NEWLY_DENIED, Effect.NEWLY_ALLOWED, Effect.DIFFERENT}


def test_many_cases_come_out_alike_and_in_order_on_several_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(what_if_many, "_WORTH_A_WORKER", 700)
    draft = policy_of("ct-doc", ("cap_seconds", "600"))
    question = Question(draft=document_of(draft), documents=dict(Corpus(KEPT).documents()))
    cases = kept() * 3

    alone = list(judge_each(question, cases, workers=1))
    shared = list(judge_each(question, cases, workers=2))

    assert len(alone) == len(cases)
    assert shared == alone


def test_only_a_few_portions_are_read_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(what_if_many, "_WORTH_A_WORKER", 10)
    monkeypatch.setattr(what_if_many, "_PORTION", 5)
    question = Question(draft=document_of(load_profile("ct-doc")), documents=dict(Corpus(KEPT).documents()))
    read = 0

    def endless() -> Iterator[Recorded]:
        nonlocal read
        for one in chain.from_iterable(repeat(kept()[:5])):
            read += 1
            yield one

    outcomes = judge_each(question, endless(), workers=1)
    for _ in range(50):
        next(outcomes)

    assert read <= 60


# ------------------------------------------------------------------------------------------------------- as a command


async def test_the_log_of_either_database_is_read_and_each_change_named(
    world: World, database_url: str, terminal: Terminal
) -> None:
    seed(database_url)
    allowed = (await decide(world, "c-1"))["decision_id"]
    await decide(world, "c-2", pin="123409876")
    terminal.setting(database_url=database_url)
    (terminal.folder / "ct-doc.toml").write_text(draft_of("ct-doc", ("cap_seconds", "600")))

    typed = terminal.type("whatif", "--profile", "ct-doc.toml")
    told = json.loads(terminal.type("whatif", "--profile", "ct-doc.toml", "--json").out)
    later = json.loads(terminal.type("whatif", "--profile", "ct-doc.toml", "--from", "2026-11-21", "--json").out)

    assert typed.code == 0
    assert f" {allowed} 900 s -> 600 s (call_cap)\n" in typed.out
    assert "Of 2 recorded attempts, under ct-doc@" in typed.out
    assert "860555" not in typed.out, "a number was shown"
    assert [one["decision_id"] for one in told["changes"]] == [allowed]
    assert (told["decided_again"], told["same"], told["shortened"]) == (2, 1, 1)
    assert told["causes"] == [{"effect": "shortened", "cause": "call_cap", "count": 1}]
    assert later["decided_again"] == 0


def test_sums_alone_name_nobody(terminal: Terminal) -> None:
    (terminal.folder / "ct-doc.toml").write_text(draft_of("ct-doc", ("cap_seconds", "600")))
    asked = ("whatif", "--profile", "ct-doc.toml", "--corpus", str(KEPT), "--sums-only")

    typed = terminal.type(*asked)
    told = json.loads(terminal.type(*asked, "--json").out)

    assert typed.out.startswith("Of 1200 recorded attempts, under ct-doc@")
    assert told["changes"] == []
    assert told["shortened"] > 50


REFUSED = (
    ("nowhere.toml", "nowhere.toml cannot be read (FileNotFoundError)."),
    ("nowhere", "`callgate policies` lists the profiles there are"),
    ("torn.toml", "A policy file cannot be used: torn.toml"),
    ("ct-doc.toml", "call.cap_seconds"),
)


@pytest.mark.parametrize(("profile", "sentence"), REFUSED)
def test_a_policy_that_cannot_be_tried_is_refused_by_name(terminal: Terminal, profile: str, sentence: str) -> None:
    (terminal.folder / "torn.toml").write_text("[[[")
    (terminal.folder / "ct-doc.toml").write_text(draft_of("ct-doc", ("cap_seconds", "0")))

    typed = terminal.type("whatif", "--profile", profile, "--corpus", str(KEPT))

    assert typed.code == 1
    assert sentence in typed.err
    assert typed.out == ""


def test_a_profiles_own_file_can_be_had_to_begin_a_draft_from(terminal: Terminal) -> None:
    typed = terminal.type("policies", "tdcj", "--toml")

    assert typed.code == 0
    assert read_profile(typed.out, file_name="tdcj.toml") == load_profile("tdcj")
    assert terminal.type("policies", "--toml").code == 2
    assert terminal.type("policies", "tdcj", "--toml", "--json").code == 2
