// Which alerts the list shows: as a question to the service, and as a test of alerts that come by themselves.

export const CAUSE = "cause:";
const ANY = "any";
const ACCOUNT_ID = /^[A-Za-z0-9._:@-]{1,64}$/;
const ALERT_ID = /^alert:[A-Za-z0-9._:@-]{1,64}$/;

export class Query {
  constructor({ severity = "", state = "", text = "" } = {}) {
    this.severity = severity;
    this.state = state;
    this.text = text.trim();
  }

  get isEmpty() {
    return !(this.severity || this.state || this.text);
  }

  // Whether it is worth asking: the service finds whole account ids, parts of ids are found among what is loaded.
  get isKnownToService() {
    return !this.text || ACCOUNT_ID.test(this.text) || this.alertId !== null;
  }

  get alertId() {
    return ALERT_ID.test(this.text) ? this.text : null;
  }

  get parameters() {
    const parameters = { severity: this.severity, account_id: this.text };
    if (this.state === "open") parameters.decided = false;
    else if (this.state === "answered") parameters.decided = true;
    else if (this.state.startsWith(CAUSE)) parameters.cause = this.state.slice(CAUSE.length);
    else if (this.state !== ANY) parameters.handling = this.state;
    return parameters;
  }

  matches(view) {
    return this.matchesSeverity(view) && this.matchesState(view) && this.matchesText(view);
  }

  matchesSeverity({ alert }) {
    return !this.severity || alert.severity === this.severity;
  }

  // What is suppressed for people stays out of sight until it is looked for.
  matchesState({ decision, handling, cause }) {
    if (!this.state) return Boolean(this.text) || handling !== "suppressed";
    if (this.state === "open") return !decision && handling !== "suppressed";
    if (this.state === "answered") return Boolean(decision);
    if (this.state.startsWith(CAUSE)) return cause === this.state.slice(CAUSE.length);
    return this.state === ANY || handling === this.state;
  }

  matchesText({ alert }) {
    const text = this.text.toLowerCase();
    const ids = [alert.transaction.account_id, alert.alert_id];
    return !text || ids.some((id) => id.toLowerCase().includes(text));
  }
}
