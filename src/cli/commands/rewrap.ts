// ptar rewrap: adds recipients to a sealed archive. spec/14-encryption.md#rewrap
import type { Engine } from "../../archive/engine.js";
import type { ByteReader } from "../../container/bytes-io.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { Arguments, Command, Context } from "../command.js";
import { jsonOption } from "../command.js";
import { configOf } from "../config.js";
import { keyOptions } from "../key-options.js";

/** `ptar rewrap`. */
export const rewrap: Command = {
  usage: "rewrap <archive>",
  describe: "let more people open a sealed archive",
  positionals: { archive: "archive to append to" },
  options: {
    "add-recipient": { type: "list", describe: "recipient to add, age1… or a file of recipients; may be given several times" },
    ...keyOptions,
    key: {
      type: "text",
      describe: "private key file to sign with, or a public key or SHA256:… that ssh-agent holds (default: your own key, made on first use)",
    },
    ...jsonOption,
  },
  examples: [["ptar rewrap sealed.ptar --add-recipient court.age --identity lab.txt", "let the court open it too; nobody can be removed again"]],
  async run(args, context) {
    requireFile(args);
    const [{ openArchiveUpdate }, { loadEngine }, { loadRecipients }] = await Promise.all([
      import("../../connectors/node/archive/archive-update.js"),
      import("../engine.js"),
      import("../seal-options.js"),
    ]);
    const recipients = await loadRecipients(args.list("add-recipient"), context);
    const engine = await loadEngine();
    const update = await openArchiveUpdate(args.archive());
    // a second Ctrl-C does not wait for close; it cannot come while something is appended
    context.removeOnExit(Promise.resolve(update.lock));
    try {
      const { tail, signer } = await tailFor(update.reader, { recipients, engine, args, context });
      context.signal.throwIfAborted();
      update.append(tail);
      return await report({ recipients, appended: tail.length, publicKey: signer.publicKey }, args, context);
    } finally {
      await update.close();
    }
  },
};

function requireFile(args: Arguments): void {
  if (args.archive() === "-")
    throw new PtarError("PTAR_USAGE", "archive -: something is appended to a file, not to a stream", { hint: "name the file" });
  if (args.list("add-recipient").length === 0)
    throw new PtarError("PTAR_USAGE", "rewrap: nobody to add", { hint: "add --add-recipient age1… or a file of recipients" });
}

interface TailWishes {
  readonly recipients: readonly string[];
  readonly engine: Engine;
  readonly args: Arguments;
  readonly context: Context;
}

/** What is to be appended to the archive, and who signed it. */
async function tailFor(reader: ByteReader, { recipients, engine, args, context }: TailWishes) {
  const [{ rewrapArchive }, { openSigned }, { loadKeyRing }, { MemorySink }, { loadTrust }, { signersOf }] = await Promise.all([
    import("../../archive/rewrap.js"),
    import("../../archive/open.js"),
    import("../key-options.js"),
    import("../../connectors/memory/sink.js"),
    import("../trust-file.js"),
    import("../signer-names.js"),
  ]);
  const knownKeys = await loadTrust([], configOf(context.env));
  const signed = await openSigned(reader, { engine, trust: "any-signer", knownKeys });
  context.notes.say(`signed by ${signersOf(signed.generations.at(-1)?.statements ?? [], engine.crypto) ?? "nobody"}`);
  const signer = await signerOf(args, context, engine.crypto);
  const sink = new MemorySink();
  const keys = await loadKeyRing(args, context, "may-ask");
  await rewrapArchive(signed, { keys, add: { recipients }, signer, sink });
  return { tail: sink.bytes(), signer };
}

async function signerOf(args: Arguments, { env, notes, signal }: Context, crypto: Engine["crypto"]) {
  const { loadOwnSigner, loadSigner } = await import("../own-key.js");
  const key = args.text("key");
  const how = { env, signal };
  return key === undefined ? loadOwnSigner(configOf(env), crypto, notes, how) : loadSigner(key, crypto, notes, how);
}

interface Rewrapped {
  readonly recipients: readonly string[];
  /** Bytes. */
  readonly appended: number;
  readonly publicKey: Uint8Array;
}

async function report({ recipients, appended, publicKey }: Rewrapped, args: Arguments, { out, notes }: Context): Promise<number> {
  const [{ nativeCrypto }, { keyJson }, { formatCounted }] = await Promise.all([
    import("../../native/crypto.js"),
    import("../json.js"),
    import("../ui/units.js"),
  ]);
  if (args.flag("json")) {
    await out.json({ archive: args.archive(), recipients, appended, signer: keyJson(publicKey, nativeCrypto), exitCode: 0 });
    return 0;
  }
  notes.say(`appended ${formatCounted(appended, "byte")} to ${args.archive()}; no earlier byte changed`);
  for (const recipient of recipients) await out.line(recipient);
  return 0;
}
