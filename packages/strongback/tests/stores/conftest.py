from pathlib import Path

import pytest

from packages.strongback.tests.stores.harness import ENGINES, Harness, harness_for


@pytest.fixture(params=ENGINES)
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Harness:
    return harness_for(request.param, request, tmp_path)
