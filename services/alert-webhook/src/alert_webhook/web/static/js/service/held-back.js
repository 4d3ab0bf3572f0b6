// What people were not sent today, by cause; each opens the list of those.

import { CAUSE } from "../alerts/query.js";
import { element, part, replace } from "../element.js";
import { cause, CAUSES, whole } from "../words.js";

export class HeldBack {
  constructor(open) {
    this.open = open;
    this.seen = null;
  }

  show({ suppressed_today: counts = {} }) {
    const seen = JSON.stringify(counts);
    if (seen === this.seen) return;
    this.seen = seen;
    const names = Object.keys(counts).filter((name) => counts[name]);
    names.sort((one, other) => counts[other] - counts[one]);
    replace(part("held-back"), names.map((name) => element("li", {}, this.button(name, counts[name]))));
    part("held-back-empty").hidden = names.length > 0;
  }

  button(name, count) {
    const open = () => this.open(`${CAUSE}${name}`);
    const properties = { type: "button", class: "quiet", data: { key: name }, onclick: open };
    return element("button", properties, element("b", {}, whole(count)), ` ${cause(name)}`);
  }
}

// The causes as choices of the filter, in one place with their names.
export function addCauses() {
  part("filter-causes").replaceChildren(...Object.entries(CAUSES).map(([name, words]) =>
    element("option", { value: `${CAUSE}${name}` }, words[0].toUpperCase() + words.slice(1))));
}
