import { blocksOf, type AllocatorSizes, type Domain } from "../allocator/allocator.ts";
import type { Command } from "../allocator/program.ts";

/** Numbers that a command is written from: what they mean depends on what there is when its turn comes. */
export interface Draft {
  readonly kind: number;
  readonly pick: number;
  readonly size: number;
  /** Letters of tokens that no other text has. */
  readonly tail: readonly number[];
}

/** What a program's drafts are written out with. */
export interface Setting {
  readonly sizes: AllocatorSizes;
  readonly alphabet: readonly number[];
  readonly domains: readonly Domain[];
  /** Letters of the texts that sequences share. */
  readonly texts: readonly (readonly number[])[];
  /** Kinds of commands with their weights. */
  readonly weights: readonly (readonly [kind: string, weight: number])[];
  /** Most sequences at a time. */
  readonly sequences: number;
}

interface Believed {
  tokens: number[];
  readonly domain: Domain;
  readonly text: number;
  swapped: boolean;
  /** Number of the step that it began in. */
  readonly step: number;
}

/** Draws are below it. */
export const DRAWS = 2 ** 16;
/** Tokens at a time of `append`: one as in decoding, or a chunk. */
const MAX_APPENDED = 6;
/** Prompts of the past that others may begin with. */
const MAX_PAST = 8;
/** Share of commands that are cut to what fits: the others find out what a refusal does. */
const FITTING = 0.8;

/**
 * Writes drafts out as commands, with a belief of what is there: which sequences, with which tokens, in how many
 * blocks. The belief may be wrong, as the allocator has not been asked; a command that makes no sense is passed over
 * when it is run.
 */
export class ProgramWriter {
  readonly #setting: Setting;
  readonly #live = new Map<number, Believed>();
  readonly #past: (readonly number[])[] = [];
  #step = 0;
  #stepIsOpen = false;

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  write(draft: Draft): Command {
    const kind = this.#kindOf(draft.kind);
    if (kind.startsWith("custom:")) return { kind: "custom", name: kind.slice("custom:".length), value: draft.pick };
    const command = this.#writeKind(kind, draft);
    if (command.kind === "allocate" || command.kind === "append" || command.kind === "fork") this.#stepIsOpen = true;
    return command;
  }

