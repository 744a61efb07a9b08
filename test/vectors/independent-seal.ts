// Sealed archives opened by the letter of the spec, with nothing of src/: node:crypto and plain JavaScript. spec/14-encryption.md
import { createDecipheriv, createHmac, createPrivateKey, createPublicKey, diffieHellman, hkdfSync, type KeyObject, scryptSync } from "node:crypto";
import { demand, label, type Unit } from "./independent-container.js";

/** What a row of the index is read with. */
export type Key = { readonly identity: string } | { readonly passphrase: string };

interface Stanza {
  readonly args: readonly string[];
  readonly body: Buffer;
}

interface AgeFile {
  readonly stanzas: readonly Stanza[];
  /** Up to and including `---`, what the MAC is about. */
  readonly header: string;
  readonly mac: string;
  readonly payload: Buffer;
}

const word = "age-encryption.org/v1";
const sealedTypes = [0x10, 0x11, 0x20, 0x21, 0x22];
const trailer = 0x7f;
const hkdf = (secret: Buffer, salt: Buffer, info: Buffer | string, length = 32) => Buffer.from(hkdfSync("sha256", secret, salt, info, length));

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** `units` with the payloads of sealed frames opened. */
export function openUnits(units: readonly Unit[], secret: Buffer): Unit[] {
  const header = (units[0] as Unit).payload;
  let key: Buffer = Buffer.alloc(0);
  return units.map((unit, number) => {
    if (unit.type === 0x02) key = sessionKey(unit, number, { secret, archiveId: header.subarray(16, 48) });
    return sealedTypes.includes(unit.type) ? { ...unit, payload: opened(unit, number, key) } : unit;
  });
}

/** spec/14-encryption.md#key */
function sessionKey({ payload }: Unit, number: number, { secret, archiveId }: { readonly secret: Buffer; readonly archiveId: Buffer }): Buffer {
  const info = Buffer.concat([label("ptar1/session"), payload.subarray(16, 48), u32(number), u32(0)]);
  const both = hkdf(secret, archiveId, info, 64);
  demand(payload.length === 96 && payload[0] === 1 && both.subarray(32).equals(payload.subarray(64)), `commitment of session ${number}`);
  return both.subarray(0, 32);
}

/** spec/14-encryption.md#seal */
function opened({ payload, type }: Unit, number: number, key: Buffer): Buffer {
  const head = Buffer.concat([Buffer.from("f7505446", "hex"), Uint8Array.of(type, 0, 0, 0), u32(payload.length), u32(0), u32(number), u32(0)]);
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.concat([u32(number), Buffer.alloc(8)]));
  decipher.setAAD(head);
  decipher.setAuthTag(payload.subarray(-16));
  const plain = Buffer.concat([decipher.update(payload.subarray(0, -16)), decipher.final()]);
  const end = 4 + plain.readUInt32LE(0);
  demand(end <= plain.length && plain.subarray(end).every((byte) => byte === 0), `padding of frame ${number}`);
  return plain.subarray(4, end);
}

/** The secret in the first KEYS frame that counts, opens with `key` and is that of the archive. spec/14-encryption.md#opening */
export function secretOf(units: readonly Unit[], key: Key, textOf: (file: string) => string): Buffer {
  const archiveId = (units[0] as Unit).payload.subarray(16, 48);
  const unwrap =
    "identity" in key ? byIdentity(textOf(`${key.identity}.identity`)) : byPassphrase(textOf(`${key.passphrase}.passphrase`).replace(/\n$/, ""));
  const [session] = units.flatMap((unit, number) => (unit.type === 0x02 ? [{ unit, number }] : []));
  for (const payload of countingKeys(units)) {
    const plain = plaintextOf(ageFileOf(payload), unwrap);
    if (plain === undefined || !plain.subarray(16, 48).equals(archiveId)) continue;
    demand(plain.length === 80 && plain.subarray(0, 16).equals(label("ptar1/keys")), "label of a wrapped secret");
    const secret = plain.subarray(48);
    if (succeeds(() => sessionKey((session as { unit: Unit }).unit, (session as { number: number }).number, { secret, archiveId }))) return secret;
  }
  throw new Error("no KEYS frame opens");
}

/** KEYS of generations, and those of tails before a statement. */
function countingKeys(units: readonly Unit[]): Buffer[] {
  const found: Buffer[] = [];
  let inTail = false;
  let waiting: Buffer[] = [];
  for (const { type, payload } of units) {
    if (type === 0x02) inTail = false;
    if (type === 0x03) (inTail ? waiting : found).push(payload);
    if (type === 0x40) found.push(...waiting.splice(0));
    if (type !== trailer) continue;
    inTail = true;
    waiting = [];
  }
  return found;
}

/** The plaintext, undefined when no stanza opens or the file is damaged inside. */
function plaintextOf({ stanzas, header, mac, payload }: AgeFile, unwrap: (stanza: Stanza) => Buffer | undefined): Buffer | undefined {
  const fileKey = stanzas.map(unwrap).find((found) => found !== undefined);
  if (fileKey === undefined) return undefined;
  const right = createHmac("sha256", hkdf(fileKey, Buffer.alloc(0), "header"))
    .update(header, "latin1")
    .digest();
  if (!right.equals(Buffer.from(mac, "base64"))) return undefined;
  // one chunk, the last
  const nonce = Buffer.concat([Buffer.alloc(11), Uint8Array.of(1)]);
  return chacha(hkdf(fileKey, payload.subarray(0, 16), "payload"), nonce, payload.subarray(16));
}

