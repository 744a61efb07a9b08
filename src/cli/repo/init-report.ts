// What `ptar repo init` says at its end. spec/15-repository.md#description
import { toHex } from "../../bytes/hex.js";
import type { SealFor } from "../../keys/key-ring.js";
import type { Arguments, Context } from "../command.js";
import { commandLine } from "../command-line.js";
import { formatBytes, formatCounted } from "../ui/units.js";

/** A repository that was made. */
export interface Made {
  readonly id: Uint8Array;
  /** Whom it is encrypted for. */
  readonly seal: SealFor | undefined;
  /** Bytes. */
  readonly packSize: number;
  readonly chunker: string;
}

/** Says what was made and what comes next, and prints the id; the exit code. */
export async function reportMade({ id, seal, packSize, chunker }: Made, args: Arguments, { out, notes }: Context): Promise<number> {
  const location = args.archive();
  if (args.flag("json")) {
    const openers = { encrypted: seal !== undefined, recipients: seal?.recipients ?? [], passphrase: seal?.passphrase !== undefined };
    await out.json({ location, id: toHex(id), ...openers, packSize, chunker, exitCode: 0 });
    return 0;
  }
  notes.say(
    `made a repository in ${location}: ${seal === undefined ? "plain" : `encrypted for ${openersOf(seal)}`}, packs of ${formatBytes(packSize)}`,
  );
  if (seal !== undefined) notes.hint("keep a copy of what opens it in a safe place: without it nobody can read a backup again");
  notes.hint(`\`${commandLine(["repo", "backup", location])} PATH\` adds the first snapshot`);
  await out.line(toHex(id));
  return 0;
}

function openersOf({ recipients, passphrase }: SealFor): string {
  const parts = [
    ...(recipients.length === 0 ? [] : [formatCounted(recipients.length, "recipient")]),
    ...(passphrase === undefined ? [] : ["a passphrase"]),
  ];
  return parts.join(" and ");
}
