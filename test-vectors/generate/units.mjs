// Header and frames, one after the other, with the container tree over them. spec/02-container.md#frame
import { frameTypes } from "../../dist/format/frame.js";
import { encodeHeader } from "../../dist/format/header.js";
import { CompactRange, leafHash } from "../../dist/merkle/tree.js";
import { bytesOf, crypto, sha256, u64 } from "./bytes.mjs";

const sync = Uint8Array.of(0xf7, 0x50, 0x54, 0x46);

/** The header with the check that fits its first 56 bytes. */
export function sealHeader(bytes) {
  bytes.set(sha256(bytes.subarray(0, 56)).subarray(0, 8), 56);
  return bytes;
}

/** Bytes of a frame and its leaf hash. `frame` may hold any values, and garbage to stand `before` it. */
export function sealFrame(frame) {
  const head = headOf(frame);
  if (frame.sync !== undefined) head.set(frame.sync);
  const leaf = leafHash(crypto, head, frame.payload);
  const check = frame.check ?? leaf.subarray(0, 8);
  return { leaf, bytes: Buffer.concat([frame.before ?? Buffer.alloc(0), head, frame.payload, check]) };
}

/** The 24 bytes before a payload. */
export function headOf({ type, flags = 0, reserved = 0, length, number }) {
  return Buffer.concat([sync, Uint8Array.of(type, flags, reserved & 255, reserved >> 8), u64(length), u64(number)]);
}

/** The units of an archive under construction. */
export class Units {
  /** Facts of all units: type, offset, end, leaf, payload. */
  list = [];
  range = new CompactRange(crypto);
  offset = 0;
  /** What the generation under way changes. */
  tamper = {};
  #sealer;

  /** Frames are sealed by `sealer`; without one the archive is plain. */
  constructor(sealer) {
    this.#sealer = sealer;
  }

  get next() {
    return this.list.length;
  }

  header(header, tamper) {
    const plain = Buffer.from(encodeHeader(header, (part) => sha256(part)));
    const bytes = tamper.header?.(plain) ?? plain;
    this.#push({ bytes, leaf: leafHash(crypto, bytes) });
  }

  /** Adds a frame; its number. `type` is a name or a number, `subject` the payload, or what a sealer makes it of. */
  add(type, subject) {
    const number = this.next;
    const code = frameTypes[type] ?? type;
    const head = (length) => headOf({ type: code, length, number });
    const payload = this.#sealer?.payload(type, subject, { number, head, tamper: this.tamper }) ?? bytesOf(subject);
    const plain = { type: code, flags: 0, reserved: 0, length: payload.length, number, payload };
    const frame = this.tamper.frame?.(plain) ?? plain;
    this.#push({ ...sealFrame(frame), type: plain.type, payload: frame.payload, number });
    return number;
  }

  bytes() {
    return Buffer.concat(this.list.map((unit) => unit.bytes));
  }

  /** Rows of the frame table for the units from `first` on. */
  rows(first) {
    return this.list.slice(first).map(({ end, leaf }) => ({ end, leaf }));
  }

  #push(unit) {
    const offset = this.offset;
    this.offset += unit.bytes.length;
    this.list.push({ ...unit, offset, end: this.offset });
    this.range.append(unit.leaf);
  }
}
