export { editLogits, isEdited } from "./edits.ts";
export { type LogprobColumns, LogprobWriter, createLogprobColumns } from "./logprobs.ts";
export { type Logits, argmax } from "./ranking.ts";
export { Sampler } from "./sample.ts";
export { threefry4x32, uniform } from "./threefry.ts";
