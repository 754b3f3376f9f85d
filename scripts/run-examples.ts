/** Runs the examples in a folder that has the package installed, and asks each for a streamed answer. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync } from "node:fs";
import { join } from "node:path";

/** Examples, with what runs them. */
const EXAMPLES: readonly { readonly file: string; readonly command: string; readonly args: readonly string[] }[] = [
  { file: "node-http.mjs", command: process.execPath, args: [] },
  { file: "hono.mjs", command: process.execPath, args: [] },
  { file: "express.mjs", command: process.execPath, args: [] },
  { file: "deno.mjs", command: "deno", args: ["run", "--allow-all"] },
  { file: "bun.mjs", command: "bun", args: [] },
];

const BODY = {
  messages: [{ role: "user", content: "Once upon a time" }],
  max_tokens: 12,
  temperature: 0,
  stream: true,
};

/**
 * Runs each example whose runtime is installed; `say` is told of those, and of those that are skipped. Throws where one
 * does not answer, or answers something else than the others.
 */
export async function runExamples(root: string, folder: string, say: (line: string) => void): Promise<void> {
  cpSync(join(root, "examples"), folder, { recursive: true });
  let expected: string | null = null;
  for (const { file, command, args } of EXAMPLES) {
    if (spawnSync(command, ["--version"]).status !== 0) {
      say(`examples/${file} skipped: ${command} is not installed`);
      continue;
    }
    const text = await withServer([command, ...args, file], folder, ask);
    expected ??= text;
    if (text !== expected) {
      throw new Error(`examples/${file} answers ${JSON.stringify(text)}, others ${JSON.stringify(expected)}`);
    }
    say(`examples/${file} streams ${JSON.stringify(text)}`);
  }
}

async function withServer<T>(
  [command, ...args]: readonly string[],
  cwd: string,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const child = spawn(command, args, { cwd, env: { ...process.env, PORT: "0" }, stdio: ["ignore", "pipe", "pipe"] });
  try {
    return await use(await urlOf(child, args.at(-1)!));
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
}

/** Where it listens, once it says so. */
async function urlOf(child: ChildProcess, file: string): Promise<string> {
  let said = "";
  return new Promise((resolve, reject) => {
    const listen = (text: string): void => {
      said += text;
      const url = /listening on (http:\S+)/.exec(said)?.[1];
      if (url !== undefined) resolve(url);
    };
    child.stdout!.setEncoding("utf8").on("data", listen);
    child.stderr!.setEncoding("utf8").on("data", listen);
    child.on("exit", (code) => reject(new Error(`examples/${file} ended with ${code}: ${said}`)));
  });
}

/** The text of a streamed chat, whose stream has to end as one does. */
async function ask(url: string): Promise<string> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(BODY),
  });
  const events = (await response.text()).split("\n\n").map((event) => event.replace(/^data: /, ""));
  if (!response.ok || events.at(-2) !== "[DONE]") {
    throw new Error(`${url} answers ${response.status}: ${events.join(" ")}`);
  }
  return events
    .slice(0, -2)
    .map((data) => (JSON.parse(data) as { choices: { delta: { content?: string } }[] }).choices[0]?.delta.content ?? "")
    .join("");
}
