import { InvalidModelError } from "../errors.ts";
import type { LazyTensor } from "../model.ts";
import { byteLength, rowBytes, rowCount, rowLength, toFloat32 } from "../quantization/index.ts";

/** Views of tensors that are not read yet: each does its work on the bytes when they are read. */

/** Rows [first, first + count) of a matrix. */
export function rowsOf(tensor: LazyTensor, first: number, count: number): LazyTensor {
  const size = rowBytes(tensor.dtype, rowLength(tensor));
  const read = async (): Promise<Uint8Array> => (await tensor.read()).slice(first * size, (first + count) * size);
  return { ...tensor, name: `${tensor.name}[${first}..${first + count - 1}]`, shape: [count, rowLength(tensor)], read };
}

/** Several tensors of one type and shape as one with a leading length. Throws `InvalidModelError` where they differ. */
export function stack(name: string, tensors: readonly LazyTensor[]): LazyTensor {
  const [first] = tensors;
  const other = tensors.find(({ dtype, shape }) => dtype !== first.dtype || String(shape) !== String(first.shape));
  if (other !== undefined) {
    throw new InvalidModelError(
      `${other.name} is ${other.dtype} of shape [${other.shape.join(", ")}], ` +
        `${first.name} is ${first.dtype} of [${first.shape.join(", ")}]`,
    );
  }
  const size = byteLength(first);
  const read = async (): Promise<Uint8Array> => {
    const all = new Uint8Array(tensors.length * size);
    for (const [i, tensor] of tensors.entries()) all.set(await tensor.read(), i * size);
    return all;
  };
  return { name, dtype: first.dtype, shape: [tensors.length, ...first.shape], read };
}

/**
 * Rows of each head from the order of interleaved rotation, (2i, 2i + 1), to that of halves, (i, i + headDim / 2). GGUF
 * files of Llama's kind have the former for queries and keys.
 */
export function deinterleaved(tensor: LazyTensor, headDim: number): LazyTensor {
  const isVector = tensor.shape.length === 1;
  const size = isVector ? rowBytes(tensor.dtype, 1) : rowBytes(tensor.dtype, rowLength(tensor));
  const rows = isVector ? tensor.shape[0] : rowCount(tensor);
  const read = async (): Promise<Uint8Array> => {
    const bytes = await tensor.read();
    const out = new Uint8Array(bytes.length);
    for (let row = 0; row < rows; row++) {
      const at = row % headDim;
      const source = row - at + (at < headDim / 2 ? 2 * at : 2 * (at - headDim / 2) + 1);
      out.set(bytes.subarray(source * size, (source + 1) * size), row * size);
    }
    return out;
  };
  return { ...tensor, read };
}

/** A vector as F32 with `offset` added to each number, as the model's code adds it. */
export function withOffset(tensor: LazyTensor, offset: number): LazyTensor {
  const read = async (): Promise<Uint8Array> => {
    const numbers = toFloat32({ ...tensor, bytes: await tensor.read() });
    for (let i = 0; i < numbers.length; i++) numbers[i] += offset;
    return new Uint8Array(numbers.buffer);
  };
  return { ...tensor, dtype: "F32", read };
}
