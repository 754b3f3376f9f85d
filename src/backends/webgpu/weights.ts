import { DeviceLimitError } from "../../errors.ts";
import type { Tensor } from "../../model.ts";
import { toFloat32 } from "../../quantization/index.ts";
import { type Buffers, STORAGE } from "./buffers.ts";
import { type FloatDType, type MatrixPlan, pack, packedDType, rowBytes } from "./packing.ts";
import { VECTOR_BYTES, vectors } from "./shape.ts";

/** Columns of a matrix that lie in one buffer, counted in vectors. */
export interface MatrixPart {
  readonly buffer: GPUBuffer;
  readonly firstColumn: number;
  readonly columnCount: number;
}

/** A matrix on the device, split by columns where one binding cannot hold it. */
export interface DeviceMatrix {
  readonly dtype: FloatDType;
  /** Vectors of an input row. */
  readonly inputs: number;
  readonly parts: readonly MatrixPart[];
}

/** Packs and uploads; throws `DeviceLimitError` where not even four columns fit a binding of `bindingBytes`. */
export function uploadMatrix(buffers: Buffers, plan: MatrixPlan, bindingBytes: number): DeviceMatrix {
  const total = plan.columnRows.length / 4;
  const bytesPerColumn = plan.inputs.length * rowBytes(plan, 4);
  const perPart = Math.min(total, Math.floor(bindingBytes / bytesPerColumn));
  if (perPart === 0) {
    throw new DeviceLimitError(`maxStorageBufferBindingSize is ${bindingBytes}, four columns of ${plan.label} need ${bytesPerColumn}`);
  }
  const parts: MatrixPart[] = [];
  for (let firstColumn = 0; firstColumn < total; firstColumn += perPart) {
    const columnCount = Math.min(perPart, total - firstColumn);
    const fill = (target: ArrayBuffer): void => pack(plan, 4 * firstColumn, 4 * columnCount, target);
    const buffer = buffers.createFilled(plan.label, columnCount * bytesPerColumn, STORAGE, fill);
    parts.push({ buffer, firstColumn, columnCount });
  }
  return { dtype: packedDType(plan), inputs: plan.inputs.length / 4, parts };
}

/** A vector of the model as float32, padded with zeros to whole vectors of four. */
export function uploadVector(buffers: Buffers, tensor: Tensor): GPUBuffer {
  const values = toFloat32(tensor);
  const fill = (target: ArrayBuffer): void => new Float32Array(target).set(values);
  return buffers.createFilled(tensor.name, vectors(values.length) * VECTOR_BYTES, STORAGE, fill);
}
