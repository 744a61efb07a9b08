// Sealed archives that open: every one without a key and with those that fit. spec/14-encryption.md
import { noise } from "../bytes.mjs";
import { keys } from "../keys.mjs";
import { lossy } from "../plans.mjs";
import {
  fullOfKeys,
  fullOfPassphrases,
  grownFor,
  padded,
  repository,
  rewrap,
  sealed,
  sealedFor,
  toErin,
  toFrank,
  twoSessions,
} from "../sealed-plans.mjs";
import { file } from "../tree.mjs";
import { erin, frank, nobody, oscar, other, views, words } from "../views.mjs";

const { alice, bob, carol, mallory } = keys;
const hello = file("hello.txt", "hello\n");
const both = [toErin, { passphrase: "words" }];
const otherId = Buffer.alloc(32, 0xb2);
const witness = ["statement", carol, "witness", { action: "witnessed", time: "2026-11-22T10:00:00Z" }];
const toErinAndTail = (...tails) => sealed([toErin], { tails });

const open = { spec: "14-encryption.md#opening", level: "standard" };
const wrongIdentity = { ...open, code: "PTAR_IDENTITY_WRONG" };
const wrongPassphrase = { ...open, code: "PTAR_PASSPHRASE_WRONG" };
const required = { ...open, code: "PTAR_KEY_REQUIRED" };
const unsigned = { ...open, code: "PTAR_KEYS_UNSIGNED" };

