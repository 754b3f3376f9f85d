import { assert } from "../../assert.ts";
import type { QueuePolicy } from "../../policies/queue/queue-policy.ts";
import type { Request } from "../../request.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { drawRequest, type PolicyCase, produce } from "./policy-case.ts";

/** Commands of one program: enough for queues of some dozens, which fill and drain several times. */
const COMMANDS = 200;

/** The rules of queue policies. */
export function queueCases(make: () => QueuePolicy): PolicyCase[] {
  return [
    {
      name: "a queue holds what was added and not removed exactly once, and names one of them while there is one",
      run: (random) => new QueueProgram(make(), random).run(),
    },
    {
      name: "a queue works without being attached, begun or charged",
      run: (random) => new QueueProgram(make(), random, "bare").run(),
    },
  ];
}

/** A queue under random arrivals, admissions, aborts, preemptions and charges, beside a set of the queued requests. */
class QueueProgram {
  readonly #queue: QueuePolicy;
  readonly #random: SeededRandom;
  readonly #isBare: boolean;
  readonly #waiting = new Set<Request>();
  readonly #running = new Set<Request>();
  #now = 0;
  #count = 0;

  constructor(queue: QueuePolicy, random: SeededRandom, mode: "whole" | "bare" = "whole") {
    this.#queue = queue;
    this.#random = random;
    this.#isBare = mode === "bare";
  }

  run(): void {
    if (!this.#isBare) this.#queue.attach?.({ cachedTokens: (request) => (request.order * 37) % request.tokenCount });
    for (let i = 0; i < COMMANDS; i++) {
      this.#command();
      this.#check();
    }
    for (let left = this.#waiting.size; left > 0; left--) this.#leave(this.#next());
    this.#check();
  }

  #command(): void {
    const random = this.#random;
    this.#now += random.pick([0, 0, 1, 10]);
    if (!this.#isBare) this.#queue.begin?.(this.#now);
    const action = random.integer(0, 9);
    if (action < 4) this.#enter(drawRequest(random, this.#count++, this.#now));
    else if (this.#waiting.size > 0 && action < 7) this.#admit(this.#next());
    else if (this.#waiting.size > 0 && action === 7) this.#abort(random.pick([...this.#waiting]));
    else if (this.#running.size > 0) this.#advance(random.pick([...this.#running]));
  }

  #next(): Request {
    const next = this.#queue.next(this.#now) as Request | undefined;
    assert(
      next !== undefined && this.#waiting.has(next),
      () =>
        `${this.#queue.name} names ${next === undefined ? "nobody" : `request ${next.id}`}; ${this.#waiting.size} wait`,
    );
    return next;
  }

  #check(): void {
    const { size, name } = this.#queue;
    assert(size === this.#waiting.size, () => `${name} says that ${size} wait, ${this.#waiting.size} do`);
    if (size > 0) {
      assert(this.#next() === this.#next(), () => `${name} names two, one after the other, with nothing changed`);
    } else assert(this.#queue.next(this.#now) === undefined, () => `${name} is empty and names somebody`);
  }

  #enter(request: Request): void {
    this.#waiting.add(request);
    this.#queue.add(request, this.#now);
  }

  #leave(request: Request): void {
    this.#waiting.delete(request);
    this.#queue.remove(request, this.#now);
  }

  #admit(request: Request): void {
    this.#leave(request);
    this.#running.add(request);
    request.become("running");
    request.computedTokenCount = request.tokenCount;
    produce(request, 0);
    if (!this.#isBare) this.#queue.charge?.(request, request.promptTokenCount, 0);
  }

  #abort(request: Request): void {
    this.#leave(request);
    this.#end(request);
  }

  /** A token comes; then it may end, or be preempted. */
  #advance(request: Request): void {
    request.tokenCount++;
    if (!this.#isBare) this.#queue.charge?.(request, 0, 1);
    if (request.tokenCount < request.maxLength && this.#random.chance(0.5)) return;
    this.#running.delete(request);
    if (request.tokenCount === request.maxLength || this.#random.chance(0.5)) return this.#end(request);
    request.become("preempted");
    request.computedTokenCount = 0;
    this.#enter(request);
  }

  #end(request: Request): void {
    request.become("finished");
    request.finishReason = request.tokenCount === request.maxLength ? "length" : "abort";
    this.#queue.ended?.(request, this.#now);
  }
}
