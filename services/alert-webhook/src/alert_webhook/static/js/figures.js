// The numbers at the top. Text goes in as text, never as markup.

const WORDS = { live: "Live", learning: "Learning", waiting: "Waiting", disconnected: "Disconnected" };
const NOTHING = "–";

export function showFigures(page, model) {
  const state = model.state();
  set(page, "state", WORDS[state.word]);
  page.getElementById("state").dataset.state = state.word;
  set(page, "state-detail", state.text);
  page.body.classList.toggle("is-stale", model.isStale && model.hasSnapshot);

  const latest = model.latest;
  if (!latest) return;
  set(page, "throughput", whole(latest.transactions));
  set(page, "total", `${whole(latest.transactions_total)} seen, ${whole(latest.alerts_total)} alerts`);
  for (const name of ["p50", "p95", "p99"]) {
    set(page, name, latest.latency ? milliseconds(latest.latency[`${name}_ms`]) : NOTHING);
  }
  const lags = Object.values(latest.lag);
  set(page, "lag", lags.length ? whole(lags.reduce((sum, lag) => sum + lag, 0)) : NOTHING);
  showDeadLetters(page, model);
  set(page, "model", latest.model_version === null ? "none" : `v${latest.model_version}`);
  set(page, "threshold-version", latest.threshold_version === null ? "" : `threshold v${latest.threshold_version}`);
}

function showDeadLetters(page, model) {
  const counts = new Map();
  for (const second of model.recent()) {
    for (const [reason, count] of Object.entries(second.dead_letters)) {
      counts.set(reason, (counts.get(reason) ?? 0) + count);
    }
  }
  const sorted = [...counts].sort((one, other) => other[1] - one[1]);
  set(page, "dead-letters", whole(sorted.reduce((sum, [, count]) => sum + count, 0)));
  const mostly = sorted.length > 1 ? "mostly " : "";
  set(page, "dead-letter-reason", sorted.length ? mostly + sorted[0][0].replaceAll("_", " ") : "");
}

export function milliseconds(value) {
  return value < 100 ? value.toFixed(1) : whole(Math.round(value));
}

function whole(value) {
  return value.toLocaleString("en");
}

// Written only when it changed, so that a screen reader is not told the same again each second.
function set(page, id, text) {
  const element = page.getElementById(id);
  if (element.textContent !== text) element.textContent = text;
}
