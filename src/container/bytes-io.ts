// Contracts of what an archive is read from and written to.

/** Random access to the bytes of one archive. */
export interface ByteReader {
  /** Total length in bytes. */
  readonly length: number;
  /**
   * Exactly `length` bytes at `offset`. The bytes belong to the caller, who may give their memory away: nobody else has a view of it.
   * @throws PTAR_IO_FAILED when they cannot be read or there are fewer
   */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Where the bytes of one archive go, front to back. Resolves when it can take more (back-pressure). */
export interface ByteSink {
  /** @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
  write(bytes: Uint8Array): Promise<void>;
}
