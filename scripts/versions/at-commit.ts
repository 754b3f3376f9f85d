import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs `use` with the project's folder at a commit: a git worktree, which is removed at the end. */
export async function atCommit<T>(commit: string, use: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "at-commit-")));
  execFileSync("git", ["worktree", "add", "--quiet", "--detach", folder, commit]);
  try {
    return await use(folder);
  } finally {
    execFileSync("git", ["worktree", "remove", "--force", folder]);
    rmSync(folder, { recursive: true, force: true });
  }
}
