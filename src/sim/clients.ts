import type { Request } from "../request.ts";
import type { Arrival } from "./arrival.ts";

/** Clients told apart; the rest are counted together, so that memory does not grow with a trace of many. */
const MAX_CLIENTS = 4096;
const OTHERS = "(others)";

/** What one client got. */
export interface ClientShare {
  readonly client: string;
  requests: number;
  promptTokens: number;
  outputTokens: number;
  ttftSum: number;
}

/** Service by client, for fairness. */
export class Clients {
  readonly #shares = new Map<string, ClientShare>();

  finished(arrival: Arrival, request: Request, ttft: number): void {
    const share = this.#shareOf(arrival.client ?? "");
    share.requests++;
    share.promptTokens += request.promptTokenCount;
    share.outputTokens += request.outputTokenCount;
    share.ttftSum += ttft;
  }

  /** Adds what another one counted. */
  merge(other: Clients): void {
    for (const { client, requests, promptTokens, outputTokens, ttftSum } of other.all()) {
      const share = this.#shareOf(client);
      share.requests += requests;
      share.promptTokens += promptTokens;
      share.outputTokens += outputTokens;
      share.ttftSum += ttftSum;
    }
  }

  all(): ClientShare[] {
    return [...this.#shares.values()];
  }

  /**
   * Jain's index of the clients' mean time to first token: 1 where all wait alike, 1 / n where one alone waits.
   * Source: Jain, Chiu and Hawe, 1984.
   */
  get waitingIndex(): number {
    const waits = this.all().map((share) => share.ttftSum / share.requests);
    const sum = waits.reduce((total, wait) => total + wait, 0);
    const squares = waits.reduce((total, wait) => total + wait * wait, 0);
    return squares === 0 ? 1 : (sum * sum) / (waits.length * squares);
  }

  #shareOf(name: string): ClientShare {
    let share = this.#shares.get(name);
    if (share === undefined && this.#shares.size >= MAX_CLIENTS) {
      if (name !== OTHERS) return this.#shareOf(OTHERS);
    }
    if (share === undefined) {
      share = { client: name, requests: 0, promptTokens: 0, outputTokens: 0, ttftSum: 0 };
      this.#shares.set(name, share);
    }
    return share;
  }
}
