// The service's API, with the session's proof that a change was asked for on this page.

export class ApiProblem extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

export class Api {
  constructor(loggedOut) {
    this.loggedOut = loggedOut;
    this.session = null;
  }

  async renewSession() {
    this.session = await this.get("/api/session");
    return this.session;
  }

  get(path, query = {}) {
    const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
    const search = new URLSearchParams(given).toString();
    return this.ask("GET", search ? `${path}?${search}` : path);
  }

  // A service that was started again may refuse the old proof: a fresh one is tried once.
  async change(method, path, body) {
    if (!this.session) await this.renewSession();
    try {
      return await this.ask(method, path, body);
    } catch (problem) {
      const refused = this.session.csrf_token;
      if (![400, 403].includes(problem.status) || (await this.renewSession()).csrf_token === refused) throw problem;
      return this.ask(method, path, body);
    }
  }

  async ask(method, path, body) {
    const request = { method, headers: { Accept: "application/json" }, credentials: "same-origin" };
    if (method !== "GET") {
      request.headers["X-CSRFToken"] = this.session.csrf_token;
    }
    if (body) {
      request.headers["Content-Type"] = "application/json";
      request.body = JSON.stringify(body);
    }
    let response;
    try {
      response = await fetch(path, request);
    } catch {
      throw new ApiProblem("The service does not answer.", 0);
    }
    if (response.status === 401) this.loggedOut();
    const answer = await response.json().catch(() => null);
    if (!response.ok) throw new ApiProblem(said(answer, response.status), response.status);
    return answer;
  }
}

function said(answer, status) {
  if (typeof answer?.error === "string") return answer.error;
  if (status === 401) return "You are not logged in any more.";
  return `The service answered ${status}.`;
}