  #kindOf(draw: number): string {
    const { weights } = this.#setting;
    let left = (draw / DRAWS) * weights.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [kind, weight] of weights) {
      left -= weight;
      if (left < 0) return kind;
    }
    return weights[0][0];
  }

  #writeKind(kind: string, draft: Draft): Command {
    switch (kind) {
      case "append":
      case "continue":
        return this.#append(draft, kind === "continue");
      case "free":
        return this.#free(draft);
      case "fork":
        return this.#fork(draft);
      case "lookup":
        return { kind: "lookup", tokens: this.#prompt(draft).tokens, ...named(this.#domain(draft)) };
      case "swapOut":
      case "swapIn":
        return this.#swap(kind, draft);
      case "issue":
      case "commit":
      case "rollback":
        return this.#endStep(kind);
      case "reset":
        return { kind: "reset" };
      default:
        return this.#allocate(draft);
    }
  }

  #allocate(draft: Draft): Command {
    const sequence = this.#unusedNumber(draft.pick);
    const isFitting = this.#isFitting(draft);
    if (sequence === null || (isFitting && this.#room === 0)) return this.#free(draft);
    const { tokens, text } = this.#prompt(draft);
    const domain = this.#domain(draft);
    const most = isFitting ? Math.max(1, this.#room * this.#setting.sizes.blockSize) : tokens.length;
    const prompt = tokens.slice(0, most);
    this.#live.set(sequence, { tokens: prompt, domain, text, swapped: false, step: this.#step });
    this.#remember(prompt);
    return { kind: "allocate", sequence, tokens: prompt, ...named(domain) };
  }

  #append(draft: Draft, isShared: boolean): Command {
    const found = this.#pickLive(draft.pick, false);
    if (found === null) return this.#allocate(draft);
    const [sequence, believed] = found;
    const { blockSize, maxTokens } = this.#setting.sizes;
    const { length } = believed.tokens;
    const toEnd = blockSize - (length % blockSize);
    const isFitting = this.#isFitting(draft);
    if (isFitting && this.#room === 0 && length % blockSize === 0) return this.#free(draft);
    const wanted = [1, 1, 1 + (draft.size % MAX_APPENDED), toEnd][draft.size % 4];
    const fits = isFitting ? Math.max(1, (length % blockSize === 0 ? 0 : toEnd) + this.#room * blockSize) : wanted;
    const count = Math.max(1, Math.min(wanted, fits, maxTokens - length));
    const shared = this.#text(believed.text, length, count);
    const own = Array.from({ length: count }, (_, i) =>
      this.#token(draft.tail[i % draft.tail.length] ?? draft.size + i),
    );
    const tokens = isShared ? shared : own;
    believed.tokens = [...believed.tokens, ...tokens];
    return { kind: "append", sequence, tokens };
  }

  #free({ pick }: Draft): Command {
    const [sequence, believed] = this.#pickLive(pick) ?? [pick % this.#setting.sequences, null];
    if (believed !== null) this.#remember(believed.tokens);
    this.#live.delete(sequence);
    return { kind: "free", sequence };
  }

  #fork(draft: Draft): Command {
    const found = this.#pickLive(draft.pick, false);
    const child = this.#unusedNumber(draft.size);
    if (found === null) return this.#allocate(draft);
    if (child === null) return this.#free(draft);
    const [sequence, believed] = found;
    this.#live.set(child, { ...believed, tokens: [...believed.tokens], step: this.#step });
    return { kind: "fork", sequence, child };
  }

  #swap(kind: "swapOut" | "swapIn", draft: Draft): Command {
    const isIn = kind === "swapIn" && [...this.#live.values()].some(({ swapped }) => swapped);
    const found = this.#pickLive(draft.pick, isIn);
    if (found === null) return this.#allocate(draft);
    found[1].swapped = !isIn;
    return { kind: isIn ? "swapIn" : "swapOut", sequence: found[0] };
  }

  #endStep(kind: "issue" | "commit" | "rollback"): Command {
    if (kind === "rollback") {
      const undone = this.#stepIsOpen ? this.#step : this.#step - 1;
      for (const [sequence, { step }] of this.#live) if (step === undone) this.#live.delete(sequence);
    }
    if (this.#stepIsOpen) this.#step++;
    this.#stepIsOpen = false;
    return { kind };
  }

  /** The beginning of a shared text or of a prompt of the past, and then perhaps tokens of its own. */
  #prompt({ pick, size, tail }: Draft): { tokens: number[]; text: number } {
    const { texts, sizes } = this.#setting;
    const text = pick % texts.length;
    const isPast = size % 3 === 0 || (sizes.hostBlockCount > 0 && size % 3 === 1);
    const past = isPast ? this.#past[pick % Math.max(1, this.#past.length)] : undefined;
    const longest = Math.min(sizes.maxTokens, 2 * Math.ceil(sizes.maxTokens / 4));
    const source = past ?? this.#text(text, 0, longest);
    const length = 1 + (Math.floor(size / 3) % source.length);
    const own = pick % 3 === 0 ? tail.map((letter) => this.#token(letter)) : [];
    return { tokens: [...source.slice(0, length), ...own].slice(0, longest), text };
  }

  /** Tokens of a shared text, which has no end. */
  #text(text: number, from: number, count: number): number[] {
    const letters = this.#setting.texts[text];
    return Array.from({ length: count }, (_, i) =>
      this.#token(letters[(from + i) % letters.length] + Math.floor((from + i) / letters.length)),
    );
  }

  #token(letter: number): number {
    return this.#setting.alphabet[letter % this.#setting.alphabet.length];
  }

  /** The first domain in half of all cases. */
  #domain({ size, pick }: Draft): Domain {
    const { domains } = this.#setting;
    return (size + pick) % 2 === 0 ? domains[0] : domains[Math.floor(pick / 4) % domains.length];
  }

  #isFitting({ size, pick }: Draft): boolean {
    return ((size * 31 + pick) % DRAWS) / DRAWS < FITTING;
  }

  /** Blocks that are free if nothing is shared. */
  get #room(): number {
    const { blockCount, blockSize, windows } = this.#setting.sizes;
    let used = 0;
    for (const { tokens, swapped } of this.#live.values()) {
      if (!swapped) used += windows.length * blocksOf(tokens.length, blockSize);
    }
    return Math.max(0, Math.floor((blockCount - used) / windows.length));
  }

  #unusedNumber(pick: number): number | null {
    const { sequences } = this.#setting;
    for (let i = 0; i < sequences; i++) if (!this.#live.has((pick + i) % sequences)) return (pick + i) % sequences;
    return null;
  }

  /** A sequence that is believed to exist; with `swapped` a swapped one. */
  #pickLive(pick: number, swapped?: boolean): [number, Believed] | null {
    const candidates = [...this.#live].filter(([, believed]) => swapped === undefined || believed.swapped === swapped);
    return candidates.length === 0 ? null : candidates[pick % candidates.length];
  }

  #remember(tokens: readonly number[]): void {
    this.#past.push(tokens);
    if (this.#past.length > MAX_PAST) this.#past.shift();
  }
}

/** Only what is not the default: shorter to read. */
function named({ salt, adapterId }: Domain): { salt?: string; adapterId?: number } {
  return { ...(salt === "" ? {} : { salt }), ...(adapterId === 0 ? {} : { adapterId }) };
}
