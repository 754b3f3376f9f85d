export { roundToInt8 } from "./activations.ts";
export { dequantize, dequantizeRow, toFloat32 } from "./dequantize.ts";
export { findNotFinite } from "./finite.ts";
export {
  byteLength,
  DTYPES,
  type Format,
  FORMATS,
  isDType,
  isFloat,
  rowBytes,
  rowCount,
  rowLength,
} from "./formats.ts";
export { halfToNumber, numberToHalf } from "./half.ts";
export { decodeKv, encodeKv } from "./kv.ts";
export { quantize, type QuantizedDType } from "./quantize.ts";
