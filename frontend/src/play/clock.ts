/** The clock of the animation: it moves the hour shown while it plays. */

import { effect, untracked } from "@preact/signals";
import { playHour, playing, playSpeed, run } from "../state";
import { wantsLessMotion } from "../ui/preferences";

const MS_PER_SECOND = 1000;
const HOURS_PER_DAY = 24;
/** With reduced motion the picture changes this often, and does not glide. */
const STEP_MS = 1000;
/** A frame that comes later than this, after a pause of the browser, counts as this much. */
const LONGEST_FRAME_MS = 250;

/** Return the hour after some time of the clock; never past the end. */
export function advance(hour: number, elapsed_ms: number, speed: number, end: number): number {
  return Math.min(hour + (elapsed_ms / MS_PER_SECOND) * speed, end);
}

/** Return the hour as many days on, or back, within the playback. */
export function stepDays(hour: number, days: number, end: number): number {
  const day = Math.floor(hour / HOURS_PER_DAY) + days;
  // Back from within a day goes to its beginning first.
  const isWithin = hour % HOURS_PER_DAY !== 0;
  const asked = (days < 0 && isWithin ? day + 1 : day) * HOURS_PER_DAY;
  return Math.min(Math.max(asked, 0), end);
}

/** Return the last hour of the playback of the run on the map; 0 if it has none. */
export function lastHour(): number {
  return (run.value?.playback?.days ?? 0) * HOURS_PER_DAY;
}

/** Return the day of an hour of the playback, as an ISO date. */
export function dayAt(start: string, hour: number): string {
  const first = new Date(`${start.slice(0, 10)}T00:00:00Z`);
  return new Date(first.getTime() + hour * 3_600_000).toISOString().slice(0, 10);
}

/** Play, from the beginning if it is at its end; or pause. */
export function togglePlaying(): void {
  if (!playing.value && playHour.value >= lastHour()) playHour.value = 0;
  playing.value = !playing.value;
}

/** Move the hour on, and stop at the end. */
export function tick(elapsed_ms: number): void {
  const end = lastHour();
  playHour.value = advance(playHour.value, elapsed_ms, playSpeed.value, end);
  if (playHour.value >= end) playing.value = false;
}

function glide(): () => void {
  let last: number | null = null;
  let request = requestAnimationFrame(function frame(now: number) {
    if (last !== null) tick(Math.min(now - last, LONGEST_FRAME_MS));
    last = now;
    if (playing.peek()) request = requestAnimationFrame(frame);
  });
  return () => cancelAnimationFrame(request);
}

function stepOn(): () => void {
  const timer = setInterval(() => tick(STEP_MS), STEP_MS);
  return () => clearInterval(timer);
}

/**
 * Keep the clock: it runs while `playing` is on, and pauses when the page is hidden.
 *
 * @returns what stops it
 */
export function keepClock(): () => void {
  const dispose = effect(() => {
    if (!playing.value) return;
    return untracked(() => (wantsLessMotion() ? stepOn() : glide()));
  });
  const onHidden = () => {
    if (document.hidden) playing.value = false;
  };
  document.addEventListener("visibilitychange", onHidden);
  return () => {
    playing.value = false;
    dispose();
    document.removeEventListener("visibilitychange", onHidden);
  };
}
