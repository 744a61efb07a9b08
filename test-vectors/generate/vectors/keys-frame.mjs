// KEYS frames that must be refused, by everybody or by who opens them. spec/14-encryption.md#keys
import { frameTypes } from "../../../dist/format/frame.js";
import { base64 } from "../age.mjs";
import { noise, patched, replaced } from "../bytes.mjs";
import { keys } from "../keys.mjs";
import { tiny, witnessed } from "../plans.mjs";
import {
  fullOfKeys,
  fullOfPassphrases,
  grownSealed,
  repository,
  rewrap,
  sealed,
  tinySealed,
  toErin,
  toFrank,
  twoSessions,
} from "../sealed-plans.mjs";
import { erin, nobody, oscar, views, words } from "../views.mjs";

const passphrase = sealed([{ passphrase: "words" }]);
const invalid = { code: "PTAR_KEYS_INVALID", level: "standard" };
const order = { code: "PTAR_FRAME_ORDER", spec: "14-encryption.md#keys" };
const costly = { code: "PTAR_KEYS_WORK_FACTOR", spec: "14-encryption.md#stanza-types", level: "standard", plan: passphrase };
const limit = { code: "PTAR_LIMIT_EXCEEDED", spec: "14-encryption.md#keys", level: "standard" };
const opening = { spec: "14-encryption.md#opening", level: "standard", plan: tinySealed };
const commitment = { ...opening, code: "PTAR_KEY_COMMITMENT" };

/** Changes every age file of the newest generation. */
const age = (change) => ({ age: () => change });
/** Changes the text of the header. */
const header = (change) => age({ header: change });
/** Changes the stanzas. */
const stanzas = (change) => age({ stanzas: change });
/** Changes the first stanza. */
const first = (change) => stanzas(([stanza, ...rest]) => [{ ...stanza, ...change(stanza) }, ...rest]);
/** Changes argument `at` of the first stanza. */
const arg = (at, value) => first(({ args }) => ({ args: args.with(at, value) }));
/** A stanza of another type, its text as it is. */
const foreignText = (text) => header((plain) => plain.replace(/---$/, `${text}---`));

/** Frames of one type have, in the header, another. */
const retyped = (from, to) => ({ frame: (frame) => (frame.type === frameTypes[from] ? { ...frame, type: frameTypes[to] } : frame) });

const a64 = "A".repeat(64);
const short = base64(noise("short", 16));

