"""Where things are reached: names that links, rules and the running container agree on.

Dashboards from files know no environment, so they are generated with these addresses, and the container's entrypoint
puts the real ones in their place.
"""

from typing import Final

GRAFANA_URL: Final = "http://127.0.0.1:3000"
PAGE_URL: Final = "http://127.0.0.1:8000"

FOLDER: Final = "Vigie"
FOLDER_UID: Final = "vigie"
TAG: Final = "vigie"
OPERATIONS: Final = "vigie-operations"
DETECTION: Final = "vigie-detection"
ACCOUNT: Final = "vigie-account"
DELIVERY: Final = "vigie-delivery"
RUNBOOK: Final = "vigie-runbook"

ACCOUNT_LINK: Final = f"/d/{ACCOUNT}?var-account=${{__value.raw}}&${{__url_time_range}}"
ALERT_LINK: Final = f"{PAGE_URL}/?alert=${{__value.raw}}"
