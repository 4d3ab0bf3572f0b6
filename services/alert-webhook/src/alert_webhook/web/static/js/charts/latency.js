// Sent to scored, p50 and p99 of the last two minutes.

import { part, write } from "../element.js";
import { milliseconds } from "../figures.js";
import { WINDOW_SECONDS } from "../model.js";
import { axis, Chart, colour, faint, HAS_CHARTS, lastSeconds, POINTER } from "./chart.js";

const HOLE_MS = 2500;

export class LatencyChart {
  constructor() {
    const time = lastSeconds(WINDOW_SECONDS);
    this.chart = new Chart(part("latency-chart"), {
      padding: [8, 14, 0, 0],
      cursor: { ...POINTER, points: { size: 6, width: 0, fill: () => colour("accent") } },
      scales: { x: time.scale, y: { range: (_, _lowest, highest) => [0, Math.max(1, (highest ?? 0) * 1.12)] } },
      axes: [time.axis, axis({ size: 40, gap: 8, values: (_, values) => values.map(shortly), space: 34 })],
      series: [{}, line("p50", 1.5, [2, 3]), line("p99", 2, [])],
      bands: [{ series: [2, 1], fill: () => faint("accent", 0.1) }],
      hooks: { setCursor: [(plot) => this.read(plot)] },
    });
  }

  draw(model) {
    const seconds = withHoles(model.recent());
    const measured = seconds.filter((second) => second.latency);
    const now = model.latest?.at_ms ?? 0;
    part("latency-empty").hidden = measured.length > 0 || !HAS_CHARTS;
    this.seconds = seconds;
    const values = (name) => seconds.map((second) => second.latency?.[name] ?? null);
    const data = [seconds.map((second) => (second.at_ms - now) / 1000), values("p50_ms"), values("p99_ms")];
    this.chart.draw(data, summary(measured));
  }

  read(plot) {
    const latency = plot.cursor.left >= 0 ? this.seconds?.[plot.cursor.idx]?.latency : null;
    const ago = Math.round(-(plot.data[0][plot.cursor.idx] ?? 0));
    const figures = latency && `p50 ${milliseconds(latency.p50_ms)} ms, p99 ${milliseconds(latency.p99_ms)} ms`;
    write(part("latency-readout"), figures ? `${ago} s ago: ${figures}` : "");
  }
}

function line(label, width, dash) {
  return { label, width, dash, stroke: () => colour("accent"), points: { show: false } };
}

// A line must not run across seconds without figures.
function withHoles(seconds) {
  return seconds.flatMap((second, place) => {
    const before = seconds[place - 1];
    const isHole = before && second.at_ms - before.at_ms > HOLE_MS;
    return isHole ? [{ at_ms: before.at_ms + 1000, latency: null }, second] : [second];
  });
}

// Room for four signs at the axis.
function shortly(value) {
  return value < 1000 ? value.toLocaleString("en") : `${(value / 1000).toLocaleString("en")} s`;
}

function summary(measured) {
  if (!measured.length) return "No latency in the last two minutes.";
  const { p50_ms: p50, p99_ms: p99 } = measured.at(-1).latency;
  const highest = measured.reduce((most, second) => Math.max(most, second.latency.p99_ms), 0);
  const now = `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`;
  return `Latency of the last two minutes in milliseconds. Now ${now}; highest p99 ${milliseconds(highest)}.`;
}
