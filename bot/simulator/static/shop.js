// The shop's own web site, small: what it sells, the person's cart, and what it last told the bot.
// The cart is the bot's: it is read again and again, never kept here.

import { icon, make } from "./dom.js";
import { ask, order, RequestError } from "./requests.js";
import { currentLanguage, text } from "./texts.js";

const POLL_EVERY = 1000;
// The bot takes an event at once and works on it a moment later.
const LOOK_AGAIN = [120, 450, 1100];

export class ShopPanel {
  constructor(element, onCount, onGoOn) {
    this.element = element;
    this.onCount = onCount;
    this.onGoOn = onGoOn;
    this.way = element.querySelector(".way-over");
    this.products = element.querySelector(".products");
    this.lines = element.querySelector(".cart-lines");
    this.empty = element.querySelector(".cart-empty");
    this.total = element.querySelector(".cart-total");
    this.pay = element.querySelector(".cart-pay");
    this.notice = element.querySelector(".notice");
    this.wire = element.querySelector(".wire");
    this.pictures = new Map();
    this.queue = Promise.resolve();
    this.nextPoll = 0;
    this.pay.addEventListener("click", () => this.act("pay"));
    element.querySelector(".go-on").addEventListener("click", () => this.goOn());
    this.way.querySelector(".way-link").addEventListener("click", (event) => {
      // Here the phone stands beside the shop: what WhatsApp would write for them is sent from it.
      event.preventDefault();
      this.way.hidden = true;
      this.onGoOn(this.wayText);
    });
  }

  get isShown() {
    return this.element.offsetParent !== null;
  }

  async load() {
    const found = await ask("api/shop/products");
    this.catalogue = found;
    for (const product of found.products) this.pictures.set(product.id, product.picture);
    this.drawProducts();
  }

  show(person) {
    this.person = person;
    this.drawn = "";
    this.sendingTrouble = null;
    this.way.hidden = true;
    this.lines.replaceChildren();
    this.showLast(null);
    this.onCount(0);
    this.nextPoll = 0;
  }

  redraw() {
    this.drawn = "";
    this.drawProducts();
    if (this.state) this.take(this.state);
  }

  // What the bot says

  tick() {
    if (!this.isShown || !this.person || this.isPolling || performance.now() < this.nextPoll) return;
    this.poll();
  }

  async poll() {
    const asked = this.person;
    this.isPolling = true;
    try {
      const state = await ask(`api/shop/cart?person=${encodeURIComponent(asked.key)}`);
      if (asked === this.person) this.take(state);
    } catch {
      // The simulator itself is away; the page says so already.
    }
    this.isPolling = false;
    this.nextPoll = performance.now() + POLL_EVERY;
  }

  take(state) {
    this.state = state;
    this.showTrouble(this.sendingTrouble ?? state.trouble);
    this.showLast(state.last_sent);
    if (!state.trouble) this.drawCart(state.cart, state.last_sent);
  }

  // What people do

  /** One after the other, so that the bot hears them in the order of the taps. */
  act(gesture, product = "") {
    const person = this.person;
    this.queue = this.queue.then(async () => {
      try {
        const done = await order(`api/shop/${gesture}`, { person: person.key, product });
        this.sendingTrouble = done.trouble;
        this.showLast(done.last_sent);
        this.showTrouble(done.trouble);
      } catch (error) {
        this.complain(error instanceof RequestError ? error.message : text("sendFailed"));
      }
      for (const delay of LOOK_AGAIN) setTimeout(() => person === this.person && !this.isPolling && this.poll(), delay);
    });
    return this.queue;
  }

  /** A code of this session, as link and picture, for the phone. */
  async goOn() {
    const person = this.person;
    try {
      const found = await order("api/shop/go-on", { person: person.key });
      if (person !== this.person) return;
      this.wayText = found.text;
      this.way.querySelector(".way-qr").src = `data:image/svg+xml,${encodeURIComponent(found.qr_svg)}`;
      this.way.querySelector(".way-link").href = found.url;
      this.way.querySelector(".way-code").textContent = found.text.split(" ").at(-1);
      this.way.hidden = false;
    } catch (error) {
      this.complain(error instanceof RequestError ? error.message : text("sendFailed"));
    }
  }

  /** The cart that the chat's link names; the key of whose it is, when they hold a phone here. */
  async openLinked(link) {
    const found = await ask(`api/shop/linked?link=${encodeURIComponent(link)}`);
    if (!found.cart) this.complain(text("linkOver"));
    return found.person;
  }

