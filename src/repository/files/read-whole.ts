// A short file read at one go. spec/15-repository.md#layout
import type { ByteReader } from "../../container/bytes-io.js";
import { PtarError } from "../../errors/ptar-error.js";

/** Longer files are read part by part. An archive is read in a dozen parts, of which each would be a request to a storage that is far away. */
const shortBytes = 256 * 1024;

/** The bytes of a short file, in memory; a longer file as it is. @throws PTAR_IO_FAILED */
export async function readWhole(file: ByteReader): Promise<ByteReader> {
  if (file.length > shortBytes) return file;
  const bytes = await file.read(0, file.length);
  return {
    length: bytes.length,
    async read(offset, length) {
      if (offset + length > bytes.length)
        throw new PtarError("PTAR_IO_FAILED", `archive: expected ${length} bytes at offset ${offset}, found ${Math.max(0, bytes.length - offset)}`);
      // not slice(): of a Buffer that is a view
      return new Uint8Array(bytes.subarray(offset, offset + length));
    },
  };
}
