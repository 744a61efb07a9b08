// Keys that may open a sealed archive. spec/14-encryption.md#opening

/** What a reader has to open sealed archives with. */
export interface KeyRing {
  /** age identities, `AGE-SECRET-KEY-…`. */
  readonly identities: readonly string[];
  /** Asked for at most once, and only when no identity opened an archive that has a passphrase. @throws PTAR_PASSPHRASE_INVALID, PTAR_KEY_REQUIRED,
   * PTAR_KEY_NOT_FOUND, PTAR_IO_FAILED, PTAR_INTERRUPTED, or what whoever asks throws */
  readonly passphrase?: () => Promise<string>;
  /** Secrets that were found before, by archive id and first commitment in hex: whoever opens one archive twice pays for one scrypt. */
  readonly found?: Map<string, Uint8Array>;
}

/** Whom a new archive is sealed for: recipients, a passphrase, or both. */
export interface SealFor {
  /** age recipients, `age1…`. */
  readonly recipients: readonly string[];
  readonly passphrase?: string;
}
