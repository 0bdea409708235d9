// A document from raw page to shard: what each stage made of it, every signal beside its bound, its copies, its text.

import { breakable, make, number } from "./dom.js";

const STAGES = ["extracted_text", "filtered_docs", "deduped_docs", "selected_docs", "pii_scrubbed_corpus"];

const step = (state, stage, ...told) => make("li", { class: state }, make("span", { class: "stage" }, stage), " ", ...told);
const keyLink = (key) => make("a", { href: `#documents/${key}` }, key);

function drawJudged(life) {
  const rows = life.judged.map((each) => make("tr", {}, make("td", { class: `mark ${each.within ? "kept" : "rejected"}` }, each.within ? "✓" : "✗"),
    make("td", { class: "name" }, ...breakable(each.rule)), make("td", { class: "number" }, each.measured), make("td", { class: "bound" }, each.asked)));
  const rest = Object.entries(life.unbounded).map(([name, value]) => make("tr", { class: "quiet" }, make("td", {}, "·"), make("td", { class: "name" }, ...breakable(name)),
    make("td", { class: "number" }, value === null ? "none" : typeof value === "number" ? value.toLocaleString("en-US", { maximumSignificantDigits: 4 }) : `${value}`), make("td", {})));
  const head = make("tr", {}, ...["", "signal", "measured", "asked"].map((name) => make("th", { scope: "col", class: name === "measured" ? "number" : null }, name)));
  return make("details", { open: true }, make("summary", {}, `${life.judged.length} signals beside their bounds, ${life.broken.length} broken`),
    make("div", { class: "scroll" }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows, ...rest))));
}

function drawFamily(life) {
  const rows = life.members.map((each) => make("li", {}, keyLink(each.id), ` ${each.url ?? ""} `,
    make("span", { class: "quiet" }, each.elder_id ? `${each.kind} copy of ${each.elder_id}, similarity ${Number(each.similarity).toFixed(2)}` : "the eldest", ", ", each.fate ?? "under way")));
  return make("details", {}, make("summary", {}, `a family of ${number(life.members_in_all)} copies`), make("ul", {}, ...rows));
}

function tellExtraction(extraction) {
  const said = [`${number(extraction.characters)} characters in ${number(extraction.lines)} lines`, extraction.charset];
  if (extraction.language_hint) said.push(`says ${extraction.language_hint}`);
  if (extraction.published) said.push(`published ${extraction.published}`);
  return said.filter(Boolean).join(", ");
}

/** The fate, as ``llm-assets explain`` tells it. */
function tellFate(life) {
  const capture = life.capture;
  if (capture.rule === null) return make("span", { class: "quiet" }, "under way: later stages have not been materialized");
  if (capture.rule === "kept") return make("span", { class: "kept" }, "kept");
  return make("span", {}, make("b", { class: "rejected" }, "rejected by ", ...breakable(capture.rule)), life.reason ? `: ${life.reason}` : "", capture.detail ? ` (${capture.detail})` : "");
}

export function drawJourney(life) {
  const { capture, place } = life;
  const ended = capture.rule === "kept" || capture.rule === null ? STAGES.length : STAGES.indexOf(capture.stage);
  const reached = (stage) => capture.rule !== null && STAGES.indexOf(stage) <= ended;
  const state = (stage) => (capture.stage === stage && capture.rule !== "kept" ? "ended" : "reached");
  const steps = [step("reached", "raw_crawl", `${capture.crawl}: ${life.file ?? "a file that is gone"} at byte ${number(capture.offset)}, ${number(capture.length)} bytes`,
    capture.status === null ? "" : `, status ${capture.status}`, capture.date ? `, ${capture.date}` : "")];
  const fallen = (stage) => (capture.stage === stage && capture.rule !== "kept" ? make("div", {}, tellFate(life)) : null);
  if (life.extraction || reached("extracted_text")) steps.push(step(state("extracted_text"), "extracted_text", life.extraction ? tellExtraction(life.extraction) : "", fallen("extracted_text")));
  if (life.judged.length) steps.push(step("reached", "quality_signals", capture.language ? `language ${capture.language} (${Number(capture.language_score).toFixed(3)})` : "", drawJudged(life)));
  if (life.judged.length && reached("filtered_docs")) steps.push(step(state("filtered_docs"), "filtered_docs", capture.stage === "filtered_docs" ? "" : "within every bound", fallen("filtered_docs")));
  if (reached("deduped_docs") || life.elder || life.members_in_all > 1) {
    const elder = life.elder ? make("span", {}, `${life.elder.kind} copy of `, keyLink(life.elder.elder_id), `, similarity ${Number(life.elder.similarity).toFixed(2)}${life.elder.removed ? "" : ", left in"}`) : "nobody's copy";
    steps.push(step(state("deduped_docs"), "deduped_docs", elder, fallen("deduped_docs"), life.members_in_all > 1 ? drawFamily(life) : null));
  }
  if (reached("selected_docs")) steps.push(step(state("selected_docs"), "selected_docs", capture.stage === "selected_docs" ? "" : "not taken out", fallen("selected_docs")));
  if (reached("pii_scrubbed_corpus")) {
    const redacted = Object.entries(life.redacted).map(([kind, count]) => `${number(count)} ${kind}`).join(", ");
    steps.push(step(state("pii_scrubbed_corpus"), "pii_scrubbed_corpus", redacted ? `redacted: ${redacted}` : "nothing to redact", fallen("pii_scrubbed_corpus")));
  }
  if (place) steps.push(step("reached", "token_shards", `${place.split} shard ${place.shard}, ${number(place.length)} tokens from ${number(place.start)}`));
  const text = life.text === null ? null : make("details", { open: true },
    make("summary", {}, `Text as it was extracted, redacted, ${number(life.characters)} characters`), make("pre", { tabindex: "0" }, life.text));
  return make("article", { class: "document" },
    make("h3", { tabindex: "-1" }, capture.title?.trim() || capture.url || capture.id), make("p", { class: "quiet" }, `${capture.id} · ${capture.url ?? "no URL"}`), make("p", {}, tellFate(life)),
    life.outdated ? make("p", { class: "error" }, "The filters were changed since: the bounds below are today's; `llm-assets run` decides anew.") : null,
    make("ol", { class: "journey" }, ...steps), text, make("p", {}, make("a", { href: "#documents" }, "Close this document")));
}
