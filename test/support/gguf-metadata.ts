/**
 * The metadata of a GGUF file, read plainly: tests of the tokenizer take it from here, apart from the library's own
 * reader.
 */
export function ggufMetadata(bytes: Uint8Array): Map<string, unknown> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 8;
  const step = <T>(size: number, value: T): T => {
    at += size;
    return value;
  };
  const u32 = (): number => step(4, view.getUint32(at, true));
  const u64 = (): number => step(8, Number(view.getBigUint64(at, true)));
  const text = (): string => {
    const length = u64();
    return step(length, new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(at, at + length)));
  };
  const read = (type: number): unknown => {
    if (type === 4) return u32();
    if (type === 5) return step(4, view.getInt32(at, true));
    if (type === 6) return step(4, view.getFloat32(at, true));
    if (type === 7) return step(1, view.getUint8(at) === 1);
    if (type === 8) return text();
    if (type === 10) return u64();
    if (type !== 9) throw new Error(`value type ${type} is not read here`);
    const element = u32();
    return Array.from({ length: u64() }, () => read(element));
  };
  u64();
  const count = u64();
  return new Map(Array.from({ length: count }, () => [text(), read(u32())]));
}
