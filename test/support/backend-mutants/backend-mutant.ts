import type { BackendInfo } from "../../../src/backends/backend.ts";
import { ToyBackend } from "../toy-backend.ts";

/** A bug in a backend. */
export interface BackendMutant {
  readonly bug: string;
  readonly Backend: typeof ToyBackend;
  /** The model's block groups; one without a window unless given. */
  readonly groups?: BackendInfo["groups"];
  /** It is right for another model, so that only an oracle of its own shows the bug. */
  readonly oracle?: boolean;
}

export const WINDOWED: BackendInfo["groups"] = [{ window: 6 }];
/** As in models with one full layer in several. */
export const MIXED: BackendInfo["groups"] = [{ window: null }, { window: 6 }];

export { ToyBackend };
