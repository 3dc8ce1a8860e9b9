// What the console adds where there is JavaScript: pages that change by themselves, and plots of their tables. Without it every page can be read.
"use strict";

// --- live: when a list that the page shows has changed, it asks for itself again --------------------------------------------------------
(() => {
  const address = document.body.dataset.live;
  const link = document.getElementById("link");
  if (!address || !link) return;
  const SOON = 300, SETTLED = 1500, APART = 2000;  // milliseconds: after news; for what changed while the page came; between two questions
  let opened = [], source = null, wait = 1000, due = null, last = 0, broken = false, next = null, earliest = 0;

  const say = (on) => {
    if (link.dataset.state === String(on)) return;
    link.dataset.state = String(on);
    link.textContent = on ? link.dataset.on : link.dataset.off;
  };
  const shown = () => document.getElementById("live");
  const isInHand = () => {
    const part = shown(), active = document.activeElement;
    return part?.querySelector("details.deed[open]") || (active?.matches("input, select, textarea") && part?.contains(active));
  };
  const refresh = () => {
    due = null;
    if (!shown()) return;
    if (isInHand()) return void soon(2000);
    last = Date.now();
    opened = [...shown().querySelectorAll("details.went-well[open]")].map((one) => one.id);
    const headers = {"X-By-Itself": "1"};
    htmx.ajax("GET", location.pathname + location.search, {target: "#live", select: "#live", swap: "outerMorph", headers});
  };
  document.addEventListener("htmx:after:swap", () => {  // what somebody has opened stays open
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  });
  const soon = (ms) => { due ??= setTimeout(refresh, Math.max(ms, last + APART - Date.now())); };

  const open = () => {
    source = new EventSource(address);
    source.onopen = () => {
      say(true);
      wait = 1000;
      if (broken) { broken = false; last = 0; refresh(); } else soon(SETTLED);
    };
    source.addEventListener("changed", (event) => {
      const names = event.data.split(" "), wanted = shown()?.dataset.of?.split(" ");
      if (names.some((name) => wanted ? wanted.includes(name) : name !== "overview")) soon(SOON);
    });
    source.addEventListener("end", (event) => {
      if (event.data === "signed-out") location.reload();
      else again(event.data === "too-many" ? 60000 : wait);  // two pages at the limit would end each other's turn in a round
    });
    source.onerror = () => again(wait);
  };
  const close = () => {
    clearTimeout(next);
    clearTimeout(due);
    due = null;
    source?.close();
    source = null;
    broken = true;
  };
  const after = (ms) => {
    earliest = Date.now() + ms;
    next = setTimeout(open, ms);
  };
  const again = (ms) => {
    close();
    say(false);
    after(ms);
    wait = Math.min(wait * 1.5, 10000);
  };
  document.addEventListener("visibilitychange", () => {
    close();
    if (!document.hidden) after(Math.max(0, earliest - Date.now()));
  });
  addEventListener("pagehide", close);
  open();
})();

// --- a page that could not be had asks again ------------------------------------------------------------------------------------------
for (const one of document.querySelectorAll("[data-again]")) setTimeout(() => location.reload(), 1000 * one.dataset.again);

// --- an answer that says that nobody is signed in leads to the door ----------------------------------------------------------------------
document.addEventListener("htmx:before:swap", (event) => {
  const raw = event.detail?.ctx?.response?.raw;
  if (raw?.redirected) { event.preventDefault(); location.reload(); }
});

// --- a field that is not filled in as it must be says so in the page's language, not the browser's --------------------------------------
document.addEventListener("invalid", ({target}) => {
  const {needed, neededChoice, neededNumber} = document.body.dataset, isChoice = target.matches("select, [type=checkbox], [type=radio]");
  if (target.validity.valueMissing) target.setCustomValidity(isChoice ? neededChoice : needed);
  else if (target.type === "number") target.setCustomValidity(neededNumber);
}, true);
for (const kind of ["input", "change"]) document.addEventListener(kind, ({target}) => target.setCustomValidity?.(""), true);

// --- plots: drawn of what the figure holds; its table is closed then ---------------------------------------------------------------------
const plots = new Map();
function draw() {
  if (typeof uPlot === "undefined") return;  // it does not load where the browser names no language that it knows: the tables stay open
  for (const [figure, plot] of plots) if (!figure.isConnected) { plot.destroy(); plots.delete(figure); }
  for (const figure of document.querySelectorAll("figure[data-plot]")) {
    const {start, step, series} = JSON.parse(figure.dataset.plot);
    const columns = Object.values(series);
    const times = columns[0].map((_, number) => start + number * step);
    let plot = plots.get(figure);
    if (plot && plot.root.isConnected) { plot.setData([times, ...columns]); continue; }
    const place = document.createElement("div");
    place.className = "drawn";
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", `${figure.dataset.label}, ${figure.dataset.unit}`);
    figure.prepend(place);
    const unit = document.createElement("p");
    unit.className = "hint";
    unit.textContent = figure.dataset.unit;
    figure.prepend(unit);
    figure.querySelector("details").open = false;
    const colour = (name) => getComputedStyle(figure).getPropertyValue(`--ds-color-${name}`).trim();
    const line = colour("neutral-border-subtle"), text = colour("neutral-text-subtle");
    const colours = ["accent-base-default", "success-base-default", "warning-border-default", "danger-base-default"].map(colour);
    const axis = {stroke: text, grid: {stroke: line, width: 0.5}, ticks: {show: false}, font: "12px Inter"};
    const size = () => ({width: place.clientWidth, height: 224});
    plot = new uPlot({
      ...size(),
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), figure.dataset.zone),
      cursor: {y: false, points: {size: 6}},
      axes: [{...axis, values: (u, splits, a, b, gap) => splits.map((at) => label(at, gap, figure.dataset.zone))}, {...axis, size: 44, values: (u, splits) => splits.map(written)}],
      scales: {y: {range: (u, low, high) => [0, Math.max(1, high * 1.1)]}},
      series: [{label: figure.dataset.time, value: (u, at) => at == null ? figure.dataset.point : label(at, 0, figure.dataset.zone)}, ...figure.dataset.names.split("|").map((name, number) => ({
        label: name, stroke: colours[number], width: 1.5, value: (u, count) => count == null ? "" : written(count), points: {show: false}, fill: number === 0 ? colours[0] + "18" : undefined,
      }))],
    }, [times, ...columns], place);
    plots.set(figure, plot);
    new ResizeObserver(() => plot.setSize(size())).observe(place);
  }
}
function written(number) {
  return new Intl.NumberFormat(document.documentElement.lang).format(number);
}
function label(seconds, gap, zone) {
  const at = new Date(seconds * 1000), language = document.documentElement.lang;
  const day = {day: "numeric", month: "short", timeZone: zone}, hour = {hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone};
  return new Intl.DateTimeFormat(language, gap >= 86400 ? day : gap > 0 ? hour : {...day, ...hour}).format(at);
}
draw();
document.addEventListener("htmx:after:swap", draw);
