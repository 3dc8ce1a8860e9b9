// What the console adds where there is JavaScript: pages that change by themselves, and plots of their tables. Without it every page can be read.
"use strict";

// --- live: an event of the hub makes the page ask for itself again ---------------------------------------------------------------------
(() => {
  const address = document.body.dataset.live;
  const link = document.getElementById("link");
  if (!address || !link) return;
  let source = null, wait = 1000, due = null, broken = false;

  const say = (on) => {
    if (link.dataset.state === String(on)) return;
    link.dataset.state = String(on);
    link.textContent = on ? link.dataset.on : link.dataset.off;
  };
  const isWritten = () => {
    const active = document.activeElement;
    return active && active.matches("input, select, textarea") && active.closest("#live");
  };
  const refresh = () => {
    due = null;
    if (!document.getElementById("live")) return;
    if (isWritten()) return void soon(2000);
    htmx.ajax("GET", location.pathname + location.search, {target: "#live", select: "#live", swap: "outerMorph", headers: {"X-By-Itself": "1"}});
  };
  const soon = (ms) => { due ??= setTimeout(refresh, ms); };

  const open = () => {
    source = new EventSource(address);
    source.onopen = () => {
      say(true);
      wait = 1000;
      if (broken) { broken = false; refresh(); }
    };
    source.addEventListener("changed", () => soon(300));
    source.onerror = async () => {
      source.close();
      broken = true;
      say(false);
      setTimeout(open, wait);
      wait = Math.min(wait * 1.5, 10000);
    };
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { source?.close(); source = null; broken = true; }
    else if (!source) open();
  });
  addEventListener("pagehide", () => source?.close());
  open();
})();

// --- a page that could not be had asks again ------------------------------------------------------------------------------------------
for (const one of document.querySelectorAll("[data-again]")) setTimeout(() => location.reload(), 1000 * one.dataset.again);

// --- an answer that says that nobody is signed in leads to the door ----------------------------------------------------------------------
document.addEventListener("htmx:before:swap", (event) => {
  const raw = event.detail?.ctx?.response?.raw;
  if (raw?.redirected) { event.preventDefault(); location.reload(); }
});

// --- plots: drawn of what the figure holds; its table is closed then ---------------------------------------------------------------------
const plots = new Map();
function draw() {
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
    place.setAttribute("aria-label", figure.dataset.label);
    figure.prepend(place);
    figure.querySelector("details").open = false;
    const colour = (name) => getComputedStyle(figure).getPropertyValue(`--ds-color-${name}`).trim();
    const line = colour("neutral-border-subtle"), text = colour("neutral-text-subtle");
    const colours = ["accent-base-default", "success-base-default", "warning-base-default", "danger-base-default"].map(colour);
    const axis = {stroke: text, grid: {stroke: line, width: 0.5}, ticks: {show: false}, font: "12px Inter"};
    const size = () => ({width: place.clientWidth, height: place.clientHeight - 32});
    plot = new uPlot({
      ...size(),
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), figure.dataset.zone),
      cursor: {y: false, points: {size: 6}},
      axes: [{...axis, values: (u, splits, a, b, gap) => splits.map((at) => label(at, gap, figure.dataset.zone))}, {...axis, size: 44}],
      scales: {y: {range: (u, low, high) => [0, Math.max(1, high * 1.1)]}},
      series: [{label: figure.dataset.time, value: (u, at) => at == null ? "–" : label(at, 0, figure.dataset.zone)}, ...figure.dataset.names.split("|").map((name, number) => ({
        label: name, stroke: colours[number], width: 1.5, points: {show: false}, fill: number === 0 ? colours[0] + "18" : undefined,
      }))],
    }, [times, ...columns], place);
    plots.set(figure, plot);
    new ResizeObserver(() => plot.setSize(size())).observe(place);
  }
}
function label(seconds, gap, zone) {
  const at = new Date(seconds * 1000), language = document.documentElement.lang;
  const day = {day: "numeric", month: "short", timeZone: zone}, hour = {hour: "2-digit", minute: "2-digit", timeZone: zone};
  return new Intl.DateTimeFormat(language, gap >= 86400 ? day : gap > 0 ? hour : {...day, ...hour}).format(at);
}
draw();
document.addEventListener("htmx:after:swap", draw);
