/** `bstar/models`: models from their files. */
export type { EncodeOptions, Tokenizer } from "../tokenizer.ts";
export { chatFromGguf } from "./chat/load-chat.ts";
export { parseChatTemplate, type SpecialTokenNames } from "./chat/chat-template.ts";
export { plainTemplate } from "./chat/plain-template.ts";
export { loadAdapter } from "./adapter.ts";
export { asSource, bytesSource, type ByteSource, type ReadModelFile } from "./byte-source.ts";
export { loadGguf, openGguf } from "./gguf/load.ts";
export { type GgufHeader, type GgufTensor, readGgufHeader } from "./gguf/header.ts";
export type { LoadOptions, LoadProgress } from "./options.ts";
export { residentModel } from "./resident.ts";
export { decoderFromConfig, decoderFromGguf, FAMILIES, type Family, type KnownDecoder } from "../families/index.ts";
export { parseJsonObject, type JsonObject } from "../json.ts";
export { loadModel, openModel } from "./load-model.ts";
export {
  loadModelFromFiles,
  type LoadedModel,
  type ModelDescription,
  type OpenedModel,
  openModelFromFiles,
} from "./load.ts";
export { readSafetensors, type StoredDType } from "./safetensors.ts";
export { parseSpecialIds, type SpecialIds } from "./special-ids.ts";
export { parseTokenizer } from "./tokenizer.ts";
export type { ModelTokenizer } from "./tokenizer/assemble.ts";
export { tokenizerFromGguf, type GgufMetadata } from "./tokenizer/gguf-tokenizer.ts";
