import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DecoderSizes, plainDecoder } from "../../src/decoder.ts";
import type { DType } from "../../src/model.ts";
import { filledModel } from "../../src/cli/doctor/filled-model.ts";
import { ggufChunks } from "../../test/support/gguf-files.ts";
import type { BenchRow } from "../bench.ts";

/** SmolLM2 135M and TinyLlama 1.1B. */
const SHAPES: readonly (readonly [string, number, DecoderSizes])[] = [
  [
    "135M",
    30,
    {
      vocabSize: 49_152,
      hiddenSize: 768,
      intermediateSize: 1536,
      headCount: 12,
      kvHeadCount: 4,
      headDim: 64,
      contextLength: 2048,
    },
  ],
  [
    "1.1B",
    22,
    {
      vocabSize: 32_000,
      hiddenSize: 2048,
      intermediateSize: 5632,
      headCount: 32,
      kvHeadCount: 4,
      headDim: 64,
      contextLength: 2048,
    },
  ],
];
const TYPES: readonly DType[] = ["F16", "Q8_0", "Q4_K"];
const MIB = 2 ** 20;

/** What a process that does nothing else loads, and how much memory it had at most. */
const CHILD = `
const { loadModel } = await import(process.argv[1]);
const before = process.memoryUsage.rss();
const began = performance.now();
const { model } = await loadModel(process.argv[2]);
console.log(JSON.stringify({ seconds: (performance.now() - began) / 1000, peak: process.resourceUsage().maxRSS * 1024 - before, layers: model.layers.length }));
`;

/**
 * Load time and peak memory of random checkpoints, each loaded by a process of its own; the files are in the page
 * cache.
 */
export default function (): readonly BenchRow[] {
  const folder = mkdtempSync(join(tmpdir(), "bstar-load-"));
  try {
    return SHAPES.flatMap(([name, layers, sizes]) =>
      TYPES.map((dtype) =>
        measure(
          `load ${name} ${dtype}`,
          join(folder, "model.gguf"),
          ggufChunks("llama", filledModel(plainDecoder(layers, sizes), dtype)),
        ),
      ),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function measure(name: string, path: string, chunks: readonly Uint8Array[]): BenchRow {
  const file = openSync(path, "w");
  for (const chunk of chunks) writeSync(file, chunk);
  closeSync(file);
  const fileBytes = chunks.reduce((sum, { length }) => sum + length, 0);
  const module = new URL("../../src/models/index.ts", import.meta.url).href;
  const { seconds, peak } = JSON.parse(
    execFileSync(process.execPath, ["--input-type=module", "-e", CHILD, module, path], { encoding: "utf8" }),
  ) as { seconds: number; peak: number };
  const note = `${Math.round(fileBytes / MIB)} MiB of file, peak ${Math.round((peak - fileBytes) / MIB)} MiB above it`;
  return { name, medianSeconds: seconds, samples: 1, note };
}
