"""Arrow's compute functions. They are made when pyarrow is imported, so no type checker sees their names."""

from typing import Any, Final

import pyarrow.compute

pc: Final[Any] = pyarrow.compute
