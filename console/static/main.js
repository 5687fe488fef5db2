// What every staff page does: stay alive, stay current, tell how long ago something was.

import { restoreDraft, startComposer } from "./composer.js";
import { isAtEnd, serverNow, showOlder, startLive } from "./live.js";

const KEEP_EVERY = 30000;

const body = document.body;
const thread = () => document.getElementById("thread");
const pill = () => document.getElementById("new-below");

// The reader is at the newest message and stays there, whatever grows around the thread.
let isFollowing = true;

startComposer();
scrollToEnd();
if (thread()) new ResizeObserver(() => { if (isFollowing) scrollToEnd(); }).observe(thread());
if (body.dataset.liveUrl) startLive(body.dataset.liveUrl, settle);
countInTitle();
if (body.dataset.keep) {
  setInterval(keep, KEEP_EVERY);
  keep();
}

// A sign of life: what this agent has taken stays theirs while any page of theirs is open.
function keep() {
  const fields = new URLSearchParams({ form_token: body.dataset.token });
  fetch(body.dataset.keep, { method: "POST", body: fields, headers: { "Hilo-Live": "1" } }).catch(() => {});
}

function settle({ isNewer, wasAtEnd }) {
  if (isNewer && wasAtEnd) scrollToEnd();
  else if (isNewer && pill()) pill().hidden = false;
  markSeen();
  restoreDraft();
}

// What is not in view has not been seen: an answer that crosses it is refused.
function markSeen() {
  const seen = document.getElementById("seen");
  const last = document.getElementById("entries")?.dataset.last;
  if (seen && last && isAtEnd(thread())) seen.value = last;
}

function scrollToEnd() {
  const element = thread();
  if (!element) return;
  element.scrollTop = element.scrollHeight;
  if (pill()) pill().hidden = true;
  markSeen();
}

function countInTitle() {
  const count = document.getElementById("waiting-count")?.textContent.trim();
  if (count && count !== "0") document.title = `(${count}) ${document.title}`;
}

thread()?.addEventListener("scroll", () => {
  isFollowing = isAtEnd(thread());
  if (!isFollowing) return;
  if (pill()) pill().hidden = true;
  markSeen();
});

document.getElementById("presence")?.addEventListener("change", (event) => event.currentTarget.submit());

async function copy(button) {
  const field = document.getElementById(button.dataset.copy);
  field.select();
  await navigator.clipboard.writeText(field.value);
  button.textContent = button.dataset.copied;
}

document.addEventListener("click", (event) => {
  const copying = event.target.closest("[data-copy]");
  if (copying) copy(copying).catch(() => document.getElementById(copying.dataset.copy).select());
  if (event.target.closest("#new-below")) scrollToEnd();
  const older = event.target.closest("[data-older]");
  if (!older) return;
  event.preventDefault();
  older.setAttribute("aria-busy", "true");
  showOlder(older.dataset.older).catch(() => { location.href = older.href; });
});

// How long ago, only when somebody looks: written into the page it would change it every minute.
document.addEventListener("pointerover", (event) => {
  const time = event.target.closest?.("time[data-ago]");
  if (!time) return;
  const full = time.title.split(" · ")[0];
  time.title = `${full} · ${ago(Date.parse(time.dateTime))}`;
});

function ago(moment) {
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
  const seconds = (moment - serverNow()) / 1000;
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return words.format(Math.round(seconds / size), unit);
  }
  return words.format(Math.round(seconds), "second");
}
