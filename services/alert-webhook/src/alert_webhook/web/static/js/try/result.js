// The gateway's answer: the verdict in a word and a sentence, then score, reasons, rules and the rest.

import { showReasons } from "../detail/why.js";
import { element, part, write } from "../element.js";
import { milliseconds } from "../figures.js";
import { money } from "../words.js";

const WORDS = { allow: "Allow", review: "Review", challenge: "Challenge", decline: "Decline" };
const CAUSES = {
  deadline: "no outcome came in time",
  kafka: "Kafka took the payment too late or not at all",
  reading: "the gateway is behind with reading outcomes",
};

export function showProblem(text) {
  show({ problem: true });
  write(part("problem"), text);
}

export function showVerdict(answer, roundTrip) {
  show({ verdict: true });
  part("later").hidden = true;
  Object.assign(part("verdict").dataset, { verdict: answer.verdict, basis: answer.basis });
  write(part("verdict-word"), WORDS[answer.verdict] ?? answer.verdict);
  write(part("verdict-words"), sentence(answer));
  write(part("shadow"), answer.would_be ? `Shadow mode: without it the verdict would be ${answer.would_be}.` : "");
  showGrounds(answer);
  part("facts").replaceChildren(...facts(answer, roundTrip).map(([name, ...value]) =>
    element("div", { class: "fact" }, element("dt", {}, name), element("dd", {}, ...value))));
}

// After a fallback: what the answer would have been, had there been time for it.
export function showLater(verdict) {
  const given = WORDS[verdict.would_be ?? verdict.verdict] ?? verdict.verdict;
  part("later").hidden = false;
  write(part("later"), `The true verdict came ${milliseconds(verdict.spent_ms)} ms after the call: ${given}.`);
  showGrounds(verdict);
}

function showGrounds(verdict) {
  showScore(verdict);
  showReasons(verdict.reasons);
  write(part("reasons-empty"), withoutReasons(verdict));
  showRules(verdict.rules);
}

function show({ problem = false, verdict = false }) {
  part("nothing").hidden = true;
  part("problem").hidden = !problem;
  part("verdict").hidden = !verdict;
  part("answer").hidden = !verdict;
  if (!verdict) write(part("shadow"), "");
}

function sentence({ basis, fallback_cause: cause, spent_ms: spent, model_version: model, threshold_version: thresholds }) {
  const within = `in ${milliseconds(spent)} ms`;
  if (basis === "model") return `Answered ${within}, by model ${model} and thresholds ${thresholds}.`;
  if (basis === "rules") return `Answered ${within}, by rules alone: no model judged.`;
  return `Answered ${within} as the policy says, because ${CAUSES[cause] ?? cause}. The true verdict comes later, as verdict.late.`;
}

function withoutReasons({ basis, severity }) {
  if (basis === "fallback") return "Not known: there is no outcome yet.";
  if (basis === "rules") return "None: no model judged.";
  return severity ? "None stands out: the whole of its features is unusual." : "None: the payment does not stand out.";
}

function showScore({ score, threshold }) {
  const isScored = score !== null && threshold !== null;
  part("score-section").hidden = !isScored;
  if (!isScored) return;
  part("score-below").style.width = `${Math.min(score, threshold) * 100}%`;
  part("score-above").style.width = `${Math.max(score - threshold, 0) * 100}%`;
  part("score-mark").style.left = `${threshold * 100}%`;
  write(part("score-value"), score.toFixed(3));
  write(part("score-threshold"), threshold.toFixed(3));
}

function showRules(rules) {
  part("rules").replaceChildren(...rules.map(({ rule, verdict, text }) =>
    element("li", { class: "rule", data: { verdict } },
      element("b", {}, WORDS[verdict] ?? verdict),
      element("div", {}, text, element("span", {}, rule)))));
  part("rules-empty").hidden = rules.length > 0;
}

function facts(answer, roundTrip) {
  const alert = `alert:${answer.transaction_id}`;
  return [
    ["Payment", answer.transaction_id],
    ["Account", answer.account_id],
    ["Amount", money(answer.amount_eur, "EUR")],
    ["Accepted by Kafka", answer.accepted ? "yes" : "not known"],
    ["Policy", answer.policy],
    ["Request", answer.request_id],
    ["Round trip", `${milliseconds(roundTrip)} ms`],
    answer.severity && ["Alert", element("a", { href: `/?${new URLSearchParams({ alert })}` }, "on the live page")],
  ].filter(Boolean);
}
