/** `npm run mutation`: which changes of src/blocks its tests notice; docs/mutation.md. */
export default {
  mutate: ["src/blocks/**/*.ts"],
  testRunner: "vitest",
  vitest: { configFile: "vitest.mutation.config.ts", related: false },
  coverageAnalysis: "perTest",
  // A second run tries again only what has changed.
  incremental: true,
  incrementalFile: "reports/mutation/incremental.json",
  reporters: ["clear-text", "json", "progress"],
  clearTextReporter: { logTests: false },
  ignorePatterns: ["models", "bench", "dist", "docs"],
  // Stryker would rewrite tsconfig.json with an API that TypeScript 7 has not; nothing here needs it.
  tsconfigFile: "none",
  // A test that hangs is ended after 2 seconds and twice its usual time: all tests of src/blocks take 1.5 seconds.
  timeoutMS: 2000,
  timeoutFactor: 2,
  thresholds: { high: 95, low: 85, break: 85 },
};
