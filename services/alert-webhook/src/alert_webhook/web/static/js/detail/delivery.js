// Whom the alert was sent to, and how that went.

import { element, part, write } from "../element.js";
import { retryButton } from "../service/receivers.js";
import { ago } from "../times.js";
import { cause, counted } from "../words.js";

const STATES = { waiting: "Waiting", accepted: "Accepted", dead: "Given up" };
const KINDS = {
  alert: "the alert",
  thread: "in its episode's thread",
  digest: "in a digest",
  decision: "the answer",
  label: "the label, for training",
};

export function showDelivery(view, api) {
  const { deliveries, handling, cause: why } = view;
  const seen = JSON.stringify([deliveries, handling, why]);
  const list = part("deliveries");
  if (list.dataset.seen === seen) return;
  list.dataset.seen = seen;
  const hadFocus = list.contains(document.activeElement);
  list.replaceChildren(...deliveries.map((delivery) => item(delivery, api)));
  if (hadFocus) (list.querySelector("button") ?? part("delivery-title")).focus();
  write(part("handling"), handlingWords(handling, why, deliveries.length));
}

function handlingWords(handling, why, count) {
  if (handling === "suppressed") return `Not shown to people: ${cause(why)}.`;
  if (handling === "digest") return `Listed for people in a digest: ${cause(why)}.`;
  return count ? "" : "Shown here only: no receiver is set.";
}

function item(delivery, api) {
  const { delivery_id: id, receiver, kind, state, attempts, problem } = delivery;
  const when = ago(delivery.settled_at_ms ?? delivery.queued_at_ms);
  const tried = attempts > 1 || state !== "accepted" ? `, ${counted(attempts, "attempt")}` : "";
  return element("li", { class: "delivery" },
    element("span", { class: "delivery-state", data: { state } }, STATES[state] ?? state),
    element("span", { class: "delivery-words" },
      element("b", {}, receiver), ` ${KINDS[kind] ?? kind}, ${when}${tried}`,
      problem && state !== "accepted" ? element("span", { class: "delivery-problem" }, problem) : null),
    state === "dead" ? retryButton(api, `/api/deliveries/${id}/retry`, receiver) : null);
}
