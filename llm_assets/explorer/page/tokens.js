// View "tokens": what is typed, in coloured tokens.

import { ask, find, make, newest, number, showError, visible } from "./dom.js";

const SHOWN = 5000;
const LISTED = 1000;
const COLOURS = 5;
const decoder = new TextDecoder("utf-8", { fatal: true });
let tokens = [];
let chosen = -1;

const bytesOf = (hex) => (hex ? hex.split(" ").map((byte) => parseInt(byte, 16)) : []);

/** Whole characters as they are; what is part of one as its bytes. */
function spell(token) {
  try {
    return visible(decoder.decode(new Uint8Array(bytesOf(token.bytes))));
  } catch {
    return token.bytes.split(" ").map((byte) => make("i", { class: "byte" }, byte.toUpperCase()));
  }
}

function choose(place) {
  const shown = find("tokens-shown");
  shown.children[chosen]?.classList.remove("chosen");
  chosen = Math.max(-1, Math.min(place, Math.min(tokens.length, SHOWN) - 1));
  const one = find("tokens-one");
  if (chosen < 0) {
    one.textContent = "";
    return;
  }
  shown.children[chosen].classList.add("chosen");
  const token = tokens[chosen];
  one.textContent = `token ${number(chosen + 1)}: id ${token.id}, ${bytesOf(token.bytes).length} bytes ${token.bytes}`;
}

function draw(answer) {
  tokens = answer.tokens;
  const shown = tokens.slice(0, SHOWN).map((token, place) => make("span", { class: `c${place % COLOURS}`, title: `${token.id}: ${token.bytes}` }, ...spell(token)));
  find("tokens-shown").replaceChildren(...shown);
  chosen = -1;
  choose(-1);
  drawRows();
}

function drawRows() {
  if (!find("tokens-details").open) return;
  const rows = tokens.slice(0, LISTED).map((token, place) =>
    make("tr", {}, make("td", { class: "number quiet" }, number(place + 1)), make("td", { class: "number" }, `${token.id}`), make("td", { class: "mono" }, ...spell(token)), make("td", { class: "mono" }, token.bytes)));
  if (tokens.length > LISTED) rows.push(make("tr", {}, make("td", { colspan: 4 }, `… and ${number(tokens.length - LISTED)} more`)));
  find("tokens-rows").replaceChildren(...rows);
}

const encode = newest(async (typed) => {
  try {
    const answer = await ask("tokens", { text: find("tokens-text").value, tokenizer: find("tokenizer").value });
    draw(answer);
    showError("tokens-error", null);
    const rate = answer.tokens.length ? `, ${(answer.bytes / answer.tokens.length).toFixed(2)} bytes a token` : "";
    const left = answer.tokens.length > SHOWN ? `; the first ${number(SHOWN)} are shown` : "";
    find("tokens-count").textContent = `${number(answer.tokens.length)} tokens, ${number(answer.bytes)} bytes${rate}; vocabulary ${number(answer.vocabulary)}${left}`;
  } catch (error) {
    showError("tokens-error", error);
    find("tokens-count").textContent = "";
    find("tokens-shown").replaceChildren();
  }
  find("tokens-shown").dataset.milliseconds = (performance.now() - typed).toFixed(1);
});

export async function start() {
  find("tokens-text").addEventListener("input", () => encode(performance.now()));
  find("tokenizer").addEventListener("change", () => encode(performance.now()));
  find("tokens-details").addEventListener("toggle", drawRows);
  find("tokens-shown").addEventListener("click", (event) => {
    const span = event.target.closest("#tokens-shown > span");
    if (span) choose([...span.parentElement.children].indexOf(span));
  });
  find("tokens-shown").addEventListener("keydown", (event) => {
    const place = { ArrowRight: chosen + 1, ArrowLeft: Math.max(0, chosen - 1), Home: 0, End: tokens.length - 1 }[event.key];
    if (place === undefined) return;
    choose(place);
    event.preventDefault();
  });
  find("tokens-text").focus();
  try {
    const { tokenizers } = await ask("tokenizers");
    find("tokenizer").replaceChildren(...tokenizers.map((name) => make("option", { value: name }, name === "project" ? "this project's" : name)));
    if (!tokenizers.length) find("tokenizer").append(make("option", { value: "project" }, "none yet"));
  } catch (error) {
    showError("tokens-error", error);
    return;
  }
  if (!find("tokens-text").value) find("tokens-text").value = "Type here: naïve café, 12345 tokens, 日本語 🙂\n\tand white space.";
  encode(performance.now());
}
