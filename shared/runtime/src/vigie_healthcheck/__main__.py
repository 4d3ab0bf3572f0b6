"""`python -m vigie_healthcheck VIGIE_STATUS_PORT 8101 /healthz`: exit code 0 when healthy, as HEALTHCHECK wants it."""

import os
import sys

from vigie_healthcheck import is_healthy, port_of

USAGE = "usage: python -m vigie_healthcheck PORT_VARIABLE DEFAULT_PORT PATH"


def main() -> None:
    """Say on standard error what does not answer; Docker keeps it for `docker inspect`."""
    if len(sys.argv) != 4:
        sys.exit(USAGE)
    _, variable, default, path = sys.argv
    port = port_of(os.environ, variable, int(default))
    if not is_healthy(port, path):
        sys.exit(f"{path} on port {port} did not answer 200")


if __name__ == "__main__":
    main()
