// The WebAssembly in the source is the one of the pinned package. `npx vitest run test/compression -u` writes it anew.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { deflateSync } from "fflate";
import { expect, test } from "vitest";

const entry = createRequire(import.meta.url).resolve("@bokuweb/zstd-wasm");
const wasm = readFileSync(join(dirname(entry), "zstd.wasm"));

test("the embedded zstd is the one of the pinned package", async () => {
  const base64 = Buffer.from(deflateSync(wasm, { level: 9 })).toString("base64");
  const source = `// zstd (BSD-3-Clause, Meta Platforms) as built by @bokuweb/zstd-wasm 0.0.27 (MIT): dist/common/zstd.wasm, deflated. spec/03-block.md#codecs
// Generated and compared by test/compression/zstd-wasm.test.ts.

/** The module: deflate stream in base64, and its length in bytes when inflated. */
export const zstdWasm = {
  length: ${wasm.length},
  base64: "${base64}",
} as const;
`;
  await expect(source).toMatchFileSnapshot("../../src/compression/generated/zstd-wasm-bytes.ts");
});

test("the package still holds the build that reproducible archives are made with", () => {
  expect(createHash("sha256").update(wasm).digest("hex")).toBe("80260eee5795ee8072bb5821e203730c74dca3909938f5ac1128da67f96223df");
});
