import type { Request } from "../request.ts";
import type { StepOutcome } from "../scheduler/outcome.ts";
import type { Arrival } from "./arrival.ts";
import { Clients } from "./clients.ts";
import { Distribution } from "./distribution.ts";
import { Gauge } from "./gauge.ts";
import { type InFlight, NEVER } from "./in-flight.ts";
import { MeasuredRequests } from "./measured.ts";
import { Timeline } from "./timeline.ts";

/** What a user is promised. Seconds. */
export interface Slo {
  /** Most seconds to the first token. */
  readonly ttftSeconds?: number;
  /** Most seconds a token after the first, mean over a request. */
  readonly tpotSeconds?: number;
}

/** End of the step before the first: no token was then. */
const NO_STEP = -2;

/** What was measured of one step. Kept and used again. */
export interface StepSample {
  startedAt: number;
  endedAt: number;
  tokens: number;
  requests: number;
  heldBlocks: number;
  waiting: number;
  preemptions: number;
}

/**
 * Collects a run's figures. Times are seconds of the virtual clock; a time between two tokens counts once a token, in
 * steps: all requests that had a token in the step before share one weighted sample, so memory does not grow with
 * tokens.
 */
export class Metrics {
  readonly ttft = new Distribution();
  readonly itl = new Distribution();
  readonly tpot = new Distribution();
  readonly e2e = new Distribution();
  readonly queue = new Distribution();
  readonly kvBlocks = new Gauge();
  readonly clients = new Clients();
  readonly timeline = new Timeline();
  /** What a server measured of the same requests. */
  readonly measured = new MeasuredRequests();
  completed = 0;
  outputTokens = 0;
  promptTokens = 0;
  hitTokens = 0;
  steps = 0;
  stepTokens = 0;
  stepRequests = 0;
  stepSeconds = 0;
  /** Requests that kept every promise. */
  good = 0;
  readonly #slo: Slo;
  readonly #inFlight: InFlight;
  /** End of the step before this one. */
  #previousEnd = NO_STEP;
  readonly #composition = { kvUse: 0, running: 0, waiting: 0, decodeTokens: 0, promptTokens: 0, preemptions: 0 };
  readonly #blockCount: number;

  constructor(options: { inFlight: InFlight; blockCount: number; slo: Slo }) {
    this.#inFlight = options.inFlight;
    this.#blockCount = options.blockCount;
    this.#slo = options.slo;
  }

  /** A step is done: its tokens were delivered. */
  step(sample: StepSample, outcome: StepOutcome): void {
    const seconds = sample.endedAt - sample.startedAt;
    this.steps++;
    this.stepTokens += sample.tokens;
    this.stepRequests += sample.requests;
    this.stepSeconds += seconds;
    this.kvBlocks.add(sample.heldBlocks, seconds);
    const decodes = this.#tokens(outcome, sample.endedAt);
    const at = this.#composition;
    at.kvUse = sample.heldBlocks / this.#blockCount;
    at.running = sample.requests;
    at.waiting = sample.waiting;
    at.decodeTokens = decodes;
    at.promptTokens = sample.tokens - decodes;
    at.preemptions = sample.preemptions;
    this.timeline.add(sample.startedAt, seconds, at);
    for (let i = 0; i < outcome.finishedCount; i++) this.#finished(outcome.finished[i], sample.endedAt);
    this.#previousEnd = sample.endedAt;
  }

  /** Times between tokens. Returns how many of the tokens were not their request's first. */
  #tokens(outcome: StepOutcome, now: number): number {
    const { lastTokenAt } = this.#inFlight;
    const { requests, tokenCount } = outcome;
    const previous = this.#previousEnd;
    let steady = 0;
    let decodes = 0;
    for (let i = 0; i < tokenCount; i++) {
      const number = requests[i].id as number;
      const last = lastTokenAt[number];
      lastTokenAt[number] = now;
      if (last === previous) steady++;
      else if (last === NEVER) this.#firstToken(requests[i], number, now);
      else {
        decodes++;
        this.itl.add(now - last);
      }
    }
    this.outputTokens += tokenCount;
    this.itl.add(now - previous, steady);
    return steady + decodes;
  }

  #firstToken(request: Request, number: number, now: number): void {
    const { firstTokenAt, startedAt } = this.#inFlight;
    firstTokenAt[number] = now;
    this.ttft.add(now - request.arrival);
    this.queue.add(startedAt[number] - request.arrival);
    this.promptTokens += request.promptTokenCount;
    this.hitTokens += request.cachedTokenCount;
  }

  #finished(request: Request, now: number): void {
    const first = this.#inFlight.firstTokenAt[request.id as number];
    const outputs = request.outputTokenCount;
    const ttft = first - request.arrival;
    const tpot = outputs > 1 ? (now - first) / (outputs - 1) : 0;
    this.completed++;
    this.e2e.add(now - request.arrival);
    if (outputs > 1) this.tpot.add(tpot);
    const { ttftSeconds = Number.POSITIVE_INFINITY, tpotSeconds = Number.POSITIVE_INFINITY } = this.#slo;
    if (ttft <= ttftSeconds && tpot <= tpotSeconds) this.good++;
    this.clients.finished(this.#inFlight.arrivals[request.id as number] as Arrival, request, ttft);
  }
}
