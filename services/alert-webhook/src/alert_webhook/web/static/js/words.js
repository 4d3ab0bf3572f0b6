// What things are called on the page.

export const SEVERITIES = { low: "Low", medium: "Medium", high: "High" };

// Why an alert was less than a message of its own.
export const CAUSES = {
  quiet_hours: "quiet hours",
  snoozed: "snoozed",
  episode: "same episode",
  rate: "too many a minute",
  hard_cap: "hard cap",
  severity_floor: "below the severity floor",
  canary: "canary",
};

const COUNTRIES = new Intl.DisplayNames("en", { type: "region", fallback: "code" });
const TWO_DIGITS = { minimumFractionDigits: 2, maximumFractionDigits: 2 };

export function money(amount, currency) {
  return `${amount.toLocaleString("en", TWO_DIGITS)} ${currency}`;
}

export function whole(value) {
  return value.toLocaleString("en");
}

export function counted(count, one, many = `${one}s`) {
  return `${whole(count)} ${count === 1 ? one : many}`;
}

export function percent(share) {
  return `${(share * 100).toLocaleString("en", { maximumFractionDigits: 1 })}%`;
}

export function place({ country, lat, lon }) {
  if (country) return COUNTRIES.of(country);
  const isKnown = typeof lat === "number" && typeof lon === "number";
  return isKnown ? `${lat.toFixed(2)}, ${lon.toFixed(2)}` : null;
}

export function spaced(name) {
  return name ? name.replaceAll("_", " ") : null;
}

export function cause(name) {
  return CAUSES[name] ?? spaced(name) ?? "no cause given";
}

// The amount and what is most unusual; most reasons about amounts name the amount themselves.
export function headline(alert) {
  const amount = money(alert.transaction.amount, alert.transaction.currency);
  const reason = alert.reasons[0]?.text;
  if (!reason) return `${amount}: unlike this account's payments`;
  return reason.startsWith(amount) ? reason : `${amount}: ${reason}`;
}

// What became of an alert, in two or three words; null while it is simply open.
export function standing({ decision, handling, cause: why }) {
  if (decision?.is_fraud) return { kind: "fraud", text: "Fraud" };
  if (decision) return { kind: "false-alarm", text: "False alarm" };
  if (handling === "suppressed") return { kind: "held", text: `Suppressed: ${cause(why)}` };
  if (handling === "digest") return { kind: "held", text: `Digest: ${cause(why)}` };
  return null;
}