  openProduct(id) {
    const row = this.products.querySelector(`[data-product="${CSS.escape(id)}"]`);
    if (!row) return;
    const isOpen = row.classList.toggle("is-open");
    row.querySelector(".product-look").setAttribute("aria-expanded", String(isOpen));
    row.scrollIntoView({ block: "nearest" });
    if (isOpen) this.act("view", id);
  }

  // Drawing

  drawProducts() {
    if (this.catalogue) this.products.replaceChildren(...this.catalogue.products.map((product) => this.productRow(product)));
  }

  productRow(product) {
    const look = make("button", { type: "button", className: "product-look", "aria-expanded": "false", onclick: () => this.openProduct(product.id) }, [
      make("img", { src: product.picture, alt: "", width: "56", height: "56" }),
      make("span", { className: "product-words" }, [
        make("strong", { text: product.name }),
        make("small", { className: "product-note", text: product.note }),
        make("span", { className: "price", text: money(product.price, this.catalogue.currency) }),
      ]),
    ]);
    const add = make("button", { type: "button", className: "button add", testid: `shop-add-${product.id}`, "aria-label": `${text("addToCart")}: ${product.name}`, text: text("addToCart") });
    add.addEventListener("click", async () => {
      add.classList.add("is-done");
      await this.act("add", product.id);
      setTimeout(() => add.classList.remove("is-done"), 500);
    });
    return make("li", { className: "product", testid: `shop-product-${product.id}`, "data-product": product.id }, [look, add]);
  }

  drawCart(cart, lastSent) {
    const lines = cart?.lines ?? [];
    const paid = lines.length ? null : lastSent?.order_id;
    const drawn = JSON.stringify([cart, paid]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const focused = document.activeElement?.dataset?.testid;
    this.lines.replaceChildren(...lines.map((line) => this.cartLine(line, cart.currency)));
    if (focused) this.lines.querySelector(`[data-testid="${CSS.escape(focused)}"]`)?.focus();
    this.empty.hidden = lines.length > 0;
    this.empty.textContent = paid ? text("paid", { number: paid }) : text("cartEmpty", { name: this.person.name.split(" ")[0] });
    this.empty.classList.toggle("is-paid", Boolean(paid));
    this.total.textContent = money(cart?.total ?? 0, cart?.currency ?? this.catalogue?.currency ?? "EUR");
    this.pay.disabled = !lines.length;
    this.onCount(lines.reduce((sum, line) => sum + line.quantity, 0));
  }

  cartLine(line, currency) {
    const id = line.product_id;
    const picture = this.pictures.get(id);
    const step = (name, sign, gesture, label) =>
      make("button", { type: "button", className: "step", testid: `cart-${name}-${id}`, "aria-label": `${text(label)}: ${line.name}`, onclick: () => this.act(gesture, id) }, [icon(sign)]);
    return make("li", { className: "cart-line", testid: `cart-line-${id}` }, [
      picture ? make("img", { src: picture, alt: "", width: "34", height: "34" }) : make("span", { className: "no-picture" }),
      make("span", { className: "cart-words" }, [
        make("strong", { text: line.name, title: line.name }),
        make("span", { className: "price", text: money(line.unit_price * line.quantity, currency) }),
      ]),
      make("span", { className: "steps" }, [
        step("minus", "minus", "less", "less"),
        make("b", { className: "quantity", testid: `cart-quantity-${id}`, text: String(line.quantity) }),
        step("plus", "plus", "add", "more"),
      ]),
      step("remove", "close", "remove", "remove"),
    ]);
  }

  showLast(sent) {
    const body = sent ? `POST ${sent.path}\n${sent.text}` : "";
    const words = sent ? `${sent.names.join(" + ")} ${isAccepted(sent) ? "✓" : "✗"} ${sent.status ?? text("noAnswer")}` : text("nothingSent");
    const line = `${text("lastEvent")}: ${words}`;
    if (this.shownLast === line + body) return;
    this.shownLast = line + body;
    this.wire.querySelector("summary").textContent = line;
    this.wire.querySelector("pre").textContent = body;
    this.wire.classList.toggle("is-failed", Boolean(sent) && !isAccepted(sent));
  }

  showTrouble(trouble) {
    if (trouble) this.complain(text(`shopTrouble.${trouble}`));
    else this.notice.hidden = true;
  }

  complain(words) {
    if (this.notice.textContent !== words) this.notice.textContent = words;
    this.notice.hidden = false;
  }
}

const isAccepted = (sent) => sent.status >= 200 && sent.status < 300;

function money(minorUnits, currency) {
  const locale = currentLanguage() === "es" ? "es-ES" : "en-GB";
  return new Intl.NumberFormat(locale, { style: "currency", currency }).format(minorUnits / 100);
}
