"""Plant every fault and say whether the tests find it: `python -m tests.faults`."""

import sys
import tempfile
from pathlib import Path

from tests.faults.planted import FAULTS
from tests.faults.planting import prepare, run


def main() -> int:
    """One line for each fault; 1 where one was not found."""
    with tempfile.TemporaryDirectory() as folder:
        trials = [prepare(Path(folder, str(i)), fault.tests, fault=fault) for i, fault in enumerate(FAULTS)]
        found = [set(results.values()) == {"failed"} for results in run(trials)]
    for fault, was_found in zip(FAULTS, found, strict=True):
        sys.stdout.write(f"{fault.row}  {'found' if was_found else 'MISSED':6}  {fault.name}\n")
    sys.stdout.write(f"{sum(found)} of {len(found)} planted faults are found\n")
    return 0 if all(found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
