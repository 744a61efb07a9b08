// Descriptions of sealed archives that open. spec/14-encryption.md
import { one } from "./archive.mjs";
import { keys } from "./keys.mjs";
import { grown } from "./plans.mjs";
import { padme } from "./sealed.mjs";
import { file } from "./tree.mjs";

const hello = file("hello.txt", "hello\n");

/** What a KEYS frame wraps the secret for. */
export const toErin = { recipients: ["erin"] };
export const toFrank = { recipients: ["frank"] };

/** One small file, with a KEYS frame for each of `wraps`. */
export const sealed = (wraps, more) => ({ sealed: { for: wraps }, ...one([hello], more) });
/** One small file, sealed for one list of recipients. */
export const sealedFor = (...recipients) => sealed([{ recipients }]);
/** The plaintexts of all sealed frames have the lengths that `pad` gives. */
export const padded = (pad) => ({ ...sealedFor("erin"), sealed: { for: [toErin], pad } });

export const tinySealed = sealedFor("erin");

/** Bytes of padding in every frame. */
export const loose = padded((length) => padme(length) + 32);

/** A second session between the blocks, with KEYS for frank. */
export const twoSessions = sealed([toErin], { extra: { data: [["session"], ["keys", toFrank]] } });

/** Two generations of which each stores a file of four bytes. */
export function grownFor(recipient, second = {}) {
  const [before, after] = grown.generations;
  return { sealed: { for: [{ recipients: [recipient] }] }, generations: [before, { ...after, ...second }] };
}
export const grownSealed = grownFor("erin");

/** The key is with a repository. */
export const repository = { ...one([hello]), sealed: { keySource: 2 } };

/** Two files of six bytes, each in a block of its own: frames 4 and 5. */
export const twoBlocks = { sealed: { for: [toErin] }, ...one([file("a", "first\n"), file("b", "other\n")], { chunksPerBlock: 1 }) };

/** A statement about KEYS in the same tail. */
export const rewrap = (signer) => ["statement", signer, "custodian", { action: "rewrapped", time: "2026-11-25T08:00:00Z" }];

/** KEYS for frank in a tail, signed by bob. */
export const rewrapped = sealed([toErin], { tails: [[["keys", toFrank], rewrap(keys.bob)]] });

/** As many KEYS frames as there may be, the last in a tail. */
export const fullOfKeys = sealed(
  Array.from({ length: 63 }, () => toErin),
  { tails: [[["keys", toFrank], rewrap(keys.bob)]] },
);

/** As many KEYS frames with a passphrase as there may be. */
export const fullOfPassphrases = sealed(["accents", "accents", "accents", "words"].map((passphrase) => ({ passphrase })));
