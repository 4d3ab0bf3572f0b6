// How delivery goes, receiver by receiver.

import { element, part, write } from "../element.js";
import { span } from "../times.js";
import { counted } from "../words.js";

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
    const focused = document.activeElement?.dataset.receiver;
    this.list.replaceChildren(...items.map((item) => this.item(item)));
    if (focused) [...this.list.querySelectorAll("button")].find((button) => button.dataset.receiver === focused)?.focus();
    part("receivers-empty").hidden = receivers.length > 0;
  }

  item(receiver) {
    const { name, dead, problem } = receiver;
    const kind = problem || dead ? "warning" : receiver.waiting ? "waiting" : "good";
    return element("li", { class: "receiver", data: { kind } },
      element("b", {}, name), element("span", {}, ` ${receiver.words}`),
      dead ? this.retry(name) : null,
      problem ? element("span", { class: "receiver-problem" }, problem) : null);
  }

  retry(name) {
    const button = element("button", { type: "button", class: "quiet", data: { receiver: name }, "aria-label": `Try again: ${name}` }, "Try again");
    button.addEventListener("click", async () => {
      write(button, "Asking …");
      try {
        await this.api.change("POST", `/api/receivers/${encodeURIComponent(name)}/retry`);
        write(button, "Queued");
      } catch (problem) {
        write(button, `Not queued: ${problem.message}`);
      }
    });
    return button;
  }
}

function words({ waiting, dead, oldest_waiting_ms: oldest }) {
  const parts = [];
  if (waiting) parts.push(`${counted(waiting, "message")} waiting${oldest === null ? "" : `, the oldest for ${span(oldest)}`}`);
  if (dead) parts.push(`${dead} given up`);
  return parts.length ? parts.join(", ") : "has everything";
}
