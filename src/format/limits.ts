// Ceilings on untrusted input. spec/11-limits.md

/** The limits of the format; units stand in spec/11-limits.md. */
export const limits = {
  manifestBytes: 1048576,
  aboutBytes: 4096,
  keysBytes: 65536,
  statementBytes: 65536,
  statements: 64,
  framePageBytes: 3145728,
  framePageUnits: 65536,
  indexPageBytes: 65536,
  indexPageRows: 1024,
  indexRootBytes: 67108864,
  indexRoots: 16,
  blockBytes: 17825792,
  blockRawBytes: 16777216,
  blockObjects: 65536,
  chunkBytes: 8388608,
  objectBytes: 1048576,
  pageEntries: 1024,
  entryBytes: 262144,
  listRows: 4096,
  linksRows: 4096,
  links: 8388608,
  treeLevels: 16,
  jsonDepth: 32,
  items: 268435456,
  pathDepth: 256,
  nameBytes: 1024,
  pathBytes: 32767,
  targetBytes: 32767,
  xattrNameBytes: 255,
  xattrBytes: 65536,
  xattrsBytes: 131072,
  generations: 4096,
  noteBytes: 1048576,
} as const;

/** Limits that a reader applies: those of the format, or lower ones. */
export type Limits = { readonly [Name in keyof typeof limits]: number };
