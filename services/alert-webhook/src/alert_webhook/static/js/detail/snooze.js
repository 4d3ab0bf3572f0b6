// Silence about an account for one reason, and its end.

import { part, write } from "../element.js";
import { clock } from "../times.js";

const HOURS = 24;

export class Snooze {
  constructor(api, saving) {
    this.api = api;
    this.saving = saving;
    this.alert = null;
    this.running = null;
    part("answer-snooze").addEventListener("click", () => (this.running ? this.end() : this.begin()));
  }

  show(alert) {
    if (alert.alert_id === this.alert?.alert_id) return;
    this.alert = alert;
    this.running = null;
    this.look(alert);
  }

  // Whether there is one already, perhaps begun at another alert.
  async look(alert) {
    const { snoozes } = await this.api.get("/api/snoozes").catch(() => ({ snoozes: [] }));
    if (alert !== this.alert) return;
    const isOfThis = (one) => one.account_id === alert.transaction.account_id && one.feature === (alert.reasons[0]?.feature ?? "");
    this.running = snoozes.find(isOfThis) ?? null;
    this.draw();
  }

  draw() {
    const button = part("answer-snooze");
    write(button, this.running ? "End snooze" : `Snooze ${HOURS}\u00a0h`);
    button.ariaDisabled = String(Boolean(this.saving.running));
    write(part("snooze-words"), this.running
      ? `Snoozed until ${clock(this.running.until_ms)}: people get no message about this account for this reason.`
      : "Snooze: people get no message about this account for the first reason. Its alerts stay listed here.");
  }

  begin() {
    const { alert } = this;
    return this.saving.run({}, async () => {
      const begun = await this.api.change("POST", `/api/alerts/${encodeURIComponent(alert.alert_id)}/snooze`, { hours: HOURS });
      if (alert === this.alert) this.running = begun;
      return "Saved.";
    });
  }

  end() {
    const { alert, running } = this;
    return this.saving.run({}, async () => {
      await this.api.change("DELETE", `/api/snoozes/${encodeURIComponent(running.account_id)}/${encodeURIComponent(running.feature)}`);
      if (alert === this.alert) this.running = null;
      return "Saved.";
    });
  }
}
