// Wires the stream of events to the views. All state is in `model`; each view draws from it.

import { AlertList } from "./alert-list.js";
import { showFigures } from "./figures.js";
import { LatencyChart } from "./latency-chart.js";
import { Model } from "./model.js";
import { ScoreChart } from "./score-chart.js";
import { listen } from "./stream.js";

const model = new Model();
const alerts = new AlertList(document);
const charts = [new ScoreChart(document), new LatencyChart(document)];
let drawingIsDue = false;

function show() {
  showFigures(document, model);
  alerts.showService(model);
  if (!drawingIsDue) {
    drawingIsDue = true;
    requestAnimationFrame(() => {
      drawingIsDue = false;
      for (const chart of charts) chart.draw(model);
    });
  }
}

listen({
  connected: (isConnected) => { model.isConnected = isConnected; show(); },
  snapshot: (snapshot) => { model.restart(snapshot, performance.now()); alerts.restart(snapshot.alerts); show(); },
  metrics: (metrics) => { model.add(metrics, performance.now()); show(); },
  alert: (alert) => alerts.add(alert),
  service: (service) => { model.service = service; show(); },
});

setInterval(show, 1000); // silence changes the state as well
new ResizeObserver(show).observe(document.body);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
