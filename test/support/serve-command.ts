import { setTimeout as wait } from "node:timers/promises";
import { run } from "../../src/cli/run.ts";
import { memoryIo } from "./cli-io.ts";

/** The command; the system chooses the port. */
export const SERVE = ["serve", "--backend", "reference", "--port", "0"];

/** `bstar serve` in this process, once it is ready. */
export async function startServe(...args: string[]) {
  const stop = new AbortController();
  const io = memoryIo({ signal: stop.signal });
  const ended = run([...SERVE, ...args], io);
  while (io.stdout.text === "") {
    if ((await Promise.race([ended, wait(5, null)])) !== null) throw new Error(io.stderr.text);
  }
  const url = /http:\S+/.exec(io.stdout.text)![0];
  return {
    io,
    url,
    stop: () => {
      stop.abort();
      return ended;
    },
  };
}
