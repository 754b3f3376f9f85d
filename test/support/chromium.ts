/** Runs a module's function in a page of headless Chromium, from the optional package @sparticuz/chromium. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

/** Headers of a cross-origin isolated page, which may share memory with workers. */
const ISOLATION = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/**
 * What `expression` resolves to in a page that imports `entry` as `module`; a failure is its text. `worker` is a module
 * that the page finds as "/worker.js".
 */
export async function inChromium(
  entry: string,
  expression: string,
  { isIsolated = false, worker }: { readonly isIsolated?: boolean; readonly worker?: string } = {},
): Promise<string> {
  const { default: chromium } = await import("@sparticuz/chromium");
  const page = `<script type="module">
    const tell = (text) => fetch("/done", { method: "POST", body: text });
    try { const module = await import("/module.js"); await tell(await (${expression})); } catch (error) { await tell(String(error)); }
  </script>`;
  const files: Files = {
    "/": ["text/html", page],
    "/module.js": ["text/javascript", await bundled(entry)],
    "/worker.js": ["text/javascript", worker === undefined ? "" : await bundled(worker)],
  };
  const { server, told } = serve(files, isIsolated);
  await once(server.listen(0), "listening");
  const profile = mkdtempSync(join(tmpdir(), "bstar-chromium-"));
  const options = ["--headless=new", "--no-sandbox", "--disable-gpu", `--user-data-dir=${profile}`];
  const { port } = server.address() as AddressInfo;
  const browser = spawn(await chromium.executablePath(), [...options, `http://localhost:${port}/`], {
    stdio: "ignore",
  });
  try {
    return await told;
  } finally {
    browser.kill("SIGKILL");
    await once(browser, "exit");
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

async function bundled(entry: string): Promise<string> {
  const options = { bundle: true, format: "esm", platform: "browser", write: false } as const;
  return (await build({ entryPoints: [entry], ...options })).outputFiles[0].text;
}

type Files = Readonly<Record<string, readonly [type: string, text: string]>>;

/** `told` resolves with what the page posts. */
function serve(files: Files, isIsolated: boolean): { readonly server: Server; readonly told: Promise<string> } {
  const headers = isIsolated ? ISOLATION : {};
  let resolve!: (text: string) => void;
  const told = new Promise<string>((settle) => (resolve = settle));
  const answer = (response: ServerResponse, path: string): void => {
    const file = files[path];
    response.writeHead(file === undefined ? 404 : 200, { ...headers, "Content-Type": file?.[0] ?? "text/plain" });
    response.end(file?.[1]);
  };
  const server = createServer((request, response) => {
    if (request.method !== "POST") return answer(response, request.url ?? "");
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => (text += part));
    request.on("end", () => {
      response.end();
      resolve(text);
    });
  });
  return { server, told };
}
