"""What every test runs under: one thread a worker, checked shapes, a cache of its own."""

import os
from pathlib import Path

# Before anything imports torch or OpenCV: two workers with two threads each would be in each other's way.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1", "POLARS_MAX_THREADS": "1"}

import pytest
from hypothesis import settings
from jaxtyping import install_import_hook

from tests.shapes import CHECKED, checked

install_import_hook(CHECKED, f"{checked.__module__}.{checked.__name__}")
settings.register_profile("patient", deadline=None)  # a first call may import and compile
settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty cache folder for this session, so that no test reads what an older version rendered."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["VISAVIS_CACHE"] = str(folder)
    return folder


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder with the official data sets."""
    root = os.environ.get("VISAVIS_DATA")
    if not root:
        pytest.skip("VISAVIS_DATA is not set to the folder with the data sets")
    return Path(root)
