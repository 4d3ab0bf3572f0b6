// The model and thresholds the detector uses, against those the registry says to use.

import { part, write } from "../element.js";
import { span } from "../times.js";

const LATE_MS = 2 * 60_000; // the detector takes a change over within seconds, on a busy machine within a minute (docs/adr/0022)

export class ModelInUse {
  constructor() {
    this.apartSince = null; // when this page first saw the two disagree
  }

  show(model, now) {
    const { latest, registry } = model;
    if (!latest) return;
    const { model_version: version, threshold_version: thresholds } = latest;
    write(part("model"), version === null ? "none yet" : `v${version}`);
    write(part("threshold-version"), thresholds === null ? "" : `thresholds v${thresholds}`);
    const { kind, text } = this.compared(version, thresholds, registry, now);
    write(part("model-note"), text);
    part("model-note").dataset.kind = kind;
  }

  compared(version, thresholds, registry, now) {
    const missing = registry?.reachable ? awaited(version, thresholds, registry) : null;
    if (!missing) this.apartSince = null;
    if (!registry || registry.reachable === null) return { kind: "plain", text: "" };
    if (registry.reachable === false) return { kind: "warning", text: "The registry does not answer." };
    if (registry.champion_version === null) return { kind: "plain", text: "The registry has no champion yet." };
    if (!missing) return { kind: "good", text: "The registry's champion" };
    this.apartSince ??= now;
    const passed = now - this.apartSince;
    if (passed < LATE_MS) return { kind: "waiting", text: `${missing} is being loaded` };
    return { kind: "warning", text: `${missing} should have been loaded ${span(passed)} ago: see the detector's log` };
  }
}

function awaited(version, thresholds, registry) {
  const { champion_version: champion, threshold_version: champions } = registry;
  if (champion !== null && champion !== version) return `Version ${champion}`;
  if (champions !== null && champions !== thresholds) return `Thresholds ${champions}`;
  return null;
}
