// The top of the page: the state, the numbers, and who is logged in where people log in at all.

import { part, write } from "./element.js";
import { whole } from "./words.js";

const WORDS = { live: "Live", learning: "Learning", waiting: "Waiting", disconnected: "Disconnected" };
const NOTHING = "–";

export function showFigures(model) {
  const state = model.state();
  write(part("state"), WORDS[state.word]);
  part("state").dataset.state = state.word;
  write(part("state-detail"), state.text);
  part("login-link").hidden = !model.isLoggedOut;
  part("login-link").href = `/login?${new URLSearchParams({ next: location.pathname + location.search })}`;
  document.body.classList.toggle("is-stale", model.isStale && model.hasSnapshot);

  const { latest } = model;
  if (!latest) return;
  write(part("throughput"), whole(latest.transactions));
  write(part("total"), `${whole(latest.transactions_total)} seen, ${whole(latest.alerts_total)} alerts`);
  for (const name of ["p50", "p95", "p99"]) {
    write(part(name), latest.latency ? milliseconds(latest.latency[`${name}_ms`]) : NOTHING);
  }
  const lags = Object.values(latest.lag);
  write(part("lag"), lags.length ? whole(lags.reduce((sum, lag) => sum + lag, 0)) : NOTHING);
  write(part("missing"), latest.missing_total ? `${whole(latest.missing_total)} deleted unscored` : "");
  showDeadLetters(model);
}

function showDeadLetters(model) {
  const counts = new Map();
  for (const second of model.recent()) {
    for (const [reason, count] of Object.entries(second.dead_letters)) {
      counts.set(reason, (counts.get(reason) ?? 0) + count);
    }
  }
  const sorted = [...counts].sort((one, other) => other[1] - one[1]);
  write(part("dead-letters"), whole(sorted.reduce((sum, [, count]) => sum + count, 0)));
  const mostly = sorted.length > 1 ? "mostly " : "";
  write(part("dead-letter-reason"), sorted.length ? mostly + sorted[0][0].replaceAll("_", " ") : "");
}

export function milliseconds(value) {
  return value < 100 ? value.toFixed(1) : whole(Math.round(value));
}

export async function showPerson(api) {
  const { person, access } = await api.renewSession();
  part("person").hidden = access !== "session";
  write(part("person-name"), person ?? "");
}

export function letLogOut(api) {
  part("log-out").addEventListener("click", async () => {
    await api.change("POST", "/logout").catch(() => {});
    location.assign("/login");
  });
}
