// The views, each at an address of its own: #tokens, #next, #generate, #documents, #documents/KEY.

import * as documents from "./documents.js";
import { find } from "./dom.js";
import * as generate from "./generate.js";
import * as next from "./next.js";
import * as tokens from "./tokens.js";

const VIEWS = { tokens, next, generate, documents };
const started = new Set();

function route() {
  const [name, rest = ""] = location.hash.slice(1).split("/", 2);
  if (name === "main") return;
  const shown = name in VIEWS ? name : "tokens";
  for (const each of Object.keys(VIEWS)) find(`view-${each}`).hidden = each !== shown;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${shown}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${find(`${shown}-head`).textContent} · llm-assets explore`;
  if (!started.has(shown)) {
    started.add(shown);
    VIEWS[shown].start();
  }
  VIEWS[shown].show?.(decodeURIComponent(rest));
}

addEventListener("hashchange", route);
document.querySelector("nav").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const links = [...document.querySelectorAll("nav a")];
  links[(links.indexOf(document.activeElement) + step + links.length) % links.length].focus();
  event.preventDefault();
});
route();
