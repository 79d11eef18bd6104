"use strict";
// Filters, keys and the opening of rows. Without this script everything is in view.
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const findings = all("#findings details.finding");
  const routes = all(".matrix tbody");
  const filters = document.getElementById("filters");
  const routeFilters = document.getElementById("route-filters");

  const holds = (element, words) =>
    words.every((word) => element.dataset.words.includes(word) || element.textContent.toLowerCase().includes(word));
  const typed = (field) => field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const count = (output, shown, of) => { output.value = shown === of ? `${of} shown` : `${shown} of ${of} shown`; };

  if (filters) {
    const search = document.getElementById("search");
    const apply = () => {
      const levels = new Set(all("input[name=severity]:checked", filters).map((box) => box.value));
      const certain = filters.elements.certain.checked;
      const repair = filters.elements.repair.checked;
      const words = typed(search);
      let shown = 0;
      for (const one of findings) {
        const fits = levels.has(one.dataset.severity) && (!certain || one.dataset.confidence === "certain") &&
          (!repair || "repair" in one.dataset) && holds(one, words);
        one.hidden = !fits;
        shown += fits ? 1 : 0;
      }
      count(document.getElementById("shown"), shown, findings.length);
    };
    filters.addEventListener("input", apply);
    filters.addEventListener("submit", (event) => event.preventDefault());
    const toggle = document.getElementById("open-all");
    toggle.addEventListener("click", () => {
      const open = toggle.textContent === "Open all";
      findings.forEach((one) => { one.open = open; });
      toggle.textContent = open ? "Close all" : "Open all";
    });
    filters.hidden = false;
    apply();
  }

  const opened = (button, row, open) => { button.setAttribute("aria-expanded", String(open)); row.hidden = !open; };
  for (const head of all("th[data-opens]")) {
    const row = document.getElementById(head.dataset.opens);
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.setAttribute("aria-controls", row.id);
    button.addEventListener("click", () => opened(button, row, row.hidden));
    head.append(button);
    opened(button, row, false);
  }

  if (routeFilters) {
    const search = document.getElementById("route-search");
    const apply = () => {
      const words = typed(search);
      const alarming = routeFilters.elements.alarming.checked;
      let shown = 0;
      for (const one of routes) {
        const fits = (!alarming || "alarming" in one.dataset) && words.every((word) => one.dataset.words.includes(word));
        one.hidden = !fits;
        shown += fits ? 1 : 0;
      }
      count(document.getElementById("routes-shown"), shown, routes.length);
    };
    routeFilters.addEventListener("input", apply);
    routeFilters.addEventListener("submit", (event) => event.preventDefault());
    routeFilters.hidden = false;
    apply();
  }

  const reveal = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && target.matches("details")) {
      target.hidden = false;
      target.open = true;
      target.querySelector("summary").focus();
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", reveal);
  reveal();

  const step = (by) => {
    const shown = findings.filter((one) => !one.hidden);
    if (!shown.length) return;
    const here = shown.indexOf(document.activeElement.closest("details.finding"));
    const next = here < 0 ? (by > 0 ? 0 : shown.length - 1) : Math.min(Math.max(here + by, 0), shown.length - 1);
    shown[next].querySelector("summary").focus();
    shown[next].scrollIntoView({ block: "nearest" });
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input[type=search]")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "/" && filters) {
      event.preventDefault();
      document.getElementById("search").focus();
    } else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
  });

  // Paper has no way to open anything.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    closed.forEach((one) => { one.open = true; });
    all("tr.evidence").forEach((row) => { row.dataset.was = row.hidden ? "hidden" : ""; row.hidden = false; });
  });
  addEventListener("afterprint", () => {
    closed.forEach((one) => { one.open = false; });
    all("tr.evidence").forEach((row) => { row.hidden = row.dataset.was === "hidden"; });
  });
})();
