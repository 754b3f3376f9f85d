/** `bstar/models`: models from their files. */
export type { EncodeOptions, Tokenizer } from "../tokenizer.ts";
export { chatFromGguf } from "./chat/load-chat.ts";
export { parseChatTemplate, type SpecialTokenNames } from "./chat/chat-template.ts";
export { plainTemplate } from "./chat/plain-template.ts";
export type { ReadModelFile } from "./checkpoint.ts";
export { decoderFromConfig, decoderFromGguf, FAMILIES, type Family, type KnownDecoder } from "../families/index.ts";
export { parseJsonObject, type JsonObject } from "../json.ts";
export { loadModel } from "./load-model.ts";
export { loadModelFromFiles, type LoadedModel } from "./load.ts";
export { parseSafetensors, type StoredDType, type StoredTensor } from "./safetensors.ts";
export { parseSpecialIds, type SpecialIds } from "./special-ids.ts";
export { parseTokenizer } from "./tokenizer.ts";
export type { ModelTokenizer } from "./tokenizer/assemble.ts";
export { tokenizerFromGguf, type GgufMetadata } from "./tokenizer/gguf-tokenizer.ts";
export { assembleModel } from "./weights.ts";
