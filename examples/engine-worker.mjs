import { Engine } from "bstar";
import { createCpuBackend } from "bstar/cpu";
import { loadModel } from "bstar/models";
import { serveEngine } from "bstar/worker";

serveEngine(async ({ source }, events) => {
  const { model, tokenizer, chat, eosTokenIds } = await loadModel(source);
  const backend = await createCpuBackend({ model, blockCount: 512, blockSize: 16, maxTokens: 256, maxRequests: 32 });
  return { engine: new Engine({ backend, tokenizer, chat, stopTokenIds: eosTokenIds, ...events }) };
});
