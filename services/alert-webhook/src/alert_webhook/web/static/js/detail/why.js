// Why it is an alert: the score against its threshold, and the reasons with their shares.

import { element, part, write } from "../element.js";
import { percent, spaced } from "../words.js";

export function showScore(alert) {
  const { score, threshold, quantile, segment, model_version: model, threshold_version: thresholds } = alert;
  part("score-below").style.width = `${threshold * 100}%`;
  part("score-above").style.width = `${(score - threshold) * 100}%`;
  write(part("score-value"), score.toFixed(3));
  write(part("score-threshold"), threshold.toFixed(3));
  write(part("score-words"),
    `${percent(quantile)} of the scores in the segment ${spaced(segment)} lie below that threshold. ` +
    `Model ${model}, thresholds ${thresholds}.`);
}

export function showReasons(reasons) {
  part("reasons").replaceChildren(...reasons.map(reasonItem));
  part("reasons-empty").hidden = reasons.length > 0;
}

function reasonItem({ text, share }) {
  const filled = element("i");
  filled.style.width = `${share * 100}%`;
  return element("li", { class: "reason" },
    element("span", { class: "reason-text" }, text),
    element("span", { class: "reason-bar", "aria-hidden": "true" }, filled),
    element("span", { class: "reason-share" }, `${Math.round(share * 100)}%`));
}
