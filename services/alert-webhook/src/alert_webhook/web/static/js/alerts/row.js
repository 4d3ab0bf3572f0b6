// One alert in the list: a link to it that says what one must know to choose.

import { write } from "../element.js";
import { ago, clock, stamp } from "../times.js";
import { money, place, SEVERITIES, spaced, standing } from "../words.js";

export class AlertRow {
  constructor(view) {
    this.item = document.getElementById("alert-row").content.firstElementChild.cloneNode(true);
    this.link = this.item.querySelector("a");
    this.view = null;
    this.show(view);
  }

  part(name) {
    return this.item.querySelector(`.${name}`);
  }

  show(view) {
    if (view === this.view) return;
    const { alert } = view;
    const { transaction } = alert;
    this.view = view;
    this.link.href = `/?${new URLSearchParams({ alert: alert.alert_id })}`;
    this.link.dataset.alert = alert.alert_id;
    this.part("severity").dataset.severity = alert.severity;
    write(this.part("severity-word"), SEVERITIES[alert.severity] ?? alert.severity);
    write(this.part("row-amount"), money(transaction.amount, transaction.currency));
    write(this.part("row-reason"), reason(alert));
    write(this.part("row-account"), transaction.account_id);
    const facts = [place(transaction), spaced(transaction.category), transaction.merchant_id].filter(Boolean);
    write(this.part("row-facts"), facts.map((fact) => ` · ${fact}`).join(""));
    write(this.part("row-clock"), clock(view.received_at_ms));
    this.part("row-time").dateTime = stamp(view.received_at_ms);
    this.showStanding(standing(view));
    this.tick();
  }

  showStanding(found) {
    const chip = this.part("chip");
    chip.hidden = !found;
    write(chip, found?.text ?? "");
    if (found) chip.dataset.kind = found.kind;
    this.item.classList.toggle("is-answered", found !== null);
  }

  tick(now = Date.now()) {
    write(this.part("row-ago"), ago(this.view.received_at_ms, now));
  }

  select(isSelected) {
    if (isSelected) this.link.setAttribute("aria-current", "true");
    else this.link.removeAttribute("aria-current");
  }
}

// Without the amount, which stands before it.
function reason({ transaction, reasons }) {
  const text = reasons[0]?.text ?? "unlike this account's payments";
  const amount = `${money(transaction.amount, transaction.currency)}, `;
  return text.startsWith(amount) ? text.slice(amount.length) : text;
}