export const encryption = [
  views(
    { name: "sealed_valid_one-recipient", spec: "14-encryption.md#keys", comment: "sealed for erin", plan: sealedFor("erin") },
    nobody(),
    erin(),
    oscar({ ...wrongIdentity, name: "open_identity_wrong", comment: "sealed for erin, opened with the identity of oscar" }),
    words({ ...required, name: "open_key_passphrase-for-recipients", comment: "a passphrase, and the archive has recipients only" }),
  ),
  views(
    { name: "sealed_valid_two-recipients", spec: "14-encryption.md#keys", comment: "sealed for erin and frank", plan: sealedFor("erin", "frank") },
    nobody(),
    erin(),
    frank(),
  ),
  views(
    { name: "sealed_valid_passphrase", spec: "14-encryption.md#keys", comment: "sealed with a passphrase", plan: sealed([{ passphrase: "words" }]) },
    nobody(),
    words(),
    other({ ...wrongPassphrase, name: "open_passphrase_wrong", comment: "a passphrase with one letter wrong" }),
    erin({ ...required, name: "open_key_identity-for-passphrase", comment: "an identity, and the archive has a passphrase only" }),
  ),
  views(
    {
      name: "sealed_valid_passphrase-utf8",
      spec: "14-encryption.md#keys",
      comment: "a passphrase beyond ASCII: its UTF-8 bytes as they are",
      plan: sealed([{ passphrase: "accents" }]),
    },
    { key: { passphrase: "accents" } },
  ),
  views(
    { name: "sealed_valid_both", spec: "14-encryption.md#keys", comment: "two KEYS frames: for erin, and with a passphrase", plan: sealed(both) },
    nobody(),
    erin(),
    words(),
    oscar({ ...wrongIdentity, name: "open_identity_wrong-of-both", comment: "the wrong identity, and the archive has a passphrase too" }),
    other({ ...wrongPassphrase, name: "open_passphrase_wrong-of-both", comment: "the wrong passphrase, and the archive has a recipient too" }),
  ),
  views(
    {
      name: "sealed_valid_foreign-stanza",
      spec: "14-encryption.md#stanzas",
      comment: "stanzas of unknown types after that of erin: without arguments, with an empty body, with a last line that is empty",
      plan: sealed([
        {
          recipients: ["erin"],
          others: [
            [["joint"], noise("foreign", 33)],
            [['!"#~-grease', "a", "b/+"], Buffer.alloc(0)],
            [["full-line"], noise("foreign", 48)],
            [["two-lines"], noise("foreign", 50)],
          ],
        },
      ]),
    },
    nobody(),
    erin(),
  ),
  views(
    {
      name: "sealed_valid_post-quantum",
      spec: "14-encryption.md#stanzas",
      comment: "a stanza of age's post-quantum recipients alone (nothing opens it)",
      plan: sealed([{ others: [[["mlkem768x25519", Buffer.from(noise("share", 1120)).toString("base64").replaceAll("=", "")], noise("body", 32)]] }]),
    },
    nobody(),
    erin({ ...wrongIdentity, name: "open_identity_other-type", comment: "an identity of X25519, and no stanza of that type" }),
  ),
  views(
    {
      name: "sealed_valid_128-stanzas",
      spec: "14-encryption.md#keys",
      comment: "erin's stanza before 127 others",
      plan: sealed([{ recipients: ["erin"], others: Array.from({ length: 127 }, (_, i) => [[`grease-${i}`], Buffer.alloc(0)]) }]),
    },
    nobody(),
    erin(),
  ),
  views(
    {
      name: "sealed_valid_64-frames",
      spec: "14-encryption.md#keys",
      comment: "64 KEYS frames, the last in a tail",
      plan: fullOfKeys,
    },
    nobody(),
    erin(),
    frank(),
  ),
  views(
    {
      name: "sealed_valid_4-passphrases",
      spec: "14-encryption.md#keys",
      comment: "four KEYS frames hold a passphrase",
      plan: fullOfPassphrases,
    },
    nobody(),
    words(),
  ),
  views(
    {
      name: "sealed_valid_two-sessions",
      spec: "14-encryption.md#key",
      comment: "a second session between the blocks, with KEYS for frank after it",
      plan: twoSessions,
    },
    nobody(),
    erin(),
    frank(),
  ),
  views(
    {
      name: "sealed_valid_two-generations",
      spec: "14-encryption.md#key",
      comment: "the second generation has a session and no KEYS",
      plan: grownFor("erin"),
    },
    nobody(),
    erin(),
  ),
  views(
    {
      name: "sealed_valid_generation-adds",
      spec: "14-encryption.md#opening",
      comment: "the second generation adds frank",
      plan: grownFor("erin", { keys: [toFrank] }),
    },
    nobody(),
    erin(),
    frank(),
  ),
  views(
    {
      name: "sealed_valid_rewrapped",
      spec: "14-encryption.md#rewrap",
      comment: "a tail adds frank, signed by bob",
      plan: toErinAndTail([["keys", toFrank], rewrap(bob)]),
    },
    nobody(),
    erin(),
    frank(),
    oscar({ ...wrongIdentity, name: "open_identity_wrong-of-tail", comment: "neither the generation nor the tail is for oscar" }),
  ),
  views(
    {
      name: "sealed_valid_rewrapped-unknown",
      spec: "14-encryption.md#opening",
      comment: "a tail adds frank, signed by a key that is not trusted",
      plan: toErinAndTail([["keys", toFrank], rewrap(mallory)]),
    },
    nobody(),
    frank(),
  ),
  views(
    {
      name: "sealed_valid_rewrapped-other-secret",
      spec: "14-encryption.md#opening",
      comment: "a tail has KEYS for frank with another secret, then with the right one",
      plan: toErinAndTail([["keys", { ...toFrank, secret: "other" }], ["keys", toFrank], rewrap(bob)]),
    },
    nobody(),
    erin(),
    frank(),
  ),
  views(
    {
      name: "sealed_valid_other-archive-first",
      spec: "14-encryption.md#opening",
      comment: "KEYS of another archive for erin, then the right ones",
      plan: sealed([{ recipients: ["erin"], archiveId: otherId }, toErin]),
    },
    nobody(),
    erin(),
  ),
  views(
    {
      name: "sealed_valid_damaged-first",
      spec: "14-encryption.md#opening",
      comment: "KEYS for erin with a wrong MAC, then the right ones",
      plan: sealed([toErin, toErin]),
      tamper: { age: (number) => (number === 3 ? { mac: () => "A".repeat(43) } : {}) },
    },
    nobody(),
    erin(),
  ),
  views(
    {
      name: "sealed_valid_tail-unsigned",
      spec: "14-encryption.md#rewrap",
      comment: "KEYS for frank in a tail without a statement: they do not count",
      plan: toErinAndTail([["keys", toFrank]]),
    },
    nobody(),
    erin(),
    frank({ ...unsigned, name: "open_keys_unsigned", comment: "no statement covers the KEYS for frank" }),
    oscar({ ...unsigned, name: "open_keys_unsigned-or-wrong", comment: "nobody knows for whom KEYS that do not count are" }),
  ),
  views(
    {
      name: "sealed_valid_tail-signed-before",
      spec: "14-encryption.md#opening",
      comment: "KEYS for frank after the statement of their tail",
      plan: toErinAndTail([witness, ["keys", toFrank]]),
    },
    erin(),
    frank({ ...unsigned, name: "open_keys_signed-before" }),
  ),
  views(
    {
      name: "sealed_valid_tail-signed-later",
      spec: "14-encryption.md#opening",
      comment: "KEYS for frank in a tail without a statement, and a tail with one after it",
      plan: toErinAndTail([["keys", toFrank]], [witness]),
    },
    erin(),
    frank({ ...unsigned, name: "open_keys_signed-in-next-tail" }),
  ),
  views(
    {
      name: "sealed_valid_repository",
      spec: "14-encryption.md#secret",
      comment: "key source 2: no KEYS, and nothing to open it with here",
      plan: repository,
    },
    nobody(),
    erin({ ...required, name: "open_key_repository", comment: "an identity, and the key is with a repository" }),
  ),
  views(
    {
      name: "sealed_valid_ancillary",
      spec: "14-encryption.md",
      comment: "NOTE, PADDING and an unknown ancillary frame stay clear",
      plan: sealed([toErin], {
        extra: {
          data: [["padding", Buffer.alloc(100)]],
          meta: [
            ["note", "a note\n"],
            [0xa5, noise("grease", 10)],
          ],
        },
        tails: [[["note", "another\n"]]],
      }),
    },
    nobody(),
    erin(),
  ),
  views(
    {
      name: "sealed_valid_padding-large",
      spec: "14-encryption.md#padding",
      comment: "1,000 zeros in every sealed frame: readers require no amount",
      plan: padded((length) => length + 1000),
    },
    nobody(),
    erin(),
  ),
  views(
    {
      name: "sealed_valid_padding-none",
      spec: "14-encryption.md#padding",
      comment: "no padding at all",
      plan: padded((length) => length),
    },
    nobody(),
    erin(),
  ),
  views(
    {
      name: "sealed_valid_incomplete",
      expect: "incomplete",
      spec: "14-encryption.md#without-a-key",
      comment: "an incomplete collection is one without a key too",
      plan: { sealed: { for: [toErin] }, ...lossy },
    },
    nobody(),
    erin(),
  ),
  views(
    {
      name: "sealed_valid_unsigned",
      spec: "14-encryption.md#opening",
      comment: "nobody signed: the KEYS of the generation count all the same",
      flags: ["allow-unsigned"],
      plan: sealed([toErin], { signers: [] }),
    },
    nobody(),
    erin(),
  ),
  views(
    {
      name: "sealed_valid_no-snapshot",
      spec: "14-encryption.md#sealed-manifest",
      comment: "a generation that brings no object",
      plan: sealed([toErin], { snapshots: [] }),
    },
    nobody(),
    erin(),
  ),
  views(
    {
      name: "sealed_valid_contents-unknown",
      spec: "14-encryption.md#without-a-key",
      comment: "made by alice as carrier, contents signed by mallory: who vouches for them is seen with a key only",
      plan: {
        sealed: { for: [toErin] },
        generations: [{ snapshots: [{ nodes: [hello], signers: [[mallory, "author"]] }], signers: [[alice, "carrier"]] }],
      },
    },
    nobody(),
    erin({ code: "PTAR_SIGNER_UNTRUSTED", name: "trust_sealed-snapshot_not-vouched", spec: "14-encryption.md#without-a-key" }),
  ),
].flat();
