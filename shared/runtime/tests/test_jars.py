import hashlib
from pathlib import Path

import pytest

from vigie_runtime import UnavailableError, jars
from vigie_runtime.jars import KAFKA_BROKER, KAFKA_CONNECTOR, JarBundle


@pytest.fixture
def bundle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> JarBundle:
    monkeypatch.setenv("VIGIE_CACHE_DIR", str(tmp_path))
    digest = hashlib.sha256(b"jar").hexdigest()
    monkeypatch.setattr(JarBundle, "locked_hashes", lambda self: {"a.jar": digest})
    return JarBundle("example", "1.0", "group:example:1.0")


def fetch_of(content: bytes, calls: list[str]):
    def fetch(bundle: JarBundle, directory: Path) -> None:
        calls.append(bundle.name)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "a.jar").write_bytes(content)

    return fetch


def test_fetches_once(monkeypatch: pytest.MonkeyPatch, bundle: JarBundle) -> None:
    calls: list[str] = []
    monkeypatch.setattr(jars, "_fetch", fetch_of(b"jar", calls))

    first, second = jars.jars_of(bundle), jars.jars_of(bundle)

    assert first == second == [bundle.directory / "a.jar"]
    assert calls == ["example"]


def test_refuses_jars_with_another_hash(monkeypatch: pytest.MonkeyPatch, bundle: JarBundle) -> None:
    monkeypatch.setattr(jars, "_fetch", fetch_of(b"tampered", []))

    with pytest.raises(UnavailableError, match=r"not those this version was tested with \(a.jar\)"):
        jars.jars_of(bundle)


@pytest.mark.parametrize("real", [KAFKA_BROKER, KAFKA_CONNECTOR], ids=lambda real: real.name)
def test_every_bundle_has_its_hashes_committed(real: JarBundle) -> None:
    hashes = real.locked_hashes()

    assert any(real.version in name for name in hashes)
    assert all(len(digest) == 64 for digest in hashes.values())
