// The list of alerts, the newest first. Fields of an alert go in as text, never as markup.

const LONGEST_LIST = 50;
const QUIET_MS = 4000;
const SEVERITIES = { low: "Low", medium: "Medium", high: "High" };

export class AlertList {
  constructor(page) {
    this.page = page;
    this.list = page.getElementById("alert-list");
    this.unannounced = [];
    this.timer = null;
  }

  restart(alerts) {
    this.list.replaceChildren(...alerts.slice(-LONGEST_LIST).reverse().map((alert) => this.item(alert)));
    this.note();
  }

  add(alert) {
    const item = this.item(alert);
    item.classList.add("is-new");
    const isReading = this.list.scrollTop > 0;
    const before = this.list.scrollHeight;
    this.list.prepend(item);
    if (isReading) this.list.scrollTop += this.list.scrollHeight - before; // what is being read stays in place
    while (this.list.children.length > LONGEST_LIST) this.list.lastElementChild.remove();
    this.note();
    this.announce(alert);
  }

  showService(model) {
    const { webhook_problem: problem, webhook_attempts: attempts } = model.service;
    const note = this.page.getElementById("webhook-problem");
    const times = attempts === 1 ? "once" : `${attempts} times`;
    const text = problem ? `The webhook's receiver has not accepted an alert: ${problem}. Tried ${times}.` : "";
    if (note.textContent !== text) note.textContent = text;
    note.hidden = !problem;
    const empty = model.state().word === "learning" ? "No alert yet: alerts begin with the first model" : "No alert yet";
    const place = this.page.getElementById("alerts-empty");
    if (place.textContent !== empty) place.textContent = empty;
  }

  note() {
    const count = this.list.children.length;
    this.page.getElementById("alerts-empty").hidden = count > 0;
    this.list.hidden = count === 0;
    this.page.getElementById("alerts-note").textContent = count ? `Latest ${count}` : "";
    if (count) this.list.tabIndex = 0; // a scrolled list must be reachable by keyboard
  }

  // One sentence at a time: a wave of alerts must not drown a screen reader.
  announce(alert) {
    this.unannounced.push(alert);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      const [first, ...others] = this.unannounced.splice(0).reverse();
      const more = others.length ? ` and ${others.length} more` : "";
      const { transaction } = first;
      this.page.getElementById("announcement").textContent =
        `New alert: ${first.severity}, ${money(transaction)}, account ${transaction.account_id}${more}.`;
    }, QUIET_MS);
  }

  item(alert) {
    const { transaction } = alert;
    const moment = new Date(transaction.timestamp_ms);
    const time = this.element("time", "alert-time", written(moment));
    time.dateTime = moment.toISOString();
    const severity = this.element("span", "severity", SEVERITIES[alert.severity] ?? alert.severity);
    severity.dataset.severity = alert.severity;
    const head = this.element("div", "alert-head");
    head.append(this.element("span", "alert-amount", money(transaction)), severity, time);

    const facts = this.element("p", "alert-facts");
    facts.append(this.element("span", "alert-account", transaction.account_id));
    for (const fact of [place(transaction), transaction.category?.replaceAll("_", " "), transaction.merchant_id]) {
      if (fact) facts.append(` · ${fact}`);
    }

    const score = this.element("p", "alert-score", "Score ");
    score.append(this.element("b", "", alert.score.toFixed(3)), ` against threshold ${alert.threshold.toFixed(3)}`);

    const reasons = this.element("ul", "reasons");
    reasons.setAttribute("aria-label", "Reasons");
    reasons.append(...alert.reasons.map((reason) => this.reason(reason)));

    const item = this.element("li", "alert");
    item.append(head, facts, score, reasons);
    return item;
  }

  reason(reason) {
    const percent = Math.round(reason.share * 100);
    const filled = this.element("i", "");
    filled.style.width = `${percent}%`;
    const bar = this.element("span", "reason-bar");
    bar.setAttribute("aria-hidden", "true");
    bar.append(filled);
    const item = this.element("li", "reason");
    item.append(this.element("span", "reason-text", reason.text), bar, this.element("span", "reason-share", `${percent}%`));
    return item;
  }

  element(name, className, text = "") {
    const element = this.page.createElement(name);
    if (className) element.className = className;
    element.textContent = text;
    return element;
  }
}

function money({ amount, currency }) {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return `${amount.toLocaleString("en", digits)} ${currency}`;
}

const COUNTRIES = new Intl.DisplayNames("en", { type: "region", fallback: "code" });

function place({ country, lat, lon }) {
  if (country) return COUNTRIES.of(country);
  return lat !== null && lon !== null ? `${lat.toFixed(2)}, ${lon.toFixed(2)}` : null;
}

// The date only where it is not today's, as with a replayed file.
function written(moment) {
  const time = moment.toLocaleTimeString("en-GB");
  return moment.toDateString() === new Date().toDateString() ? time : `${moment.toLocaleDateString("en-CA")} ${time}`;
}
