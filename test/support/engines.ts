import { Engine } from "../../src/engine/engine.ts";
import type { EngineOptions } from "../../src/engine/options.ts";
import { answerOf } from "../../src/testing/driven-request.ts";
import { ScriptedBackend, type Script } from "./scripted-backend.ts";

/** An engine on a scripted backend. */
export function setUp(options: Partial<EngineOptions> = {}, script: Script = {}) {
  const backend = new ScriptedBackend(script);
  return { backend, engine: new Engine({ backend, ...options }) };
}

/** A prompt that nobody else has, of 1 to 20 tokens. */
export function promptOf(number: number): number[] {
  return Array.from({ length: 1 + ((7 * number) % 20) }, (_, i) => (31 * number + i) % 50_000);
}

/** The answer to it. */
export function expectedOf(number: number, maxTokens: number): readonly number[] {
  return answerOf(promptOf(number), promptOf(number).length + maxTokens, null).tokenIds;
}

/** The whole answer as the stream gives it, and how many deltas it took. */
export async function readAll(stream: ReturnType<Engine["submit"]>) {
  const all = { tokenIds: [] as number[], text: "", deltas: 0, finishReason: null as string | null };
  for await (const { tokenIds, text, finishReason } of stream) {
    all.tokenIds.push(...tokenIds);
    all.text += text;
    all.deltas++;
    all.finishReason = finishReason;
  }
  return all;
}

/** Some turns of the event loop: enough for what is under way to end. */
export async function someTurns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
