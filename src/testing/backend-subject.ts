import type { Backend, BackendInfo } from "../backends/backend.ts";
import type { Drafter } from "../policies/drafting/drafter.ts";
import { promptLookup } from "../policies/drafting/prompt-lookup.ts";
import type { MakeBackend } from "./backend-cases/backend-case.ts";
import type { Answer } from "./driven-request.ts";
import { type FaultRequest, type FaultSubject, misshapen } from "./fault-subject.ts";
import { FaultyBackend } from "./faulty-backend.ts";
import type { DeviceFlaws, FailingBackend } from "./faulty-device.ts";
import { PlanDriver } from "./plan-driver.ts";
import { PromptSource } from "./prompt-source.ts";
import type { SeededRandom } from "./seeded-random.ts";

export interface BackendSubjectOptions {
  readonly make: MakeBackend;
  readonly blockSizes: readonly number[];
}

/** Most tokens that the pools of a run hold: from next to nothing to some requests whole. */
const POOL_TOKENS = { min: 40, max: 240 };
/** Seeds of requests are below it. */
const SEEDS = 2 ** 40;

/**
 * The backends of another maker. What each request has to get is found first, by running it alone, token by token,
 * on another backend of the same model with room for all of it.
 */
export class BackendSubject implements FaultSubject {
  readonly info: BackendInfo;
  readonly requestCount: number;
  drawnCount = 0;
  readonly #requests: readonly FaultRequest[];
  readonly #makeAnother: () => Backend | Promise<Backend>;
  readonly #first: Backend;

  private constructor(first: Backend, makeAnother: () => Backend | Promise<Backend>, requests: FaultRequest[]) {
    this.info = first.info;
    this.requestCount = requests.length;
    this.#requests = requests;
    this.#makeAnother = makeAnother;
    this.#first = first;
  }

  /** Draws sizes and requests, and runs each request alone. */
  static async make(random: SeededRandom, { make, blockSizes }: BackendSubjectOptions): Promise<BackendSubject> {
    const blockSize = random.pick(blockSizes);
    const sizes = {
      blockSize,
      blockCount: Math.ceil(random.integer(POOL_TOKENS.min, POOL_TOKENS.max) / blockSize),
      maxTokens: random.integer(1, 40),
      maxRequests: random.integer(1, 8),
      hostBlockCount: random.chance(0.4) ? random.integer(1, 30) : 0,
      keepLogits: false,
    };
    const first = await make(sizes);
    const { groups, contextLength } = first.info;
    const enough = groups.length * Math.ceil(contextLength / blockSize);
    const solo = await make({ ...sizes, blockCount: enough, hostBlockCount: 0 });
    try {
      const requests = await drawRequests(random, new PlanDriver(solo), sizes.blockCount);
      return new BackendSubject(first, () => make(sizes), requests);
    } finally {
      await solo.dispose();
    }
  }

  drawRequest(): FaultRequest {
    return this.#requests[this.drawnCount++];
  }

  firstDevice(flaws: DeviceFlaws): FailingBackend {
    return new FaultyBackend(this.#first, flaws);
  }

  async newDevice(flaws: DeviceFlaws): Promise<FailingBackend> {
    return new FaultyBackend(await this.#makeAnother(), flaws);
  }

  async misshapenDevice(): Promise<FailingBackend> {
    const backend = await this.#makeAnother();
    return new FaultyBackend(backend, {}, misshapen(backend.info));
  }

  drafter(): Drafter {
    return promptLookup();
  }
}

async function drawRequests(random: SeededRandom, driver: PlanDriver, blockCount: number): Promise<FaultRequest[]> {
  const { contextLength, blockSize, groups } = driver.backend.info;
  const prompts = new PromptSource(random);
  const roomFor = Math.min(contextLength, Math.floor((blockCount * blockSize) / groups.length));
  const requests: FaultRequest[] = [];
  const count = random.integer(1, 16);
  while (requests.length < count) {
    const { stopTokenIds, ...drawn } = prompts.draw(roomFor, null);
    const sampling = random.chance(0.5) ? { temperature: 1.5, seed: random.integer(0, SEEDS) } : undefined;
    const input = { ...drawn, adapterId: 0, sampling };
    const runs: number[][] = [];
    for (let choice = 0; choice < (input.n ?? 1); choice++) runs.push(await runAlone(driver, input, choice));
    const stops = stopTokenIds?.length === 1 && runs[0].length > 0 ? [random.pick(runs[0])] : [];
    requests.push({
      input: { ...input, stopTokenIds: stops },
      answers: runs.map((run) => cutAtStop(run, stops)),
    });
  }
  return requests;
}

/** The tokens of one choice, as far as the context reaches; none where the prompt does not fit it. */
async function runAlone(driver: PlanDriver, input: FaultRequest["input"], choice: number): Promise<number[]> {
  const { contextLength, maxTokens } = driver.backend.info;
  const { promptTokenIds, sampling } = input;
  if (promptTokenIds.length >= contextLength) return [];
  const end = Math.min(promptTokenIds.length + input.maxTokens, contextLength);
  const sequence = driver.start(promptTokenIds, { sampling, choice });
  while (sequence.tokenIds.length < end) {
    const count = Math.min(maxTokens, sequence.tokenIds.length - sequence.computedCount);
    await driver.step([{ sequence, count }]);
  }
  driver.finish(sequence);
  return sequence.tokenIds.slice(promptTokenIds.length);
}

function cutAtStop(tokenIds: readonly number[], stops: readonly number[]): Answer {
  const end = tokenIds.findIndex((id) => stops.includes(id));
  return end < 0 ? { tokenIds, reason: "length" } : { tokenIds: tokenIds.slice(0, end + 1), reason: "stop" };
}
