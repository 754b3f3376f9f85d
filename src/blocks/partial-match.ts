import type { PrefixTree } from "./prefix-tree.ts";

/**
 * Children that one partial match compares, the newest: beyond them a longer common beginning is not worth the walk.
 */
const MAX_SIBLINGS_COMPARED = 16;

/**
 * The child of `parent` that shares the longest beginning with the tokens and that `accepts`; 0 for none. Newest
 * children first, a bounded number of them.
 */
export function findPartial(
  tree: PrefixTree,
  prompt: { readonly parent: number; readonly tokens: Int32Array; readonly start: number; readonly limit: number },
  accepts: (node: number) => boolean,
): number {
  const { parent, tokens, start, limit } = prompt;
  const most = Math.min(limit, tree.blockSize);
  let best = 0;
  let bestLength = 0;
  let left = MAX_SIBLINGS_COMPARED;
  for (let node = tree.firstChild(parent); node !== 0 && left > 0; node = tree.nextSibling(node), left--) {
    const length = tree.commonLength(node, tokens, start, most);
    if (length > bestLength && accepts(node)) {
      best = node;
      bestLength = length;
    }
  }
  return best;
}
