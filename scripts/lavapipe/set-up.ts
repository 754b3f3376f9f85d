/**
 * Mesa's lavapipe, a Vulkan driver on the CPU, in a cache folder of this user: nothing is installed into the system.
 *
 * apt downloads Debian's packages with a source list and lists of its own, and checks their signatures and hashes;
 * dpkg unpacks them. A folder is filled under another name and then renamed, so that a folder with the name is whole.
 */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../src/cli/software-adapter.ts";

/** Lavapipe cannot be had on this machine; the message is one sentence that says why. */
export class NoLavapipeError extends Error {}

/** What a process needs to find the driver. */
export interface LavapipeEnvironment {
  readonly VK_ICD_FILENAMES: string;
  readonly VK_DRIVER_FILES: string;
  readonly LD_LIBRARY_PATH: string;
}

/** Debian's releases whose Mesa has f16 and subgroups: where their packages are. */
const SUITES: Readonly<Record<string, readonly string[]>> = {
  bookworm: ["bookworm", "bookworm-backports"],
  trixie: ["trixie"],
};
const PACKAGES = ["mesa-vulkan-drivers", "libvulkan1"];
const KEYRINGS = ["debian-archive-keyring.gpg", "debian-archive-keyring.pgp"].map(
  (name) => `/usr/share/keyrings/${name}`,
);
const MIRROR = "http://deb.debian.org/debian/";
const DRIVER = "libvulkan_lvp.so";
/** A download of 22 MB that takes longer does not come any more. */
const TIMEOUT_MILLISECONDS = 120_000;

/** The driver's environment; downloads it on the first call. Throws `NoLavapipeError`. */
export function setUpLavapipe(): LavapipeEnvironment {
  if (process.platform !== "linux") {
    throw new NoLavapipeError(`lavapipe comes from Debian's packages, not for ${process.platform}`);
  }
  const release = debianRelease();
  const cache = cacheFolder();
  const folder = join(cache, `lavapipe-${release}-${process.arch}`);
  if (!existsSync(folder)) {
    const draft = mkdtempSync(join(cache, "draft-"));
    try {
      download(draft, release);
      renameSync(draft, folder);
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  }
  return environmentOf(folder);
}

function debianRelease(): string {
  const text = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const [, release] = /^VERSION_CODENAME=(\w+)$/m.exec(text) ?? [];
  if (/^ID=debian$/m.test(text) && release !== undefined && release in SUITES) return release;
  throw new NoLavapipeError(
    `lavapipe is set up on Debian ${Object.keys(SUITES).join(" and ")} alone, and this is another system`,
  );
}

function download(folder: string, release: string): void {
  const keyring = KEYRINGS.find((path) => existsSync(path));
  if (keyring === undefined) {
    throw new NoLavapipeError(`lavapipe needs Debian's keys to check its packages: ${KEYRINGS[0]} is absent`);
  }
  const [lists, cache] = ["lists", "cache"].map((name) => join(folder, name));
  for (const path of [join(lists, "partial"), join(cache, "archives/partial")]) mkdirSync(path, { recursive: true });
  const sources = SUITES[release].map((suite) => `deb [signed-by=${keyring}] ${mirror()} ${suite} main\n`);
  writeFileSync(join(folder, "sources.list"), sources.join(""));
  writeFileSync(join(folder, "apt.conf"), aptSettings(folder));
  const newest = SUITES[release].at(-1)!;
  const wanted = ["--download-only", "--reinstall", "--no-install-recommends", "--target-release", newest, ...PACKAGES];
  runApt(folder, ["update"]);
  runApt(folder, ["install", "--yes", ...wanted]);
  for (const name of readdirSync(join(cache, "archives")).filter((file) => file.endsWith(".deb"))) {
    run("dpkg", ["-x", join(cache, "archives", name), join(folder, "root")]);
  }
  for (const path of [lists, cache]) rmSync(path, { recursive: true });
}

/** The host's list of installed packages stays in use: packages that it has are not downloaded again. */
function aptSettings(folder: string): string {
  const settings = {
    "Dir::Etc::sourcelist": join(folder, "sources.list"),
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::Etc::preferencesparts": "/dev/null",
    "Dir::State::lists": join(folder, "lists"),
    "Dir::Cache": join(folder, "cache"),
    "APT::Sandbox::User": "",
    "Debug::NoLocking": "true",
    "Acquire::Retries": "1",
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${JSON.stringify(value)};\n`)
    .join("");
}

/** The mirror of Debian that the host uses, else the one that Debian names. */
function mirror(): string {
  const { stdout } = spawnSync("apt-get", ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"], {
    encoding: "utf8",
  });
  return (stdout ?? "").split("\n").find((uri) => /^https?:\/\/[^ ]+\/debian\/$/.test(uri)) ?? MIRROR;
}

function runApt(folder: string, wanted: readonly string[]): void {
  run("apt-get", ["--quiet=2", ...wanted], { APT_CONFIG: join(folder, "apt.conf") });
}

function run(command: string, wanted: readonly string[], env: Readonly<Record<string, string>> = {}): void {
  const { status, stderr, error } = spawnSync(command, wanted, {
    encoding: "utf8",
    env: { ...process.env, ...env },
    timeout: TIMEOUT_MILLISECONDS,
  });
  if (status === 0) return;
  const reason = (error?.message ?? stderr ?? "").trim().split("\n").at(-1);
  throw new NoLavapipeError(`lavapipe cannot be downloaded: ${command} ${wanted[0]} failed: ${reason}`);
}

function environmentOf(folder: string): LavapipeEnvironment {
  const root = join(folder, "root");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" });
  const driver = files.find((file) => file.endsWith(`/${DRIVER}`));
  if (driver === undefined) {
    throw new NoLavapipeError(`lavapipe's package has no ${DRIVER}; remove ${folder} to try again`);
  }
  const library = join(root, driver);
  const list = join(folder, "lavapipe.json");
  const found = { file_format_version: "1.0.0", ICD: { library_path: library, api_version: "1.3.0" } };
  writeFileSync(list, JSON.stringify(found));
  return { VK_ICD_FILENAMES: list, VK_DRIVER_FILES: list, LD_LIBRARY_PATH: join(library, "..") };
}
