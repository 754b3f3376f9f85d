interface Node {
  /** Of the string that ends here, or -1. */
  value: number;
  children: Map<number, Node> | null;
}

/** Strings with a number each, looked up at any place of a text. */
export class Trie {
  readonly #root: Node = { value: -1, children: null };

  /** The first number that a string is given stays. */
  add(text: string, value: number): void {
    let node = this.#root;
    for (let i = 0; i < text.length; i++) {
      node.children ??= new Map();
      let child = node.children.get(text.charCodeAt(i));
      if (child === undefined) node.children.set(text.charCodeAt(i), (child = { value: -1, children: null }));
      node = child;
    }
    if (node.value < 0) node.value = value;
  }

  /** Calls `found` for each string that stands at `at`, shortest first, with its number and its end. */
  matchesAt(text: string, at: number, found: (value: number, end: number) => void): void {
    let node = this.#root.children?.get(text.charCodeAt(at));
    for (let end = at + 1; node !== undefined; end++) {
      if (node.value >= 0) found(node.value, end);
      node = node.children?.get(text.charCodeAt(end));
    }
  }
}
