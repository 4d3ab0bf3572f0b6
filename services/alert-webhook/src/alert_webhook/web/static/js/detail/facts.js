// What was paid, by whom, where and when.

import { element, part, write } from "../element.js";
import { ago, clock, stamp } from "../times.js";
import { headline, money, place, SEVERITIES, spaced, standing } from "../words.js";

const SOON_MS = 60_000;

export function showFacts(view) {
  const { alert } = view;
  const severity = part("detail-severity");
  severity.dataset.severity = alert.severity;
  write(severity.querySelector(".severity-word"), SEVERITIES[alert.severity] ?? alert.severity);
  write(part("detail-title"), headline(alert));
  showStanding(standing(view));
  showLinks(view);
  part("detail-facts").replaceChildren(...facts(view).map(([name, ...value]) =>
    element("div", { class: "fact" }, element("dt", {}, name), element("dd", {}, ...value))));
}

function showStanding(found) {
  const chip = part("detail-standing");
  chip.hidden = !found;
  write(chip, found?.text ?? "");
  if (found) chip.dataset.kind = found.kind;
}

function facts({ alert, received_at_ms: receivedAt }) {
  const { transaction } = alert;
  const isForeign = transaction.currency !== "EUR";
  const amount = unbroken(money(transaction.amount, transaction.currency));
  const merchant = [transaction.merchant_id, spaced(transaction.category)].filter(Boolean).join(", ");
  const cameLater = Math.abs(receivedAt - transaction.timestamp_ms) > SOON_MS;
  return [
    ["Amount", isForeign ? `${amount} (${unbroken(money(alert.amount_eur, "EUR"))})` : amount],
    ["Account", transaction.account_id],
    ["Merchant", merchant || "not known"],
    ["Place", place(transaction) ?? "not known"],
    ["Paid", time(transaction.timestamp_ms), since(transaction.timestamp_ms)],
    cameLater && ["Arrived here", time(receivedAt), since(receivedAt)],
    ["Alert", alert.alert_id],
  ].filter(Boolean);
}

function unbroken(text) {
  return text.replaceAll(" ", "\u00a0");
}

// A replayed or hurried stream has a time of its own, which may not have come yet.
function since(at) {
  return at > Date.now() + SOON_MS ? "" : `, ${ago(at)}`;
}

function time(at) {
  return element("time", { datetime: stamp(at), title: `${stamp(at)} (UTC)` }, clock(at));
}

function showLinks({ links }) {
  const link = part("detail-grafana");
  const isSafe = /^https?:\/\//i.test(links?.grafana ?? "");
  link.hidden = !isSafe;
  if (isSafe) link.href = links.grafana;
}
