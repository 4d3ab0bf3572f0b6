// The alerts this page knows, and which of them belong to the list as it is filtered now.

import { Query } from "./query.js";

const PAGE_LENGTH = 100;
const SNAPSHOT_LENGTH = 200; // as live_page/hub.py keeps: fewer are all there are
const FRESH_MS = 60_000;
const MAX_KEPT = 2000;
const NOT_FOUND = 404;

export class AlertFeed {
  constructor(api, changed) {
    this.api = api;
    this.changed = changed;
    this.known = new Map();
    this.listed = new Set();
    this.query = new Query();
    this.next = null; // id before which older ones are to be asked for; null: there are none
    this.isLoading = false;
    this.problem = null;
  }

  get shown() {
    const views = [...this.listed].map((id) => this.known.get(id));
    return views.filter((view) => this.query.matches(view)).sort(newestFirst);
  }

  // After each connection: the latest alerts, the oldest first.
  restart(views) {
    for (const view of views) this.keep(view);
    if (!this.query.isEmpty) return this.filter(this.query);
    const ids = views.map((view) => view.alert.alert_id);
    const goesOn = ids.some((id) => this.listed.has(id));
    // with a hole in between, what was listed before would look as if nothing had happened since
    if (!goesOn) this.listed.clear();
    for (const id of ids) this.listed.add(id);
    if (!goesOn) this.next = ids.length < SNAPSHOT_LENGTH ? null : ids[0];
    return this.changed();
  }

  // An answer to a question may come after the news of a change.
  keep(view) {
    const before = this.known.get(view.alert.alert_id);
    if (!before || before.revision <= view.revision) this.known.set(view.alert.alert_id, view);
  }

  // An alert that is new or changed; true when it has just come. One answered late may be new to this page only.
  add(view) {
    const { alert_id: id } = view.alert;
    const isNew = !this.known.has(id) && Date.now() - view.received_at_ms < FRESH_MS;
    this.keep(view);
    if (this.query.matches(view) && this.isRecent(view)) this.listed.add(id);
    if (this.query.isEmpty && this.known.size > MAX_KEPT) this.dropOldest();
    this.changed();
    return isNew;
  }

  // A page stays open for days; what it drops, "Show older" brings back.
  dropOldest() {
    const views = [...this.known.values()].sort(newestFirst);
    const [kept, gone] = [views.slice(0, MAX_KEPT / 2), views.slice(MAX_KEPT / 2)];
    for (const { alert } of gone) {
      this.known.delete(alert.alert_id);
      this.listed.delete(alert.alert_id);
    }
    this.next = kept.at(-1).alert.alert_id;
  }

  // Whether it belongs above what "show older" will bring.
  isRecent(view) {
    const oldest = this.shown.at(-1);
    return this.next === null || !oldest || view.received_at_ms >= oldest.received_at_ms;
  }

  // At once from what is known, then as the service says.
  async filter(query) {
    this.query = query;
    this.listed = this.matching();
    this.next = null;
    await this.load(query, null);
  }

  async older() {
    if (this.next && !this.isLoading) await this.load(this.query, this.next);
  }

  async load(query, before) {
    this.isLoading = true;
    this.problem = null;
    this.changed();
    try {
      const page = await this.ask(query, before);
      if (this.query !== query) return; // another filter meanwhile
      this.take(page, before);
    } catch (problem) {
      if (this.query !== query) return;
      this.problem = problem.message;
      this.next ??= before;
    }
    this.isLoading = false;
    this.changed();
  }

  async ask(query, before) {
    if (!query.isKnownToService) return { alerts: [], next: null };
    if (query.alertId) return { alerts: await this.named(query.alertId), next: null };
    return this.api.get("/api/alerts", { ...query.parameters, before, limit: PAGE_LENGTH });
  }

  async named(id) {
    try {
      return [await this.api.get(`/api/alerts/${encodeURIComponent(id)}`)];
    } catch (problem) {
      if (problem.status !== NOT_FOUND) throw problem;
      return [];
    }
  }

  take({ alerts, next }, before) {
    for (const view of alerts) this.keep(view);
    if (before === null) this.listed = this.query.text ? this.matching() : this.newerThan(alerts[0]);
    for (const view of alerts) this.listed.add(view.alert.alert_id);
    this.next = next;
  }

  matching() {
    return new Set([...this.known].filter(([, view]) => this.query.matches(view)).map(([id]) => id));
  }

  // What came by itself while the service was asked.
  newerThan(newest) {
    const from = newest?.received_at_ms ?? -Infinity;
    return new Set([...this.known].filter(([, view]) => view.received_at_ms > from).map(([id]) => id));
  }

  async find(id) {
    if (!this.known.has(id)) this.keep(await this.api.get(`/api/alerts/${encodeURIComponent(id)}`));
    return this.known.get(id);
  }
}

// Alerts that were taken in together have one time of arrival.
function newestFirst(one, other) {
  return (
    other.received_at_ms - one.received_at_ms ||
    other.alert.transaction.timestamp_ms - one.alert.transaction.timestamp_ms ||
    one.alert.alert_id.localeCompare(other.alert.alert_id)
  );
}
