#!/usr/bin/env bash
# hdrhistogram 0.10.8 (Python, PyPI): the rank of a percentile is rounded to the nearest instead of taken up.
#
# One would guess: as in Java's HdrHistogram, from which the package says it is ported, a percentile is the smallest
# recorded value that at least so many per cent of the values do not exceed: rank ceil(percentile / 100 x n). That is
# also numpy's method "inverted_cdf".
# What happens: get_value_at_percentile and get_percentile_to_value_dict take rank int(percentile x n / 100 + 0.5).
# Of 178 values of 4 and 2 of 900, the p99 is reported as 4 (rank 178 instead of 179): 1.1 % of the values lie above it.
# Whenever percentile x n / 100 has a fraction below a half, the slowest records are left out.
#
# Beside it: numpy 2.4.6 computes that rank in floating point, so that for "inverted_cdf" 99.9 % of 1,000 values is
# rank 1,000 and not 999, and 7 % of 100 values is rank 8 and not 7.
#
# Needs Python 3.11 or newer with venv, and PyPI. Exits 1 when any of this is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check hdrhistogram==0.10.8 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import math
import sys
from fractions import Fraction
from importlib.metadata import version

import numpy as np
from hdrh.histogram import HdrHistogram

print(f"hdrhistogram {version('hdrhistogram')}, numpy {np.__version__}, Python {sys.version.split()[0]}")


def reported(values):
    histogram = HdrHistogram(1, 1_000_000, 3)
    for value in values:
        histogram.record_value(value)
    both = histogram.get_value_at_percentile(99.0), histogram.get_percentile_to_value_dict([99.0])[99.0]
    return both


values = [4] * 178 + [900] * 2
found = reported(values)
numpys = int(np.percentile(values, 99, method="inverted_cdf"))
above = sum(value > found[0] for value in values)
print(f"p99 of 178 values of 4 and 2 of 900: hdrhistogram {found[0]} (as a dict {found[1]}), numpy inverted_cdf {numpys}")
print(f"values above hdrhistogram's p99: {above} of {len(values)} ({above / len(values):.1%})")

too_low = [n for n in range(1, 1001) if reported(range(1, n + 1))[0] < math.ceil(Fraction(99 * n, 100))]
print(f"p99 of the values 1..n is too low for {len(too_low)} of the n from 1 to 1000, first {too_low[:5]}")

ranks = {(n, p): int(np.percentile(np.arange(1, n + 1), p, method="inverted_cdf")) for n, p in [(1000, 99.9), (100, 7)]}
print(f"numpy inverted_cdf: 99.9 % of 1..1000 is {ranks[1000, 99.9]}, 7 % of 1..100 is {ranks[100, 7]}")

as_described = (found, numpys, ranks) == ((4, 4), 900, {(1000, 99.9): 1000, (100, 7): 8}) and bool(too_low)
print("as described" if as_described else "CHANGED: no longer as the header of this script says")
sys.exit(not as_described)
PYTHON
