// ptar keygen: makes a signing key. spec/09-trust.md#keys
import { type Command, jsonOption } from "../command.js";
import { configOf } from "../config.js";

/** `ptar keygen`. */
export const keygen: Command = {
  usage: "keygen",
  describe: "make an Ed25519 signing key",
  options: {
    out: { type: "text", describe: "file of the private key; the public line goes to FILE.pub (default: your own key)" },
    comment: { type: "text", describe: "comment in both files" },
    force: { type: "flag", describe: "replace key files that are there" },
    ...jsonOption,
  },
  examples: [["ptar keygen --out clerk.key", "make a key in clerk.key and clerk.key.pub"]],
  async run(args, { env, out, notes }) {
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
  },
};