/** Takes an age file apart. */
function ageFileOf(bytes: Buffer): AgeFile {
  const end = bytes.indexOf("\n--- ") + 1;
  const header = bytes.subarray(0, end + 3).toString("latin1");
  const mac = bytes.subarray(end + 4, end + 47).toString("latin1");
  const [first, ...lines] = header.split("\n");
  demand(first === word && lines.pop() === "---", "an age file");
  const stanzas = `\n${lines.join("\n")}`.split("\n-> ").slice(1);
  return { stanzas: stanzas.map(stanzaOf), header, mac, payload: bytes.subarray(end + 48) };
}

function stanzaOf(text: string): Stanza {
  const [args = "", ...body] = text.split("\n");
  demand(body.slice(0, -1).every((line) => line.length === 64) && (body.at(-1)?.length ?? 64) < 64, "lines of a stanza");
  return { args: args.split(" "), body: Buffer.from(body.join(""), "base64") };
}

function byIdentity(text: string): (stanza: Stanza) => Buffer | undefined {
  const scalar = bech32Of(text.split("\n").find((line) => line.startsWith("AGE-SECRET-KEY-1")) ?? "");
  const privateKey = createPrivateKey({
    key: Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), scalar]),
    format: "der",
    type: "pkcs8",
  });
  const own = rawOf(createPublicKey(privateKey));
  return ({ args: [type, share = ""], body }) => {
    if (type !== "X25519") return undefined;
    const ephemeral = Buffer.from(share, "base64");
    const publicKey = createPublicKey({
      key: Buffer.concat([Buffer.from("302a300506032b656e032100", "hex"), ephemeral]),
      format: "der",
      type: "spki",
    });
    const key = hkdf(diffieHellman({ privateKey, publicKey }), Buffer.concat([ephemeral, own]), `${word}/X25519`);
    return chacha(key, Buffer.alloc(12), body);
  };
}

function byPassphrase(passphrase: string): (stanza: Stanza) => Buffer | undefined {
  return ({ args: [type, salt = "", cost], body }) => {
    if (type !== "scrypt") return undefined;
    const salted = Buffer.concat([Buffer.from(`${word}/scrypt`), Buffer.from(salt, "base64")]);
    return chacha(scryptSync(Buffer.from(passphrase), salted, 32, { N: 2 ** Number(cost), r: 8, p: 1 }), Buffer.alloc(12), body);
  };
}

const rawOf = (key: KeyObject) => key.export({ format: "der", type: "spki" }).subarray(-32);

/** 32 bytes of a Bech32 text; its check is not looked at. BIP-173 */
function bech32Of(text: string): Buffer {
  const values = Array.from(text.toLowerCase().slice(text.lastIndexOf("1") + 1, -6), (letter) => "qpzry9x8gf2tvdw0s3jn54khce6mua7l".indexOf(letter));
  const bits = values.map((value) => value.toString(2).padStart(5, "0")).join("");
  return Buffer.from((bits.slice(0, 256).match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

function chacha(key: Buffer, nonce: Buffer, sealed: Buffer): Buffer | undefined {
  const decipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
  decipher.setAuthTag(sealed.subarray(-16));
  const plain = decipher.update(sealed.subarray(0, -16));
  return succeeds(() => decipher.final()) ? plain : undefined;
}

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

/** What the clear manifest of a sealed generation says about its frames. */
export interface Encryption {
  readonly keys: readonly number[];
  readonly sessions: readonly number[];
  readonly suite: string;
}

/** The SESSION and KEYS frames of the generation of units [first, end), as its manifest must list them. spec/14-encryption.md#manifest */
export function encryptionOf(units: readonly Unit[], first: number, end: number): Encryption {
  const numbers = (wanted: number) => units.flatMap(({ type }, number) => (type === wanted && number >= first && number < end ? [number] : []));
  return { keys: numbers(0x03), sessions: numbers(0x02), suite: "aes-256-gcm" };
}

/** Whether the header says that the archive is sealed. */
export const isSealed = ([header]: readonly Unit[]): boolean => ((header as Unit).payload.readUInt32LE(12) & 1) === 1;

/** Frame of the only sealed manifest between two units. */
export function sealedManifestAt(units: readonly Unit[], first: number, end: number): number {
  const found = units.flatMap(({ type }, number) => (type === 0x22 && number >= first && number < end ? [number] : []));
  demand(found.length === 1, "one sealed manifest in a generation");
  return found[0] as number;
}

/** Salts of all sessions are there and differ. */
export function checkSalts(units: readonly Unit[]): void {
  const salts = units.filter(({ type }) => type === 0x02).map(({ payload }) => payload.toString("hex", 16, 48));
  demand(new Set(salts).size === salts.length && !salts.includes("00".repeat(32)), "salts");
}
