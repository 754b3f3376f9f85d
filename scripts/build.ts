/** `npm run build`: src -> dist as JavaScript with declarations, for everything from Node 20 on. */
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { bin: Record<string, string> };

rmSync(join(root, "dist"), { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
if (status !== 0) process.exit(1);
for (const command of Object.values(manifest.bin)) makeExecutable(command);

/** npm marks installed commands executable itself; a checkout has only this. */
function makeExecutable(command: string): void {
  const path = join(root, command);
  if (!readFileSync(path, "utf8").startsWith("#!/usr/bin/env node\n")) throw new Error(`${command} does not begin with "#!/usr/bin/env node"`);
  chmodSync(path, 0o755);
}
