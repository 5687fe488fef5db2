// The page: who holds the phones, what time it is, and a poll that brings what changed.

import { make } from "./dom.js";
import { FaultsPanel } from "./faults.js";
import { Phone } from "./phone.js";
import { ask, order } from "./requests.js";
import { ShopPanel } from "./shop.js";
import { applyTexts, chooseLanguage, currentLanguage, text } from "./texts.js";
import { clockFace, secondsToTomorrowAt } from "./time.js";

const CHANNELS = ["whatsapp", "sms"];
const PICKED = "simulator.person";
const find = (id) => document.getElementById(id);

const phones = Object.fromEntries(
  CHANNELS.map((channel) => [channel, new Phone(find(`phone-${channel}`), channel, send)]),
);
const shopPanel = find("shop") ? new ShopPanel(find("shop"), showCartCount, goOnInChat) : null;
const faultsPanel = new FaultsPanel(find("faults"), find("toggle-faults"), find("faults-on"));
const tabs = [...document.querySelectorAll("[data-tab]")];
const unread = { whatsapp: 0, sms: 0 };
// Below this the shop and both phones do not fit side by side.
const ROOM_FOR_ALL = matchMedia("(min-width: 1041px)");
let people = [];
let shop = {};
let person = null;
let revision = 0;
let now = new Date();
let told = new Date(0);
let nowTakenAt = performance.now();
let timer = 0;
let moves = Promise.resolve();

// Polling

async function poll() {
  clearTimeout(timer);
  // Not awaited: whatever happens to the shop, the phones go on.
  if (!document.hidden) shopPanel?.tick();
  const asked = person;
  try {
    const state = await ask(`api/state?person=${encodeURIComponent(asked.key)}&since=${revision}`);
    // Somebody else was picked while the answer was on its way.
    if (asked === person) take(state);
  } catch {
    showTrouble(false);
  }
  clearTimeout(timer);
  timer = setTimeout(poll, document.hidden ? 4000 : 500);
}

function take(state) {
  const isFirst = revision === 0;
  revision = state.revision;
  setClock(state.now);
  showTrouble(state.is_shop_reachable !== false);
  for (const channel of CHANNELS) {
    const fresh = phones[channel].take(state.messages, now);
    if (!isFirst && !phones[channel].isShown) unread[channel] += fresh;
  }
  phones.whatsapp.showTyping(state.is_typing);
  faultsPanel.count(state.faults_on);
  showBadges();
  markRead();
}

function markRead() {
  const phone = phones.whatsapp;
  if (!document.hidden && phone.isShown && phone.hasUnread()) {
    order("api/read", { person: person.key, channel: "whatsapp" }).catch(() => {});
  }
}

async function send(values) {
  await order("api/send", { person: person.key, ...values });
  poll();
}

// The clock

function setClock(moment) {
  // An answer that was on its way while the clock moved would put it back.
  if (new Date(moment) < told) return;
  now = told = new Date(moment);
  nowTakenAt = performance.now();
  showClock();
}

function showClock() {
  const current = new Date(now.getTime() + performance.now() - nowTakenAt);
  find("clock").replaceChildren(clockFace(current), make("span", { text: ` · ${text("madrid")}` }));
  find("clock").dateTime = current.toISOString();
}

/** One tap after the other: how far it is to tomorrow depends on where the tap before has led. */
function forward(secondsFrom) {
  moves = moves.then(async () => {
    const reached = await order("api/clock", { seconds: secondsFrom(now) }).catch(() => null);
    if (reached) setClock(reached.now);
  });
}

// People

async function loadPeople(chosen) {
  const found = await ask("api/people");
  people = found.people;
  shop = found.shop;
  const options = people.map((each) =>
    make("option", { value: each.key, text: each.note ? `${each.name} · ${each.note}` : each.name }),
  );
  find("person").replaceChildren(...options);
  faultsPanel.setPeople(people);
  pick(people.find((each) => each.key === chosen) ?? people[0]);
}

function pick(chosen) {
  person = chosen;
  revision = 0;
  unread.whatsapp = unread.sms = 0;
  find("person").value = person.key;
  remember(person.key);
  for (const channel of CHANNELS) phones[channel].show(person, shop);
  shopPanel?.show(person);
  poll();
}

function remember(key) {
  try {
    sessionStorage.setItem(PICKED, key);
  } catch {
    // Private windows may forbid storage; then a reload starts with the first person.
  }
}

