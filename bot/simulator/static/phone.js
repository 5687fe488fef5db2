// One phone: its thread, what can be tapped in it, and what is below it.

import { bubble } from "./bubbles.js";
import { choices, Sheet } from "./choices.js";
import { Composer } from "./composer.js";
import { make } from "./dom.js";
import { numberedOptions } from "./richtext.js";
import { SUGGESTIONS, text } from "./texts.js";
import { dayKey, dayName } from "./time.js";

const GROUP_WITHIN = 3 * 60_000;
const NEAR_END = 120;

export class Phone {
  constructor(element, channel, send) {
    this.element = element;
    this.channel = channel;
    this.thread = element.querySelector(".thread");
    this.options = element.querySelector(".options");
    this.newest = element.querySelector(".newest");
    this.messages = new Map();
    this.composer = new Composer(element, channel, (values) => send({ channel, ...values }));
    this.sheet = new Sheet(element);
    this.newest.addEventListener("click", () => this.scrollToEnd());
    // Pictures take their room only when they have come; load does not bubble.
    this.thread.addEventListener("load", () => this.isAtEnd && this.scrollToEnd("instant"), true);
    this.thread.addEventListener("scroll", () => this.watchScroll(), { passive: true });
    // Keeps the end in view when options or the keyboard take room.
    new ResizeObserver(() => this.isAtEnd && this.scrollToEnd("instant")).observe(this.thread);
    this.isAtEnd = true;
  }

  get isShown() {
    return this.element.offsetParent !== null;
  }

  show(person, shop) {
    this.person = person;
    this.messages.clear();
    this.isAtEnd = true;
    this.hasFilled = false;
    const canWrite = this.channel === "whatsapp" || Boolean(person.phone);
    this.composer.enable(canWrite);
    this.element.querySelector(".phone-number").textContent = spaced(shop[this.channel]);
    this.sheet.close();
    this.thread.replaceChildren();
    this.options.hidden = true;
    this.showEmpty(canWrite);
  }

  /** Take what changed; returns how many messages of the shop are new. */
  take(changed, now) {
    this.moveTo(now);
    const mine = changed.filter((message) => message.is_deleted || message.channel === this.channel);
    const fresh = [];
    for (const message of mine) {
      const known = this.messages.get(message.sid);
      if (message.is_deleted) this.remove(message.sid);
      else if (known) this.replace(known, message);
      else fresh.push(this.append(message));
    }
    if (mine.length) this.showOptions();
    this.follow(fresh);
    return fresh.filter((message) => message.author !== "customer").length;
  }

  /** After midnight, or a jump of the clock, "today" is another day. */
  moveTo(now) {
    const isOtherDay = !this.now || dayKey(this.now) !== dayKey(now);
    this.now = now;
    if (!isOtherDay) return;
    for (const day of this.thread.querySelectorAll(".day")) day.textContent = dayName(new Date(day.dataset.at), now);
  }

  redraw(now) {
    const messages = [...this.messages.values()].map((known) => known.message);
    this.messages.clear();
    this.thread.replaceChildren();
    if (messages.length) this.take(messages, now);
    else this.showEmpty(this.channel === "whatsapp" || Boolean(this.person?.phone));
  }

  hasUnread() {
    return [...this.messages.values()].some(({ message }) => message.author !== "customer" && message.status === "delivered");
  }

  append(message) {
    if (!this.messages.size) this.thread.replaceChildren();
    const before = [...this.messages.values()].at(-1)?.message;
    const moment = new Date(message.at);
    if (!before || dayKey(new Date(before.at)) !== dayKey(moment)) {
      this.thread.append(make("p", { className: "day", text: dayName(moment, this.now), "data-at": message.at }));
    } else if (before.author === message.author && moment - new Date(before.at) < GROUP_WITHIN) {
      message.isGrouped = true;
    }
    const element = this.draw(message);
    if (this.hasFilled) element.classList.add("is-new");
    this.messages.set(message.sid, { message, element });
    this.thread.append(element);
    if (this.typing) this.thread.append(this.typing);
    return message;
  }

  draw(message) {
    const element = bubble(message, this.messages.get(message.replied_to)?.message.body);
    element.classList.toggle("is-grouped", Boolean(message.isGrouped));
    const below = choices(message, (values) => this.composer.send(values), this.sheet);
    element.classList.toggle("has-choices", Boolean(below));
    if (below) element.querySelector(".bubble").after(below);
    return element;
  }

  replace(known, message) {
    message.isGrouped = known.message.isGrouped;
    const element = this.draw(message);
    known.element.replaceWith(element);
    this.messages.set(message.sid, { message, element });
    // A mark of failure makes the thread longer.
    if (this.isAtEnd) this.scrollToEnd();
  }

  remove(sid) {
    this.messages.get(sid)?.element.remove();
    this.messages.delete(sid);
  }

  showTyping(isTyping) {
    if (isTyping === Boolean(this.typing)) return;
    this.typing?.remove();
    this.typing = null;
    if (!isTyping) return;
    const dots = [1, 2, 3].map(() => make("i"));
    this.typing = make("div", { className: "message from-shop typing", role: "status", "aria-label": text("typing") }, [
      make("div", { className: "bubble" }, dots),
    ]);
    this.thread.append(this.typing);
    if (this.isAtEnd) this.scrollToEnd();
  }

  showOptions() {
    const last = [...this.messages.values()].at(-1)?.message;
    const isOpen = last && last.author === "shop" && last.status !== "failed" && !last.buttons.length;
    const chips = isOpen ? this.numberChips(last) : [];
    this.options.replaceChildren(...chips);
    this.options.hidden = !chips.length;
  }

  numberChips(message) {
    return numberedOptions(message.body).map(({ number, label }) =>
      this.chip([make("b", { text: number }), make("span", { text: label })], { body: number }),
    );
  }

  chip(children, values) {
    return make("button", { type: "button", className: "chip", testid: "option-chip", onclick: () => this.composer.send(values) }, children);
  }

  showEmpty(canWrite) {
    const name = this.person?.name.split(" ")[0] ?? "";
    const key = !canWrite ? "noPhone" : this.channel === "whatsapp" ? "emptyWhatsapp" : "emptySms";
    const suggestions = SUGGESTIONS[this.person?.language] ?? SUGGESTIONS.en;
    const chips = canWrite
      ? suggestions[this.channel].map((words) =>
          make("button", { type: "button", className: "suggestion", text: words, onclick: () => this.composer.send({ body: words }) }),
        )
      : [];
    this.thread.replaceChildren(make("div", { className: "empty" }, [make("p", { text: text(key, { name }) }), ...chips]));
  }

  // Scrolling

  follow(fresh) {
    if (!fresh.length) return;
    const isMine = fresh.at(-1).author === "customer";
    if (!this.hasFilled) this.scrollToEnd("instant");
    else if (this.isAtEnd || isMine) this.scrollToEnd();
    else this.newest.hidden = false;
    this.hasFilled = true;
  }

  watchScroll() {
    const { scrollHeight, scrollTop, clientHeight } = this.thread;
    this.isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END;
    if (this.isAtEnd) this.newest.hidden = true;
  }

  scrollToEnd(behavior = "smooth") {
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.isAtEnd = true;
    this.thread.scrollTo({ top: this.thread.scrollHeight, behavior: isCalm ? "instant" : behavior });
    this.newest.hidden = true;
  }
}

/** "+34910000001" in groups of three, so that it can be read. */
function spaced(phone) {
  return phone.replace(/^(\+34)(\d{3})(\d{3})(\d{3})$/, "$1 $2 $3 $4");
}
