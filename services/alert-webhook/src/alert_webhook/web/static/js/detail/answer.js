// What people say of the alert. It shows what was asked at once, and takes it back when the service did not keep it.

import { part, write } from "../element.js";
import { ago, clock } from "../times.js";
import { Saving } from "./saving.js";
import { Snooze } from "./snooze.js";

export class AnswerBar {
  constructor(api, kept) {
    this.api = api;
    this.kept = kept;
    this.view = null;
    this.saving = new Saving(() => this.draw());
    this.snooze = new Snooze(api, this.saving);
    this.buttons = [[part("answer-fraud"), true], [part("answer-false-alarm"), false]];
    for (const [button, isFraud] of this.buttons) button.addEventListener("click", () => this.label(isFraud));
  }

  show(view) {
    this.view = view;
    this.saving.opened(view.alert.alert_id);
    this.snooze.show(view.alert);
    this.draw();
  }

  draw() {
    const { decision } = this.view;
    const isFraud = this.saving.asked?.isFraud ?? decision?.is_fraud;
    for (const [button, answer] of this.buttons) {
      button.ariaPressed = String(isFraud === answer);
      button.ariaDisabled = String(Boolean(this.saving.running));
    }
    this.snooze.draw();
    write(part("decision"), decision ? decisionWords(decision) : "No answer yet.");
  }

  label(isFraud) {
    const path = `/api/alerts/${encodeURIComponent(this.view.alert.alert_id)}/label`;
    return this.saving.run({ isFraud }, async () => {
      this.kept(await this.api.change("POST", path, { is_fraud: isFraud }));
      return "Saved.";
    });
  }
}

function decisionWords({ is_fraud: isFraud, by, at_ms: at }) {
  return `${isFraud ? "Confirmed as fraud" : "Called a false alarm"} by ${by}, ${clock(at)} (${ago(at)}).`;
}
