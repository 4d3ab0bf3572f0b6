"""Statistics of short arrays and of places, as Column → Column; null in, null out, nothing throws."""

from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F

EARTH_RADIUS_KM: Final = 6371.0088


def positive(value: Column) -> Column:
    """The value where it is above zero, else zero; null stays null (`greatest` would skip it)."""
    return F.when(value > 0, value).when(value.isNotNull(), 0.0)


def at_most(value: Column, largest: float) -> Column:
    """The value, or the largest it may be; null stays null (`least` would skip it)."""
    return F.when(value > largest, largest).otherwise(value)


def at_least(value: Column, smallest: float) -> Column:
    """The value, or the smallest it may be; null stays null."""
    return F.when(value < smallest, smallest).otherwise(value)


def median(values: Column) -> Column:
    """Median of an array of doubles without nulls; null when empty."""
    ordered = F.sort_array(values)
    count = F.size(values)
    lower = F.get(ordered, F.floor((count - 1) / 2).cast("int"))
    upper = F.get(ordered, F.floor(count / 2).cast("int"))
    return (lower + upper) / 2


def kilometres(lat: Column, lon: Column, other_lat: Column, other_lon: Column) -> Column:
    """Great-circle distance by the haversine formula (Sinnott 1984), on the IUGG's mean radius."""
    half_lat = F.sin(F.radians(other_lat - lat) / 2)
    half_lon = F.sin(F.radians(other_lon - lon) / 2)
    chord = half_lat * half_lat + F.cos(F.radians(lat)) * F.cos(F.radians(other_lat)) * half_lon * half_lon
    return F.asin(F.sqrt(at_most(chord, 1.0))) * (2 * EARTH_RADIUS_KM)
