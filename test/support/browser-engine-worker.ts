/** An engine in a Web Worker of a page. */
import { createReferenceBackend } from "../../src/backends/reference/index.ts";
import { Engine } from "../../src/engine/engine.ts";
import { randomModel } from "../../src/testing/random-model.ts";
import { serveEngine } from "../../src/worker/index.ts";

serveEngine((init, events) => {
  const model = randomModel(init as number);
  const backend = createReferenceBackend({ model, blockCount: 64, blockSize: 4, maxTokens: 32, maxRequests: 8 });
  return { engine: new Engine({ backend, ...events }), info: { isPage: typeof document !== "undefined" } };
});
