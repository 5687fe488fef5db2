// Talking to the simulator's page API. The header tells the server that the request is the page's own.

import { refusal } from "./texts.js";

const base = document.body.dataset.base.replace(/\/$/, "");

/** The server said no, and its words may be shown. */
export class RequestError extends Error {}

export const address = (path) => `${base}/${path}`;

export async function ask(path) {
  return answer(await fetch(address(path), { cache: "no-store" }));
}

export async function order(path, values) {
  const headers = { "Content-Type": "application/json", "X-Simulator-Page": "1" };
  return answer(await fetch(address(path), { method: "POST", headers, body: JSON.stringify(values) }));
}

async function answer(response) {
  const found = await response.json().catch(() => ({}));
  if (!response.ok) throw new RequestError(refusal(found.reason) || found.error || `HTTP ${response.status}`);
  return found;
}
