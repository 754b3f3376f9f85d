import type { KvCache } from "../blocks/kv-cache.ts";
import type { StepJournal } from "../blocks/step-journal.ts";
import type { Drafter } from "../policies/drafting/drafter.ts";
import type { Entry } from "./entry.ts";
import type { ResolvedSchedulerOptions } from "./options.ts";
import { draftsOf } from "./policy-answers.ts";
import type { Residents } from "./residents.ts";
import type { StepShare } from "./step-share.ts";

/**
 * What a step does beside one sample a request: first tokens of further choices where a prompt is complete, and drafts of decodes.
 * Takes only what nobody else asked for. Law: samples of a step <= the budget's `maxTokens`, which is what backends have room for.
 */
export class StepExtras {
  readonly #kv: KvCache;
  readonly #residents: Residents;
  readonly #drafter: Drafter | undefined;
  readonly #maxSamples: number;

  constructor(kv: KvCache, residents: Residents, { drafter, budget }: Pick<ResolvedSchedulerOptions, "drafter" | "budget">) {
    this.#kv = kv;
    this.#residents = residents;
    this.#drafter = drafter;
    this.#maxSamples = budget.maxTokens;
  }

  /** Adds to the step under construction, in which everybody has its tokens. */
  add(share: StepShare, journal: StepJournal): void {
    const { sampledSerials } = this.#residents;
    if (sampledSerials.length === 0) return;
    let room = this.#maxSamples - this.#sampleCount();
    for (const entry of sampledSerials) {
      const count = Math.min(room, entry.followers.length);
      if (count > 0) this.#residents.fan(entry, count);
      room -= count;
    }
    // Where blocks are short, none is spent on guesses.
    if (share.mayAdmit) for (const entry of sampledSerials) room -= this.#draft(entry, share, room, journal);
    sampledSerials.length = 0;
  }

  /** Returns how many drafts a decode got. */
  #draft(entry: Entry, share: StepShare, room: number, journal: StepJournal): number {
    if (!entry.isDrafted || entry.chunk > 1 || entry.followers.length > 0) return 0;
    const { computedTokenCount, tokenCount } = entry;
    // Every running request keeps a block for its next decode.
    const spare = this.#residents.availableBlocks - this.#residents.running.length * this.#residents.groupCount;
    const most = Math.min(share.remaining, room, entry.maxLength - tokenCount - 1, this.#kv.tokensThatFit(computedTokenCount, spare));
    if (most < 1) return 0;
    const drafts = draftsOf(this.#drafter!, entry.tokens, tokenCount, most);
    if (drafts.length > 0) this.#residents.draft(entry, drafts, journal);
    share.take(drafts.length);
    return drafts.length;
  }

  #sampleCount(): number {
    let count = 0;
    for (const entry of this.#residents.running) if (entry.chunk > 0) count += entry.sampleCount;
    return count;
  }
}
