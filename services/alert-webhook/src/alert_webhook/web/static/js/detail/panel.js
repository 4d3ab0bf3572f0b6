// One alert in full: beside the list where there is room, over everything on a phone. Its address is /?alert=<id>.

import { part, write } from "../element.js";
import { AnswerBar } from "./answer.js";
import { showDelivery } from "./delivery.js";
import { Episode } from "./episode.js";
import { showFacts } from "./facts.js";
import { RecentPayments } from "./recent.js";
import { showReasons, showScore } from "./why.js";

const WIDE = matchMedia("(min-width: 1000px)");

export class DetailPanel {
  constructor({ feed, api, opened, closed }) {
    this.feed = feed;
    this.api = api;
    this.opened = opened;
    this.closed = closed;
    this.id = null;
    this.dialog = part("detail");
    this.answer = new AnswerBar(api, (view) => this.feed.add(view));
    this.recent = new RecentPayments();
    this.episode = new Episode(api, (id) => this.open(id));
    part("detail-close").addEventListener("click", () => this.close());
    this.dialog.addEventListener("cancel", (event) => { event.preventDefault(); this.close(); });
    document.addEventListener("keydown", (event) => this.escaped(event));
    addEventListener("popstate", () => this.follow());
    WIDE.addEventListener("change", () => { if (this.id) this.place(); });
  }

  // What the address says: at the start, and when the browser goes back or forward.
  async follow() {
    const id = new URLSearchParams(location.search).get("alert");
    if (id) await this.show(id);
    else if (this.id) this.hide();
  }

  async open(id) {
    if (id !== this.id) history.pushState(null, "", `/?${new URLSearchParams({ alert: id })}`);
    await this.show(id);
  }

  close() {
    history.pushState(null, "", "/");
    this.hide();
  }

  async show(id) {
    this.id = id;
    this.opened(id);
    this.clear();
    this.place();
    try {
      const view = await this.feed.find(id);
      if (this.id === id) this.draw(view);
    } catch (problem) {
      if (this.id === id) this.fail(problem);
    }
  }

  place() {
    this.dialog.close();
    if (WIDE.matches) this.dialog.show();
    else this.dialog.showModal();
    document.body.classList.add("has-detail");
    this.dialog.scrollTop = 0;
    part("detail-title").focus({ preventScroll: WIDE.matches });
  }

  hide() {
    const { id } = this;
    this.id = null;
    this.dialog.close();
    document.body.classList.remove("has-detail");
    this.closed(id);
  }

  clear() {
    write(part("detail-title"), "Loading …");
    part("detail-body").hidden = true;
    part("detail-problem").hidden = true;
  }

  fail({ message }) {
    write(part("detail-title"), "This alert cannot be shown");
    write(part("detail-problem"), message);
    part("detail-problem").hidden = false;
  }

  // A change of an alert that may be the one shown.
  changed(view) {
    if (view.alert.alert_id === this.id) this.draw(view);
  }

  draw(view) {
    part("detail-body").hidden = false;
    showFacts(view);
    this.answer.show(view);
    showScore(view.alert);
    showReasons(view.alert.reasons);
    this.recent.show(view.alert);
    this.episode.show(view);
    showDelivery(view, this.api);
  }

  escaped(event) {
    const isTyping = event.target instanceof HTMLInputElement;
    if (event.key === "Escape" && this.id && !this.dialog.matches(":modal") && !isTyping) this.close();
  }
}
