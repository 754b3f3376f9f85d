/**
 * `npm run build`: src -> dist as JavaScript with declarations, for everything from Node 20 on. Source maps hold their
 * sources.
 */
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { embeddedBuiltin } from "./embed-builtin.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const compiler = join(root, "node_modules", "typescript", "bin", "tsc");

rmSync(join(root, "dist"), { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
if (status !== 0) process.exit(1);
writeFileSync(join(root, "dist", "models", "builtin-files.js"), embeddedBuiltin());
