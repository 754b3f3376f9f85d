import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { isSoftware } from "../../src/backends/webgpu/index.ts";
import { openNodeGpu } from "../../src/cli/webgpu-node.ts";
import { ifWebGPU, noWebGPU } from "../support/webgpu.ts";

describe.skipIf(noWebGPU)(`openNodeGpu${ifWebGPU}`, () => {
  test("gives an adapter that gives devices, and says where it is from", async () => {
    const { gpu, adapter, origin } = await openNodeGpu();
    const device = await adapter.requestDevice();
    expect(device.limits.maxStorageBuffersPerShaderStage).toBeGreaterThanOrEqual(8);
    device.destroy();
    expect(await gpu.requestAdapter()).not.toBeNull();
    expect(origin).toMatch(isSoftware(adapter.info) ? /SwiftShader|driver/ : /driver/);
  });

  test("works in a process that was started with nothing prepared, and gives the same adapter again", () => {
    const module = fileURLToPath(new URL("../../src/cli/webgpu-node.ts", import.meta.url));
    const program = [
      `const { openNodeGpu } = await import(${JSON.stringify(module)});`,
      "const [first, second] = [await openNodeGpu(), await openNodeGpu()];",
      "console.log(first.adapter.limits.maxBindGroups, first.origin === second.origin);",
      "process.exit(0);",
    ].join("\n");
    const { LD_LIBRARY_PATH: _path, VK_ICD_FILENAMES: _driver, ...env } = process.env;
    const out = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [groups, isSame] = out.trim().split("\n").at(-1)!.split(" ");
    expect(Number(groups)).toBeGreaterThanOrEqual(4);
    expect(isSame).toBe("true");
  });
});
