// How delivery goes, receiver by receiver.

import { element, part, replace } from "../element.js";
import { span } from "../times.js";
import { counted } from "../words.js";
import { retryButton } from "./retry-button.js";

const LABELS = "labels"; // answers go there, alerts do not

export class Receivers {
  constructor(api) {
    this.api = api;
    this.list = part("receivers");
    this.seen = null;
  }

  show({ receivers = [] }) {
    const items = receivers.map((receiver) => ({ ...receiver, words: words(receiver) }));
    const seen = JSON.stringify(items);
    if (seen === this.seen) return;
    this.seen = seen;
    replace(this.list, items.map((item) => this.item(item)));
    part("receivers-empty").hidden = receivers.some((receiver) => receiver.name !== LABELS);
  }

  item(receiver) {
    const { name, dead, problem } = receiver;
    const kind = problem || dead ? "warning" : receiver.waiting ? "waiting" : "good";
    return element("li", { class: "receiver", data: { kind } },
      element("b", {}, name),
      element("span", { class: kind === "good" ? "unseen" : "receiver-words" }, ` ${receiver.words}`),
      dead ? retryButton(this.api, `/api/receivers/${encodeURIComponent(name)}/retry`, name) : null,
      problem ? element("span", { class: "receiver-problem" }, problem) : null);
  }
}

function words({ waiting, dead, oldest_waiting_ms: oldest }) {
  const parts = [];
  if (waiting) parts.push(`${counted(waiting, "message")} waiting`);
  if (waiting && oldest !== null) parts.push(`the oldest for ${span(oldest)}`);
  if (dead) parts.push(`${dead} given up`);
  return parts.length ? parts.join(", ") : "has everything";
}
