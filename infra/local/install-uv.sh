#!/usr/bin/env bash
# uv, which installs everything else, into the folder .uv. usage: install-uv.sh PYTHON
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${1:?usage: install-uv.sh PYTHON}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "Python 3.11 or newer is needed: install it (Debian, Ubuntu: apt install python3 python3-venv) or say where it is with PYTHON=..." >&2
  exit 2
fi
echo "Installing uv into .uv ..."
"$python" -m venv .uv
.uv/bin/pip install --quiet --disable-pip-version-check uv
