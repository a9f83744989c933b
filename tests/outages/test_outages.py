"""Does callgate hold through every fault? The short form of `make faults`: each cell once, five kills."""

from collections.abc import Iterator

import pytest

from tests.outages.matrix import Cell, list_cells, written
from tests.outages.scene import SHORT, Ground, open_ground


@pytest.fixture(scope="session")
def ground() -> Iterator[Ground]:
    with open_ground(SHORT) as opened:
        yield opened


@pytest.mark.parametrize("cell", list_cells(), ids=str)
async def test_nothing_is_lost_or_forged_and_service_comes_back(ground: Ground, cell: Cell) -> None:
    verdict = await cell.fill(ground)

    assert verdict.holds, written([verdict])
