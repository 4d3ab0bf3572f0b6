// Wires the stream of events to the views.

import { Announcer } from "./alerts/announcer.js";
import { AlertFeed } from "./alerts/feed.js";
import { FilterForm } from "./alerts/filter.js";
import { AlertList } from "./alerts/list.js";
import { Api } from "./api.js";
import { HAS_CHARTS } from "./charts/chart.js";
import { LatencyChart } from "./charts/latency.js";
import { ScoreChart } from "./charts/scores.js";
import { DetailPanel } from "./detail/panel.js";
import { part, write } from "./element.js";
import { letLogOut, showFigures, showPerson } from "./figures.js";
import { Model } from "./model.js";
import { Challenger } from "./service/challenger.js";
import { showGateway } from "./service/gateway.js";
import { addCauses, HeldBack } from "./service/held-back.js";
import { ModelInUse } from "./service/model-in-use.js";
import { Receivers } from "./service/receivers.js";
import { listen } from "./stream.js";

const model = new Model();
const api = new Api(() => { model.isLoggedOut = true; show(); });
const feed = new AlertFeed(api, () => soon("list", () => list.draw()));
const detail = new DetailPanel({
  feed,
  api,
  opened: (id) => list.select(id),
  closed: (id) => {
    list.select(null);
    soon("charts", drawCharts);
    if (!list.focus(id)) part("alerts").focus();
  },
});
const list = new AlertList(feed, (id) => detail.open(id));
const filter = new FilterForm((query) => { list.restart(); feed.filter(query); });
const announcer = new Announcer();
const charts = [new ScoreChart(), new LatencyChart()];
const modelInUse = new ModelInUse();
const challenger = new Challenger(api);
const receivers = new Receivers(api);
const heldBack = new HeldBack((state) => { filter.set({ state }); part("alerts").scrollIntoView(); });
const due = new Map();

// Drawn once a frame at most, however much arrives.
function soon(name, draw) {
  if (!due.size) requestAnimationFrame(drawDue);
  due.set(name, draw);
}

function drawDue() {
  const draws = [...due.values()];
  due.clear();
  for (const draw of draws) draw();
}

function drawCharts() {
  for (const chart of charts) chart.draw(model);
}

function show() {
  showFigures(model);
  modelInUse.show(model, performance.now());
  showGateway(model.latest?.gateway, api.session?.can_try);
  challenger.show(model.challenger);
  if (model.service) {
    receivers.show(model.service);
    heldBack.show(model.service);
    const isLearning = model.state().word === "learning";
    const none = isLearning ? "No alert yet: alerts begin with the first model" : "No alert yet";
    write(part("alerts-empty"), feed.known.size ? "No alert matches" : none);
  }
  soon("charts", drawCharts);
}

function alertCame(view) {
  const isNew = feed.add(view);
  detail.changed(view);
  if (!isNew || !feed.query.matches(view)) return;
  announcer.add(view);
  soon("arrived", () => list.arrived(view.alert.alert_id));
}

addCauses();
letLogOut(api);
part("charts-missing").hidden = HAS_CHARTS;
listen({
  lost: () => {
    if (model.isConnected) showPerson(api).catch(() => {}); // shows whether the session ended
    model.isConnected = false;
    show();
  },
  snapshot: (snapshot) => {
    model.restart(snapshot, performance.now());
    feed.restart(snapshot.alerts);
    for (const view of snapshot.alerts) detail.changed(view);
    show();
  },
  metrics: (metrics) => { model.add(metrics, performance.now()); show(); },
  alert: alertCame,
  service: (service) => { model.service = service; show(); },
  challenger: (report) => { model.challenger = report; show(); },
  registry: (registry) => { model.registry = registry; show(); },
});
showPerson(api).catch(() => {}); // the state says that the service does not answer
detail.follow();
setInterval(show, 1000); // silence changes the state as well
