"""Without a browser the screenshot says what to do."""

from pathlib import Path

import pytest

from vigie_runtime import UnavailableError
from vigie_testing.browser import open_browser


def test_a_missing_browser_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("playwright")
    monkeypatch.setenv("VIGIE_CHROMIUM", str(tmp_path / "chromium"))
    with pytest.raises(UnavailableError, match="VIGIE_CHROMIUM"), open_browser():
        pass
