import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { constants, homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { readTar } from "./tar.ts";

/** The npm package that holds SwiftShader, Google's Vulkan on the CPU, among other things; Linux on x64 alone. */
export const SOFTWARE_PACKAGE = "@sparticuz/chromium";
const ARCHIVE = "bin/swiftshader.tar.br";
const DRIVER = "vk_swiftshader_icd.json";
const LOADER = "libvulkan.so.1";
/** What is unpacked; the archive also has OpenGL, which is not wanted. */
const WANTED = [LOADER, "libvk_swiftshader.so", DRIVER];

/** `dlopen` keeps what it loaded though Node closes it again: RTLD_NODELETE of Linux, which Node has no name for. */
const RTLD_NODELETE = 0x1000;

/** A Vulkan driver on disk. */
export interface SoftwareDriver {
  /** Folder of the unpacked files. */
  readonly folder: string;
}

/** Where the package's archive is, or null where the package is not installed or not for this machine. */
export function findSoftwareArchive(platform = process.platform, arch = process.arch): string | null {
  if (platform !== "linux" || arch !== "x64") return null;
  try {
    const entry = createRequire(import.meta.url).resolve(SOFTWARE_PACKAGE);
    const root = entry.slice(0, entry.lastIndexOf(SOFTWARE_PACKAGE) + SOFTWARE_PACKAGE.length);
    const archive = join(root, ARCHIVE);
    return existsSync(archive) ? archive : null;
  } catch {
    return null;
  }
}

/**
 * Unpacks the archive to a folder of this user's that bears the archive's hash, once: a folder with that name is whole,
 * because it is filled under another name and then renamed. Files are compared with their recorded hashes before they
 * are trusted.
 */
export function unpackSoftwareDriver(archive: string, cache = cacheFolder()): SoftwareDriver {
  const packed = readFileSync(archive);
  const folder = join(cache, `swiftshader-${sha256(packed).slice(0, 16)}`);
  if (isWhole(folder)) return { folder };
  rmSync(folder, { recursive: true, force: true });
  const draft = mkdtempSync(join(privateFolder(cache), "draft-"));
  const entries = readTar(brotliDecompressSync(packed)).filter(({ name }) => WANTED.includes(name));
  for (const { name, bytes } of entries) writeFileSync(join(draft, name), bytes);
  const hashes = Object.fromEntries(entries.map(({ name, bytes }) => [name, sha256(bytes)]));
  writeFileSync(join(draft, MANIFEST), JSON.stringify(hashes));
  try {
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!isWhole(folder)) throw error; // else another process was faster
  }
  return { folder };
}

/**
 * Loads the driver into this process, so that Dawn finds it: the loader by its name, because it is loaded already, and
 * the driver by the environment. Call on the main thread: a worker's environment is a copy that native code does not
 * see.
 */
export function loadSoftwareDriver({ folder }: SoftwareDriver): void {
  process.env["VK_ICD_FILENAMES"] = join(folder, DRIVER);
  loadLibrary(join(folder, LOADER));
}

/** Whether the system has a Vulkan loader; if so, it is loaded. */
export function hasSystemVulkan(): boolean {
  return loadLibrary(LOADER);
}

/** Returns whether the library is there. It is no Node addon, so Node always complains, and says how it failed. */
function loadLibrary(path: string): boolean {
  try {
    process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_GLOBAL | RTLD_NODELETE);
  } catch (error) {
    return /did not self-register/.test(String(error));
  }
  return true;
}

const MANIFEST = "manifest.json";

function isWhole(folder: string): boolean {
  try {
    checkPrivate(dirname(folder));
    const hashes = JSON.parse(readFileSync(join(folder, MANIFEST), "utf8")) as Record<string, string>;
    return WANTED.every((name) => sha256(readFileSync(join(folder, name))) === hashes[name]);
  } catch {
    return false;
  }
}

/** Per user: XDG_CACHE_HOME, else the home's cache, else a folder of the system's temporary one. */
export function cacheFolder(): string {
  const home = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const folder = join(home, "bstar");
  try {
    return privateFolder(folder);
  } catch {
    return privateFolder(join(tmpdir(), `bstar-${process.getuid?.() ?? 0}`));
  }
}

function privateFolder(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid } = lstatSync(folder);
  if (uid === process.getuid?.()) chmodSync(folder, 0o700);
  checkPrivate(folder);
  return folder;
}

/** Libraries are loaded from here, so only the user may write here. */
function checkPrivate(folder: string): void {
  const { uid, mode } = lstatSync(folder);
  const isOwn = process.getuid === undefined || uid === process.getuid();
  if (!isOwn || (mode & 0o022) !== 0) throw new Error(`${folder} can be written by others`);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
