"""Where the archive of Spark's classes is, and the JVM's flags that use it (docs/adr/0025)."""

import sys
from pathlib import Path
from typing import Final

ARCHIVE: Final = Path(sys.prefix) / "share" / "vigie" / "spark-classes.jsa"
"""In the Python environment, because it fits the jars of that environment only."""


def jvm_flags(archive: Path | None) -> str:
    """Flags that map the archive; empty where there is none.

    A JVM that the archive does not fit, for its own version or a changed jar, starts without it. The flags keep that
    from being logged, for Spark's own output is read.
    """
    if archive is None or not archive.exists():
        return ""
    return f"-XX:SharedArchiveFile={archive} -Xshare:auto -Xlog:cds*=off -Xlog:class+path=off"
