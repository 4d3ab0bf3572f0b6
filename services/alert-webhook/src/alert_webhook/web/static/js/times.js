// Times for people: how long ago, and on the clock of this browser.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const JUST_NOW = 10_000;

export function ago(at, now = Date.now()) {
  const passed = Math.max(0, now - at); // the server's clock may be ahead of ours
  if (passed < JUST_NOW) return "just now";
  // seconds by tens: they should not tick
  return `${span(passed < MINUTE ? Math.floor(passed / 10_000) * 10_000 : passed)} ago`;
}

export function span(length) {
  if (length < MINUTE) return `${Math.floor(length / 1000)} s`;
  if (length < HOUR) return `${Math.floor(length / MINUTE)} min`;
  if (length < 2 * DAY) return `${Math.floor(length / HOUR)} h`;
  return `${Math.floor(length / DAY)} days`;
}

// The date only where it is not today's, as with a replayed file.
export function clock(at, now = Date.now()) {
  const moment = new Date(at);
  const time = moment.toLocaleTimeString("en-GB");
  if (moment.toDateString() === new Date(now).toDateString()) return time;
  return `${day(moment, now)}, ${time}`;
}

function day(moment, now) {
  const isThisYear = moment.getFullYear() === new Date(now).getFullYear();
  const year = isThisYear ? undefined : "numeric";
  return moment.toLocaleDateString("en-GB", { day: "numeric", month: "short", year });
}

export function stamp(at) {
  return new Date(at).toISOString();
}
