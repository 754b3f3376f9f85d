import { checkOptions, numberOption } from "../../option-checks.ts";
import type { RequestId, RequestView } from "../../request.ts";
import { IndexedHeap } from "../../collections/heap.ts";
import type { QueuePolicy } from "./queue-policy.ts";

export interface MlfqOptions {
  /** Tokens that a request may use in the first queue; each next one allows twice as many. Default 256. */
  readonly quantum?: number;
  /** Wait, in units of `now`, after which a request moves to the first queue. Default 3: FastServe's, in seconds. */
  readonly promoteAfter?: number;
}

/** A short prompt and its answer. */
const DEFAULT_QUANTUM = 256;
const DEFAULT_PROMOTE_AFTER = 3;

/** Queues: the last one takes what used 2^15 quanta, and never demotes. */
const LEVELS = 16;

/** A request that has not ended. */
interface Job {
  readonly id: RequestId;
  readonly request: RequestView;
  level: number;
  /** Tokens used in this level. */
  used: number;
  /** When it started to wait; a request that only stepped aside keeps its time. */
  since: number;
  served: boolean;
}

/**
 * Skip-join multi-level feedback queue: a request enters the first queue whose quantum holds its prompt, moves down one
 * when it used its queue's quantum, and up to the first when it waited too long; lower queues wait for higher ones,
 * inside one the longest wait goes first. O(log n). Source: FastServe (arXiv 2305.05920), whose quanta are
 * milliseconds; here they are tokens, for a queue has no clock but `now`.
 *
 * Short requests pass long ones without a prediction. None starves: after `promoteAfter` a request is only behind
 * requests that have waited longer. The policy orders waiting requests, preempted ones included; it does not preempt.
 */
export function mlfq(options: MlfqOptions = {}): QueuePolicy {
  checkOptions(options, { quantum: "other", promoteAfter: "other" });
  const { quantum = DEFAULT_QUANTUM, promoteAfter = DEFAULT_PROMOTE_AFTER } = options;
  numberOption("quantum", quantum, { above: 0 });
  numberOption("promoteAfter", promoteAfter, { above: 0, mayBeInfinite: true });
  return new FeedbackQueue(quantum, promoteAfter);
}

/** Laws: `#waiting` holds the waiting jobs; `#low` the waiting jobs below the first queue, longest wait first. */
class FeedbackQueue implements QueuePolicy {
  readonly name = "mlfq";
  readonly #quantum: number;
  readonly #promoteAfter: number;
  readonly #jobs = new Map<RequestView, Job>();
  readonly #waiting = new IndexedHeap<Job>((a, b) => a.level - b.level || compareWaits(a, b));
  readonly #low = new IndexedHeap<Job>(compareWaits);

  constructor(quantum: number, promoteAfter: number) {
    this.#quantum = quantum;
    this.#promoteAfter = promoteAfter;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(request: RequestView, now: number): void {
    const job = this.#jobs.get(request) ?? this.#enter(request, now);
    if (job.served) job.since = now;
    job.served = false;
    this.#waiting.push(job);
    if (job.level > 0) this.#low.push(job);
  }

  remove(request: RequestView): void {
    const job = this.#jobs.get(request)!;
    this.#waiting.remove(job);
    if (job.level > 0) this.#low.remove(job);
  }

  next(now: number): RequestView | undefined {
    for (let job = this.#low.first; job !== undefined && now - job.since >= this.#promoteAfter; job = this.#low.first) {
      this.#promote(job);
    }
    return this.#waiting.first?.request;
  }

  charge(request: RequestView, promptTokens: number, outputTokens: number): void {
    const job = this.#jobs.get(request);
    if (job === undefined) return;
    job.served = true;
    job.used = Math.max(0, job.used + promptTokens + outputTokens);
    if (job.used > this.#quantumOf(job.level) && job.level < LEVELS - 1) this.#demote(job);
  }

  ended(request: RequestView): void {
    this.#jobs.delete(request);
  }

  #enter(request: RequestView, now: number): Job {
    let level = 0;
    while (level < LEVELS - 1 && this.#quantumOf(level) < request.promptTokenCount) level++;
    const job = { id: request.id, request, level, used: 0, since: now, served: false };
    this.#jobs.set(request, job);
    return job;
  }

  #promote(job: Job): void {
    this.#low.remove(job);
    job.level = 0;
    job.used = 0;
    this.#waiting.update(job);
  }

  /** Its last token may come while it waits again. */
  #demote(job: Job): void {
    job.level++;
    job.used = 0;
    if (!this.#waiting.has(job)) return;
    this.#waiting.update(job);
    if (job.level === 1) this.#low.push(job);
  }

  #quantumOf(level: number): number {
    return this.#quantum * 2 ** level;
  }
}

function compareWaits(a: Job, b: Job): number {
  return a.since - b.since || a.request.order - b.request.order;
}
