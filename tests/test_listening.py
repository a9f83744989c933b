"""Does garbage collection leave alone what stays, while the service runs and no longer?"""

import gc

from fastapi import FastAPI

from callgate.commands.listening import leaving_what_stays_alone, telling_of_failure


def test_what_was_there_at_the_start_is_not_looked_at_again() -> None:
    before = gc.get_threshold()
    assert gc.get_freeze_count() == 0

    with leaving_what_stays_alone():
        assert gc.get_freeze_count() > 10_000
        assert gc.get_threshold()[0] > before[0]
        assert gc.isenabled()

    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


async def test_that_holds_while_the_service_runs() -> None:
    app = telling_of_failure(FastAPI())

    async with app.router.lifespan_context(app):
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0


def test_a_ring_that_is_made_meanwhile_is_still_found() -> None:
    class Ring:
        def __init__(self) -> None:
            self.itself = self

    with leaving_what_stays_alone():
        for _ in range(10):
            Ring()
        assert sum(isinstance(each, Ring) for each in gc.get_objects()) == 10
        gc.collect()
        assert not any(isinstance(each, Ring) for each in gc.get_objects())
