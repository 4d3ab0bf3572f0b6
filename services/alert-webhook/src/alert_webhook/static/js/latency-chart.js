// p50, p95 and p99 of the last two minutes, each line named at its end.

import { milliseconds } from "./figures.js";
import { Plot } from "./plot.js";

const LINES = [
  { name: "p50", width: 1.5, dash: [2, 3] },
  { name: "p95", width: 1.5, dash: [7, 4] },
  { name: "p99", width: 2.25, dash: [] },
];
const LABEL_HEIGHT = 15;
const STEPS = [1, 2, 2.5, 5, 10];

export class LatencyChart {
  constructor(page) {
    this.canvas = page.getElementById("latency-chart");
    this.empty = page.getElementById("latency-empty");
    this.plot = new Plot(this.canvas, 40);
  }

  draw(model) {
    const seconds = model.recent();
    const measured = seconds.filter((second) => second.latency);
    this.empty.hidden = measured.length > 0;
    const highest = Math.max(1, ...measured.map((second) => second.latency.p99_ms));
    const step = niceStep(highest / 3);
    const top = Math.ceil(highest / step) * step;
    this.plot.begin(0, top);
    this.plot.axes(multiples(step, top), shortly);
    if (!measured.length) return;
    const { at_ms: now } = model.latest;
    const accent = this.plot.colour("accent");
    for (const { name, width, dash } of LINES) {
      const points = seconds.map((second) => [(now - second.at_ms) / 1000, second.latency?.[`${name}_ms`] ?? null]);
      this.plot.line(points, { colour: accent, width, dash });
    }
    if (model.latest.latency) this.label(model.latest.latency);
    this.canvas.setAttribute("aria-label", this.summary(measured));
  }

  // Lines may end close together: labels are moved apart, the lowest one stays.
  label(latency) {
    const { pen } = this.plot;
    pen.fillStyle = this.plot.colour("ink-soft");
    pen.textAlign = "left";
    let lowest = this.plot.floor;
    for (const { name } of LINES) {
      const y = Math.min(this.plot.y(latency[`${name}_ms`]), lowest);
      pen.fillText(name, this.plot.end + 8, y);
      lowest = y - LABEL_HEIGHT;
    }
  }

  summary(measured) {
    const { p50_ms, p95_ms, p99_ms } = measured.at(-1).latency;
    const figures = [["p50", p50_ms], ["p95", p95_ms], ["p99", p99_ms]].map(([name, value]) => `${name} ${milliseconds(value)}`);
    const highest = Math.max(...measured.map((second) => second.latency.p99_ms));
    return `Latency of the last two minutes in milliseconds. Now ${figures.join(", ")}; highest p99 ${milliseconds(highest)}.`;
  }
}

// Room for four signs at the axis.
function shortly(value) {
  return value < 1000 ? value.toLocaleString("en") : `${(value / 1000).toLocaleString("en")} s`;
}

function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * STEPS.find((step) => step * power >= least);
}

function multiples(step, top) {
  return Array.from({ length: Math.round(top / step) + 1 }, (_, place) => place * step);
}
