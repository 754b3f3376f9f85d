import { InvalidModelError } from "../../errors.ts";

/** A model of the Hugging Face Hub. */
export interface HubName {
  /** "org/name". */
  readonly repo: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** One GGUF file of it, or null for the model that the repository is. */
  readonly file: string | null;
}

const NAME = /^hf:([\w][\w.-]*\/[\w][\w.-]*)(?:@([\w][\w./-]*))?(?::(.+))?$/;

/** Longest name of a file: what file systems take, with room for the store's own endings. */
const MAX_FILE_NAME = 200;

/** Whether a source names a model of the Hub. */
export function isHubName(source: string): boolean {
  return source.startsWith("hf:");
}

/** Reads `hf:org/name[@revision][:file]`. Throws `InvalidModelError` that shows the form. */
export function parseHubName(source: string): HubName {
  const [matched, repo, revision = "main", file = null] = NAME.exec(source) ?? [];
  if (matched === undefined || revision.includes("..")) {
    throw new InvalidModelError(
      `${JSON.stringify(source)} is no name of the Hub, expected hf:org/name[@revision][:file]`,
    );
  }
  if (file !== null) assertFileName(file, source);
  return { repo, revision, file };
}

/** A file beside the others: no folders, so that no server and no index says where on the disk something is written. */
export function assertFileName(name: string, place: string): void {
  if (!/^\w[\w.+-]*$/.test(name) || name.length > MAX_FILE_NAME) {
    throw new InvalidModelError(`${place}: ${JSON.stringify(name)} is no plain file name`);
  }
}
