// ptar keygen: makes a signing key, or an identity that opens sealed archives. spec/09-trust.md#keys
import { PtarError } from "../../errors/ptar-error.js";
import { type Arguments, type Command, type Context, jsonOption } from "../command.js";
import { configOf } from "../config.js";

/** `ptar keygen`. */
export const keygen: Command = {
  usage: "keygen",
  describe: "make an Ed25519 signing key, or an age identity that opens sealed archives",
  options: {
    out: { type: "text", describe: "file of the private key or identity; the public line of a key goes to FILE.pub (default: your own)" },
    comment: { type: "text", describe: "comment in both files of a key" },
    identity: { type: "flag", describe: "make an age identity and print its recipient" },
    "post-quantum": { type: "flag", describe: "make an identity that withstands quantum computers; age 1.3 and newer know this kind" },
    force: { type: "flag", describe: "replace files that are there" },
    ...jsonOption,
  },
  examples: [
    ["ptar keygen --out clerk.key", "make a key in clerk.key and clerk.key.pub"],
    ["ptar keygen --identity --out lab.identity", "make an identity; archives are sealed for the line age1… that it prints"],
  ],
  run: (args, context) => (args.flag("identity") ? newIdentity(args, context) : newKey(args, context)),
};

async function newKey(args: Arguments, { env, out, notes }: Context): Promise<number> {
  if (args.flag("post-quantum")) throw new PtarError("PTAR_USAGE", "--post-quantum: is a kind of identity and needs --identity");
  const [{ makeKey }, { nativeCrypto }, { formatPublicLine }, { fingerprintOf }, { toHex }] = await Promise.all([
    import("../own-key.js"),
    import("../../native/crypto.js"),
    import("../../keys/public-line.js"),
    import("../../keys/ssh-wire.js"),
    import("../../bytes/hex.js"),
  ]);
  const file = args.text("out") ?? configOf(env).key;
  const comment = args.text("comment") ?? "ptar";
  const publicKey = await makeKey(file, nativeCrypto, { comment, force: args.flag("force") });
  const line = formatPublicLine(publicKey, comment);
  const fingerprint = fingerprintOf(publicKey, nativeCrypto);
  if (args.flag("json")) {
    await out.json({ file, publicFile: `${file}.pub`, publicLine: line, publicKey: toHex(publicKey), fingerprint, exitCode: 0 });
    return 0;
  }
  notes.say(`wrote ${file} and ${file}.pub`);
  await out.line(line);
  await out.line(fingerprint);
  return 0;
}

async function newIdentity(args: Arguments, { env, out, notes }: Context): Promise<number> {
  if (args.text("comment") !== undefined) throw new PtarError("PTAR_USAGE", "--comment and --identity: only one of them can be given");
  const { makeIdentity } = await import("../own-identity.js");
  const file = args.text("out") ?? configOf(env).identity;
  const kind = args.flag("post-quantum") ? "hybrid" : "x25519";
  const recipient = await makeIdentity(file, { kind, force: args.flag("force"), now: new Date() });
  if (args.flag("json")) {
    await out.json({ file, recipient, kind, exitCode: 0 });
    return 0;
  }
  notes.say(`wrote ${file}`);
  notes.hint("keep a copy of this file in a safe place: without it nobody can open what is sealed for it");
  await out.line(recipient);
  return 0;
}
