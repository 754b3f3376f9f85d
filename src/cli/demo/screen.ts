import { writeSync } from "node:fs";
import type { Output } from "../output.ts";

const ENTER = "\u001b[?1049h\u001b[?25l\u001b[2J";
const LEAVE = "\u001b[?25h\u001b[?1049l";
/** Terminals that know it show a frame as a whole; the others ignore it. */
const BEGIN_FRAME = "\u001b[?2026h\u001b[H";
const END_FRAME = "\u001b[J\u001b[?2026l";
const REST_OF_LINE = "\u001b[K";

/**
 * A terminal's second page, drawn over and over in place: nothing is cleared that is written again, so nothing
 * flickers.
 */
export class Screen {
  readonly #out: Output;
  #last = "";
  #open = false;

  constructor(out: Output) {
    this.#out = out;
  }

  async open(): Promise<void> {
    this.#open = true;
    process.once("exit", this.#leaveAtExit);
    await this.#out.write(ENTER);
  }

  /** Shows the lines, which must fit. The same again costs nothing. */
  async draw(lines: readonly string[]): Promise<void> {
    const frame = lines.map((line) => line + REST_OF_LINE).join("\r\n");
    if (!this.#open || frame === this.#last) return;
    this.#last = frame;
    await this.#out.write(BEGIN_FRAME + frame + END_FRAME);
  }

  /** The first page and the cursor are back. */
  async close(): Promise<void> {
    this.#open = false;
    process.removeListener("exit", this.#leaveAtExit);
    await this.#out.write(LEAVE);
  }

  /** However the process ends, the terminal is left as it was. */
  readonly #leaveAtExit = (): void => {
    writeSync(process.stdout.fd, LEAVE);
  };
}
