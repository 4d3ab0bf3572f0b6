"""uPlot, which draws the page's charts, served out of the jar that `make run` fetches with the broker's.

Nothing of it lies in this repository. Where the jar is not cached the page works without charts and says so.
"""

import hashlib
import zipfile
from functools import lru_cache
from io import BytesIO
from typing import Final

from flask import Blueprint, Response, request

from vigie_runtime import get_logger
from vigie_runtime.jars import CHART_LIBRARY

FOLDER: Final = f"META-INF/resources/webjars/uplot/{CHART_LIBRARY.version}/dist"
MEDIA_TYPES: Final = {"uPlot.iife.min.js": "text/javascript", "uPlot.min.css": "text/css"}
MISSING: Final = "Not here: `make run` or `python -m vigie_local fetch` gets it."

log = get_logger(__name__)
chart_library = Blueprint("chart_library", __name__)


@chart_library.get("/chart-library/<name>")
def file_of_chart_library(name: str) -> Response:
    """One of the library's two files; 404 where it was never fetched."""
    media_type = MEDIA_TYPES.get(name)
    content = _content(name) if media_type else None
    if content is None:
        # as a comment in either language: of another type, browsers complain of that instead
        return Response(f"/* {MISSING} */", 404, mimetype=media_type or "text/plain")
    response = Response(content, mimetype=media_type)
    response.add_etag()
    return response.make_conditional(request)


def _content(name: str) -> bytes | None:
    ((jar_name, digest),) = CHART_LIBRARY.locked_hashes().items()
    path = CHART_LIBRARY.directory / jar_name
    try:
        jar = path.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(jar).hexdigest() != digest:
        log.error("the chart library's jar is not the one this version was tested with; delete it", path=str(path))
        return None
    return _unpacked(jar, name)


@lru_cache(maxsize=len(MEDIA_TYPES))
def _unpacked(jar: bytes, name: str) -> bytes:
    return zipfile.ZipFile(BytesIO(jar)).read(f"{FOLDER}/{name}")
