// The text near the start of every archive. spec/02-container.md#about

/** What ABOUT says, so that `head` shows what the file is. */
export const aboutText = `PTAR archive, format 1. A signed archive of files.
Every byte is covered by SHA-256 and by the Ed25519 signatures near the end.
Check it with: ptar verify FILE
The format is public: it is described by the PTAR 1 specification.
`;
