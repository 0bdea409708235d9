// View "generate and trace": a sample as it is written, then its verbatim runs and their pages.

import { ask, find, make, number, send, showError } from "./dom.js";

let stopping = null;

const settings = () => ({
  text: find("generate-text").value,
  tokens: Number(find("generate-tokens").value) || 100,
  temperature: Number(find("generate-temperature").value),
  top_k: Number(find("generate-top-k").value) || null,
  seed: Number(find("generate-seed").value) || 0,
});

function begin() {
  showError("generate-error", null);
  showError("trace-note", null);
  find("trace-sources").replaceChildren();
  find("generate-figures").textContent = "";
}

/** Lines of JSON as they come in. */
async function* readLines(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (held + value).split("\n");
    held = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

async function generate() {
  begin();
  const asked = settings();
  const written = document.createTextNode("");
  find("generate-shown").replaceChildren(make("b", {}, asked.text), written);
  stopping = new AbortController();
  find("generate-start").disabled = true;
  find("generate-stop").disabled = false;
  try {
    for await (const line of readLines(await send("generate", asked, stopping.signal))) {
      if (line.error) throw new Error(line.error);
      written.appendData(line.text);
    }
  } catch (error) {
    if (error.name !== "AbortError") showError("generate-error", error);
  }
  find("generate-start").disabled = false;
  find("generate-stop").disabled = true;
  if (written.length) await trace(asked.text + written.data, asked.text.length);
  find("generate-shown").dataset.done = "";
}

/** Underlines what stands in the training set; the first ``prompt`` characters are bold. */
async function trace(text, prompt = 0) {
  find("generate-figures").textContent = "looking for it in the training set …";
  let answer;
  try {
    answer = await ask("trace", { text, least: Number(find("trace-least").value) || 8 });
  } catch (error) {
    find("generate-figures").textContent = "";
    showError("trace-note", `Not traced: ${error.message}`);
    return;
  }
  let place = 0;
  const pieces = answer.pieces.flatMap((piece) => {
    const own = Math.max(0, Math.min(piece.text.length, prompt - place));
    place += piece.text.length;
    const parts = [own ? make("b", {}, piece.text.slice(0, own)) : null, piece.text.slice(own)].filter(Boolean);
    return piece.runs.length ? [makeRun(parts, piece.runs.map((run) => answer.runs[run]))] : parts;
  });
  find("generate-shown").replaceChildren(...pieces);
  const runs = answer.runs.length;
  find("generate-figures").textContent = `${number(answer.tokens)} tokens; ${runs ? number(runs) : "no"} run${runs === 1 ? "" : "s"} of ${answer.least} tokens or more found word for word in the training set`;
}

function makeRun(parts, runs) {
  const run = make("span", { class: "run", role: "button", tabindex: "0", "aria-expanded": "false" }, ...parts);
  const open = () => {
    for (const each of document.querySelectorAll(".run")) each.setAttribute("aria-expanded", String(each === run));
    find("trace-sources").replaceChildren(...runs.map(makeSources));
  };
  run.addEventListener("click", open);
  run.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    open();
  });
  return run;
}

function makeSources(run) {
  const places = `${number(run.tokens)} tokens, ${number(run.occurrences)} time${run.occurrences === 1 ? "" : "s"} in ${number(run.documents)} document${run.documents === 1 ? "" : "s"}`;
  return make("div", { class: "card" }, make("h4", {}, "“", run.text, "”"), make("p", { class: "quiet" }, places),
    ...run.sources.map((source) => make("p", {}, source.title ? `${source.title} ` : "", make("span", { class: "quiet" }, source.url ?? "no longer in the corpus", " "), make("a", { href: `#documents/${source.id}` }, `journey of ${source.id}`))));
}

export function start() {
  if (!find("generate-text").value) find("generate-text").value = "The function returns";
  find("generate-start").addEventListener("click", generate);
  find("generate-stop").addEventListener("click", () => stopping?.abort());
  find("generate-trace").addEventListener("click", () => {
    begin();
    find("generate-shown").replaceChildren(settings().text);
    trace(settings().text);
  });
  find("generate-text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !find("generate-start").disabled) generate();
  });
  find("generate-text").focus();
}
