// The list of alerts, the newest first. One row at a time takes part in the tab order; arrows move between rows.

import { part, write } from "../element.js";
import { counted } from "../words.js";
import { AlertRow } from "./row.js";

const TICK_MS = 5000;
const ROWS_AT_FIRST = matchMedia("(min-width: 1000px)").matches ? 50 : 20; // on a phone the charts come below them
const MORE_ROWS = 50;

export class AlertList {
  constructor(feed, open) {
    this.feed = feed;
    this.rows = new Map();
    this.selected = null;
    this.reachable = null;
    this.most = ROWS_AT_FIRST;
    this.list = part("alert-list");
    this.more = part("alerts-more");
    this.more.addEventListener("click", () => this.showMore());
    this.list.addEventListener("click", (event) => this.clicked(event, open));
    this.list.addEventListener("keydown", (event) => this.moved(event));
    this.list.addEventListener("focusin", (event) => this.reach(event.target.closest("a")));
    setInterval(() => this.tick(), TICK_MS);
  }

  draw() {
    const all = this.feed.shown;
    const views = all.slice(0, this.most);
    const wanted = new Set(views.map((view) => view.alert.alert_id));
    for (const [id, row] of this.rows) if (!wanted.has(id)) this.drop(id, row);
    let place = this.list.firstElementChild;
    for (const view of views) {
      const { item } = this.row(view);
      if (item === place) place = place.nextElementSibling;
      else this.list.insertBefore(item, place);
    }
    if (!this.reachable?.isConnected) this.reach(this.list.querySelector("a"));
    this.note(views.length, all.length);
  }

  // Of a new filter: from the top again.
  restart() {
    this.most = ROWS_AT_FIRST;
  }

  async showMore() {
    const last = this.list.lastElementChild;
    this.most += MORE_ROWS;
    if (this.feed.shown.length < this.most) await this.feed.older();
    this.draw();
    if (this.more.hidden) last?.querySelector("a").focus(); // the button just used is gone
  }

  row(view) {
    const id = view.alert.alert_id;
    const known = this.rows.get(id);
    if (known) {
      known.show(view);
      return known;
    }
    const row = new AlertRow(view);
    row.select(id === this.selected);
    this.rows.set(id, row);
    return row;
  }

  drop(id, row) {
    const hadFocus = row.item.contains(document.activeElement);
    const neighbour = row.item.nextElementSibling ?? row.item.previousElementSibling;
    row.item.remove();
    this.rows.delete(id);
    if (hadFocus) (neighbour?.querySelector("a") ?? part("alerts")).focus();
  }

  arrived(id) {
    this.rows.get(id)?.item.classList.add("is-new");
  }

  note(count, total) {
    const { isLoading, problem, next } = this.feed;
    part("alerts-empty").hidden = count > 0 || isLoading;
    this.list.hidden = count === 0;
    const all = next ? `the latest ${total}` : total ? counted(total, "alert") : "";
    write(part("alerts-note"), count && count < total ? `${count} of ${all}` : all);
    write(part("alerts-problem"), problem ? `The list may be incomplete: ${problem}` : "");
    part("alerts-problem").hidden = !problem;
    this.more.hidden = !next && !isLoading && count === total;
    write(this.more, isLoading ? "Loading …" : "Show older");
  }

  select(id) {
    this.rows.get(this.selected)?.select(false);
    this.selected = id;
    this.rows.get(id)?.select(true);
  }

  // Back to where the reader came from; false when that row is not listed.
  focus(id) {
    const row = this.rows.get(id);
    row?.link.focus();
    return Boolean(row);
  }

  reach(link) {
    if (!link) return;
    if (this.reachable) this.reachable.tabIndex = -1;
    link.tabIndex = 0;
    this.reachable = link;
  }

  clicked(event, open) {
    const link = event.target.closest("a");
    // what opens a new tab stays the browser's business
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    open(link.dataset.alert);
  }

  moved(event) {
    const links = [...this.list.querySelectorAll("a")];
    const at = links.indexOf(event.target.closest("a"));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
    if (to === undefined || at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    links[to]?.focus();
  }

  tick() {
    const now = Date.now();
    for (const row of this.rows.values()) row.tick(now);
  }
}
