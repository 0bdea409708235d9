// Elements, and answers of the server. Text gets into the page as text alone: the page's policy forbids any other way.

export const find = (id) => document.getElementById(id);

/** An element with attributes (a function listens to the event of that name) and children, texts among them. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** What the server answers to a question: GET without a body, POST with one. An Error bears what it says is wrong. */
export async function ask(path, body, signal) {
  const answer = await send(path, body, signal);
  return answer.json();
}

export async function send(path, body, signal) {
  const options = body === undefined ? { signal } : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal };
  let answer;
  try {
    answer = await fetch(`/api/${path}`, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("the server does not answer: is `llm-assets explore` still running?");
  }
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({}));
    throw new Error(told.error || `the server answered ${answer.status}`);
  }
  return answer;
}

/** Runs the newest of many wishes: one at a time, those between are left out. */
export function newest(work) {
  let waiting = null;
  let busy = false;
  return async (...wish) => {
    waiting = wish;
    if (busy) return;
    busy = true;
    try {
      while (waiting) {
        const now = waiting;
        waiting = null;
        await work(...now);
      }
    } finally {
      busy = false;
    }
  };
}

export function showError(id, error) {
  const place = find(id);
  place.hidden = !error;
  place.textContent = error ? error.message || error : "";
}

export const number = (value) => Number(value).toLocaleString("en-US");
export const share = (value, digits = 1) => `${(100 * value).toFixed(digits)}%`;

/** A name of ours that may be broken behind its dots and underscores. */
export const breakable = (name) => name.split(/(?<=[._])/).flatMap((part, place) => (place ? [make("wbr"), part] : [part]));

/** A bar of a length between 0 and 1. */
export function bar(length) {
  const fill = make("span", { class: "fill" });
  fill.style.width = `${100 * length}%`;
  return make("span", { class: "track", "aria-hidden": "true" }, fill);
}

const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]|[^\S \n\t]/u;
const WHITE = { " ": "·", "\n": "↵", "\t": "→" };

/** A text with white space made visible, and what cannot be seen by its number. */
export function visible(text) {
  const parts = [];
  for (const character of text) {
    if (character in WHITE) parts.push(make("i", { class: "white" }, WHITE[character]), character === "\n" ? "\n" : "");
    else if (HIDDEN.test(character)) parts.push(make("i", { class: "byte" }, `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`));
    else if (typeof parts.at(-1) === "string") parts.push(parts.pop() + character);
    else parts.push(character);
  }
  return parts.filter((part) => part !== "");
}
