import { checkOptions, numberOption } from "../../option-checks.ts";
import type { RequestView } from "../../request.ts";
import { chargePrompt, type ClientAccount, ClientBook } from "./client-book.ts";
import { IndexedHeap } from "../../collections/heap.ts";
import type { QueuePolicy } from "./queue-policy.ts";

export interface VtcOptions {
  /** What a prompt token counts. Default 1. */
  readonly promptWeight?: number;
  /** What a produced token counts. Default 2. */
  readonly outputWeight?: number;
}

/**
 * Virtual token counter: next is a request of the client that has been served least, of that client's the one with the
 * lowest `priority`, of equal ones the oldest: priorities order a client's own requests, and take nothing from others.
 * A prompt is charged whole when its request is admitted, produced tokens as they come; a client that starts to wait is
 * lifted to the least of the waiting clients (or to the last that waited), so that silence saves nothing up. O(log
 * clients). Source: Sheng et al., OSDI '24 (arXiv 2401.00588).
 *
 * Work-conserving. While two clients both wait, the service that they get differs by at most 2 max(p L, o M), however
 * much a third one sends: L is the longest prompt, M the tokens that run at a time, p and o the weights.
 */
export function vtc(options: VtcOptions = {}): QueuePolicy {
  checkOptions(options, { promptWeight: "other", outputWeight: "other" });
  const { promptWeight = 1, outputWeight = 2 } = options;
  for (const [name, weight] of Object.entries({ promptWeight, outputWeight })) numberOption(name, weight, { least: 0 });
  return new VirtualTokenCounter(promptWeight, outputWeight);
}

/** Balances are tokens served, weighted. Law: `#active` holds exactly the clients with a waiting request. */
class VirtualTokenCounter implements QueuePolicy {
  readonly name = "vtc";
  readonly #promptWeight: number;
  readonly #outputWeight: number;
  readonly #active = new IndexedHeap<ClientAccount>((a, b) => a.balance - b.balance || a.id - b.id);
  readonly #book = new ClientBook((account) => account.balance - this.#floor);
  #lastActive: ClientAccount | undefined;

  constructor(promptWeight: number, outputWeight: number) {
    this.#promptWeight = promptWeight;
    this.#outputWeight = outputWeight;
  }

  get size(): number {
    return this.#book.size;
  }

  add(request: RequestView, now: number): void {
    const { account, leftAt } = this.#book.open(request);
    if (account.waiting.size === 0) {
      if (leftAt !== now) account.balance = Math.max(account.balance, this.#floor);
      this.#active.push(account);
    }
    account.waiting.push(request);
    this.#book.size++;
  }

  remove(request: RequestView, now: number): void {
    const entry = this.#book.open(request);
    const { account } = entry;
    entry.leftAt = now;
    account.waiting.remove(request);
    this.#book.size--;
    if (account.waiting.size > 0) return;
    this.#active.remove(account);
    this.#lastActive = account;
  }

  next(): RequestView | undefined {
    return this.#active.first?.waiting.first;
  }

  charge(request: RequestView, promptTokens: number, outputTokens: number): void {
    const entry = this.#book.of(request);
    if (entry === undefined) return;
    const prompt = chargePrompt(entry, promptTokens, () => this.#promptWeight * request.promptTokenCount);
    entry.leftAt = Number.NaN;
    entry.account.balance += prompt + this.#outputWeight * outputTokens;
    if (entry.account.waiting.size > 0) this.#active.update(entry.account);
  }

  ended(request: RequestView): void {
    this.#book.close(request);
  }

  /** What a client that starts to wait has at least. */
  get #floor(): number {
    return (this.#active.first ?? this.#lastActive)?.balance ?? 0;
  }
}
