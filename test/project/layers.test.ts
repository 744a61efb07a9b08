// The layer check is red on each kind of forbidden import. spec/01-overview.md
import { describe, expect, it } from "vitest";
import { repository, runOver } from "./planted.js";

const forbidden = [
  ["src/bytes/up.ts", "../archive/a.js", "this one points up"],
  ["src/tree/sideways.ts", "../block/a.js", "this one points sideways"],
  ["src/format/narrow.ts", "../crypto/a.js", "format imports only errors, bytes"],
  ["src/index.ts", "./connectors/node/a.js", "index.ts imports only"],
  ["src/cli/face.ts", "../index.js", "public faces"],
  ["src/tree/barrel.ts", "../bytes/index.js", "import the file that holds the thing"],
  ["src/tree/bare.ts", "../bytes/a", "a specifier ends in .js"],
  ["src/connectors/node/memory.ts", "../memory/a.js", "this one points sideways"],
  ["src/tree/nowhere.ts", "../bytes/z.js", "there is no such file"],
  ["src/block/noble.ts", "@noble/hashes/sha2.js", "the door of this dependency is crypto/"],
  ["src/block/fflate.ts", "fflate", "the door of this dependency is compression/"],
  ["src/archive/streamx.ts", "streamx", "the door of this dependency is streams/"],
  ["src/archive/yargs.ts", "yargs", "the door of this dependency is cli/"],
  ["src/cli/left-pad.ts", "left-pad", "this dependency has no door"],
  ["src/tree/fs.ts", "node:fs", "tree must run in browsers"],
  ["src/tree/old-fs.ts", "fs/promises", "tree must run in browsers"],
  ["src/connectors/memory/path.ts", "node:path", "connectors/memory must run in browsers"],
  ["src/format.ts", "node:fs", "format.ts must run in browsers"],
  ["src/repository/files/up.ts", "../index/a.js", "repository/files imports repository/index, which is above it or beside it"],
  ["src/repository/files/out.ts", "../a.js", "repository/files imports what stands in no folder of repository"],
  ["src/repository/check/beside.ts", "../prune/a.js", "repository/check imports repository/prune, which is above it or beside it"],
] as const;

const allowed = [
  ["src/format/down.ts", "../bytes/a.js"],
  ["src/format/own.ts", "./down.js"],
  ["src/connectors/node/fs.ts", "node:fs"],
  ["src/connectors/memory/shared.ts", "../shared.js"],
  ["src/crypto/noble.ts", "@noble/hashes/sha2.js"],
  ["src/cli/yargs.ts", "yargs"],
  ["src/node.ts", "./connectors/node/a.js"],
  ["src/repository/index/down.ts", "../files/a.js"],
  ["src/repository/own.ts", "./index/a.js"],
  ["src/repository/prune/down.ts", "../a.js"],
] as const;

const importing = (specifier: string) => `import * as it from "${specifier}";\nexport const what = it;\n`;
const plain = "export const one = 1;\n";
const targets = [
  "bytes/a",
  "bytes/index",
  "archive/a",
  "block/a",
  "crypto/a",
  "connectors/shared",
  "connectors/memory/a",
  "connectors/node/a",
  "utils/a",
  "repository/a",
  "repository/files/a",
  "repository/index/a",
  "repository/prune/a",
  "repository/odd/a",
];

// one run over one tree with every defect: each is reported on a line of its own
const { status, output } = runOver("check-layers.mjs", {
  ...Object.fromEntries(targets.map((target) => [`src/${target}.ts`, plain])),
  ...Object.fromEntries([...forbidden, ...allowed].map(([path, specifier]) => [path, importing(specifier)])),
  "src/tree/dynamic.ts": 'export const load = () => import("node:os");\n',
  "src/merkle/one.ts": 'import "./two.js";\n',
  "src/merkle/two.ts": 'import "./three.js";\n',
  "src/merkle/three.ts": 'import "./one.js";\n',
});

describe("check-layers", () => {
  it("fails on a tree with defects", () => expect(status).toBe(1));

  it.each(forbidden)("refuses %s importing %s: %s", (path, specifier, reason) => {
    const line = output.split("\n").find((text) => text.startsWith(`layers: ${path}:1: "${specifier}": `));
    expect(line).toContain(reason);
  });

  it.each(allowed)("accepts %s importing %s", (path) => expect(output).not.toContain(`${path}:`));

  it("sees dynamic imports", () => expect(output).toContain('src/tree/dynamic.ts:1: "node:os"'));

  it("refuses files that import each other", () => {
    expect(output).toContain("src/merkle/one.ts -> src/merkle/two.ts -> src/merkle/three.ts -> src/merkle/one.ts");
  });

  it("refuses a folder barrel", () => expect(output).toContain("src/bytes/index.ts: index.ts means public face"));

  it("refuses a folder that stands in no row", () => expect(output).toContain("src/utils/a.ts: utils stands in no row"));

  it("refuses a folder that stands in no row of a folder that is divided", () => {
    expect(output).toContain("src/repository/odd/a.ts: odd stands in no row of repository");
  });

  it("finds this repository in order", () => {
    const run = runOver("check-layers.mjs", {}, "--root", repository);
    expect(run).toEqual({ status: 0, output: expect.stringContaining("every arrow points down") });
  });
});
