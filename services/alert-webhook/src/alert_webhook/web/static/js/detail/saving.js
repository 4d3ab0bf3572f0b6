// A change that is being saved. Only one at a time, and it says how it ended; another alert may be open by then.

import { part, write } from "../element.js";

export class Saving {
  constructor(drawn) {
    this.drawn = drawn;
    this.running = null;
    this.openAlert = null;
  }

  opened(id) {
    if (id === this.openAlert) return;
    this.openAlert = id;
    this.note(id, "");
  }

  // What is asked for the open alert and not answered yet.
  get asked() {
    return this.running?.id === this.openAlert ? this.running : null;
  }

  async run(asked, change) {
    if (this.running) return;
    const id = this.openAlert;
    this.running = { id, ...asked };
    this.note(id, "Saving …");
    this.drawn();
    try {
      this.note(id, await change());
    } catch (problem) {
      this.note(id, `Not saved: ${problem.message}`, true);
    }
    this.running = null;
    this.drawn();
  }

  note(id, text, isProblem = false) {
    if (text && id !== this.openAlert) return;
    part("answer-note").classList.toggle("is-problem", isProblem);
    write(part("answer-note"), text);
  }
}
