"use strict";
{
  // This runs before the hybrids below the table are read: of many, the table can be used meanwhile.
  const table = document.getElementById("table");
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({
    row,
    get page() {
      return document.getElementById(row.dataset.for);
    },
    verdict: row.dataset.verdict,
    sought: row.dataset.sought,
  }));
  const find = document.getElementById("find");
  const form = find.form;
  const shown = document.getElementById("shown");
  const none = document.getElementById("none");
  const all = document.getElementById("all");

  // What is closed stands in a noscript, which is one text where scripts run: of hundreds of hybrids, most are never opened.
  function build(page) {
    const text = page.querySelector(":scope > noscript");
    if (text) text.outerHTML = text.textContent;
  }

  function open(page) {
    build(page);
    page.open = true;
  }

  // A few at a time, whenever there is nothing else to do, so that the browser's own search finds them.
  const whenIdle = window.requestIdleCallback ?? ((work) => setTimeout(work, 50));
  function buildRest() {
    const rest = [...document.querySelectorAll(".hybrid > noscript")].slice(0, 4);
    for (const text of rest) build(text.parentElement);
    if (rest.length) whenIdle(buildRest);
  }

  function filter() {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdict = form.elements.verdict.value;
    let count = 0;
    for (const each of rows) {
      const matches = (!verdict || each.verdict === verdict) && words.every((word) => each.sought.includes(word));
      each.row.hidden = !matches;
      if (each.page) each.page.hidden = !matches;
      count += matches;
    }
    shown.textContent = `${count} of ${rows.length}`;
    none.hidden = count > 0;
  }

  function key(row, column) {
    const value = row.cells[column].dataset.sort ?? row.cells[column].textContent;
    return value === "" || isNaN(value) ? value : Number(value);
  }

  function compare(one, other) {
    return typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other));
  }

  function sort(heading, column) {
    const numeric = typeof key(body.rows[0], column) === "number";
    const first = numeric ? "descending" : "ascending";
    const second = numeric ? "ascending" : "descending";
    const direction = heading.getAttribute("aria-sort") === first ? second : first;
    for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    const keyed = [...body.rows].map((row) => [key(row, column), row]);
    keyed.sort((one, other) => sign * compare(one[0], other[0]));
    body.append(...keyed.map(([, row]) => row));
  }

  function openTarget() {
    const page = document.getElementById(location.hash.slice(1));
    if (page && page.matches(".hybrid")) {
      open(page);
      page.scrollIntoView();
      page.querySelector("summary").focus({ preventScroll: true });
    }
  }

  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sort(heading, column));
    heading.append(button);
  });
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  all.addEventListener("click", () => {
    const wanted = all.getAttribute("aria-pressed") !== "true";
    all.setAttribute("aria-pressed", wanted);
    all.textContent = wanted ? "Close all" : "Open all";
    for (const page of rows.map((each) => each.page).filter(Boolean)) {
      if (wanted) open(page);
      else page.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input[type=search]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      find.focus();
    } else if (event.key === "Escape" && typing) {
      find.value = "";
      filter();
    }
  });
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = rows.map((each) => each.page).filter((page) => !page.open);
    closed.forEach(open);
  });
  addEventListener("afterprint", () => {
    for (const page of closed) page.open = false;
  });
  document.addEventListener("toggle", (event) => event.target.matches(".hybrid") && build(event.target), { capture: true });
  addEventListener("hashchange", openTarget);
  table.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link && link.hash === location.hash) openTarget();
  });
  addEventListener("DOMContentLoaded", () => {
    filter();
    openTarget();
    whenIdle(buildRest);
  });
  form.hidden = false;
  filter();
}
