"""A PostgreSQL that neither answers nor hangs up is given up in time, and found again once one answers."""

from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy import make_url, text

from callgate.clock import monotonic_seconds
from callgate.store.database import CommitUnknown, Database, StoreUnavailable
from tests.outages.line import HOST
from tests.outages.proxy import Proxy, standing_before
from tests.postgres import create_database, drop_database

ANSWER_SECONDS = 0.5


@pytest.fixture
async def proxy(postgres_url: str) -> AsyncIterator[Proxy]:
    folder = make_url(postgres_url).query["host"]
    async with standing_before(f"{folder}/.s.PGSQL.5432") as standing:
        yield standing


@pytest.fixture
async def database(postgres_url: str, proxy: Proxy) -> AsyncIterator[Database]:
    made = create_database(postgres_url)
    name = make_url(made).database
    url = f"postgresql://postgres@{HOST}:{proxy.port}/{name}?sslmode=disable"
    database = Database(url, answer_seconds=ANSWER_SECONDS, connections_max=4)
    async with database.write() as transaction:
        await transaction.execute(text("CREATE TABLE kept (n integer)"))
    yield database
    await database.close()
    drop_database(postgres_url, made)


async def insert(database: Database, *, before_second: Callable[[], object], second: bool = True) -> None:
    async with database.write() as transaction:
        await transaction.execute(text("INSERT INTO kept VALUES (1)"))
        before_second()
        if second:
            await transaction.execute(text("INSERT INTO kept VALUES (2)"))


async def test_a_statement_that_is_never_answered_is_given_up_and_a_new_connection_serves(
    database: Database, proxy: Proxy
) -> None:
    began = monotonic_seconds()
    with pytest.raises(StoreUnavailable):
        await insert(database, before_second=proxy.strand)
    seconds = monotonic_seconds() - began

    async with database.read() as transaction:
        kept = (await transaction.execute(text("SELECT count(*) FROM kept"))).scalar_one()
    assert kept == 0
    assert ANSWER_SECONDS <= seconds < ANSWER_SECONDS + 5


async def test_a_commit_that_is_never_answered_is_one_of_which_nobody_knows(database: Database, proxy: Proxy) -> None:
    with pytest.raises(CommitUnknown):
        await insert(database, before_second=proxy.strand, second=False)


@pytest.mark.parametrize("way", ["write", "read"])
async def test_what_a_read_only_server_refuses_is_the_servers_failure(database: Database, way: str) -> None:
    async def try_to_write() -> None:
        async with getattr(database, way)() as transaction:
            await transaction.execute(text("SET TRANSACTION READ ONLY"))
            await transaction.execute(text("INSERT INTO kept VALUES (1)"))

    with pytest.raises(StoreUnavailable):
        await try_to_write()
