#!/usr/bin/env node
// The command of the package: the build in dist/ or, in a checkout without one, the sources under the Node that `npm ci` brings.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const [built, sources, node] = ["../dist/cli/main.js", "../src/cli/main.ts", "../node_modules/node/bin/node"].map(
  (path) => new URL(path, import.meta.url),
);

if (existsSync(built)) await import(built.href);
else if (existsSync(sources) && existsSync(node)) runSources();
else {
  process.stderr.write(
    'bstar: this checkout has no build: run "npm ci", and "npm run build" for the command without it\n',
  );
  process.exitCode = 1;
}

/** Ends as the sources' process ends. Signals go to it: it lets its requests end. */
function runSources() {
  const child = spawn(fileURLToPath(node), [fileURLToPath(sources), ...process.argv.slice(2)], { stdio: "inherit" });
  // A terminal sends SIGINT to both processes itself.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("error", (error) => {
    process.stderr.write(`bstar: ${fileURLToPath(node)} does not start: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}
