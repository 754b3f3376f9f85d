import type { QuantizedDType } from "../quantization/index.ts";

/** How far loading is. */
export interface LoadProgress {
  /** The tensor that was read last. */
  readonly tensor: string;
  readonly bytesRead: number;
  readonly totalBytes: number;
}

/** How a model is loaded. */
export interface LoadOptions {
  /** Ends loading between two tensors with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called after each tensor. */
  readonly onProgress?: (progress: LoadProgress) => void;
  /** Called while a file of the Hub is downloaded: its name, and bytes so far of all. */
  readonly onDownload?: (file: string, done: number, total: number) => void;
  /**
   * Weights of more bits are quantized while they load. With Q4_0 the embedding and the output matrix get Q8_0, as
   * llama.cpp does it. Norms, biases, routers and rows that are no whole blocks of 32 stay.
   */
  readonly quantize?: QuantizedDType;
}
