/** Servers of this repository as processes, and a real HAProxy before them. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Its command: on the path, or where the environment says. */
const HAPROXY = process.env["BSTAR_HAPROXY"] ?? "haproxy";

/** Whether it is there. */
export function hasHaproxy(): boolean {
  return spawnSync(HAPROXY, ["-v"]).status === 0;
}

/** A module that ends its process when standard input does: when the test ends, in whatever way. */
const ENDS_WITH_PARENT = `data:text/javascript,import { isMainThread } from "node:worker_threads";
if (isMainThread) process.stdin.resume().on("close", () => process.exit());`;

/** A command with the same end, for the shell; its own end is the shell's, too. */
const UNTIL_PARENT_ENDS = 'exec 3<&0; "$@" & pid=$!; (cat <&3 >&2; kill -9 $pid) & wait $pid';

/** `bstar serve` as a process. */
export interface ServerProcess {
  readonly port: number;
  /** Chats that it has answered, by the lines of its log. */
  readonly answered: () => number;
  readonly kill: () => Promise<void>;
}

/** A server of the built-in model, four requests a step. */
export async function startServer(): Promise<ServerProcess> {
  const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
  const words = "serve --backend cpu --port 0 --log all --max-requests 4";
  const args = ["--import", ENDS_WITH_PARENT, main, ...words.split(" ")];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  const port = Number(await saidBy(child, /127\.0\.0\.1:(\d+)/));
  return {
    port,
    answered: () => log.split("\n").filter((line) => /chat\/completions.*"status":200/.test(line)).length,
    kill: () => killed(child),
  };
}

/** HAProxy before the servers, as docs/scale.md has it; its URL. */
export async function startHaproxy(
  ports: readonly number[],
): Promise<{ readonly url: string; readonly kill: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "bstar-haproxy-"));
  const port = await freePort();
  const file = join(folder, "haproxy.cfg");
  writeFileSync(file, configOf(port, ports));
  const child = spawn("sh", ["-c", UNTIL_PARENT_ENDS, "sh", HAPROXY, "-db", "-f", file], {
    stdio: ["pipe", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const url = `http://127.0.0.1:${port}`;
  const kill = async (): Promise<void> => {
    const ended = once(child, "exit");
    child.stdin.end();
    if (child.exitCode === null) await ended;
    rmSync(folder, { recursive: true });
  };
  for (;;) {
    if (child.exitCode !== null) throw new Error(`haproxy ended with ${child.exitCode}: ${said}`);
    const isUp = await fetch(`${url}/health`).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (isUp) return { url, kill };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The configuration of docs/scale.md. */
export function configOf(port: number, ports: readonly number[]): string {
  return `defaults
  mode http
  timeout connect 2s
  timeout client 10m
  timeout server 10m
  timeout check 10s
  retries 3
  option redispatch 1
  option http-buffer-request
  retry-on conn-failure empty-response

frontend api
  bind 127.0.0.1:${port}
  default_backend servers

backend servers
  balance hdr(X-Session-Id)
  hash-type consistent
  option httpchk
  http-check send meth GET uri /health ver HTTP/1.1 hdr Host bstar
${ports.map((each, i) => `  server s${i + 1} 127.0.0.1:${each} check inter 2s fall 2 rise 1`).join("\n")}
`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function saidBy(child: ChildProcess, pattern: RegExp): Promise<string> {
  let said = "";
  return new Promise((resolve, reject) => {
    child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const found = pattern.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.on("exit", (code) => reject(new Error(`it ended with ${code}: ${said}`)));
  });
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}
