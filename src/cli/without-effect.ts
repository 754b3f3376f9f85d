import type { Command } from "commander";
import { UsageError } from "./failure.ts";

/**
 * Refuses options that were given where they change nothing: what is accepted in silence is believed to matter. `names`
 * are as in the flags object; `why` follows the option's name in the message. Throws `UsageError`.
 */
export function refuseWithoutEffect(command: Command, names: readonly string[], why: string): void {
  for (const name of names) {
    if (command.getOptionValueSource(name) === "cli") throw new UsageError(`--${flagOf(name)} ${why}`);
  }
}

/** "promptTokens" -> "prompt-tokens". */
function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
