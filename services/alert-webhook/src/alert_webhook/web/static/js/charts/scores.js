// Sampled scores of the last two minutes, against the threshold each was judged by.

import { part, write } from "../element.js";
import { WINDOW_SECONDS } from "../model.js";
import { axis, Chart, colour, faint, HAS_CHARTS, lastSeconds, POINTER } from "./chart.js";

const USUAL_RANGE = [0.3, 0.8];
const DIAMOND = 5;
const NOTHING = [[], [], []];

export class ScoreChart {
  constructor() {
    const time = lastSeconds(WINDOW_SECONDS);
    this.points = [];
    this.thresholds = [];
    this.chart = new Chart(part("score-chart"), {
      padding: [8, 14, 0, 0],
      cursor: { ...POINTER, points: { show: false } },
      scales: { x: time.scale, y: { range: () => this.range() } },
      axes: [time.axis, axis({ size: 40, gap: 8, space: 36, values: (_, values) => values.map(tenth) })],
      series: [{}, dots("accent", 3.4, 0.45), { paths: () => null, points: { show: false } }],
      hooks: {
        draw: [(plot) => this.drawThresholds(plot), (plot) => this.drawAnomalies(plot)],
        setCursor: [(plot) => this.read(plot)],
      },
    });
  }

  draw(model) {
    const seconds = model.recent().filter((second) => second.score_points.length);
    const now = model.latest?.at_ms ?? 0;
    this.points = seconds.flatMap((second) => placed(second, now));
    this.thresholds = seconds.map((second) => [(second.at_ms - now) / 1000, thresholdsOf(second)]);
    part("scores-empty").hidden = this.points.length > 0 || !HAS_CHARTS;
    const scores = (isAnomaly) => this.points.map((point) => (point.is_anomaly === isAnomaly ? point.score : null));
    const data = this.points.length ? [this.points.map((point) => point.x), scores(false), scores(true)] : NOTHING;
    this.chart.draw(data, summary(this.points));
  }

  range() {
    const values = this.points.flatMap((point) => [point.score, point.threshold]);
    const lowest = values.reduce((one, other) => Math.min(one, other), 1);
    const highest = values.reduce((one, other) => Math.max(one, other), 0);
    const [from, to] = USUAL_RANGE;
    return [Math.min(from, Math.floor(lowest * 10) / 10), Math.max(to, Math.ceil(highest * 10) / 10)];
  }

  // Each segment of accounts has a threshold of its own, so a second may show several.
  drawThresholds(plot) {
    const pen = plot.ctx;
    pen.save();
    pen.strokeStyle = colour("ink-soft");
    pen.lineWidth = 1.5 * devicePixelRatio;
    pen.setLineDash([5 * devicePixelRatio, 3 * devicePixelRatio]);
    for (const [value, [from, to]] of runs(this.thresholds)) {
      const y = plot.valToPos(value, "y", true);
      pen.beginPath();
      pen.moveTo(plot.valToPos(Math.max(from, -WINDOW_SECONDS), "x", true), y);
      pen.lineTo(plot.valToPos(to, "x", true), y);
      pen.stroke();
    }
    pen.restore();
  }

  // Diamonds, so that colour is not the only difference.
  drawAnomalies(plot) {
    const pen = plot.ctx;
    const half = DIAMOND * devicePixelRatio;
    pen.fillStyle = colour("warm");
    for (const { x, score } of this.points.filter((point) => point.is_anomaly)) {
      const [left, top] = [plot.valToPos(x, "x", true), plot.valToPos(score, "y", true)];
      pen.beginPath();
      for (const [right, down] of [[0, -half], [half, 0], [0, half], [-half, 0]]) pen.lineTo(left + right, top + down);
      pen.fill();
    }
  }

  read(plot) {
    const point = this.points[plot.cursor.idx];
    const figures = point && `score ${point.score.toFixed(3)}, threshold ${point.threshold.toFixed(3)}`;
    write(part("scores-readout"), figures && plot.cursor.left >= 0 ? `${Math.round(-point.x)} s ago: ${figures}` : "");
  }
}

function dots(name, size, alpha) {
  const fill = () => faint(name, alpha);
  return { paths: () => null, points: { show: true, size, width: 0, fill, stroke: fill } };
}

function tenth(value) {
  return value.toFixed(1);
}

function thresholdsOf({ score_points: points }) {
  return new Set(points.map((point) => point.threshold));
}

// Points stand where they arrived: within a second, in order. A replayed file's own times may be years ago.
function placed({ score_points: points, at_ms: at }, now) {
  return points.map((point, place) => ({ ...point, x: (at - now) / 1000 - 1 + (place + 0.5) / points.length }));
}

// Seconds in a row with the same threshold make one line.
function* runs(thresholds) {
  const open = new Map();
  for (const [at, values] of thresholds) {
    for (const value of values) {
      const run = open.get(value);
      if (run && at - 1 - run[1] < 1) run[1] = at;
      else {
        if (run) yield [value, run];
        open.set(value, [at - 1, at]);
      }
    }
  }
  yield* open;
}

function summary(points) {
  if (!points.length) return "No score in the last two minutes.";
  const anomalies = points.filter((point) => point.is_anomaly).length;
  const highest = points.reduce((most, point) => Math.max(most, point.score), 0);
  const counts = `${points.length} sampled, ${anomalies} anomalies`;
  return `Scores of the last two minutes: ${counts}, highest ${highest.toFixed(2)}.`;
}
