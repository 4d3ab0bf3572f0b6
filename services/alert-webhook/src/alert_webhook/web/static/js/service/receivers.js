// How delivery goes, receiver by receiver.

import { element, part, replace, write } from "../element.js";
import { span } from "../times.js";
import { counted } from "../words.js";

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
  return parts.length ? parts.join(", ") : "nothing waits";
}

// Asks to try again what was given up, and says how the asking went.
export function retryButton(api, path, name) {
  const label = `Try again: ${name}`;
  const properties = { type: "button", class: "quiet", "aria-label": label, data: { key: path } };
  const button = element("button", properties, "Try again");
  const note = element("span", { class: "retry-note", role: "status" });
  button.addEventListener("click", async () => {
    if (button.ariaDisabled === "true") return;
    button.ariaDisabled = "true";
    write(note, "Asking …");
    try {
      await api.change("POST", path);
      write(note, "Queued.");
    } catch (problem) {
      write(note, `Not queued: ${problem.message}`);
    }
    button.ariaDisabled = "false";
  });
  return element("span", { class: "retry" }, button, note);
}
