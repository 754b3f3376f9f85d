import type { RequestView } from "../../request.ts";
import { IndexedHeap } from "../../collections/heap.ts";

/**
 * Clients without a request that are remembered: a client must not be able to shed what it owes by a moment's silence.
 * Some 200 bytes each.
 */
const MAX_IDLE_CLIENTS = 4096;

/** What a fair policy knows of a client. */
export interface ClientAccount {
  /** Of the client, in order of first appearance. */
  readonly id: number;
  readonly name: string;
  /** Its waiting requests: the lowest `priority` first, of equal ones the oldest. */
  readonly waiting: IndexedHeap<RequestView>;
  /** Its requests that have not ended. */
  live: number;
  /** In the policy's own coin. */
  balance: number;
}

/** A request that has not ended, and its client. */
export interface ClientRequest {
  readonly account: ClientAccount;
  /** What its account was charged for the prompt; 0 where nothing was. */
  charge: number;
  /** Computed tokens of its prompt, without rolled-back ones. */
  promptTokens: number;
  /**
   * When it last left the queue with nothing charged since: a client that only stepped aside comes back at the same
   * time.
   */
  leftAt: number;
}

/**
 * Notes prompt tokens that were computed, or with a failed plan taken back. Returns what the account owes more:
 * `cost()` with the first ones, and as much less when all were taken back.
 */
export function chargePrompt(entry: ClientRequest, promptTokens: number, cost: () => number): number {
  const before = entry.charge;
  const wasNone = entry.promptTokens === 0;
  entry.promptTokens += promptTokens;
  if (entry.promptTokens === 0) entry.charge = 0;
  else if (wasNone) entry.charge = cost();
  return entry.charge - before;
}

/**
 * Accounts by client, and the requests that have not ended.
 *
 * Laws: an account is there while it has a live request, and longer while it owes something and fewer than a limit are
 * idle;
 * `size` is the sum of all accounts' waiting requests.
 */
export class ClientBook {
  size = 0;
  readonly #accounts = new Map<string, ClientAccount>();
  readonly #requests = new Map<RequestView, ClientRequest>();
  readonly #owes: (account: ClientAccount) => number;
  #idle = 0;
  #opened = 0;

  /** `owes`: what an idle client would gain by being forgotten; 0 or less for nothing. */
  constructor(owes: (account: ClientAccount) => number) {
    this.#owes = owes;
  }

  /** Accounts that are remembered. */
  get accounts(): Iterable<ClientAccount> {
    return this.#accounts.values();
  }

  /** The request's entry, made where it is new. */
  open(request: RequestView): ClientRequest {
    const known = this.#requests.get(request);
    if (known !== undefined) return known;
    const account = this.#accounts.get(request.client) ?? this.#openAccount(request.client);
    if (account.live++ === 0) this.#idle--;
    const opened = { account, charge: 0, promptTokens: 0, leftAt: Number.NaN };
    this.#requests.set(request, opened);
    return opened;
  }

  /** The entry of a request that has not ended. */
  of(request: RequestView): ClientRequest | undefined {
    return this.#requests.get(request);
  }

  /** The request ended. */
  close(request: RequestView): void {
    const entry = this.#requests.get(request);
    if (entry === undefined) return;
    this.#requests.delete(request);
    if (--entry.account.live === 0) this.#idle++;
    if (this.#idle > MAX_IDLE_CLIENTS) this.#forgetIdle();
  }

  #openAccount(name: string): ClientAccount {
    const waiting = new IndexedHeap<RequestView>((a, b) => a.priority - b.priority || a.order - b.order);
    const account: ClientAccount = { id: this.#opened++, name, waiting, live: 0, balance: 0 };
    this.#accounts.set(name, account);
    this.#idle++;
    return account;
  }

  /** Drops the half of the idle clients that owes least. O(n log n), once in half the limit of ends. */
  #forgetIdle(): void {
    const idle = [...this.#accounts.values()].filter((account) => account.live === 0);
    idle.sort((a, b) => this.#owes(a) - this.#owes(b));
    for (const [index, account] of idle.entries()) {
      if (index >= MAX_IDLE_CLIENTS / 2 && this.#owes(account) > 0) break;
      this.#accounts.delete(account.name);
      this.#idle--;
    }
  }
}