function remembered() {
  try {
    return sessionStorage.getItem(PICKED);
  } catch {
    return null;
  }
}

function listenToDialog() {
  const dialog = find("new-person");
  const form = dialog.querySelector("form");
  const notice = dialog.querySelector(".notice");
  find("add-person").addEventListener("click", () => {
    form.reset();
    notice.hidden = true;
    dialog.showModal();
  });
  find("cancel-person").addEventListener("click", () => dialog.close());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const added = await order("api/people", Object.fromEntries(new FormData(form)));
      dialog.close();
      await loadPeople(added.person.key);
    } catch (error) {
      notice.textContent = error.message;
      notice.hidden = false;
    }
  });
}

// What else is on the page

function showTrouble(isReachable) {
  find("shop-trouble").hidden = isReachable;
}

function openTab(channel) {
  document.body.dataset.open = channel;
  if (channel in unread) unread[channel] = 0;
  for (const tab of tabs) {
    const isOpen = tab.dataset.tab === channel;
    tab.setAttribute("aria-selected", String(isOpen));
    tab.tabIndex = isOpen ? 0 : -1;
  }
  phones[channel]?.scrollToEnd("instant");
  shopPanel?.tick();
  showBadges();
}

function toggleShop(isOpen) {
  document.body.dataset.shopPanel = isOpen ? "open" : "closed";
  find("toggle-shop").setAttribute("aria-expanded", String(isOpen));
  shopPanel.tick();
}

function showCartCount(count) {
  const badge = find("tab-shop").querySelector(".badge");
  badge.textContent = count;
  badge.hidden = !count;
}

function showBadges() {
  for (const channel of CHANNELS) {
    const badge = find(`tab-${channel}`).querySelector(".badge");
    badge.textContent = unread[channel];
    badge.setAttribute("aria-label", `${unread[channel]} ${text("unread")}`);
    badge.hidden = !unread[channel];
  }
}

function showLanguage() {
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === currentLanguage()));
  }
}

function listen() {
  find("person").addEventListener("change", (event) => pick(people.find((each) => each.key === event.target.value)));
  find("forward-hour").addEventListener("click", () => forward(() => 3600));
  find("forward-day").addEventListener("click", () => forward(() => 86_400));
  find("forward-tomorrow").addEventListener("click", () => forward((moment) => secondsToTomorrowAt(10, moment)));
  tabs.forEach((tab, place) => {
    tab.addEventListener("click", () => openTab(tab.dataset.tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      const other = tabs[(place + step + tabs.length) % tabs.length];
      openTab(other.dataset.tab);
      other.focus();
    });
  });
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => {
      chooseLanguage(button.dataset.language);
      showLanguage();
      showClock();
      for (const channel of CHANNELS) phones[channel].redraw(now);
      shopPanel?.redraw();
      faultsPanel.redraw();
    });
  }
  document.addEventListener("visibilitychange", () => person && !document.hidden && poll());
  setInterval(showClock, 5000);
}

/** A link of the shop, as the bot sends it, opens the page at its product. */
function openLinkedProduct() {
  const product = location.hash.match(/^#product-([\w-]+)$/)?.[1];
  if (!product) return;
  openTab("shop");
  toggleShop(true);
  shopPanel.openProduct(product);
}

/** What WhatsApp would have written for them goes out from the phone. */
function goOnInChat(words) {
  openTab("whatsapp");
  phones.whatsapp.composer.send({ body: words });
}

/** The bot's link to pay opens the shop with the very cart, whoever was picked before. */
async function openLinkedCart() {
  const link = new URLSearchParams(location.search).get("hilo_cart");
  if (!link) return;
  openTab("shop");
  toggleShop(true);
  const key = await shopPanel.openLinked(link).catch(() => null);
  const owner = people.find((each) => each.key === key);
  if (owner) pick(owner);
}

async function startShop() {
  find("toggle-shop").addEventListener("click", () => toggleShop(document.body.dataset.shopPanel !== "open"));
  ROOM_FOR_ALL.addEventListener("change", () => toggleShop(ROOM_FOR_ALL.matches));
  toggleShop(ROOM_FOR_ALL.matches);
  await shopPanel.load();
  openLinkedProduct();
  await openLinkedCart();
  addEventListener("hashchange", openLinkedProduct);
}

applyTexts();
showLanguage();
listen();
listenToDialog();
openTab("whatsapp");
await loadPeople(remembered());
if (shopPanel) await startShop();
