// The form above the list.

import { part } from "../element.js";
import { Query } from "./query.js";

const TYPING_MS = 250;

export class FilterForm {
  constructor(changed) {
    this.form = part("filter");
    this.clear = part("filter-clear");
    this.changed = changed;
    this.asked = JSON.stringify(new Query());
    this.timer = null;
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.apply(); });
    this.form.addEventListener("change", () => this.apply());
    this.form.elements.text.addEventListener("input", () => this.soon());
    this.clear.addEventListener("click", () => this.set({}));
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.apply(), TYPING_MS);
  }

  // From elsewhere on the page: only what is given is filtered by.
  set({ severity = "", state = "", text = "" }) {
    const { elements } = this.form;
    elements.severity.value = severity;
    elements.state.value = state;
    elements.text.value = text;
    this.apply();
    if (this.clear.hidden) elements.text.focus(); // the button just used is gone
  }

  apply() {
    clearTimeout(this.timer);
    const query = new Query(Object.fromEntries(new FormData(this.form)));
    const asked = JSON.stringify(query);
    if (asked === this.asked) return;
    this.asked = asked;
    this.clear.hidden = query.isEmpty;
    this.changed(query);
  }
}
