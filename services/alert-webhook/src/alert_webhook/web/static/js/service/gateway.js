// What callers of the gateway are answered; nothing of it where there is no gateway.

import { part, write } from "../element.js";
import { milliseconds } from "../figures.js";
import { whole } from "../words.js";

const MAX_FALLBACK_SHARE = 0.001; // the same as in the alert rule `Gateway falls back`, and of as many calls at least
const MIN_CALLS = 100;

export function showGateway(figures, canTry) {
  part("gateway").hidden = !figures && !canTry;
  part("try-link").hidden = !canTry;
  write(part("gateway-calls"), figures ? whole(figures.calls) : "–");
  const { kind, text } = figures ? standing(figures) : { kind: "plain", text: "No call yet" };
  write(part("gateway-note"), text);
  part("gateway-note").dataset.kind = kind;
}

function standing({ recent_calls: calls, fallback_share: share, latency }) {
  if (share === null) return { kind: "plain", text: "No calls in five minutes" };
  const speed = latency ? `, p99 ${milliseconds(latency.p99_ms)} ms` : "";
  if (share === 0) return { kind: "good", text: `No fallbacks in five minutes${speed}` };
  const isTooMany = calls >= MIN_CALLS && share > MAX_FALLBACK_SHARE;
  return { kind: isTooMany ? "warning" : "plain", text: `${shown(share)} fallbacks in five minutes${speed}` };
}

function shown(share) {
  return `${(share * 100).toLocaleString("en", { maximumSignificantDigits: 2 })}%`;
}
