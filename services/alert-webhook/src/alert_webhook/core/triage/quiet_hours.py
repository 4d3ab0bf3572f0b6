"""Hours of the day in which people are left alone, in a time zone, across midnight and changes of the clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from alert_webhook.settings import AlertWebhookSettings


@dataclass(frozen=True)
class QuietHours:
    """From `begin` to `end` by the clock on the wall, the next day's when `end` is not later."""

    begin: time
    end: time
    zone: ZoneInfo

    def include(self, at_ms: int) -> bool:
        """Whether it is quiet then (milliseconds since 1970 UTC)."""
        at = datetime.fromtimestamp(at_ms / 1000, UTC)
        today = at.astimezone(self.zone).date()
        # moments are compared, not the clock's numbers: an hour that comes twice would begin its quiet twice
        return any(begin <= at < end for begin, end in map(self._of, (today - timedelta(days=1), today)))

    def _of(self, day: date) -> tuple[datetime, datetime]:
        last_day = day if self.begin < self.end else day + timedelta(days=1)
        return self._moment(day, self.begin), self._moment(last_day, self.end)

    def _moment(self, day: date, by_clock: time) -> datetime:
        # a time that the clock skips is as long after midnight as ever, one that it shows twice is the first
        return datetime.combine(day, by_clock, self.zone).astimezone(UTC)


def quiet_hours_of(settings: AlertWebhookSettings) -> QuietHours | None:
    """Those of the settings; None without any."""
    times = settings.quiet_from_to
    return None if times is None else QuietHours(*times, ZoneInfo(settings.time_zone))
