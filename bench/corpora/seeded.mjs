// Random numbers and bytes that are the same in each run: AES-256-CTR under a key that is the seed's digest.
import { createCipheriv, createHash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";

const pieceBytes = 4 * 1024 * 1024;

/** An endless run of random bytes for `seed`; `take(length)` gives the next of them. */
export function seededBytes(seed) {
  const cipher = createCipheriv("aes-256-ctr", createHash("sha256").update(seed).digest(), Buffer.alloc(16));
  return { take: (length) => cipher.update(Buffer.alloc(length)) };
}

/** Whole numbers for `seed`; `below(n)` gives the next one, at least 0 and less than `n` (up to 2^48). */
export function seededNumbers(seed) {
  const bytes = seededBytes(seed);
  return { below: (n) => bytes.take(6).readUIntBE(0, 6) % n };
}

/** Writes `length` random bytes for `seed` to a new file. */
export function writeRandomFile(path, length, seed) {
  const bytes = seededBytes(seed);
  const fd = openSync(path, "wx");
  try {
    for (let left = length; left > 0; left -= pieceBytes) writeSync(fd, bytes.take(Math.min(left, pieceBytes)));
  } finally {
    closeSync(fd);
  }
}
