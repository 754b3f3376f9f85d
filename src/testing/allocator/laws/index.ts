import type { Law } from "../moment.ts";
import { contentLaws } from "./contents.ts";
import { countLaws } from "./counts.ts";
import { prefixLaws } from "./prefixes.ts";
import { rollbackLaws } from "./rollback.ts";
import { tableLaws } from "./tables.ts";

/** Its own checks, where it has any, are as good as a law. */
const ownChecks: Law = {
  name: "its own invariants hold",
  needs: [],
  needsMethod: "checkInvariants",
  broken({ allocator }) {
    try {
      allocator.checkInvariants!();
      return null;
    } catch (error) {
      return String(error);
    }
  },
};

/** Every law that is checked on one moment; the plainer a law, the earlier. */
export const LAWS: readonly Law[] = [
  ...countLaws,
  ...tableLaws,
  ...contentLaws,
  ...prefixLaws,
  ...rollbackLaws,
  ownChecks,
];
