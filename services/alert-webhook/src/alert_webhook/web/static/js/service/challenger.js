// The challenger beside the champion: how both compare, and a person's word on it.

import { element, part, replace, write } from "../element.js";
import { clock } from "../times.js";
import { counted } from "../words.js";

const SHOWN_AFTER_MS = 24 * 3600 * 1000;
const STATES = {
  watching: "is being watched beside it",
  awaiting_approval: "has passed its gates and waits for a person",
  promoted: "serves now",
  rejected: "was rejected",
};
const MARKS = { true: "good", false: "warning", null: "waiting" };

export class Challenger {
  constructor(api) {
    this.api = api;
    this.report = null;
    this.seen = null;
    part("challenger-approve").addEventListener("click", () => this.say(true));
    part("challenger-reject").addEventListener("click", () => this.say(false));
  }

  show(report, now = Date.now()) {
    const isShown = report && (isOpen(report) || now - report.at_ms < SHOWN_AFTER_MS);
    part("challenger").hidden = !isShown;
    const seen = JSON.stringify(report);
    if (!isShown || seen === this.seen) return;
    this.seen = seen;
    if (this.report?.challenger_version !== report.challenger_version) this.restart();
    this.report = report;
    this.draw(report);
  }

  restart() {
    part("challenger-why").value = "";
    write(part("challenger-said"), "");
  }

  draw(report) {
    const { challenger_version: version, champion_version: champion, state } = report;
    write(part("challenger-title"), `Challenger: version ${version}`);
    const by = report.decided_by ? ` By ${report.decided_by}: ${report.decided_why}.` : "";
    write(part("challenger-state"), `The champion is version ${champion}; version ${version} ${STATES[state]}.${by}`);
    write(part("challenger-since"), `${counted(report.rows, "transaction")} since ${clock(report.since_ms)}, `
      + `${counted(report.frauds, "known fraud")}`);
    this.drawAlerts(report);
    replace(part("challenger-gates"), report.gates.map(gate));
    replace(part("challenger-one-sided"), report.one_sided.map(oneSided));
    part("challenger-one-sided-table").hidden = !report.one_sided.length;
    part("challenger-answer").hidden = !isOpen(report);
    part("challenger-approve").hidden = state !== "awaiting_approval";
  }

  drawAlerts({ champion_alerts: champions, challenger_alerts: mine, common_alerts: common }) {
    const counts = { champion: champions - common, both: common, challenger: mine - common };
    const whole = Math.max(1, champions + mine - common);
    for (const [name, count] of Object.entries(counts)) {
      part(`challenger-bar-${name}`).style.setProperty("flex-grow", String(count / whole));
      write(part(`challenger-count-${name}`), count.toLocaleString("en"));
    }
  }

  async say(isApproved) {
    const { report } = this;
    const said = part("challenger-said");
    const why = part("challenger-why").value.trim();
    if (!why) {
      write(said, "Say why: it stands in the registry.");
      part("challenger-why").focus();
      return;
    }
    write(said, "Saving …");
    try {
      const word = { challenger_version: report.challenger_version, is_approved: isApproved, why };
      await this.api.change("POST", "/api/challenger/approval", word);
      write(said, "Saved. The trainer carries it out within seconds.");
    } catch (problem) {
      write(said, `Not saved: ${problem.message}`);
    }
  }
}

function isOpen({ state }) {
  return state === "watching" || state === "awaiting_approval";
}

function gate({ name, is_passed: isPassed, sentence }) {
  return element("li", { class: "gate", data: { kind: MARKS[isPassed] } },
    element("b", {}, name), element("span", { class: "gate-sentence" }, ` ${sentence}`));
}

function oneSided(alert) {
  const truth = { true: "fraud", false: "sound", null: "not known" }[alert.is_fraud];
  return element("tr", {},
    element("td", {}, clock(alert.timestamp_ms)),
    element("td", {}, alert.transaction_id),
    element("td", {}, alert.raised_by),
    element("td", {}, `${alert.score.toFixed(3)} / ${alert.challenger_score.toFixed(3)}`),
    element("td", {}, truth));
}
