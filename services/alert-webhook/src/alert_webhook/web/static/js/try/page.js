// Wires the form to the service and the answer to its place.

import { Api } from "../api.js";
import { part } from "../element.js";
import { letLogOut, showPerson } from "../figures.js";
import { PaymentForm } from "./form.js";
import { showLater, showProblem, showVerdict } from "./result.js";

const LATER_INTERVAL_MS = 500;
const MAX_LOOKS = 40; // for twenty seconds: a detector that is later than that does not run

const api = new Api(() => location.assign(`/login?${new URLSearchParams({ next: "/try" })}`));
const form = new PaymentForm(send);
let shown = null; // the payment whose answer is shown

async function send(payment) {
  const asked = performance.now();
  shown = null;
  try {
    const answer = await api.change("POST", "/api/try", payment);
    showVerdict(answer, performance.now() - asked);
    shown = answer.transaction_id;
    if (answer.basis === "fallback") lookLater(answer.transaction_id).catch(() => {}); // the answer stands without it
  } catch (problem) {
    showProblem(problem.message);
  }
}

async function lookLater(id) {
  for (let look = 0; look < MAX_LOOKS; look += 1) {
    await new Promise((resolve) => { setTimeout(resolve, LATER_INTERVAL_MS); });
    if (shown !== id) return;
    const { later } = await api.get(`/api/try/${id}`);
    if (later && shown === id) {
      showLater(later);
      return;
    }
  }
}

async function begin() {
  letLogOut(api);
  await showPerson(api);
  const { configured, accounts } = await api.get("/api/try");
  part("unset").hidden = configured;
  part("try").hidden = !configured;
  form.offer(accounts);
}

begin().catch((problem) => {
  part("try").hidden = false;
  showProblem(problem.message);
});
