// Keeps the page as the server sees it: asks for its live parts and changes only what differs.

const VISIBLE_EVERY = 1500;
const HIDDEN_EVERY = 10000;
const LONGEST_WAIT = 15000;

let url = "";
let etag = "";
let timer = 0;
let failures = 0;
let isAsking = false;
let afterPatch = () => {};
// Our clock minus the browser's: the demo's clock can be moved.
let clockOffset = 0;
// Counts the changes of what is asked for: an answer to an earlier question comes too late.
let question = 0;

export function startLive(address, onPatch) {
  url = address;
  afterPatch = onPatch;
  document.addEventListener("visibilitychange", () => { if (!document.hidden) askNow(); });
  window.addEventListener("online", askNow);
  plan(VISIBLE_EVERY);
}

export function serverNow() {
  return Date.now() + clockOffset;
}

export function askNow() {
  plan(0);
}

// Older messages are asked for once; from then on the longer page is kept up to date.
export async function showOlder(position) {
  const thread = document.getElementById("thread");
  const below = thread.scrollHeight - thread.scrollTop;
  question += 1;
  await ask({ older_than: position });
  thread.scrollTop = thread.scrollHeight - below;
}

function plan(delay) {
  clearTimeout(timer);
  if (url) timer = setTimeout(round, delay);
}

async function round() {
  if (isAsking) return;
  isAsking = true;
  try {
    await ask(fromHereOn());
    failures = 0;
  } catch {
    failures += 1;
  } finally {
    isAsking = false;
  }
  showOffline(failures > 1);
  const calm = document.hidden ? HIDDEN_EVERY : VISIBLE_EVERY;
  plan(failures ? Math.min(LONGEST_WAIT, calm * 2 ** failures) : calm);
}

function fromHereOn() {
  const first = document.getElementById("entries")?.dataset.first;
  return first ? { first } : {};
}

async function ask(span) {
  const headers = { "Hilo-Live": "1" };
  if (etag) headers["If-None-Match"] = etag;
  const address = `${url}?${new URLSearchParams(span)}`;
  const asked = question;
  const response = await fetch(address, { headers, cache: "no-store" });
  const now = response.headers.get("Hilo-Now");
  if (now) clockOffset = Date.parse(now) - Date.now();
  if (response.status === 304 || asked !== question) return;
  // Signed out meanwhile: the page itself leads to the sign-in.
  if (response.status === 401 || response.status === 403) { location.reload(); return; }
  if (!response.ok) throw new Error(`${response.status}`);
  const text = await response.text();
  if (asked !== question) return;
  etag = response.headers.get("ETag") ?? "";
  patch(parse(text));
}

export function parse(text) {
  return new DOMParser().parseFromString(text, "text/html");
}

// Takes over each live part of `fresh`; what is equal is not touched, so that selections stay.
export function patch(fresh) {
  const thread = document.getElementById("thread");
  const wasAtEnd = thread ? isAtEnd(thread) : false;
  const last = Number(document.getElementById("entries")?.dataset.last ?? 0);
  // Read first: parts that are taken over leave the fresh page.
  const count = fresh.getElementById("waiting-number")?.textContent.trim();
  for (const part of fresh.querySelectorAll("[data-live]")) {
    const old = document.getElementById(part.id);
    if (!old || old.isEqualNode(part)) continue;
    if (part.dataset.live === "keyed") patchList(old, part);
    else if (part.dataset.live === "state") patchState(old, part);
    else replaceWhole(old, part);
  }
  showCount(count);
  const isNewer = Number(document.getElementById("entries")?.dataset.last ?? 0) > last;
  afterPatch({ isNewer, wasAtEnd });
}

function patchList(old, fresh) {
  for (const attribute of fresh.attributes) old.setAttribute(attribute.name, attribute.value);
  const kept = new Map([...old.children].map((child) => [child.id, child]));
  let at = old.firstElementChild;
  for (const child of [...fresh.children]) {
    const known = kept.get(child.id);
    kept.delete(child.id);
    if (known && known.isEqualNode(child)) {
      if (known === at) at = at.nextElementSibling;
      else old.insertBefore(known, at);
      continue;
    }
    const made = document.adoptNode(child);
    if (!known) made.classList.add("is-new");
    if (known === at) at = at.nextElementSibling;
    known?.remove();
    old.insertBefore(made, at);
  }
  for (const gone of kept.values()) gone.remove();
}

// The composer changes only when what one may do changes: never under the writer's hands.
function patchState(old, fresh) {
  if (old.dataset.state === fresh.dataset.state) return;
  const written = old.querySelector("#reply-text")?.value ?? "";
  const made = document.adoptNode(fresh);
  old.replaceWith(made);
  const text = made.querySelector("#reply-text");
  if (written && text && !text.value) text.value = written;
  const fault = made.querySelector("#composer-fault");
  if (written && text?.disabled && fault.hidden) {
    fault.textContent = made.dataset.gone;
    fault.hidden = false;
  }
}

function replaceWhole(old, fresh) {
  const open = new Set([...old.querySelectorAll("details[open]")].map((details) => details.id));
  const top = old.scrollTop;
  const hadSome = old.querySelector("details") !== null;
  const made = document.adoptNode(fresh);
  if (hadSome) {
    for (const details of made.querySelectorAll("details")) details.open = open.has(details.id);
  }
  old.replaceWith(made);
  made.scrollTop = top;
}

export function isAtEnd(element) {
  return element.scrollHeight - element.scrollTop - element.clientHeight < 80;
}

function showCount(count) {
  if (count === undefined) return;
  const shown = document.getElementById("waiting-count");
  if (shown) {
    shown.textContent = count;
    shown.hidden = !count;
  }
  const title = document.title.replace(/^\(\d+\) /, "");
  document.title = count ? `(${count}) ${title}` : title;
}

function showOffline(isOffline) {
  const line = document.getElementById("offline");
  if (!line) return;
  line.textContent = isOffline ? document.body.dataset.offline : "";
  line.hidden = !isOffline;
}
