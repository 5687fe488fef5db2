// The panel of faults: what goes wrong on purpose. Each change is in force at once.

import { make } from "./dom.js";
import { ask, order } from "./requests.js";
import { text } from "./texts.js";

export class FaultsPanel {
  constructor(element, toggle, hint) {
    this.element = element;
    this.toggle = toggle;
    this.hint = hint;
    this.form = element.querySelector("form");
    this.notice = element.querySelector(".notice");
    this.on = 0;
    this.edits = 0;
    this.queue = Promise.resolve();
    toggle.addEventListener("click", () => this.show(element.hidden));
    element.querySelector("#faults-close").addEventListener("click", () => this.show(false));
    element.querySelector("#faults-off").addEventListener("click", async () => this.fill(await this.set({})));
    // The form is not filled in again: the next field is being written in while the answer comes.
    this.form.addEventListener("input", () => this.edits++);
    this.form.addEventListener("change", () => this.set(this.values()));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    element.addEventListener("keydown", (event) => event.key === "Escape" && this.show(false));
  }

  async show(isOpen) {
    this.element.hidden = !isOpen;
    this.toggle.setAttribute("aria-expanded", String(isOpen));
    (isOpen ? this.element : this.toggle).focus();
    if (isOpen) await this.load();
  }

  /** How many are on, as the poll tells it: somebody else may have set them. */
  count(on) {
    const isNews = on !== this.on;
    this.on = on;
    this.redraw();
    if (isNews && !this.element.hidden && !this.form.contains(document.activeElement)) this.load();
  }

  redraw() {
    this.toggle.classList.toggle("is-on", this.on > 0);
    this.hint.hidden = !this.on;
    this.hint.textContent = text("faults.on", { count: this.on });
  }

  setPeople(people) {
    const addresses = people.flatMap((each) => [[each.phone ?? each.whatsapp_id, each.name]]);
    for (const select of this.form.querySelectorAll("select")) {
      const chosen = select.value;
      const everybody = make("option", { value: "", text: text("faults.everybody"), "data-text": "faults.everybody" });
      select.replaceChildren(everybody, ...addresses.map(([value, name]) => make("option", { value, text: name })));
      pick(select, chosen);
    }
  }

  /** A late answer must not wipe out what was written in since it was asked for. */
  async load() {
    const before = this.edits;
    const found = await ask("api/faults").catch(() => null);
    if (before === this.edits) this.fill(found);
  }

  /** One after the other: the last one that was given must be the last one that arrives. */
  set(values) {
    this.queue = this.queue.then(() => this.give(values));
    return this.queue;
  }

  async give(values) {
    const found = await order("api/faults", values).catch((error) => this.refuse(error));
    if (!found) return null;
    this.notice.hidden = true;
    this.count(found.on.length);
    return found;
  }

  refuse(error) {
    this.notice.textContent = error.message;
    this.notice.hidden = false;
  }

  fill(found) {
    if (!found) return;
    for (const [name, value] of Object.entries(found.faults)) {
      const field = this.form.elements[name];
      if (field.tagName === "SELECT") pick(field, value);
      // Nothing stands where nothing is on, so that what is on stands out.
      else field.value = value ? shown(name, value) : "";
    }
    this.count(found.on.length);
  }

  /** Only what is filled in; all else is off, or as it is from the start. */
  values() {
    const fields = [...this.form.elements].filter((field) => field.name && field.value !== "");
    return Object.fromEntries(fields.map((field) => [field.name, told(field)]));
  }
}

function pick(select, value) {
  // An address that was set by somebody else and is nobody's on this page.
  if (![...select.options].some((option) => option.value === value)) {
    select.append(make("option", { value, text: value }));
  }
  select.value = value;
}

// People think in per cent, the carrier in rates from 0 to 1.
const shown = (name, value) => (name.endsWith("_rate") ? Number((value * 100).toFixed(6)) : value);

function told(field) {
  if (field.tagName === "SELECT") return field.value;
  return field.name.endsWith("_rate") ? Number(field.value) / 100 : Number(field.value);
}
