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
