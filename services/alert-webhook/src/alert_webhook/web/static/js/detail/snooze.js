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
    const { account_id: account } = alert.transaction;
    const feature = alert.reasons[0]?.feature ?? "";
    this.running = snoozes.find((one) => one.account_id === account && one.feature === feature) ?? null;
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
      const path = `/api/alerts/${encodeURIComponent(alert.alert_id)}/snooze`;
      const begun = await this.api.change("POST", path, { hours: HOURS });
      if (alert === this.alert) this.running = begun;
      return "Saved.";
    });
  }

  end() {
    const { alert, running } = this;
    return this.saving.run({}, async () => {
      const names = [running.account_id, running.feature].map(encodeURIComponent);
      await this.api.change("DELETE", `/api/snoozes/${names.join("/")}`);
      if (alert === this.alert) this.running = null;
      return "Saved.";
    });
  }
}
