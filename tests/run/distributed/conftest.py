"""Four processes that all tests here share, and the tasks that they can do."""

import runpy
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

HERE = Path(__file__).parent
LAYOUTS = [(1, 1), (2, 1), (2, 2), (4, 2), (4, 4)]
"""(processes, owners of the experts)"""


@pytest.fixture(scope="session")
def new_crew() -> Any:
    """`new_crew(3)`: three processes of a test's own, which it may kill."""
    return runpy.run_path(str(HERE / "crew.py"))["Crew"]


@pytest.fixture(scope="session")
def crew(new_crew) -> Iterator[Any]:
    four = new_crew(4)
    yield four
    four.close()


@pytest.fixture(scope="session")
def jobs() -> SimpleNamespace:
    """The functions of jobs.py, to be called in this process too."""
    return SimpleNamespace(**runpy.run_path(str(HERE / "jobs.py")))


@pytest.fixture(scope="session", params=LAYOUTS, ids=lambda two: f"{two[0]}-{two[1]}")
def layout(request) -> tuple[int, int]:
    return request.param
