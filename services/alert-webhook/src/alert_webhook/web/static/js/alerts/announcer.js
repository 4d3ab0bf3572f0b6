// Announces new alerts to screen readers, one sentence at a time: many at once must not drown everything else.

import { part } from "../element.js";
import { counted, headline } from "../words.js";

const QUIET_MS = 10_000;
const RANKS = ["low", "medium", "high"];

export class Announcer {
  constructor() {
    this.unannounced = [];
    this.timer = null;
  }

  add({ alert }) {
    this.unannounced.push(alert);
    this.timer ??= setTimeout(() => this.announce(), QUIET_MS);
  }

  announce() {
    this.timer = null;
    const alerts = this.unannounced.splice(0);
    const [gravest] = alerts.sort((one, other) => RANKS.indexOf(other.severity) - RANKS.indexOf(one.severity));
    const words = `${gravest.severity}, ${headline(gravest)}, account ${gravest.transaction.account_id}`;
    const begin = alerts.length === 1 ? "New alert" : `${counted(alerts.length, "new alert")}. Most severe`;
    part("announcement").textContent = `${begin}: ${words}.`;
  }
}
