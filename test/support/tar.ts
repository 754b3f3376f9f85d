/** A ustar archive of these files, as `tar` writes it. */
export function tar(files: Readonly<Record<string, Uint8Array>>, type = "0"): Uint8Array {
  const blocks = Object.entries(files).flatMap(([name, bytes]) => [
    header(name, bytes.length, type),
    bytes,
    new Uint8Array((512 - (bytes.length % 512)) % 512),
  ]);
  return new Uint8Array(Buffer.concat([...blocks, new Uint8Array(1024)]));
}

function header(name: string, size: number, type: string): Uint8Array {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write("0000644\0", 100);
  block.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  block.write("        ", 148);
  block.write(type, 156);
  block.write("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}
