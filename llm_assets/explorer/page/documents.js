// View "documents": search, a document's journey, the funnel.

import { ask, bar, breakable, find, make, newest, number, share, showError } from "./dom.js";
import { drawJourney } from "./journey.js";

function fate(row) {
  if (row.rule === null) return make("span", { class: "quiet" }, "under way");
  return row.rule === "kept" ? make("span", { class: "kept" }, "kept") : make("span", { class: "rejected" }, ...breakable(row.rule));
}

const LISTED = 20; // where nothing is looked for

function drawFound(answer, words) {
  const shown = words ? answer.documents : answer.documents.slice(0, LISTED);
  const rows = shown.map((row) =>
    make("li", {}, make("a", { href: `#documents/${row.id}` }, row.title?.trim() || row.url || row.id), " ", fate(row),
      make("div", { class: "quiet" }, `${row.id} · ${row.url ?? "no URL"}`), row.excerpt ? make("div", {}, row.excerpt) : null));
  find("documents-found").replaceChildren(
    rows.length ? make("ul", { class: "found" }, ...rows) : make("p", { class: "quiet" }, "no document holds these words"),
    words && answer.more ? make("p", { class: "quiet" }, `only the first ${rows.length} are shown`) : "");
}

const search = newest(async () => {
  const words = find("documents-words").value.trim();
  const by = find("documents-by").value;
  find("documents-found-head").textContent = words ? "Found" : "First documents";
  try {
    drawFound(await ask(`documents?${new URLSearchParams({ words, by: words ? by : "url" })}`), words);
    showError("documents-error", null);
  } catch (error) {
    showError("documents-error", error);
  }
});

function drawFunnel(rows) {
  const table = make("tbody", {});
  const crawls = [...new Set(rows.map((row) => row.crawl))];
  for (const crawl of crawls) {
    const of = rows.filter((row) => row.crawl === crawl);
    const total = of.reduce((sum, row) => sum + row.documents, 0);
    const line = (kind, name, documents) => make("tr", { class: kind }, make("td", { class: "name" }, ...(kind === "rule" ? breakable(name) : [name])), make("td", { class: "number" }, number(documents)),
      make("td", { class: "number" }, share(documents / total)), make("td", { class: "share" }, bar(documents / total)));
    table.append(line("stage", crawl, total));
    for (const stage of new Set(of.filter((row) => row.rule !== "kept").map((row) => row.stage))) {
      const taken = of.filter((row) => row.stage === stage && row.rule !== "kept");
      table.append(line("stage", `rejected in ${stage}`, taken.reduce((sum, row) => sum + row.documents, 0)));
      table.append(...taken.map((row) => line("rule", row.rule, row.documents)));
    }
    for (const row of of.filter((each) => each.rule === "kept")) table.append(line("stage", "kept", row.documents));
  }
  find("documents-funnel").replaceChildren(
    crawls.length ? make("div", { class: "scroll" }, make("table", { class: "funnel" }, table)) : make("p", { class: "quiet" }, "no document has met its fate yet"));
}

const open = newest(async (key) => {
  const place = find("documents-one");
  if (!key) {
    place.replaceChildren();
    return;
  }
  try {
    place.replaceChildren(drawJourney(await ask(`document?${new URLSearchParams({ key })}`)));
    showError("documents-error", null);
    place.querySelector("h3").focus();
  } catch (error) {
    place.replaceChildren();
    showError("documents-error", error);
  }
});

export async function start() {
  find("documents-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (location.hash !== "#documents") location.hash = "#documents";
    search();
  });
  search();
  try {
    drawFunnel((await ask("funnel")).funnel);
  } catch (error) {
    showError("documents-error", error);
  }
}

export const show = (key) => open(key);
