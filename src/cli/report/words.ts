// What the verdicts of a report mean, and what none of them shows. spec/10-verify.md#verdicts
import type { VerifyReport } from "../../archive/results.js";
import type { CaptureClass } from "../../format/generated/types.js";
import { isLocked, type Verdict } from "../verify-report.js";

/** How a verdict is to be taken; pages show it by words and lines, colour is a third hint only. */
export type Weight = "good" | "plain" | "warn" | "bad";

/** A verdict with its weight and its meaning. */
export interface Meaning {
  readonly weight: Weight;
  readonly meaning: string;
}

const integrity: Readonly<Record<VerifyReport["level"], string>> = {
  standard: "Structure, manifest, index and the pages of the tree are as they were written. Contents of files were not read at this level.",
  full: "Every byte of the archive was read, and everything that its manifest covers is as it was written.",
  deep: "Every byte of the archive was read, everything that its manifest covers is as it was written, and each whole file has its digest.",
};

/** The same of a sealed archive that no key opened. spec/14-encryption.md#without-a-key */
const integrityOutside: typeof integrity = {
  standard: "Structure and manifest are as they were written. What is sealed was not looked into at all.",
  full: "Every byte of the archive was read, and everything that its manifest covers is as it was written. What is sealed was not looked into.",
  deep: "Every byte of the archive was read, and everything that its manifest covers is as it was written. What is sealed was not looked into.",
};

const signature: Readonly<Record<VerifyReport["signature"]["status"], Meaning>> = {
  trusted: { weight: "good", meaning: "A key that this check was told to trust signed the archive and stands for its contents." },
  "unknown-key": {
    weight: "warn",
    meaning: "The signatures are valid, but no key that is trusted here, for the time that is claimed, stands for the archive and its contents.",
  },
  unsigned: { weight: "warn", meaning: "The archive says that nobody signed it. Anybody could have made it as it is." },
  invalid: { weight: "bad", meaning: "A signature is missing or invalid. Nobody can be held to stand for this archive." },
};

const completeness: Readonly<Record<VerifyReport["completeness"]["status"], Meaning>> = {
  complete: {
    weight: "good",
    meaning: "Nothing that was met at the source failed or changed while it was read. What a rule left out is counted as excluded.",
  },
  incomplete: {
    weight: "warn",
    meaning: "Something at the source could not be read, vanished or changed while it was read. This is signed and stays so for ever.",
  },
  unknown: { weight: "warn", meaning: "What the archive says about this could not be read." },
};

/** The same where nobody who is trusted here stands for it. */
const stated: Readonly<Partial<typeof completeness>> = {
  complete: {
    weight: "plain",
    meaning:
      "The archive says that nothing that was met at the source failed or changed while it was read. What a rule left out is counted as excluded.",
  },
  incomplete: {
    weight: "warn",
    meaning: "The archive says that something at the source could not be read, vanished or changed while it was read.",
  },
};

/** What one verdict of `report` means. */
export function meaningOf(name: Verdict["name"], report: VerifyReport): Meaning {
  if (name === "integrity") return integrityMeaning(report);
  if (name === "signature") return signatureMeaning(report);
  if (name === "completeness") return completenessMeaning(report);
  if (name === "custody") {
    const none = "No statement of a custodian is recorded in the archive. Who held it since it was made is not known from it.";
    return {
      weight: "plain",
      meaning: report.custody.status === "none" ? none : "Keys in the role of a custodian signed the statements that stand under signatures.",
    };
  }
  const claimed = "The archive says that the clock of the machine that made it showed this. Nobody else confirms it.";
  return { weight: "plain", meaning: report.time.status === "claimed" ? claimed : "No claimed time could be read." };
}

function integrityMeaning(report: VerifyReport): Meaning {
  const { status } = report.integrity;
  if (status === "ok") return { weight: "good", meaning: (isLocked(report) ? integrityOutside : integrity)[report.level] };
  if (status === "unknown")
    return { weight: "warn", meaning: "The checks ended at the signatures. Nothing can be said about the rest of the archive." };
  return {
    weight: "bad",
    meaning: "The archive is not as it was written, or not the one that was expected. Checks may have ended at the first problem.",
  };
}

function completenessMeaning({ completeness: { status }, signature, integrity }: VerifyReport): Meaning {
  const vouched = signature.status === "trusted" && integrity.status !== "damaged";
  return (vouched ? undefined : stated[status]) ?? completeness[status];
}

function signatureMeaning(report: VerifyReport): Meaning {
  const { integrity, signature: found, generations } = report;
  const { status } = found;
  if (status === "unknown-key" && generations.length === 0)
    return { weight: "warn", meaning: "Signatures were not looked at, because the archive could not be opened." };
  // a trusted signature stands beside damage: it must not be read as standing for the damaged bytes
  if (status === "trusted" && integrity.status === "damaged")
    return { weight: "plain", meaning: "A key that this check was told to trust signed the manifest. It does not stand for what is damaged." };
  if (status === "trusted" && isLocked(report))
    return { weight: "good", meaning: "A key that this check was told to trust signed the archive as it is. Who signed its contents is sealed." };
  return signature[status];
}

/** What neither signatures nor hashes show. spec/09-trust.md#vouching */
export function notShownBy({ encryption }: VerifyReport): readonly string[] {
  return encryption === undefined ? notShown : [...notShown.slice(0, -1), whoReads, ...notShown.slice(-1)];
}

// spec/14-encryption.md#recipient
const whoReads = "Who can read the archive: it does not name its recipients, and each of them can pass its key on without leaving a trace.";

const notShown: readonly string[] = [
  "That the contents are true, or who wrote them. A signature says who stands for the archive.",
  "That this is the only archive made, or that no later state of it was taken away. The fingerprint shows that, when it is known from elsewhere.",
  "That the claimed times are right.",
  "That a key belongs to a person. Compare key fingerprints with their owners by another way.",
  "Anything about what was not collected: a class of facts that is not listed was not looked at, which is not the same as none.",
  "That this report is unchanged: it is not signed. The archive is tamper-evident, the report is not; to be sure, run the check again.",
];

/** What exit codes mean. spec/10-verify.md#codes */
export const exitWords: Readonly<Record<number, string>> = {
  0: "no verdict failed",
  3: "the archive says that its collection is incomplete",
  4: "the archive is damaged or malformed, or not the one that was expected",
  5: "a signature is missing where one is required, or invalid",
  6: "the signer is not trusted here",
  7: "something that the check needs was not found",
  8: "a key is missing or wrong",
  9: "a limit or a rule refused the archive",
};

/** Classes of facts in the order of their chapter. spec/06-snapshot.md#captured */
export const classWords: Readonly<Record<CaptureClass, string>> = {
  name: "names",
  type: "types",
  content: "contents of files with SHA-256",
  links: "symlink targets and hard links",
  mode: "permission bits",
  mtime: "modification times",
  atime: "access times",
  ctime: "status change times",
  birthtime: "birth times",
  owner: "owner and group numbers",
  "owner-names": "owner and group names",
  inode: "inode, device and link count",
  xattrs: "extended attributes with access control lists",
  holes: "holes of sparse files",
  digests: "further digests, for identification only",
};
