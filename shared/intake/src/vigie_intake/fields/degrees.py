"""Places in degrees."""

import numpy as np
import pyarrow as pa

from vigie_intake.fields.numerals import Numerals
from vigie_intake.fields.verdicts import FieldVerdict, without
from vigie_intake.mapping import Number


class DegreeReader:
    """Reads degrees from -limit to limit; anything else that is there is broken."""

    def __init__(self, part: Number, limit: float) -> None:
        self._column = part.column
        self._numerals = Numerals(part.decimal, part.thousands)
        self._limit = limit

    def read(self, batch: pa.RecordBatch) -> FieldVerdict:
        """One float64 a row, null where there is none."""
        degrees, wrong = self._numerals.read(batch.column(self._column))
        missing = np.isnan(degrees)
        with np.errstate(invalid="ignore"):
            broken = wrong | (~missing & (np.abs(degrees) > self._limit))
        return FieldVerdict(without(pa.array(degrees), broken | missing), broken)
