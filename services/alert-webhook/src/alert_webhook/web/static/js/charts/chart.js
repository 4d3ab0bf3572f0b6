// A uPlot chart that fills its place, takes its colours from the style sheet and is described in words. If the
// library could not be loaded, the rest of the page works and says so.

const { uPlot } = window;
export const HAS_CHARTS = Boolean(uPlot);
const FONT = "12px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";

export class Chart {
  // `place`: an element with a height of its own; `options` as uPlot has them, without sizes.
  constructor(place, options) {
    this.place = place;
    this.options = options;
    this.plot = null;
    if (!HAS_CHARTS) return;
    new ResizeObserver(() => this.fit()).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.plot?.redraw(false));
  }

  draw(data, description) {
    this.place.setAttribute("aria-label", description);
    if (!HAS_CHARTS || !this.place.clientWidth) return; // not shown now
    if (this.plot) {
      this.plot.setData(data);
      return;
    }
    const { clientWidth: width, clientHeight: height } = this.place;
    this.plot = new uPlot({ width, height, legend: { show: false }, ...this.options }, data, this.place);
  }

  fit() {
    const { clientWidth: width, clientHeight: height } = this.place;
    if (!this.plot || !width) return;
    if (this.plot.width !== width || this.plot.height !== height) this.plot.setSize({ width, height });
  }
}

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function faint(name, alpha) {
  const hex = colour(name);
  return hex + Math.round(alpha * 255).toString(16).padStart(2, "0");
}

export function axis(more) {
  const grid = { stroke: () => colour("line"), width: 1 };
  const nothing = { show: false };
  return { stroke: () => colour("ink-soft"), font: FONT, grid, ticks: nothing, border: nothing, ...more };
}

// Seconds before the latest figures, running to zero at the right.
export function lastSeconds(length) {
  const splits = [-length, -length / 2, 0];
  const values = splits.map((at) => (at ? `${-at / 60} min ago` : "now"));
  return {
    scale: { time: false, range: [-length, 0] },
    axis: axis({ grid: { show: false }, splits, values, gap: 8, size: 26 }),
  };
}

export const POINTER = { y: false, drag: { x: false, y: false, setScale: false } };
export const bars = (options) => uPlot?.paths.bars(options);
