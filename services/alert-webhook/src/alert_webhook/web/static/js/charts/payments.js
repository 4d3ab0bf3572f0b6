// An account's recent payments as bars, the oldest at the left, the one alerted on last and in the warm colour.

import { part } from "../element.js";
import { whole } from "../words.js";
import { axis, bars, Chart, colour, faint, HAS_CHARTS } from "./chart.js";

const MIN_PLACES = 8;
const MAX_BAR_WIDTH = 44;
const AMOUNT_FEATURES = new Set(["amount_log", "amount_over_usual", "amount_spread"]);

export class PaymentsChart {
  constructor() {
    this.usual = null;
    this.count = 0;
    const paths = bars({ size: [0.7, MAX_BAR_WIDTH] });
    this.chart = new Chart(part("recent-chart"), {
      padding: [8, 8, 8, 0],
      cursor: { show: false },
      scales: {
        x: { time: false, range: () => [this.count - Math.max(MIN_PLACES, this.count) - 0.5, this.count - 0.5] },
        y: { range: (_, _lowest, highest) => [0, Math.max(highest ?? 1, this.usual ?? 0) * 1.1] },
      },
      axes: [axis({ show: false }), axis({ size: 56, gap: 8, space: 34, values: (_, values) => values.map(whole) })],
      series: [{}, series(paths, () => faint("accent", 0.55)), series(paths, () => colour("warm"))],
      hooks: { draw: [(plot) => this.drawUsual(plot)] },
    });
  }

  draw(alert) {
    const earlier = [...alert.recent].reverse().map((payment) => payment.amount_eur);
    const place = part("recent-chart");
    place.hidden = !HAS_CHARTS || !earlier.length;
    this.usual = alert.reasons.find((reason) => AMOUNT_FEATURES.has(reason.feature))?.usual ?? null;
    this.count = earlier.length + 1;
    const nothing = earlier.map(() => null);
    const data = [[...earlier, 0].map((_, number) => number), [...earlier, null], [...nothing, alert.amount_eur]];
    if (!place.hidden) this.chart.draw(data, summary(earlier, alert.amount_eur));
  }

  drawUsual(plot) {
    if (!this.usual) return;
    const pen = plot.ctx;
    const y = Math.round(plot.valToPos(this.usual, "y", true)) + 0.5;
    pen.save();
    pen.strokeStyle = colour("ink-soft");
    pen.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
    pen.lineWidth = devicePixelRatio;
    pen.beginPath();
    pen.moveTo(plot.bbox.left, y);
    pen.lineTo(plot.bbox.left + plot.bbox.width, y);
    pen.stroke();
    pen.restore();
  }
}

function series(paths, fill) {
  return { paths, fill, stroke: fill, width: 0, points: { show: false } };
}

function summary(earlier, amount) {
  const highest = earlier.reduce((most, value) => Math.max(most, value), 0);
  const before = `Amounts of the ${earlier.length} payments before in EUR, the highest ${Math.round(highest)}`;
  return `${before}; this one ${Math.round(amount)}.`;
}
