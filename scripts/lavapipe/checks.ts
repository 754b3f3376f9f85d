/** Tests that run on lavapipe, each with every family of kernels forced; the first ones are the quickest. */
export interface LavapipeCheck {
  readonly name: string;
  readonly files: readonly string[];
  /** Part of `--quick`. */
  readonly quick: boolean;
}

const FOLDER = "test/backends/webgpu";

export const LAVAPIPE_CHECKS: readonly LavapipeCheck[] = [
  { name: "kernels", files: [`${FOLDER}/kernels`], quick: true },
  { name: "conformance", files: [`${FOLDER}/backend.test.ts`], quick: true },
  { name: "families", files: [`${FOLDER}/forward.test.ts`], quick: true },
  { name: "goldens", files: [`${FOLDER}/device-weights.test.ts`], quick: true },
  {
    name: "backend",
    files: ["create", "probe", "runner", "inspect"].map((name) => `${FOLDER}/${name}.test.ts`),
    quick: false,
  },
];
