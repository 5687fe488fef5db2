// The reply box: sends without leaving the page, keeps the draft in this browser.

import { askNow, parse, patch } from "./live.js";

const DRAFTS = "hilo-draft";

export function startComposer() {
  document.addEventListener("submit", submit);
  document.addEventListener("input", (event) => {
    if (event.target.id === "reply-text") keepDraft(event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    if (event.target.id !== "reply-text") return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });
  restoreDraft();
}

export function restoreDraft() {
  const text = document.getElementById("reply-text");
  if (!text?.form || text.value) return;
  text.value = localStorage.getItem(keyOf(text)) ?? "";
  grow(text);
}

function keepDraft(text) {
  grow(text);
  if (text.value) localStorage.setItem(keyOf(text), text.value);
  else localStorage.removeItem(keyOf(text));
  noteDraft(text);
}

function noteDraft(text) {
  const kept = document.getElementById("draft-kept");
  if (kept) kept.hidden = !text.value;
}

function keyOf(text) {
  return `${DRAFTS}:${document.body.dataset.agent}:${text.form.dataset.draft}`;
}

function grow(text) {
  text.style.removeProperty("height");
  const most = window.innerHeight * 0.4;
  if (text.scrollHeight > text.clientHeight) text.style.height = `${Math.min(text.scrollHeight + 2, most)}px`;
}

async function submit(event) {
  const form = event.target;
  if (form.matches("[data-forget]")) return forgetDrafts();
  if (form.id !== "reply-form") return;
  event.preventDefault();
  const text = form.elements.text;
  const button = form.querySelector("button.primary");
  if (!text.value.trim() || button.disabled) return;
  button.disabled = true;
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { "Hilo-Live": "1" },
    });
    if (response.ok) {
      localStorage.removeItem(keyOf(text));
      text.value = "";
      grow(text);
      noteDraft(text);
    }
    settle(parse(await response.text()), response);
  } catch {
    showFault(document.body.dataset.offline);
  } finally {
    button.disabled = false;
    text.focus();
    askNow();
  }
}

// The answer is the whole page; its fault, if there is one, is said here.
function settle(fresh, response) {
  const fault = fresh.getElementById("composer-fault");
  if (fault) showFault(fault.textContent);
  else if (!response.ok) showFault(fresh.querySelector("h1")?.textContent ?? String(response.status));
  // The answer's thread begins at its newest page and may be shorter than ours, which is asked for next.
  if (response.status === 409) patch(onlyComposer(fresh));
}

function onlyComposer(fresh) {
  for (const part of fresh.querySelectorAll("[data-live]")) {
    if (part.dataset.live !== "state") part.removeAttribute("data-live");
  }
  return fresh;
}

function showFault(words) {
  const fault = document.getElementById("composer-fault");
  if (!fault) return;
  fault.textContent = words;
  fault.hidden = !words;
}

function forgetDrafts() {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(`${DRAFTS}:`)) localStorage.removeItem(key);
  }
}
