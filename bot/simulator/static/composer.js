// The lower end of a phone: writing, attaching, sending.

import { icon, make } from "./dom.js";
import { address, RequestError } from "./requests.js";
import { refusal, text } from "./texts.js";

const EMOJI = ["👍", "❤️", "😊", "😂", "🙏", "😍", "👋", "🎁", "📦", "😡", "👎", "✅"];
const LARGEST_FILE = 5 * 1024 * 1024;
const PICTURES = ["parcel", "jumper", "receipt"];
const PLACE = { latitude: 40.4169, longitude: -3.7035, address: "28013 Madrid" };

export class Composer {
  constructor(phone, channel, send) {
    this.channel = channel;
    this.deliver = send;
    this.form = phone.querySelector(".composer");
    this.input = this.form.querySelector("textarea");
    this.file = this.form.querySelector("input[type=file]");
    this.tray = phone.querySelector(".tray");
    this.notice = phone.querySelector(".notice");
    this.attach = this.form.querySelector(".attach");
    this.emoji = this.form.querySelector(".emoji");
    this.listen(phone);
  }

  listen(phone) {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.sendWritten();
    });
    this.input.addEventListener("keydown", (event) => {
      // While an accent or a character is being composed, Enter belongs to the keyboard.
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.sendWritten();
      }
    });
    this.input.addEventListener("input", () => this.grow());
    this.file.addEventListener("change", () => this.sendFile(this.file.files[0]));
    this.attach.addEventListener("click", () => this.toggle(this.attach, () => this.attachments()));
    this.emoji.addEventListener("click", () => this.toggle(this.emoji, () => this.emojis()));
    phone.addEventListener("keydown", (event) => event.key === "Escape" && this.closeTray(true));
    document.addEventListener("pointerdown", (event) => {
      if (!this.tray.contains(event.target) && !event.target.closest(".tool")) this.closeTray();
    });
  }

  enable(canWrite) {
    for (const control of this.form.elements) control.disabled = !canWrite;
    this.input.value = "";
    this.grow();
    this.notice.hidden = true;
    this.closeTray();
  }

  async sendWritten() {
    const body = this.input.value;
    if (!body.trim() || this.isSending) return;
    this.input.value = "";
    this.grow();
    // What was written comes back when it could not be sent.
    if (!(await this.send({ body })) && !this.input.value) this.input.value = body;
    this.grow();
    this.input.focus();
  }

  async send(values) {
    this.closeTray();
    this.notice.hidden = true;
    try {
      await this.deliver(values);
      return true;
    } catch (error) {
      this.complain(error instanceof RequestError ? error.message : text("sendFailed"));
      return false;
    }
  }

  async sendFile(file) {
    this.file.value = "";
    if (!file) return;
    if (file.size > LARGEST_FILE) {
      this.complain(refusal("tooLarge"));
      return;
    }
    const content = (await asDataUrl(file)).split(",")[1] ?? "";
    const body = this.input.value;
    if (await this.send({ body, file: { name: file.name, content } })) this.input.value = "";
    this.grow();
  }

  complain(words) {
    this.notice.textContent = words;
    this.notice.hidden = false;
  }

  grow() {
    this.input.style.height = "auto";
    // A phone behind the other tab has no height to measure.
    if (this.input.scrollHeight) this.input.style.height = `${Math.min(this.input.scrollHeight, 120)}px`;
  }

  // The tray: attachments or emoji

  toggle(button, fill) {
    const isOpen = button.getAttribute("aria-expanded") === "true";
    this.closeTray();
    if (isOpen) return;
    this.tray.replaceChildren(...fill());
    this.tray.hidden = false;
    button.setAttribute("aria-expanded", "true");
    this.opener = button;
    this.tray.querySelector("button")?.focus();
  }

  closeTray(withFocus = false) {
    if (this.tray.hidden) return;
    this.tray.hidden = true;
    this.attach.setAttribute("aria-expanded", "false");
    this.emoji.setAttribute("aria-expanded", "false");
    if (withFocus) this.opener?.focus();
  }

  attachments() {
    const pictures = PICTURES.map((name) =>
      make("button", { type: "button", className: "thumb", testid: `attach-${name}`, "aria-label": text(name), title: text(name), onclick: () => this.send({ sample: name }) }, [
        make("img", { src: address(`samples/${name}`), alt: "" }),
      ]),
    );
    const tools = [this.tool("picture", () => this.file.click())];
    if (this.channel === "whatsapp") {
      tools.push(
        this.tool("sticker", () => this.send({ sample: "sticker" })),
        this.tool("voice", () => this.send({ sample: "voice" })),
        this.tool("location", () => this.send({ location: { ...PLACE, label: text("place") } })),
      );
    }
    tools.push(this.tool("contact", () => this.send({ sample: "contact" })));
    return [make("div", { className: "thumbs" }, pictures), make("div", { className: "kinds" }, tools)];
  }

  tool(name, act) {
    const onclick = () => {
      this.closeTray();
      act();
    };
    const options = { type: "button", className: `kind is-${name}`, testid: `attach-${name}`, onclick };
    return make("button", options, [make("span", {}, [icon(name)]), make("small", { text: text(name) })]);
  }

  emojis() {
    const buttons = EMOJI.map((sign) => make("button", { type: "button", text: sign, onclick: () => this.useEmoji(sign) }));
    return [make("div", { className: "emojis" }, buttons)];
  }

  useEmoji(sign) {
    if (!this.input.value.trim()) {
      this.send({ body: sign });
      return;
    }
    this.input.setRangeText(sign, this.input.selectionStart, this.input.selectionEnd, "end");
    this.grow();
    this.closeTray();
    this.input.focus();
  }
}

function asDataUrl(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
