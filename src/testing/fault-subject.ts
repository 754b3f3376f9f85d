import type { BackendInfo } from "../backends/backend.ts";
import type { Drafter } from "../policies/drafting/drafter.ts";
import type { RequestInput } from "../request.ts";
import { type Answer, answerOf } from "./driven-request.ts";
import { drawInfo } from "./fault-draws.ts";
import { type DeviceFlaws, type FailingBackend, FaultyDevice } from "./faulty-device.ts";
import { guessingDrafter } from "./guessing-drafter.ts";
import { drawSteering, steeringInput } from "./program-requests.ts";
import { PromptSource } from "./prompt-source.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** A request of a fault run, and what has to come out. */
export interface FaultRequest {
  readonly input: RequestInput & { readonly promptTokenIds: readonly number[]; readonly maxTokens: number };
  /** [choices] */
  readonly answers: readonly Answer[];
}

/** What a fault run is about: a kind of device, and requests whose answers are known. */
export interface FaultSubject {
  readonly info: BackendInfo;
  readonly requestCount: number;
  /** Requests drawn so far. */
  readonly drawnCount: number;
  drawRequest(): FaultRequest;
  /** The device that the run begins with. */
  firstDevice(flaws: DeviceFlaws): FailingBackend;
  /** A device in the place of a lost one. */
  newDevice(flaws: DeviceFlaws): FailingBackend | Promise<FailingBackend>;
  /** A device of another shape. */
  misshapenDevice(): FailingBackend | Promise<FailingBackend>;
  /** Guesses, some of them right. */
  drafter(): Drafter;
}

/** The info of a device that has one block group more. */
export function misshapen(info: BackendInfo): BackendInfo {
  return { ...info, groups: [...info.groups, { window: 1 }] };
}

/** Devices without arithmetic, whose answers are functions of what they read. */
export class ContextSubject implements FaultSubject {
  readonly info: BackendInfo;
  readonly requestCount: number;
  readonly #prompts: PromptSource;
  readonly #steering: SeededRandom;
  readonly #steerRate: number;

  /** `steering`: of edits and masks, which change nothing else that is drawn. */
  constructor(random: SeededRandom, steering: SeededRandom) {
    this.info = drawInfo(random);
    this.#prompts = new PromptSource(random);
    this.requestCount = random.integer(1, 16);
    this.#steering = steering;
    this.#steerRate = steering.chance(0.25) ? 0.6 : 0;
  }

  get drawnCount(): number {
    return this.#prompts.count;
  }

  drawRequest(): FaultRequest {
    const { blockCount, blockSize, groups, contextLength } = this.info;
    const { window } = groups[0];
    const roomFor = Math.min(contextLength, Math.floor((blockCount * blockSize) / groups.length));
    const drawn = this.#prompts.draw(roomFor, window);
    const steering = this.#steering.chance(this.#steerRate) ? drawSteering(this.#steering, true) : null;
    const forces = this.#steering.chance(0.5);
    const input = { ...drawn, ...(steering && steeringInput(steering, drawn.sampling, forces)) };
    const maxLength = Math.min(input.promptTokenIds.length + input.maxTokens, contextLength);
    const answers = Array.from({ length: input.n ?? 1 }, (_, choice) =>
      answerOf(input.promptTokenIds, maxLength, window, input.stopTokenIds, choice, [], steering),
    );
    return { input, answers };
  }

  firstDevice(flaws: DeviceFlaws): FailingBackend {
    return this.newDevice(flaws);
  }

  newDevice(flaws: DeviceFlaws): FailingBackend {
    return new FaultyDevice(this.info, flaws);
  }

  misshapenDevice(): FailingBackend {
    return new FaultyDevice(misshapen(this.info));
  }

  drafter(): Drafter {
    return guessingDrafter(this.info.groups[0].window);
  }
}
