// The account's payments before this one, as they were when it was judged.

import { PaymentsChart } from "../charts/payments.js";
import { element, part } from "../element.js";
import { clock, span, stamp } from "../times.js";
import { money } from "../words.js";

export class RecentPayments {
  constructor() {
    this.chart = new PaymentsChart();
    this.shown = null;
  }

  show(alert) {
    if (this.shown === alert.alert_id) return; // an alert itself never changes
    this.shown = alert.alert_id;
    const { recent } = alert;
    part("recent-empty").hidden = recent.length > 0;
    part("recent-table").hidden = recent.length === 0;
    part("recent-rows").replaceChildren(thisOne(alert), ...recent.map((payment) => earlier(payment, alert)));
    this.chart.draw(alert);
  }
}

function thisOne(alert) {
  const { timestamp_ms: at } = alert.transaction;
  return element("tr", { class: "this-one", "aria-current": "true" },
    element("th", { scope: "row" }, element("time", { datetime: stamp(at) }, clock(at)), element("b", {}, " this one")),
    element("td", {}, money(alert.amount_eur, "EUR")), element("td", {}, ""), element("td", {}, ""));
}

function earlier(payment, alert) {
  const { timestamp_ms: at } = payment;
  const before = span(Math.max(0, alert.transaction.timestamp_ms - at));
  return element("tr", {},
    element("th", { scope: "row" },
      element("time", { datetime: stamp(at) }, clock(at)), element("span", {}, ` ${before} before`)),
    element("td", {}, money(payment.amount_eur, "EUR")),
    element("td", {}, sameness(payment.same_merchant)),
    element("td", {}, sameness(payment.same_country)));
}

function sameness(isSame) {
  if (isSame === null) return "–";
  return isSame ? "same" : "other";
}
