"""Java on this machine: Spark and the embedded broker run on it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from vigie_runtime.errors import ConfigurationError

MIN_JAVA_VERSION = 17
HOW_TO_INSTALL = (
    "Install it (Debian, Ubuntu: `apt install default-jre-headless`; macOS: `brew install openjdk@17`) "
    "or point JAVA_HOME at it."
)


def java_executable() -> Path:
    """Path of a Java that is new enough; raise ConfigurationError that says what to install."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home, "bin"))) if home else shutil.which("java")
    if not found:
        raise ConfigurationError(f"Java {MIN_JAVA_VERSION} or newer is needed and was not found. {HOW_TO_INSTALL}")
    version = _major_version(found)
    if version < MIN_JAVA_VERSION:
        raise ConfigurationError(f"Java {MIN_JAVA_VERSION} or newer is needed; {found} is {version}. {HOW_TO_INSTALL}")
    return Path(found)


def _major_version(java: str) -> int:
    """Read `openjdk version "17.0.15"` or, of old ones, `java version "1.8.0_292"`; 0 when unreadable."""
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except OSError:
        return 0
    match = re.search(r'version "(?:1\.)?(\d+)', answer.stderr + answer.stdout)
    return int(match.group(1)) if match else 0
