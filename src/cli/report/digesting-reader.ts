// The digest of a whole archive, from the reads that its check makes anyway. spec/10-verify.md#levels
import type { ByteReader } from "../../container/bytes-io.js";
import type { Crypto } from "../../crypto/crypto.js";

const readBytes = 1 << 20;

/** A reader that digests while it reads. */
export interface DigestingReader extends ByteReader {
  /** SHA-256 of the whole archive, 32 bytes; reads what nobody read in order. Ends the computation. @throws PTAR_IO_FAILED */
  sha256(): Promise<Uint8Array>;
}

/** Wraps `reader`. A check reads every frame from the front, and what goes on where the digest is goes into it. */
export function digestingReader(reader: ByteReader, crypto: Crypto): DigestingReader {
  const hash = crypto.createSha256();
  let done = 0;
  const read = async (offset: number, length: number) => {
    const bytes = await reader.read(offset, length);
    const end = offset + length;
    if (offset <= done && end > done) {
      hash.update(bytes.subarray(done - offset));
      done = end;
    }
    return bytes;
  };
  return {
    length: reader.length,
    read,
    async sha256() {
      while (done < reader.length) await read(done, Math.min(readBytes, reader.length - done));
      return hash.digest();
    },
  };
}
