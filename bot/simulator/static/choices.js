// What a message of the shop offers to tap: buttons below its bubble, or a list that opens as a sheet.

import { icon, make } from "./dom.js";
import { text } from "./texts.js";

/** The element below the bubble, or null when the message offers nothing. */
export function choices(message, send, sheet) {
  if (message.author !== "shop" || message.status === "failed" || !message.buttons.length) return null;
  const isList = message.buttons.some((button) => button.kind === "list");
  const offered = isList ? [listOpener(message, send, sheet)] : message.buttons.map((button) => choice(message, button, send));
  return make("div", { className: "choices", role: "group", "aria-label": text("optionsLabel") }, offered);
}

function choice(message, button, send) {
  const words = make("span", { text: button.title });
  if (/^https?:\/\//.test(button.url ?? "")) {
    const options = { className: "choice", testid: "option-link", href: button.url, target: "_blank", rel: "noopener noreferrer" };
    return make("a", options, [icon("link"), words]);
  }
  if (button.phone) return make("a", { className: "choice", testid: "option-link", href: `tel:${button.phone}` }, [icon("call"), words]);
  const onclick = () => send(picked(message, button));
  return make("button", { type: "button", className: "choice", testid: "option-chip", onclick }, [icon("reply"), words]);
}

function listOpener(message, send, sheet) {
  const title = message.list_label || text("openList");
  const onclick = (event) => sheet.open(title, message.buttons, (button) => send(picked(message, button)), event.currentTarget);
  const options = { type: "button", className: "choice", testid: "list-open", "aria-haspopup": "dialog", onclick };
  return make("button", options, [icon("list"), make("span", { text: title })]);
}

function picked(message, button) {
  return { body: button.title, button: { id: button.id, kind: button.kind, message: message.sid } };
}

/** A sheet over the lower half of one phone. */
export class Sheet {
  constructor(phone) {
    this.phone = phone;
    this.title = make("h3");
    this.rows = make("div", { className: "sheet-rows" });
    const close = make("button", { type: "button", className: "tool", "aria-label": text("close"), "data-label": "close", onclick: () => this.close() }, [icon("close")]);
    this.panel = make("div", { className: "sheet", role: "dialog", "aria-modal": "true", testid: "list-sheet" }, [
      make("header", {}, [this.title, close]),
      this.rows,
    ]);
    this.scrim = make("div", { className: "scrim", onclick: () => this.close() });
    this.panel.hidden = this.scrim.hidden = true;
    phone.append(this.scrim, this.panel);
    phone.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  open(title, buttons, pick, opener) {
    this.opener = opener;
    this.title.textContent = title;
    this.panel.setAttribute("aria-label", title);
    this.rows.replaceChildren(...buttons.map((button) => this.row(button, pick)));
    this.show(true);
    this.rows.querySelector("button")?.focus();
  }

  row(button, pick) {
    const words = [make("strong", { text: button.title })];
    if (button.description) words.push(make("small", { text: button.description }));
    const onclick = () => {
      this.close();
      pick(button);
    };
    return make("button", { type: "button", className: "sheet-row", testid: "list-option", onclick }, [
      make("span", { className: "sheet-words" }, words),
      make("span", { className: "sheet-mark", "aria-hidden": "true" }),
    ]);
  }

  close() {
    if (this.panel.hidden) return;
    this.show(false);
    if (this.opener?.isConnected) this.opener.focus();
  }

  show(isOpen) {
    this.panel.hidden = this.scrim.hidden = !isOpen;
    // What lies below cannot be reached while the sheet is open.
    for (const other of this.phone.children) {
      if (other !== this.panel && other !== this.scrim) other.inert = isOpen;
    }
  }
}
