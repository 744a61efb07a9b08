// ptar trust: the keys that this person accepts, an allowed_signers file. spec/09-trust.md#keys
import type { TrustedKey } from "../../keys/trust.js";
import { type Command, type Context, jsonOption } from "../command.js";
import { configOf } from "../config.js";

const add: Command = {
  usage: "add <key>",
  describe: "trust a key",
  positionals: { key: "public key line in quotes, or a file: .pub, .keys, allowed_signers" },
  options: { name: { type: "text", describe: "name shown in verdicts (default: what the file says)" }, ...jsonOption },
  examples: [
    ["ptar trust add acme.pub --name 'J. Doe'", "trust the key in a file, under a name"],
    ["ptar trust add alice.keys", "trust the Ed25519 keys that alice published, as alice"],
  ],
  async run(args, context) {
    const { trustAdd } = await import("../trust-changes.js");
    const added = await trustAdd(args.required("key"), configOf(context.env), { name: args.text("name"), notes: context.notes });
    return report(added, { done: "added", json: args.flag("json"), context });
  },
};

const list: Command = {
  usage: "list",
  describe: "list the keys that are trusted",
  options: { ...jsonOption },
  async run(args, context) {
    const { loadTrust } = await import("../trust-file.js");
    const { keys } = await loadTrust([], configOf(context.env));
    return report(keys, { done: "listed", json: args.flag("json"), context });
  },
};

const remove: Command = {
  usage: "remove <key>",
  describe: "trust a key no longer",
  positionals: { key: "fingerprint SHA256:… or name" },
  options: { ...jsonOption },
  examples: [["ptar trust remove 'J. Doe'", "take all keys of this name off the list"]],
  async run(args, context) {
    const { trustRemove } = await import("../trust-changes.js");
    const { nativeCrypto } = await import("../../native/crypto.js");
    const removed = await trustRemove(args.required("key"), configOf(context.env), nativeCrypto);
    return report(removed, { done: "removed", json: args.flag("json"), context });
  },
};

/** `ptar trust`. */
export const trust: Command = {
  usage: "trust",
  describe: "list, add or remove trusted keys",
  commands: [add, list, remove],
  examples: [["ptar trust add acme.pub --name 'J. Doe'", "trust a key"]],
};

interface Reporting {
  readonly done: "added" | "listed" | "removed";
  readonly json: boolean;
  readonly context: Context;
}

async function report(keys: readonly TrustedKey[], { done, json, context: { env, out, notes } }: Reporting): Promise<number> {
  const [{ trustedJson, trustedLine }, { nativeCrypto }] = await Promise.all([import("../trust-report.js"), import("../../native/crypto.js")]);
  const file = configOf(env).trust;
  if (json) await out.json({ file, action: done, keys: keys.map((key) => trustedJson(key, nativeCrypto)), exitCode: 0 });
  else for (const key of keys) await out.line(trustedLine(key, nativeCrypto));
  if (!json && done !== "listed") notes.say(`${done} ${keys.length === 1 ? "1 key" : `${keys.length} keys`}: ${file}`);
  return 0;
}
