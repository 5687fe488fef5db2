// Times as people in Madrid read them; the server only ever speaks UTC.

import { currentLanguage, text } from "./texts.js";

const ZONE = "Europe/Madrid";
const locale = () => (currentLanguage() === "es" ? "es-ES" : "en-GB");

const formats = new Map();

function format(moment, options) {
  const key = locale() + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale(), { timeZone: ZONE, ...options }));
  return formats.get(key).format(moment);
}

export const hour = (moment) => format(moment, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export const dayKey = (moment) => format(moment, { year: "numeric", month: "numeric", day: "numeric" });

export function dayName(moment, now) {
  if (dayKey(moment) === dayKey(now)) return text("today");
  if (dayKey(moment) === dayKey(new Date(now.getTime() - 86_400_000))) return text("yesterday");
  return capital(format(moment, { weekday: "long", day: "numeric", month: "long" }));
}

export function clockFace(now) {
  const day = format(now, { weekday: "short", day: "numeric", month: "short" }).replaceAll(",", "");
  return `${capital(day)}, ${hour(now)}`;
}

/** Seconds from `now` to tomorrow at this hour in Madrid, also over a change to or from summer time. */
export function secondsToTomorrowAt(wantedHour, now) {
  const [hours, minutes] = hour(now).split(":").map(Number);
  const seconds = (24 + wantedHour - hours) * 3600 - minutes * 60 - now.getUTCSeconds();
  const reached = Number(hour(new Date(now.getTime() + seconds * 1000)).split(":")[0]);
  return seconds + (wantedHour - reached) * 3600;
}

const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);
