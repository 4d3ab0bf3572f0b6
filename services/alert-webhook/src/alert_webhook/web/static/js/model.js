// What the page knows of the stream and the service, and the one word it says about it.

export const WINDOW_SECONDS = 120;
const STALE_MS = 5000;
const RECENT_SECONDS = 10;
const LAG_WORTH_SAYING = 50;

export class Model {
  constructor() {
    this.isConnected = false;
    this.isLoggedOut = false;
    this.hasSnapshot = false;
    this.service = null;
    this.registry = null;
    this.challenger = null;
    this.history = [];
    this.receivedAt = -Infinity; // on this page's own clock: the server's may differ
  }

  restart(snapshot, now) {
    this.isConnected = true;
    this.isLoggedOut = false;
    this.hasSnapshot = true;
    this.service = snapshot.service;
    this.registry = snapshot.registry;
    this.challenger = snapshot.challenger;
    this.history = snapshot.history;
    this.receivedAt = snapshot.history_age_ms === null ? -Infinity : now - snapshot.history_age_ms;
  }

  add(metrics, now) {
    this.history.push(metrics);
    if (this.history.length > WINDOW_SECONDS) this.history.shift();
    this.receivedAt = now;
  }

  get latest() {
    return this.history.at(-1) ?? null;
  }

  // The seconds that belong into a picture of the last two minutes.
  recent(seconds = WINDOW_SECONDS) {
    if (!this.latest) return [];
    const from = this.latest.at_ms - seconds * 1000;
    return this.history.filter((second) => second.at_ms > from);
  }

  get isStale() {
    return !this.isConnected || performance.now() - this.receivedAt > STALE_MS;
  }

  state() {
    if (this.isLoggedOut) return { word: "disconnected", text: "You are not logged in any more." };
    if (!this.isConnected) {
      return this.hasSnapshot
        ? { word: "disconnected", text: "The service does not answer. Trying again." }
        : { word: "waiting", text: "Connecting." };
    }
    return this.serviceProblem() ?? this.streamState();
  }

  serviceProblem() {
    const { kafka_reachable: hasKafka, outbox_reachable: hasOutbox, intake_lag: lag } = this.service;
    if (!hasKafka) return { word: "waiting", text: "Kafka does not answer." };
    if (!hasOutbox) return { word: "waiting", text: "The outbox's database does not answer." };
    if (lag < LAG_WORTH_SAYING) return null;
    return { word: "waiting", text: `${lag.toLocaleString("en")} alerts wait to be taken in.` };
  }

  streamState() {
    if (!this.latest) return { word: "waiting", text: "No figures yet: the metrics sink has sent none." };
    if (this.isStale) return { word: "waiting", text: "No new figures: the metrics sink sends none." };
    const recent = this.recent(RECENT_SECONDS);
    const scored = recent.reduce((sum, second) => sum + second.scored, 0);
    const learning = recent.reduce((sum, second) => sum + second.learning, 0);
    if (scored > 0) return { word: "live", text: "Scoring every transaction." };
    if (learning > 0) {
      const seen = this.latest.transactions_total.toLocaleString("en");
      return { word: "learning", text: `No model yet, ${seen} transactions seen.` };
    }
    return { word: "waiting", text: "No transactions in the last ten seconds." };
  }
}
