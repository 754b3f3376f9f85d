import { MissingPackageError } from "../errors.ts";
/** @ts-ignore: the declarations hold without this optional package, and this line is part of them. */
import type * as fastCheck from "fast-check";

/** The package fast-check: what `import fc from "fast-check"` or `import * as fc from "fast-check"` gives. */
export type FastCheck = typeof fastCheck.default;

/** What the package calls an arbitrary. */
export type Arbitrary<T> = fastCheck.Arbitrary<T>;

/** Loads the optional package. Throws `MissingPackageError` where it is not installed. */
export async function loadFastCheck(load: () => Promise<FastCheck> = () => import("fast-check")): Promise<FastCheck> {
  try {
    return await load();
  } catch (cause) {
    throw new MissingPackageError(
      'the conformance suite for allocators needs the package "fast-check": npm install --save-dev fast-check',
      { cause },
    );
  }
}
