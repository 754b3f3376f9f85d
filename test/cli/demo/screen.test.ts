import { expect, test } from "vitest";
import { Screen } from "../../../src/cli/demo/screen.ts";
import { MemoryOutput } from "../../support/cli-io.ts";

const ESC = "\u001b";

test("opens the second page without a cursor, and gives both back", async () => {
  const out = new MemoryOutput();
  const screen = new Screen(out);
  await screen.open();
  await screen.close();
  expect(out.text).toBe(`${ESC}[?1049h${ESC}[?25l${ESC}[2J${ESC}[?25h${ESC}[?1049l`);
});

test("a frame is one write, over the one before, and clears only what it does not write", async () => {
  const out = new MemoryOutput();
  const screen = new Screen(out);
  await screen.open();
  await screen.draw(["one", "two"]);
  expect(out.writes[1]).toBe(`${ESC}[?2026h${ESC}[Hone${ESC}[K\r\ntwo${ESC}[K${ESC}[J${ESC}[?2026l`);
  await screen.draw(["one", "two"]);
  expect(out.writes).toHaveLength(2);
  await screen.draw(["one", "three"]);
  expect(out.writes).toHaveLength(3);
  await screen.close();
});

test("leaves nothing behind in the process, and draws nothing when closed", async () => {
  const before = process.listenerCount("exit");
  const out = new MemoryOutput();
  const screen = new Screen(out);
  await screen.draw(["too early"]);
  await screen.open();
  expect(process.listenerCount("exit")).toBe(before + 1);
  await screen.close();
  await screen.draw(["too late"]);
  expect(process.listenerCount("exit")).toBe(before);
  expect(out.text).not.toContain("too");
});
