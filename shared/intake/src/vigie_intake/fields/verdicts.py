"""What reading a field gives for each row of a batch: its value, and whether the contract refuses it."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from vigie_intake.fields.kernels import pc


@dataclass(frozen=True)
class FieldVerdict:
    """`values` has a null where nothing is known; `broken` is true where the row is to be refused for this field."""

    values: pa.Array
    broken: np.ndarray


def flags(condition: pa.Array) -> np.ndarray:
    """The condition of each row as numpy's boolean; what is not known does not hold."""
    return pc.fill_null(condition, False).to_numpy(zero_copy_only=False)


def is_missing(values: pa.Array) -> np.ndarray:
    """True for each row without a value."""
    return values.is_null().to_numpy(zero_copy_only=False)


def without(values: pa.Array, absent: np.ndarray) -> pa.Array:
    """The same values, null in the rows where `absent` is true."""
    if not absent.any():
        return values
    return pc.if_else(pa.array(absent), pa.scalar(None, values.type), values)
