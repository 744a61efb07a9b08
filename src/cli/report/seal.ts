// How a sealed archive is sealed, and what a check could see of it. spec/14-encryption.md#without-a-key
import type { VerifyReport } from "../../archive/results.js";
import { openersOf } from "../info-report.js";
import { formatCounted } from "../ui/units.js";
import { isLocked } from "../verify-report.js";
import type { Block, Fact } from "./parts.js";

const opening: Readonly<Record<VerifyReport["contents"]["status"], string>> = {
  checked: "with a key, and what is sealed was checked like the rest",
  sealed: "no key opened it",
  refused: "none of the keys that were given opens it",
  unknown: "the check ended before what is sealed could be looked at",
};

const outside = {
  standard: "Checked without a key: the structure of the archive, its manifests and statements.",
  full: "Checked without a key: every byte against the tree that is signed, the order of frames, manifests and statements.",
  deep: "Checked without a key: every byte against the tree that is signed, the order of frames, manifests and statements.",
} as const;

const inside =
  "Not checked, because it is sealed: that blocks can be unpacked, that objects have their ids, that the index is right, who signed the contents.";

/** Nothing for a plain archive. */
export function sealBlocks(report: VerifyReport): readonly Block[] {
  const { encryption, contents, level } = report;
  if (encryption === undefined) return [];
  const { suite, uncovered } = encryption;
  const facts: readonly Fact[] = [
    { name: "sealed with", value: suite.toUpperCase() },
    { name: "opens for", value: openersOf(encryption).join(", ") || "nobody that is known" },
    { name: "in this check", value: opening[contents.status] },
    ...(uncovered === 0 ? [] : [{ name: "not covered", value: `${formatCounted(uncovered, "frame")} of keys that no signature covers; not tried` }]),
  ];
  return [{ kind: "facts", facts }, ...(isLocked(report) ? [{ kind: "list", texts: [outside[level], inside] } as const] : [])];
}
