// Gives a stored file its name: it is there whole or not at all, also where there are no hard links. spec/15-repository.md#layout
import { lstatSync } from "node:fs";
import { link, open, rename, unlink } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { PtarError } from "../../../errors/ptar-error.js";
import { errnoOf } from "../io-error.js";
import { saysNoLinks } from "../publish.js";
import { temporaryBeside } from "../temporary-file.js";

/** A claim is a temporary file with this in place of random digits: there is one for a name. */
const claimToken = "0".repeat(12);
/** A claim is held for a look and a rename. */
const patience = { attempts: 50, milliseconds: 20 };

/**
 * Gives `temporary`, whose bytes are on the disk, the name `path`, unless something has this name. The caller removes the temporary
 * name, if it is still there.
 * @throws PTAR_IO_FAILED where another program keeps the claim of the name
 */
export async function publishWhole(temporary: string, path: string, makeLink = link): Promise<"published" | "exists"> {
  try {
    await makeLink(temporary, path);
  } catch (error) {
    if (saysNoLinks(error)) return claimAndMove(temporary, path);
    if (errnoOf(error) !== "EEXIST") throw error;
    // a network file system asks again when an answer was lost: then it is we who have taken the name
    return isOneFile(temporary, path) ? "published" : "exists";
  }
  return "published";
}

function isOneFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => lstatSync(path, { bigint: true, throwIfNoEntry: false }));
  return a !== undefined && a.ino === b?.ino && a.dev === b.dev;
}

/** A rename replaces what is there: only who has made the claim may look and rename. */
async function claimAndMove(temporary: string, path: string): Promise<"published" | "exists"> {
  const claim = temporaryBeside(path, claimToken);
  if ((await take(claim, path)) === "exists") return "exists";
  try {
    if (isThere(path)) return "exists";
    await rename(temporary, path);
    return "published";
  } finally {
    await unlink(claim).catch(() => undefined);
  }
}

/** Waits for the claim of the name `path`; `exists` when another one has published it meanwhile. */
async function take(claim: string, path: string): Promise<"taken" | "exists"> {
  for (let attempt = 0; attempt < patience.attempts; attempt++) {
    try {
      await (await open(claim, "wx")).close();
      return "taken";
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
    }
    if (isThere(path)) return "exists";
    await sleep(patience.milliseconds);
  }
  throw new PtarError("PTAR_IO_FAILED", `${path}: another program is giving a file this name (${claim})`, {
    hint: "run the command again; remove the file in parentheses if that program was killed",
  });
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
