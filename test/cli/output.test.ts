import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { OutputClosedError } from "../../src/cli/failure.ts";
import { StreamOutput } from "../../src/cli/output.ts";

function failing(code: string): NodeJS.WriteStream {
  const error = Object.assign(new Error(`write ${code}`), { code });
  return new Writable({ write: (_chunk, _encoding, done) => done(error) }) as unknown as NodeJS.WriteStream;
}

function terminal(size: { columns?: number; rows?: number }, colorBits = 8): NodeJS.WriteStream {
  const stream = new Writable({ write: (_chunk, _encoding, done) => done() });
  return Object.assign(stream, {
    isTTY: true,
    ...size,
    getColorDepth: () => colorBits,
  }) as unknown as NodeJS.WriteStream;
}

describe("StreamOutput", () => {
  test("resolves when the text is written", async () => {
    const chunks: string[] = [];
    const stream = new Writable({ write: (chunk, _encoding, done) => void (chunks.push(String(chunk)), done()) });
    const output = new StreamOutput(stream as unknown as NodeJS.WriteStream, "standard output", {});
    await output.write("one");
    await output.write("two");
    expect(chunks).toEqual(["one", "two"]);
  });

  test("a reader that is gone is told apart from a failure", async () => {
    await expect(new StreamOutput(failing("EPIPE"), "standard output", {}).write("x")).rejects.toThrow(
      OutputClosedError,
    );
  });

  test("a full disk is named", async () => {
    const output = new StreamOutput(failing("ENOSPC"), "standard output", {});
    await expect(output.write("x")).rejects.toThrow(
      "cannot write to standard output: no space is left on the device (ENOSPC)",
    );
  });

  test("a failure of a write that somebody else made comes out of the next one", async () => {
    const stream = failing("EIO");
    const output = new StreamOutput(stream, "standard output", {});
    stream.write("nobody waits for this");
    await expect(output.write("x")).rejects.toThrow("cannot write to standard output: write EIO");
  });

  test("a terminal has its size, or the classic one, and its colours", () => {
    expect(new StreamOutput(terminal({ columns: 120, rows: 40 }), "o", {}).terminal).toEqual({
      columns: 120,
      rows: 40,
      colorBits: 8,
    });
    expect(new StreamOutput(terminal({ columns: 0 }, 1), "o", {}).terminal).toEqual({
      columns: 80,
      rows: 24,
      colorBits: 1,
    });
  });

  test("pipes and dumb terminals are no terminals", () => {
    expect(new StreamOutput(failing("EIO"), "o", {}).terminal).toBeNull();
    expect(new StreamOutput(terminal({}), "o", { TERM: "dumb" }).terminal).toBeNull();
  });
});