export const keysFrame = [
  ...[
    {
      name: "keys_version_v2",
      comment: "another version of the age format",
      tamper: header((text) => text.replace("org/v1", "org/v2")),
    },
    {
      name: "keys_version_armored",
      comment: "an age file in its armor",
      tamper: header((text) => `-----BEGIN AGE ENCRYPTED FILE-----\n${text}`),
    },
    { name: "keys_stanzas_none", comment: "no stanza", tamper: stanzas(() => []) },
    {
      name: "keys_stanzas_129",
      comment: "129 stanzas",
      tamper: stanzas(([stanza]) => [stanza, ...Array.from({ length: 128 }, (_, i) => ({ args: [`grease-${i}`], body: Buffer.alloc(0) }))]),
    },
    { name: "keys_mac_short", comment: "a MAC of 42 characters", tamper: age({ mac: (text) => text.slice(0, 42) }) },
    {
      name: "keys_mac_trailing-bits",
      comment: "a MAC with trailing bits that are not zero",
      tamper: age({ mac: (text) => `${text.slice(0, 42)}B` }),
    },
    { name: "keys_payload_111", comment: "111 bytes after the header", tamper: age({ payload: (bytes) => bytes.subarray(0, 111) }) },
    {
      name: "keys_payload_113",
      comment: "113 bytes after the header",
      tamper: age({ payload: (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]) }),
    },
  ].map((row) => ({ ...invalid, spec: "14-encryption.md#keys", plan: tinySealed, ...row })),

  ...[
    { name: "stanza_space_two", comment: "two spaces between arguments", tamper: header((text) => text.replace("-> X25519 ", "-> X25519  ")) },
    { name: "stanza_type_none", comment: "a stanza without a type", tamper: foreignText("-> \nAAAA\n") },
    { name: "stanza_argument_not-ascii", comment: "a byte 0x80 in an argument", tamper: foreignText("-> grease \u0080\nAAAA\n") },
    { name: "stanza_body_padded", comment: "base64 with padding", tamper: foreignText("-> grease\nAAA=\n") },
    { name: "stanza_body_trailing-bits", comment: "base64 with trailing bits that are not zero", tamper: foreignText("-> grease\nAAB\n") },
    { name: "stanza_body_url", comment: "an underscore in base64", tamper: foreignText("-> grease\nAA_A\n") },
    { name: "stanza_line_65", comment: "a line of 65 characters", tamper: foreignText(`-> grease\n${a64}A\nAAA\n`) },
    { name: "stanza_line_no-last", comment: "a body that ends with a line of 64 characters", tamper: foreignText(`-> grease\n${a64}\n`) },
  ].map((row) => ({ ...invalid, spec: "14-encryption.md#stanzas", plan: tinySealed, ...row })),

  ...[
    { name: "stanza_x25519_argument", comment: "X25519 with an argument too many", tamper: first(({ args }) => ({ args: [...args, "x"] })) },
    { name: "stanza_x25519_share-16", comment: "X25519 with a share of 16 bytes", tamper: arg(1, short) },
    {
      name: "stanza_x25519_body-33",
      comment: "X25519 with a body of 33 bytes",
      tamper: first(({ body }) => ({ body: Buffer.concat([body, Buffer.alloc(1)]) })),
    },
    { name: "stanza_scrypt_two", comment: "two stanzas with a passphrase", plan: passphrase, tamper: stanzas(([stanza]) => [stanza, stanza]) },
    {
      name: "stanza_scrypt_beside-x25519",
      comment: "a passphrase beside a recipient",
      plan: sealed([{ recipients: ["erin"] }]),
      tamper: stanzas(([stanza]) => [stanza, { args: ["scrypt", short, "10"], body: noise("body", 32) }]),
    },
    { name: "stanza_scrypt_salt-15", comment: "scrypt with a salt of 15 bytes", plan: passphrase, tamper: arg(1, base64(noise("short", 15))) },
    { name: "stanza_scrypt_leading-zero", comment: "work factor 010", plan: passphrase, tamper: arg(2, "010") },
    {
      name: "stanza_scrypt_body-31",
      comment: "scrypt with a body of 31 bytes",
      plan: passphrase,
      tamper: first(({ body }) => ({ body: body.subarray(0, 31) })),
    },
  ].map((row) => ({ ...invalid, spec: "14-encryption.md#stanza-types", plan: tinySealed, ...row })),
  {
    ...invalid,
    name: "keys_tail_malformed",
    spec: "14-encryption.md#rewrap",
    comment: "KEYS in a tail that are no age file, and no statement covers them",
    plan: sealed([toErin], { tails: [[["keys", toFrank]]] }),
    tamper: { tail: [["note", "not an age file\n"]], ...retyped("note", "keys") },
  },
  ...views({ ...costly, name: "keys_work-factor_21", comment: "work factor 21: refused before any work", tamper: arg(2, "21") }, {}, words()),
  { ...costly, name: "keys_work-factor_99", comment: "work factor 99", tamper: arg(2, "99") },

  {
    ...limit,
    name: "limit_keys_65",
    comment: "65 KEYS frames, two of them in a tail",
    plan: fullOfKeys,
    tamper: { tail: [["keys", toFrank], ["keys", toFrank], rewrap(keys.bob)] },
  },
  {
    ...limit,
    name: "limit_passphrases_5",
    comment: "five KEYS frames with a passphrase",
    plan: fullOfPassphrases,
    tamper: { extra: { keys: [["keys", { passphrase: "words" }]] } },
  },

  ...views(
    {
      ...opening,
      code: "PTAR_IDENTITY_WRONG",
      name: "keys_tail_other-archive",
      comment: "a tail with KEYS of another archive for oscar: anybody can append one, so it is no failure of the archive",
      plan: sealed([toErin], { tails: [[["keys", { recipients: ["oscar"], archiveId: noise("other archive", 32) }], rewrap(keys.bob)]] }),
    },
    oscar(),
  ),
  { ...order, name: "order_keys_none", comment: "no KEYS after the first session", plan: tinySealed, tamper: { skip: "keys" } },
  {
    ...order,
    name: "order_keys_after-block",
    comment: "KEYS between blocks",
    plan: tinySealed,
    tamper: { extra: { data: [["keys", toFrank]] } },
  },
  {
    ...order,
    name: "order_keys_with-repository",
    comment: "KEYS although the key is with a repository",
    plan: repository,
    tamper: { extra: { keys: [["keys", toErin]] } },
  },
  {
    ...order,
    name: "order_keys_with-repository-in-tail",
    comment: "KEYS in a tail although the key is with a repository",
    level: "standard",
    plan: { ...repository, generations: witnessed.generations },
    tamper: { tail: [["keys", toErin], rewrap(keys.bob)] },
  },
  { ...order, name: "frame_type_keys-in-plain", comment: "KEYS after a plain session", plan: tiny, tamper: { extra: { session: [["keys", "?"]] } } },
  {
    ...order,
    name: "frame_type_keys-in-tail",
    comment: "KEYS in a tail of a plain archive",
    level: "standard",
    plan: witnessed,
    tamper: { tail: [["keys", "?"]] },
  },

  ...views(
    {
      ...opening,
      name: "open_keys_other-archive",
      code: "PTAR_KEYS_MISMATCH",
      comment: "the KEYS of another archive",
      tamper: { wrapped: (plaintext) => patched(plaintext, 16, Buffer.alloc(32, 0xb2)) },
    },
    nobody(),
    erin(),
  ),
  ...views(
    {
      ...opening,
      name: "open_keys_first-failure",
      code: "PTAR_KEYS_MISMATCH",
      comment: "KEYS of another archive before those with another secret: the first failure is reported",
      plan: sealed([toErin, toErin]),
      tamper: {
        keys: () => [
          { ...toErin, archiveId: Buffer.alloc(32, 0xb2) },
          { ...toErin, secret: "other" },
        ],
      },
    },
    erin(),
  ),
  ...views(
    {
      ...opening,
      name: "open_label_other",
      code: "PTAR_KEYS_INVALID",
      comment: "another label before the secret",
      tamper: { wrapped: (plaintext) => replaced(plaintext, "ptar1/keys", "ptar1/kees") },
    },
    erin(),
  ),
  ...views(
    {
      ...opening,
      name: "open_mac_wrong",
      code: "PTAR_KEYS_INVALID",
      comment: "the MAC of the header is wrong, which only a recipient sees",
      tamper: age({ mac: () => "A".repeat(43) }),
    },
    nobody(),
    erin(),
    oscar({ code: "PTAR_IDENTITY_WRONG", soundKey: null }),
  ),
  ...views(
    {
      ...opening,
      name: "open_mac_wrong-passphrase",
      code: "PTAR_KEYS_INVALID",
      comment: "the MAC of a header with a passphrase is wrong: that is damage, not a wrong passphrase",
      plan: passphrase,
      tamper: age({ mac: () => "A".repeat(43) }),
    },
    words(),
  ),
  ...views(
    {
      ...opening,
      name: "open_payload_tag",
      code: "PTAR_KEYS_INVALID",
      comment: "the last byte of the payload",
      tamper: age({ payload: (bytes) => patched(bytes, -1, bytes.at(-1) ^ 1) }),
    },
    nobody(),
    erin(),
  ),
  ...views(
    {
      ...opening,
      name: "open_payload_not-last",
      code: "PTAR_KEYS_INVALID",
      comment: "the only chunk of the payload is not marked as the last",
      tamper: age({ chunk: 0 }),
    },
    erin(),
  ),
  ...views(
    {
      ...opening,
      name: "open_stanza_body-altered",
      code: "PTAR_IDENTITY_WRONG",
      comment: "one bit of what is wrapped for erin: no stanza opens",
      tamper: first(({ body }) => ({ body: patched(body, 0, body[0] ^ 1) })),
    },
    erin(),
  ),
  ...views(
    {
      ...opening,
      name: "open_stanza_share-zero",
      code: "PTAR_KEYS_INVALID",
      comment: "a share of small order: the shared secret is zero for every identity",
      tamper: arg(1, base64(Buffer.alloc(32))),
    },
    nobody(),
    erin(),
  ),

  ...views(
    {
      ...commitment,
      name: "commitment_session_first",
      comment: "the commitment of the only session is altered",
      tamper: { session: (payload) => patched(payload, 64, payload[64] ^ 1) },
    },
    nobody(),
    erin(),
  ),
  ...views(
    {
      ...commitment,
      name: "commitment_session_second",
      comment: "the commitment of the second session is altered",
      plan: twoSessions,
      tamper: { session: (payload, count) => (count === 2 ? patched(payload, 95, payload[95] ^ 1) : payload) },
    },
    nobody(),
    erin(),
  ),
  ...views(
    {
      ...commitment,
      name: "commitment_session_generation",
      comment: "the commitment of the second generation is altered",
      plan: grownSealed,
      tamper: { session: (payload) => patched(payload, 64, payload[64] ^ 1) },
    },
    erin(),
  ),
  ...views(
    {
      ...commitment,
      name: "commitment_secret_other",
      comment: "KEYS hold another secret",
      tamper: { keys: ([wrap]) => [{ ...wrap, secret: "other" }] },
    },
    erin(),
  ),
];
