"""Which call does a keypress end that is told late, of a call that is over?"""

from tests.asking import decide, tell
from tests.conftest import World
from tests.seeding import seed


async def test_the_call_that_runs_to_the_number_now_ends_with_it(world: World, database_url: str) -> None:
    seed(database_url)
    assert (await decide(world, "c1"))["decision"] == "allow"
    await tell(world, "c1", "ended", 2, duration_seconds=0, cause="no_answer")
    assert (await decide(world, "c2"))["decision"] == "allow"

    await tell(world, "c1", "called_party_block", 1)

    assert (await tell(world, "c2", "answered", 1))["action"] == "terminate"
