import { setTimeout as delay } from "node:timers/promises";
import type { Output } from "../output.ts";
import type { DemoEvent } from "./demo-run.ts";
import type { Frame } from "./frame.ts";
import { flat } from "./paint.ts";
import { Screen } from "./screen.ts";
import { render } from "./view.ts";

/** Frames a second: more than a step of the demonstration takes, little enough for a slow terminal. */
const LIVE_FRAMES_PER_SECOND = 15;

/** Lines about the newest step: one a second, as a log is read. */
const PLAIN_SECONDS_PER_STATE = 1;

/** How often news are written where there is no terminal. */
const PLAIN_WRITES_PER_SECOND = 20;

/** Draws frames on a terminal until `signal` is aborted; the last one stays behind on the first page. */
export async function showLive(out: Output, frame: () => Frame, signal: AbortSignal): Promise<void> {
  const screen = new Screen(out);
  await screen.open();
  try {
    while (await pause(1000 / LIVE_FRAMES_PER_SECOND, signal)) await screen.draw(draw(out, frame()));
  } finally {
    await screen.close();
  }
  await out.write(`${draw(out, frame(), Infinity).join("\n")}\n`);
}

/** A terminal's last column stays free: writing it leaves the cursor in a place that terminals do not agree on. */
function draw(out: Output, frame: Frame, rows?: number): string[] {
  const { columns, rows: terminalRows, colorBits } = out.terminal!;
  return render(frame, { columns: columns - 1, rows: rows ?? terminalRows, colorBits });
}

/** Writes what `news` returns, and from time to time a line about the newest step, until `signal` is aborted. */
export async function showPlain(
  out: Output,
  frame: () => Frame,
  news: () => string,
  signal: AbortSignal,
): Promise<void> {
  let next = PLAIN_SECONDS_PER_STATE;
  while (await pause(1000 / PLAIN_WRITES_PER_SECOND, signal)) {
    const current = frame();
    const due = current.seconds >= next;
    if (due) next = Math.floor(current.seconds) + PLAIN_SECONDS_PER_STATE;
    await out.write(news() + (due ? stateLine(current) : ""));
  }
  await out.write(news());
}

/** Where things are, in one line. */
export function stateLine({ seconds, step, running, waiting, finished, rows, blocks }: Frame): string {
  const tokens = step.shares.reduce((sum, share) => sum + share.tokens, 0);
  const held = blocks.filter((block) => block !== "cached" && block !== "free").length;
  return (
    `${stamp(seconds)}  step ${step.index}: ${tokens} of ${step.tokenBudget} tokens, ${running} running, ` +
    `${waiting} waiting, ${finished} of ${rows.length} finished, ${held} of ${blocks.length} blocks held\n`
  );
}

/** Something that happened, in one line. */
export function eventLine({ at, id, what }: DemoEvent): string {
  return `${stamp(at)}  ${id} ${flat(what)}\n`;
}

function stamp(seconds: number): string {
  return `${seconds.toFixed(2).padStart(7)} s`;
}

/** False once the signal is aborted. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return delay(milliseconds, true, { signal }).catch(() => false);
}
