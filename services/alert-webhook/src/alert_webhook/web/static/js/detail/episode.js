// The other alerts of the same episode: one account's alerts that belong together.

import { element, part, write } from "../element.js";
import { ago } from "../times.js";
import { counted, headline } from "../words.js";

const MAX_ASKED = 100;

export class Episode {
  constructor(api, open) {
    this.api = api;
    this.shown = null;
    part("episode").addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open(link.dataset.alert);
    });
  }

  async show(view) {
    const { episode_id: episode, episode_alerts: count } = view;
    const asked = JSON.stringify([view.alert.alert_id, episode, count]);
    if (asked === this.shown) return;
    this.shown = asked;
    const others = (count ?? 1) - 1;
    part("episode-section").hidden = !episode || others < 1;
    if (part("episode-section").hidden) return;
    write(part("episode-words"), `${counted(others, "other alert")} of this account`);
    part("episode").replaceChildren();
    const found = await this.others(view);
    if (this.shown === asked) part("episode").replaceChildren(...found.map(item));
  }

  async others({ alert, episode_id: episode }) {
    try {
      const query = { account_id: alert.transaction.account_id, limit: MAX_ASKED };
      const { alerts } = await this.api.get("/api/alerts", query);
      return alerts.filter((view) => view.episode_id === episode && view.alert.alert_id !== alert.alert_id);
    } catch {
      this.shown = null; // the next change of the alert tries again
      return [];
    }
  }
}

function item({ alert, received_at_ms: receivedAt }) {
  const { alert_id: id } = alert;
  const href = `/?${new URLSearchParams({ alert: id })}`;
  return element("li", {},
    element("a", { href, data: { alert: id } }, headline(alert)),
    element("span", {}, ` ${ago(receivedAt)}`));
}
