import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { fixtures, ifFixtures, noFixtures } from "../../support/fixtures.ts";
import { bstar } from "../../support/cli-io.ts";

const base = ["chat", "--backend", "reference", "--temperature", "0", "--max-tokens", "6"];

test("turn by turn, with the turns before from the prefix cache; a model without a template says so", async () => {
  const { code, out, err } = await bstar(base, {
    stdin: "Once upon a time there was\n\nAnd then\n/new\nOnce upon a time there was",
  });
  expect(code).toBe(0);
  expect(err).toMatch(/^builtin has no chat template: turns are written as "User: …" and "Assistant: …"\n/);
  const hits = [...err.matchAll(/\((\d+) tokens; (\d+) of (\d+) prompt tokens from the prefix cache\)/g)].map((match) =>
    match.slice(1).map(Number),
  );
  expect(hits).toHaveLength(3);
  expect(hits[0][1]).toBe(0);
  expect(hits[1][1]).toBeGreaterThan(0);
  expect(hits[1][1]).toBeLessThan(hits[1][2]);
  // The conversation that begins anew is the first one again.
  expect(hits[2][2]).toBe(hits[0][2]);
  expect(hits[2][1]).toBe(hits[0][2] - 1);
  expect(out).not.toBe("");
});

test("a terminal is asked for the next message, and gets no control characters", async () => {
  const { out } = await bstar(base, {
    stdin: "Hello\n/exit\nnever",
    terminal: { columns: 80, rows: 24, colorBits: 1 },
  });
  expect(out).toMatch(/^> [^]*\n> $/);
});

test("a message that does not fit is told, and the next one is answered", async () => {
  const { code, out, err } = await bstar(base, { stdin: `${"word ".repeat(3000)}\nHello\n` });
  expect(code).toBe(1);
  expect(err).toMatch(/bstar: the prompt .* \(\/new begins a new conversation\)\n/);
  expect(err).toMatch(/prompt tokens from the prefix cache/);
  expect(out).not.toBe("");
});

test.skipIf(noFixtures || !existsSync(`${fixtures}hf/llama3`))(
  `a system message and a template of the model${ifFixtures}`,
  async () => {
    const { code, err } = await bstar([...base, "--model", `${fixtures}hf/llama3`, "--system", "Be kind."], {
      stdin: "Hello\n",
    });
    expect({ code, plain: err.includes("no chat template") }).toEqual({ code: 0, plain: false });
  },
);
