// One message as an element. Knows nothing of polling or of the composer.

import { icon, make } from "./dom.js";
import { address } from "./requests.js";
import { isEmojiOnly, richText } from "./richtext.js";
import { text } from "./texts.js";
import { hour } from "./time.js";
import { voicePlayer } from "./voice.js";

/** `quoted` is the text that this message answers by a tap, if it is known. */
export function bubble(message, quoted) {
  const element = make("div", {
    className: `message from-${message.author} kind-${message.kind}`,
    testid: "message",
    "data-status": message.status,
    "data-author": message.author,
  });
  const body = make("div", { className: "bubble" });
  if (message.author === "carrier") body.append(make("span", { className: "sender", text: text("carrier") }));
  if (quoted) body.append(make("p", { className: "quote", text: quoted, dir: "auto" }));
  body.append(...attachments(message));
  if (message.body) body.append(words(message));
  body.append(meta(message));
  element.append(body);
  if (message.status === "failed") element.append(trouble(message));
  element.classList.toggle("is-bare", message.kind === "sticker");
  return element;
}

function words(message) {
  const isBig = message.kind === "text" && isEmojiOnly(message.body);
  const paragraph = make("p", { className: isBig ? "words is-big" : "words", dir: "auto" });
  paragraph.append(richText(message.body, message.channel === "whatsapp"));
  return paragraph;
}

function meta(message) {
  const moment = new Date(message.at);
  const line = make("span", { className: "meta" }, [make("time", { text: hour(moment), datetime: message.at })]);
  const isPlain = message.channel === "sms" && message.author !== "customer" && message.status === "delivered";
  if (!isPlain) line.append(tick(message.status));
  return line;
}

function tick(status) {
  const shown = { read: "delivered", canceled: "failed" }[status] ?? status;
  const mark = make("span", { className: `tick is-${status}`, role: "img", "aria-label": text(status), title: text(status) });
  mark.append(icon(shown));
  return mark;
}

function trouble(message) {
  const reasons = { 63016: text("outsideWindow"), "no connection": text("noConnection") };
  const reason = [/^\d+$/.test(message.trouble) ? message.trouble : "", reasons[message.trouble] ?? ""];
  const first = message.author === "customer" ? text("notToShop") : text("failed");
  const words = reason.filter(Boolean).join(", ");
  return make("p", { className: "failure", text: words ? `${first}: ${words}` : first });
}

function attachments(message) {
  if (message.location) return [place(message.location)];
  return message.media.map((media) => {
    if (media.content_type.startsWith("image/")) return picture(message, media);
    if (media.content_type.startsWith("audio/")) return voicePlayer(address(media.url));
    if (media.content_type === "text/vcard") return card("contact", media.name.replace(/\.vcf$/, ""), text("contact"));
    return card("file", media.name || text("file"), media.content_type, address(media.url));
  });
}

function picture(message, media) {
  const image = make("img", { src: address(media.url), alt: message.kind === "sticker" ? text("sticker") : media.name, loading: "lazy" });
  if (message.kind === "sticker") return image;
  return make("a", { className: "picture", href: address(media.url), target: "_blank", rel: "noopener" }, [image]);
}

function card(symbol, title, note, url) {
  const inner = [
    make("span", { className: "card-icon" }, [icon(symbol)]),
    make("span", { className: "card-words" }, [make("strong", { text: title }), make("small", { text: note })]),
  ];
  return url ? make("a", { className: "card", href: url, download: "" }, inner) : make("div", { className: "card" }, inner);
}

function place(location) {
  const degrees = `${location.latitude.toFixed(4)}, ${location.longitude.toFixed(4)}`;
  return make("div", { className: "place" }, [
    make("div", { className: "map", "aria-hidden": "true" }, [icon("location")]),
    make("span", { className: "card-words" }, [
      make("strong", { text: location.label || text("location") }),
      make("small", { text: [location.address, degrees].filter(Boolean).join(" · ") }),
    ]),
  ]);
}
