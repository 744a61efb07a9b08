// The closed list of error codes: exit code, meaning, chapter. spec/10-verify.md#codes

/** One row of the table of error codes. */
export interface CodeRow {
  /** Exit code of the command line tool, see spec/10-verify.md#codes. */
  readonly exit: number;
  /** What the code means, in one sentence. */
  readonly meaning: string;
  /** Chapter and anchor in `spec/` where the rule stands. */
  readonly spec: string;
}

const rows = {
  // 1 failed
  PTAR_IO_FAILED: { exit: 1, meaning: "reading or writing failed", spec: "10-verify.md#codes" },
  PTAR_IO_NO_SPACE: { exit: 1, meaning: "the disk is full", spec: "10-verify.md#codes" },
  PTAR_INTERNAL: { exit: 1, meaning: "a defect of this program", spec: "10-verify.md#codes" },
  // 2 usage
  PTAR_USAGE: { exit: 2, meaning: "the command line was not understood", spec: "10-verify.md#codes" },
  // 4 integrity: container
  PTAR_HEADER_CHECK: { exit: 4, meaning: "the header is damaged", spec: "02-container.md#header" },
  PTAR_HEADER_RESERVED: { exit: 4, meaning: "the header has a wrong length or reserved bytes that are not zero", spec: "02-container.md#header" },
  PTAR_FRAME_SYNC: { exit: 4, meaning: "no frame starts where one must", spec: "02-container.md#frame" },
  PTAR_FRAME_RESERVED: { exit: 4, meaning: "reserved bytes or flags of a frame are not zero", spec: "02-container.md#frame" },
  PTAR_FRAME_NUMBER: { exit: 4, meaning: "a frame has another number than its place asks for", spec: "02-container.md#frame" },
  PTAR_FRAME_LENGTH: { exit: 4, meaning: "a frame is longer than its limit or runs over the end", spec: "02-container.md#frame" },
  PTAR_FRAME_CHECK: { exit: 4, meaning: "the check of a frame is wrong", spec: "02-container.md#frame" },
  PTAR_FRAME_HASH: { exit: 4, meaning: "a frame is not the one in the frame table", spec: "02-container.md#frame-table" },
  PTAR_FRAME_ORDER: { exit: 4, meaning: "a frame stands where its type may not", spec: "02-container.md#grammar" },
  PTAR_FRAME_SEAL: { exit: 4, meaning: "a sealed frame does not open with the key of its session", spec: "14-encryption.md#seal" },
  PTAR_KEYS_INVALID: { exit: 4, meaning: "a frame of wrapped keys is malformed", spec: "14-encryption.md#keys" },
  PTAR_KEYS_WORK_FACTOR: { exit: 4, meaning: "opening with a passphrase would cost more than the limit", spec: "14-encryption.md#keys" },
  PTAR_KEYS_MISMATCH: { exit: 4, meaning: "wrapped keys are those of another archive", spec: "14-encryption.md#opening" },
  PTAR_SESSION_INVALID: { exit: 4, meaning: "a session frame is malformed", spec: "02-container.md#session" },
  PTAR_TABLE_INVALID: { exit: 4, meaning: "a frame table is malformed", spec: "02-container.md#frame-table" },
  PTAR_TABLE_ROOT: { exit: 4, meaning: "the frame table does not have the root in the manifest", spec: "02-container.md#frame-table" },
  PTAR_TRAILER_MISSING: { exit: 4, meaning: "the archive does not end with a trailer", spec: "02-container.md#trailer" },
  PTAR_TRAILER_INVALID: { exit: 4, meaning: "the trailer disagrees with the archive", spec: "02-container.md#trailer" },
  // 4 integrity: blocks and objects
  PTAR_BLOCK_LENGTH: { exit: 4, meaning: "the lengths in a block do not add up or are over the limit", spec: "03-block.md#block" },
  PTAR_BLOCK_KIND: { exit: 4, meaning: "a block holds an unknown kind of object or one that may not stand in it", spec: "03-block.md#block" },
  PTAR_BLOCK_RESERVED: { exit: 4, meaning: "reserved bytes or padding of a block are not zero", spec: "03-block.md#block" },
  PTAR_BLOCK_DECODE: { exit: 4, meaning: "a block does not decode to exactly what it declares", spec: "03-block.md#codecs" },
  PTAR_OBJECT_ID: { exit: 4, meaning: "an object is not the one that was named", spec: "04-object.md#kinds" },
  PTAR_OBJECT_MISSING: { exit: 4, meaning: "a referenced object is not in the archive", spec: "04-object.md#index" },
  PTAR_INDEX_INVALID: { exit: 4, meaning: "the index is malformed", spec: "04-object.md#index" },
  PTAR_INDEX_MISSING: { exit: 4, meaning: "an object is not in the index", spec: "04-object.md#index" },
  // 4 integrity: documents and trees
  PTAR_DOCUMENT_NOT_CANONICAL: { exit: 4, meaning: "a document is not canonical JSON", spec: "00-conventions.md#canonical" },
  PTAR_DOCUMENT_INVALID: { exit: 4, meaning: "a document does not satisfy its schema", spec: "00-conventions.md#canonical" },
  PTAR_MANIFEST_MISMATCH: { exit: 4, meaning: "the manifest disagrees with the archive", spec: "08-manifest.md#manifest" },
  PTAR_GENERATION_CHAIN: { exit: 4, meaning: "a generation does not extend the one before", spec: "08-manifest.md#manifest" },
  PTAR_STATEMENT_MISMATCH: { exit: 4, meaning: "a statement is about something else", spec: "08-manifest.md#statement" },
  PTAR_ENTRY_NAME: { exit: 4, meaning: "a name or target in a page is not allowed", spec: "05-page.md#entry" },
  PTAR_ENTRY_INVALID: { exit: 4, meaning: "an entry has members that its type may not have, or lacks one", spec: "05-page.md#entry" },
  PTAR_PAGE_ORDER: { exit: 4, meaning: "the entries of a directory are not in order", spec: "05-page.md#page" },
  PTAR_PAGE_SPLIT: { exit: 4, meaning: "a directory or list is cut where the rule does not cut", spec: "05-page.md#page" },
  PTAR_LIST_INVALID: { exit: 4, meaning: "a chunk list is malformed", spec: "05-page.md#list" },
  PTAR_TREE_COUNTERS: { exit: 4, meaning: "the counters of a directory are wrong", spec: "05-page.md#store" },
  PTAR_TREE_SIZE: { exit: 4, meaning: "the stored length of a file does not give its size", spec: "05-page.md#store" },
  PTAR_LINKS_INVALID: { exit: 4, meaning: "the link table is wrong", spec: "06-snapshot.md#links" },
  PTAR_SNAPSHOT_COUNTERS: { exit: 4, meaning: "the completeness counters are wrong", spec: "06-snapshot.md#completeness" },
  PTAR_SNAPSHOT_ITEMS: { exit: 4, meaning: "the item tree does not have the root in the snapshot", spec: "07-item.md#leaf" },
  PTAR_CATALOGUE_INVALID: { exit: 4, meaning: "the catalogue of an index archive is malformed", spec: "15-repository.md#index" },
  PTAR_INVENTORY_INVALID: { exit: 4, meaning: "the inventory of a have-list is malformed", spec: "16-transfer.md#have-list" },
  PTAR_PACK_MISSING: {
    exit: 4,
    meaning: "an archive that the index of a repository names is not there, or another one",
    spec: "15-repository.md#index",
  },
  PTAR_REPOSITORY_INVALID: { exit: 4, meaning: "a file of a repository is not what its place says", spec: "15-repository.md#layout" },
  PTAR_FILE_DIGEST: { exit: 4, meaning: "the bytes of a file do not have its digest", spec: "05-page.md#entry" },
  PTAR_VERIFY_UNEXPECTED: { exit: 4, meaning: "this is another archive than the one expected", spec: "08-manifest.md#fingerprint" },
  // 5 signature
  PTAR_SIGNATURE_MISSING: { exit: 5, meaning: "a signature is missing", spec: "08-manifest.md#statement" },
  PTAR_SIGNATURE_INVALID: { exit: 5, meaning: "a signature is not valid", spec: "09-trust.md#strict" },
  // 6 trust
  PTAR_SIGNER_UNTRUSTED: { exit: 6, meaning: "the signer is not trusted", spec: "09-trust.md#vouching" },
  // 7 not found
  PTAR_SOURCE_NOT_FOUND: { exit: 7, meaning: "a source path does not exist", spec: "10-verify.md#codes" },
  PTAR_ARCHIVE_NOT_FOUND: { exit: 7, meaning: "the archive file does not exist", spec: "10-verify.md#codes" },
  PTAR_PATH_NOT_FOUND: { exit: 7, meaning: "a path is not in the archive", spec: "10-verify.md#codes" },
  PTAR_KEY_NOT_FOUND: { exit: 7, meaning: "a key or key file does not exist", spec: "10-verify.md#codes" },
  PTAR_PREREQUISITE_MISSING: { exit: 7, meaning: "a thin archive leaves out what is wanted of it", spec: "16-transfer.md#thin" },
  PTAR_REPOSITORY_NOT_FOUND: { exit: 7, meaning: "the place is no repository", spec: "15-repository.md#description" },
  PTAR_SNAPSHOT_NOT_FOUND: { exit: 7, meaning: "a snapshot is not in the archive", spec: "10-verify.md#codes" },
  // 8 key
  PTAR_KEY_INVALID: { exit: 8, meaning: "a key, identity or recipient cannot be used by this program", spec: "09-trust.md#keys" },
  PTAR_KEY_REQUIRED: { exit: 8, meaning: "the archive is sealed and no key was given that it asks for", spec: "14-encryption.md#opening" },
  PTAR_KEY_COMMITMENT: { exit: 8, meaning: "the secret is not the one that a session was sealed with", spec: "14-encryption.md#opening" },
  PTAR_IDENTITY_WRONG: { exit: 8, meaning: "the archive is not sealed for any of the identities", spec: "14-encryption.md#opening" },
  PTAR_PASSPHRASE_WRONG: { exit: 8, meaning: "the passphrase does not open the archive", spec: "14-encryption.md#opening" },
  PTAR_KEYS_UNSIGNED: { exit: 8, meaning: "only wrapped keys that no signature covers are left", spec: "14-encryption.md#opening" },
  PTAR_PASSPHRASE_INVALID: { exit: 8, meaning: "a passphrase cannot be used", spec: "14-encryption.md#keys" },
  // 9 refused
  PTAR_TARGET_EXISTS: { exit: 9, meaning: "the target exists and is not overwritten", spec: "10-verify.md#codes" },
  PTAR_TARGET_UNSAFE: { exit: 9, meaning: "writing this entry would not be safe on this system", spec: "10-verify.md#codes" },
  PTAR_TARGET_TERMINAL: { exit: 9, meaning: "binary data is not written to a terminal", spec: "10-verify.md#codes" },
  PTAR_LIMIT_EXCEEDED: { exit: 9, meaning: "a limit of the format is exceeded", spec: "11-limits.md" },
  PTAR_SOURCE_CONFLICT: { exit: 9, meaning: "two sources give one name", spec: "06-snapshot.md#names" },
  PTAR_TRUST_INVALID: { exit: 9, meaning: "a trust file cannot be used", spec: "09-trust.md#keys" },
  // 10 unsupported
  PTAR_HEADER_MAGIC: { exit: 10, meaning: "this is not a PTAR archive", spec: "02-container.md#header" },
  PTAR_UNSUPPORTED_VERSION: { exit: 10, meaning: "the major version is unknown", spec: "02-container.md#header" },
  PTAR_UNSUPPORTED_FEATURE: { exit: 10, meaning: "the archive needs a feature that this program does not have", spec: "02-container.md#header" },
  PTAR_UNSUPPORTED_FRAME: { exit: 10, meaning: "a frame type is unknown", spec: "02-container.md#types" },
  PTAR_UNSUPPORTED_CODEC: { exit: 10, meaning: "a block codec is unknown", spec: "03-block.md#codecs" },
  PTAR_UNSUPPORTED_EXTENSION: { exit: 10, meaning: "a critical extension is unknown", spec: "00-conventions.md#extensions" },
  // 11 locked
  PTAR_REPOSITORY_LOCKED: { exit: 11, meaning: "another process prunes the repository", spec: "15-repository.md#lock" },
  PTAR_ARCHIVE_LOCKED: { exit: 11, meaning: "another program is changing the archive", spec: "10-verify.md#codes" },
  // 130 interrupted
  PTAR_INTERRUPTED: { exit: 130, meaning: "stopped on request", spec: "10-verify.md#codes" },
} as const satisfies Record<string, CodeRow>;

/** Code of a {@link PtarError}: `PTAR_<AREA>_<WHAT>`. */
export type ErrorCode = keyof typeof rows;

/** All error codes with exit code, meaning and chapter. */
export const errorCodes: Readonly<Record<ErrorCode, CodeRow>> = rows;
