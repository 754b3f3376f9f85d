import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { checkRecording, recordTo } from "../../../src/cli/serve/recording.ts";
import { memoryIo } from "../../support/cli-io.ts";

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "bstar-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

test("lines go to a new file; one that is there is refused", () => {
  const file = join(folder(), "requests.jsonl");
  checkRecording(file);
  checkRecording(undefined);
  const record = recordTo(file, memoryIo());
  record("1");
  record("2");
  expect(readFileSync(file, "utf8")).toBe("1\n2\n");
  expect(() => checkRecording(file)).toThrow(/--record: .*requests\.jsonl is there already/);
});

test("where nothing can be written the recording ends with one warning, and throws nothing", () => {
  const io = memoryIo();
  const record = recordTo(join(folder(), "absent", "requests.jsonl"), io);
  record("1");
  record("2");
  expect(io.stderr.text).toMatch(/^bstar: the recording ends here: cannot write to .*requests\.jsonl: .*\n$/);
});
