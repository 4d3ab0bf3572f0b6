"use strict";
// The slider chooses a row of a cumulative table; everything shown is read or divided from that row.
(function () {
  const table = JSON.parse(document.getElementById("what-if-table").textContent);
  const slider = document.getElementById("threshold");
  const labelled = "caught" in table;
  const percent = (share, digits = 1) => (100 * share).toFixed(digits) + "\u00a0%";
  const whole = (value) => Math.round(value).toLocaleString("en-GB");
  const show = (name, text) => { const place = document.getElementById(name); if (place) place.textContent = text; };

  function update() {
    const step = Number(slider.value);
    const alerts = table.alerts[step];
    const perDay = alerts / table.days;
    show("now-threshold", table.threshold[step].toFixed(3));
    show("now-share", percent(alerts / table.rows, 2));
    show("now-alerts", perDay < 10 ? perDay.toFixed(1) : whole(perDay));
    if (labelled) {
      const caught = table.caught[step];
      show("now-precision", percent(caught / alerts));
      show("now-recall", table.fraud ? percent(caught / table.fraud) : "-");
      show("now-caught", whole(caught) + " of " + whole(table.fraud));
      show("now-false", whole(alerts - caught));
      show("now-money", whole(table.money_caught_eur[step]) + "\u00a0EUR");
      show("now-money-share", table.money_eur ? percent(table.money_caught_eur[step] / table.money_eur) + " of the money" : "");
      move(table.fraud ? caught / table.fraud : 0, caught / alerts);
    }
    slider.setAttribute("aria-valuetext", "threshold " + table.threshold[step].toFixed(3));
  }

  function move(recall, precision) {
    const mark = document.getElementById("here");
    if (!mark) return;
    const box = mark.dataset;
    mark.setAttribute("cx", Number(box.left) + recall * Number(box.width));
    mark.setAttribute("cy", Number(box.bottom) - precision * Number(box.height));
  }

  slider.max = table.alerts.length - 1;
  slider.value = table.start;
  slider.addEventListener("input", update);
  update();
})();
