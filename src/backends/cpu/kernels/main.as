/**
 * A step, computed by all its threads alike: each runs this whole program, takes units of work from a shared counter
 * within a
 * region, and meets the others at the region's end. Work is cut by outputs, heads, tokens and samples, never along a
 * sum.
 */
import { attentionBlock } from "./attention-layer";
import { feedForwardBlock } from "./feed-forward";
import { Layer, Matrix, Model, Scratch, Step, Sync } from "./layout";
import { unpackRow } from "./pack";
import { fillAngles } from "./rope";
import { sampleAll } from "./output";
import { meet, model, scratch, setStep, setThread, step, sync, take } from "./state";
import { finish, waitForJob, waitForTurn } from "./sync";

export { packGroups } from "./pack";

let seen: i32 = 0;

/** Waits for this thread's next step and computes it; 0 when the pool stops, else 1. */
export function work(modelAt: usize, thread: i32): i32 {
  const m = changetype<Model>(modelAt);
  setThread(m, changetype<Scratch>(m.threads + <usize>thread * m.threadStride));
  if (!waitForJob(sync, scratch, seen)) return 0;
  const ring = changetype<usize>(scratch) + offsetof<Scratch>("job0");
  const job = changetype<Step>(load<usize>(ring + <usize>(seen & 3) * 4));
  seen++;
  waitForTurn(sync, job.serial);
  runStep(job);
  return 1;
}

/** Computes a step on the calling thread. */
export function computeAlone(modelAt: usize, stepAt: usize): void {
  const m = changetype<Model>(modelAt);
  setThread(m, changetype<Scratch>(m.threads));
  runStep(changetype<Step>(stepAt));
}

/** x^y of the module: the same on every machine. */
export function power(x: f64, y: f64): f64 {
  return Math.pow(x, y);
}

/** ln x of the module. */
export function logarithm(x: f64): f64 {
  return Math.log(x);
}

function runStep(s: Step): void {
  setStep(s);
  moveBlocks();
  embed();
  for (let i = 0; i < model.layerCount; i++) {
    const layer = changetype<Layer>(model.layers + <usize>i * offsetof<Layer>());
    attentionBlock(layer);
    feedForwardBlock(layer);
  }
  sampleAll();
  finish(sync, s.threads, s.serial);
}

/** Swaps out, swaps in, copies: each list is complete before the next begins. */
function moveBlocks(): void {
  movePairs(step.swapOuts, step.swapOutCount, model.deviceBlocks, model.hostBlocks);
  movePairs(step.swapIns, step.swapInCount, model.hostBlocks, model.deviceBlocks);
  movePairs(step.copies, step.copyCount, model.deviceBlocks, model.deviceBlocks);
}

function movePairs(pairs: usize, count: i32, from: usize, to: usize): void {
  if (count == 0) return;
  for (let i = take(); i < count; i = take()) {
    const pair = pairs + <usize>i * 8;
    const source = from + <usize>load<i32>(pair) * model.blockBytes;
    memory.copy(to + <usize>load<i32>(pair, 4) * model.blockBytes, source, model.blockBytes);
  }
  meet();
}

/** Hidden states and angles of the step's tokens; a negative id is a sample of the step before. */
function embed(): void {
  const scale = f32x4.splat(model.embeddingScale);
  for (let token = take(); token < step.tokenCount; token = take()) {
    let id = load<i32>(step.tokenIds + <usize>token * 4);
    if (id < 0) id = load<i32>(step.previousIds + <usize>~id * 4);
    const row = model.hiddenRows + <usize>token * model.hiddenStride;
    unpackRow(changetype<Matrix>(model.embedding), id, row);
    if (model.embeddingScale != 1.0) {
      for (let o: usize = 0; o < <usize>model.hiddenStride; o += 16) {
        v128.store(row + o, f32x4.mul(v128.load(row + o), scale));
      }
    }
    fillAngles(token);
  }
  meet();
}
