// View "next token": the window, and a bar for each token that may follow.

import { ask, bar, find, make, newest, number, share, showError, visible } from "./dom.js";

const COLOURS = 5;
let chosen = [];

const temperature = () => Number(find("next-temperature").value);
const topK = () => Number(find("next-top-k").value) || null;

function showSettings() {
  find("next-temperature-shown").textContent = temperature().toFixed(2);
  find("next-top-k-shown").textContent = topK() ?? "all";
  find("next-back").disabled = !chosen.length;
}

function draw(answer) {
  find("next-window").replaceChildren(
    ...answer.window.map((text, place) => make("span", { class: `c${place % COLOURS}` }, ...visible(text))), make("span", { class: "quiet" }, " ?"));
  const highest = Math.max(...answer.candidates.map((each) => each.probability), 1e-9);
  const focused = find("next-bars").contains(document.activeElement);
  const bars = answer.candidates.map((each) => {
    const label = `${each.text}, token ${each.token}, ${share(each.probability)}`;
    const button = make("button", { type: "button", "aria-label": label, "data-token": each.token, click: () => goOn(each.token) },
      make("span", { class: "token" }, ...(each.text ? visible(each.text) : ["(hidden)"])), make("span", { class: "share" }, share(each.probability)), bar(each.probability / highest));
    return make("li", {}, button);
  });
  find("next-bars").replaceChildren(...bars);
  if (focused) find("next-bars").querySelector("button")?.focus();
}

const predict = newest(async (asked) => {
  showSettings();
  try {
    const answer = await ask("next", { text: find("next-text").value, chosen, temperature: temperature(), top_k: topK() });
    draw(answer);
    showError("next-error", null);
    find("next-figures").textContent = `${number(answer.candidates.length)} likeliest of the next token; the model sees at most ${number(answer.context)} tokens`;
  } catch (error) {
    showError("next-error", error);
    find("next-bars").replaceChildren();
  }
  find("next-bars").dataset.milliseconds = (performance.now() - asked).toFixed(1);
});

function goOn(token) {
  chosen.push(token);
  predict(performance.now());
}

export function start() {
  find("next-text").addEventListener("input", () => {
    chosen = [];
    predict(performance.now());
  });
  for (const id of ["next-temperature", "next-top-k"]) find(id).addEventListener("input", () => predict(performance.now()));
  find("next-back").addEventListener("click", () => {
    chosen.pop();
    predict(performance.now());
  });
  find("next-bars").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const buttons = [...find("next-bars").querySelectorAll("button")];
    buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length]?.focus();
    event.preventDefault();
  });
  if (!find("next-text").value) find("next-text").value = "The function returns a";
  find("next-text").focus();
  predict(performance.now());
}
