// A voice note: play, pause, and how far it has come.

import { icon, make } from "./dom.js";
import { text } from "./texts.js";

const BARS = 30;

export function voicePlayer(url) {
  const sound = make("audio", { src: url, preload: "metadata" });
  const button = make("button", { type: "button", className: "play", "aria-label": text("voice") }, [icon("play")]);
  const bars = Array.from({ length: BARS }, () => make("i"));
  const length = make("span", { className: "length" });
  const draw = () => {
    const share = sound.duration ? sound.currentTime / sound.duration : 0;
    bars.forEach((bar, number) => bar.classList.toggle("is-played", !sound.ended && number < share * BARS));
    length.textContent = clock(sound.paused || sound.ended ? sound.duration : sound.currentTime);
    button.replaceChildren(icon(sound.paused ? "play" : "pause"));
  };
  button.addEventListener("click", () => (sound.paused ? sound.play().catch(() => {}) : sound.pause()));
  for (const event of ["loadedmetadata", "durationchange", "timeupdate", "play", "pause", "ended"]) sound.addEventListener(event, draw);
  return make("div", { className: "voice" }, [button, make("span", { className: "wave", "aria-hidden": "true" }, bars), length, sound]);
}

function clock(seconds) {
  if (!Number.isFinite(seconds)) return "0:00";
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
