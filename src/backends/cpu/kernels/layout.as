/**
 * What the host writes into memory for the kernels: records of 4-byte fields. scripts/build-wasm.ts reads the classes
 * of this
 * file and writes their fields' places into module.ts, so that both sides have one list.
 */

/** How a matrix is stored; `MATRIX_KINDS` of the host. */
export const F32: i32 = 0;
export const F16: i32 = 1;
export const BF16: i32 = 2;
export const Q8: i32 = 3;
export const Q4: i32 = 4;
/** int8 with a float scale and a float minimum for every 16: what the other block formats become. */
export const SCALED: i32 = 5;

/** How keys and values are stored. */
export const KV_F32: i32 = 0;
export const KV_F16: i32 = 1;
export const KV_INT8: i32 = 2;

export const SILU: i32 = 0;
export const GELU_TANH: i32 = 1;
export const GELU_ERF: i32 = 2;
export const RELU: i32 = 3;

/** Outputs are stored in groups of 8, the input index outside of them: one stream of memory for 8 outputs. */
@unmanaged
export class Matrix {
  kind: i32;
  data: usize;
  groups: i32;
  inputs: i32;
  groupBytes: i32;
  /** Rows that form a segment (a head), and the groups that a segment fills. */
  segmentRows: i32;
  segmentGroups: i32;
}

/** Pointers are 0 where the model has no such part. */
@unmanaged
export class Layer {
  attentionNorm: usize;
  postAttentionNorm: usize;
  feedForwardNorm: usize;
  postFeedForwardNorm: usize;
  query: usize;
  key: usize;
  value: usize;
  output: usize;
  queryBias: usize;
  keyBias: usize;
  valueBias: usize;
  outputBias: usize;
  queryNorm: usize;
  keyNorm: usize;
  gate: usize;
  up: usize;
  down: usize;
  gateBias: usize;
  upBias: usize;
  downBias: usize;
  router: usize;
  /** [expertCount] pointers to matrices. */
  expertGates: usize;
  expertUps: usize;
  expertDowns: usize;
  expertCount: i32;
  expertsUsed: i32;
  normalizeExperts: i32;
  activation: i32;
  /** Positions that a token sees, itself among them; 0 for all. */
  window: i32;
  /** The group whose tables this layer reads. */
  group: i32;
  /** Rotary table, -1 for none. */
  rope: i32;
  ropeHalf: i32;
  /** Bytes from a block's start to this layer's keys. */
  kvOffset: usize;
  headCount: i32;
  kvHeadCount: i32;
  headDim: i32;
  attentionScale: f32;
  attentionCap: f32;
}

@unmanaged
export class Model {
  layers: usize;
  layerCount: i32;
  embedding: usize;
  head: usize;
  finalNorm: usize;
  hidden: i32;
  vocabulary: i32;
  normEpsilon: f32;
  embeddingScale: f32;
  residualScale: f32;
  logitScale: f32;
  logitCap: f32;
  kvKind: i32;
  blockSize: i32;
  blockBytes: usize;
  deviceBlocks: usize;
  hostBlocks: usize;
  /** [ropeCount] of pointers to f64 inverse frequencies [ropeHalf]; all tables have `ropeHalf` pairs at most. */
  ropes: usize;
  ropeCount: i32;
  ropeHalf: i32;
  /** Multiplies sines and cosines, [ropeCount] floats. */
  ropeMagnitudes: usize;
  maxTokens: i32;
  // Activations, shared by all threads.
  hiddenRows: usize;
  branchRows: usize;
  queryRows: usize;
  attendedRows: usize;
  attendedStride: i32;
  gatedRows: usize;
  angles: usize;
  logits: usize;
  /** Samples whose logits are computed at once. */
  logitRows: i32;
  expertIds: usize;
  expertWeights: usize;
  hiddenStride: i32;
  queryStride: i32;
  gatedStride: i32;
  sync: usize;
  threads: usize;
  threadStride: i32;
}

/** A thread's own memory. */
@unmanaged
export class Scratch {
  tile: usize;
  tileData: usize;
  tileScales: usize;
  tileSums: usize;
  products: usize;
  products2: usize;
  /** One row of floats. */
  row: usize;
  pointers: usize;
  scores: usize;
  /** Attention's sums of weights and of weighted values, by row of a unit. */
  totals: usize;
  rowSums: usize;
  widened: usize;
  weights: usize;
  ranking: usize;
  /** [vocabulary] logits with a sample's edits. */
  edited: usize;
  /** Pairs (token, choice) by expert, and where each expert's begin. */
  expertPairs: usize;
  expertStarts: usize;
  /** Count of jobs for this thread, and their steps' records; waited on. */
  posted: i32;
  job0: usize;
  job1: usize;
  job2: usize;
  job3: usize;
}

/** What threads meet at. */
@unmanaged
export class Sync {
  arrived: i32;
  generation: i32;
  sleepers: i32;
  next: i32;
  /** Steps done; waited on by the host. */
  done: i32;
  stop: i32;
}

/** One step: counts and where its columns lie. */
@unmanaged
export class Step {
  serial: i32;
  threads: i32;
  tokenCount: i32;
  sampleCount: i32;
  requestCount: i32;
  swapOutCount: i32;
  swapInCount: i32;
  copyCount: i32;
  tokenIds: usize;
  positions: usize;
  /** [groups] of pointers to KV slots [T]. */
  slots: usize;
  /** [groups] of pointers to tables, whose rows start at `tableStarts`. */
  tables: usize;
  tableStarts: usize;
  firstPositions: usize;
  /** [attentionTileCount x 3] request, first token, tokens. */
  attentionTiles: usize;
  attentionTileCount: i32;
  sampleRows: usize;
  temperature: usize;
  topK: usize;
  topP: usize;
  minP: usize;
  seeds: usize;
  choices: usize;
  logprobCounts: usize;
  editCount: i32;
  maskCount: i32;
  editIndptr: usize;
  editIds: usize;
  editBias: usize;
  editScale: usize;
  editPenalty: usize;
  /** [S] which of the masks is the sample's, -1 for none. */
  maskPlaces: usize;
  maskWords: usize;
  swapOuts: usize;
  swapIns: usize;
  copies: usize;
  previousIds: usize;
  sampledIds: usize;
  flags: usize;
  logprobs: usize;
  topIds: usize;
  topLogprobs: usize;
  /** [S x vocabulary], 0 where logits are not kept. */
  keptLogits: usize;
}
