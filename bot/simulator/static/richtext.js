// A message's text as nodes: links, and on WhatsApp *bold*, _italic_, ~strike~ and ```code```. Never HTML.

import { make } from "./dom.js";

const LINK = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g;
const MARKS = /(?<![\p{L}\p{N}])(?:\*(?=\S)([^*\n]*\S)\*|_(?=\S)([^_\n]*\S)_|~(?=\S)([^~\n]*\S)~)(?![\p{L}\p{N}])|```([^`]+)```/gu;
const TAGS = ["strong", "em", "s", "code"];

export function richText(text, withMarks) {
  const nodes = document.createDocumentFragment();
  let from = 0;
  // Links first: an underscore inside an address is not a mark.
  for (const found of text.matchAll(LINK)) {
    nodes.append(marked(text.slice(from, found.index), withMarks), link(found[0]));
    from = found.index + found[0].length;
  }
  nodes.append(marked(text.slice(from), withMarks));
  return nodes;
}

function link(url) {
  return make("a", { text: url.replace(/^https?:\/\//, ""), href: url, target: "_blank", rel: "noopener noreferrer" });
}

function marked(text, withMarks) {
  const nodes = document.createDocumentFragment();
  if (!withMarks) {
    nodes.append(text);
    return nodes;
  }
  let from = 0;
  for (const found of text.matchAll(MARKS)) {
    const which = [found[1], found[2], found[3], found[4]].findIndex((part) => part !== undefined);
    const inner = found[which + 1];
    nodes.append(text.slice(from, found.index));
    nodes.append(make(TAGS[which], {}, [which === 3 ? inner : marked(inner, true)]));
    from = found.index + found[0].length;
  }
  nodes.append(text.slice(from));
  return nodes;
}

/** The numbered lines of a message: [{number, label}], or nothing when there are not at least two from 1 up. */
export function numberedOptions(text) {
  const options = [];
  for (const line of text.split("\n")) {
    const found = line.match(/^\s*[*_]?(\d{1,2})(?:[.)]|\uFE0F?\u20E3)[*_]?\s+(.+?)\s*$/u);
    if (found && Number(found[1]) === options.length + 1) {
      options.push({ number: found[1], label: found[2].replace(/^[*_~]+|[*_~]+$/g, "") });
    }
  }
  return options.length > 1 ? options : [];
}

const EMOJI = /^(?:\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier}|\u200D\p{Extended_Pictographic})*\s*){1,3}$/u;

export const isEmojiOnly = (text) => EMOJI.test(text.trim());
