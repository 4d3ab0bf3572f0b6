// Sampled scores over time, against the threshold each was judged by.

import { Plot } from "./plot.js";

const USUAL_RANGE = [0.3, 0.8];

export class ScoreChart {
  constructor(page) {
    this.canvas = page.getElementById("score-chart");
    this.empty = page.getElementById("scores-empty");
    this.plot = new Plot(this.canvas, 10);
  }

  draw(model) {
    const seconds = model.recent().filter((second) => second.score_points.length);
    this.empty.hidden = seconds.length > 0;
    const points = seconds.flatMap((second) => second.score_points);
    const values = points.flatMap((point) => [point.score, point.threshold]);
    const from = Math.min(USUAL_RANGE[0], Math.floor(Math.min(1, ...values) * 10) / 10);
    const to = Math.max(USUAL_RANGE[1], Math.ceil(Math.max(0, ...values) * 10) / 10);
    this.plot.begin(from, to);
    this.plot.axes(tenths(from, to), (value) => value.toFixed(1));
    if (!seconds.length) return;
    const now = model.latest.at_ms;
    for (const second of seconds) this.points(second, now, false);
    for (const second of seconds) this.thresholds(second, now);
    for (const second of seconds) this.points(second, now, true);
    this.canvas.setAttribute("aria-label", summary(points));
  }

  // Points stand where they arrived: within a second, in order. A replayed file's own times may be years ago.
  points(second, now, isAnomaly) {
    const { plot } = this;
    const { pen } = plot;
    const { score_points: points, at_ms: at } = second;
    pen.fillStyle = plot.colour(isAnomaly ? "warm" : "accent");
    pen.globalAlpha = isAnomaly ? 1 : 0.42;
    points.forEach((point, place) => {
      if (point.is_anomaly !== isAnomaly) return;
      const x = plot.x((now - at) / 1000 + 1 - (place + 0.5) / points.length);
      const y = plot.y(point.score);
      pen.beginPath();
      if (isAnomaly) diamond(pen, x, y, 5);
      else pen.arc(x, y, 1.7, 0, 2 * Math.PI);
      pen.fill();
    });
    pen.globalAlpha = 1;
  }

  // Each segment of accounts has a threshold of its own, so a second may show several.
  thresholds(second, now) {
    const { pen } = this.plot;
    pen.fillStyle = this.plot.colour("ink-soft");
    const width = Math.max(2, this.plot.secondWidth * 0.6);
    for (const threshold of new Set(second.score_points.map((point) => point.threshold))) {
      pen.fillRect(this.plot.x((now - second.at_ms) / 1000 + 1), this.plot.y(threshold) - 0.75, width, 1.5);
    }
  }
}

function diamond(pen, x, y, half) {
  pen.moveTo(x, y - half);
  pen.lineTo(x + half, y);
  pen.lineTo(x, y + half);
  pen.lineTo(x - half, y);
  pen.closePath();
}

function tenths(from, to) {
  return Array.from({ length: Math.round((to - from) * 10) + 1 }, (_, place) => from + place / 10);
}

function summary(points) {
  const anomalies = points.filter((point) => point.is_anomaly).length;
  const highest = Math.max(...points.map((point) => point.score));
  return `Scores of the last two minutes: ${points.length} sampled, ${anomalies} anomalies, highest ${highest.toFixed(2)}.`;
}
