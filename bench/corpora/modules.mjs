// The corpus nm: a large node_modules, given or installed from pinned packages.
import { existsSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { run } from "../programs.mjs";
import { madeOnce } from "./tree.mjs";

// Chosen for many small files (icons, date-fns), some large ones (next, googleapis) and a deep tree of dependencies (gatsby):
// together about 157,000 files, 1.25 GB. What they depend on is pinned by the date.
const pinned = [
  "@mui/icons-material@7.3.5",
  "@tabler/icons@3.35.0",
  "antd@5.27.6",
  "aws-sdk@2.1693.0",
  "core-js@3.46.0",
  "date-fns@4.1.0",
  "gatsby@5.15.0",
  "googleapis@164.1.0",
  "lodash-es@4.17.21",
  "lucide-react@0.552.0",
  "monaco-editor@0.54.0",
  "next@16.0.1",
  "rxjs@7.8.2",
];
const publishedBefore = "2026-11-01";

/** A node_modules folder: `nodeModules`, or one that npm installs without running scripts. */
export function modules({ made, nodeModules }) {
  if (nodeModules !== undefined) {
    if (!existsSync(nodeModules)) throw new Error(`--node-modules ${nodeModules}: not found`);
    return { base: dirname(nodeModules), paths: [basename(nodeModules)] };
  }
  return { base: madeOnce(join(made, "nm"), install), paths: ["node_modules"] };
}

function install(folder) {
  writeFileSync(join(folder, "package.json"), '{"private":true}\n');
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--legacy-peer-deps", "--loglevel=error"];
  run(["npm", "install", ...quiet, `--before=${publishedBefore}`, ...pinned], { cwd: folder });
}
