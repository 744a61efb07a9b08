// The face of the byte layouts: an educational decoder in chapter order. spec/01-overview.md
//
// Look at the header of an archive:
//
//   import { decodeHeader } from "ptar/format";
//   const header = decodeHeader(bytes.subarray(0, 64), (part) => createHash("sha256").update(part).digest());
export { aboutText } from "./format/about.js";
export { type Block, type BlockItem, decodeBlock, encodeBlock } from "./format/block.js";
export { decodeCatalogue, encodeCatalogue } from "./format/catalogue.js";
export {
  decodeFrameHeader,
  encodeFrameHeader,
  type FrameHeader,
  type FrameTypeName,
  frameTypeName,
  frameTypes,
  isAncillary,
} from "./format/frame.js";
export {
  decodeFrameTable,
  decodeFrameTablePage,
  encodeFrameTable,
  encodeFrameTablePage,
  type FramePageRef,
  type FrameRow,
  type FrameTable,
} from "./format/frame-table.js";
export type {
  ArchiveStatement,
  Catalogue,
  Content,
  Counters,
  Entry,
  EntryError,
  Inventory,
  Item,
  Lock,
  Manifest,
  Mark,
  Page,
  Repository,
  SealedManifest,
  Snapshot,
  SnapshotStatement,
  Store,
} from "./format/generated/types.js";
export { type Digest, decodeHeader, encodeHeader, type Header, headerLength, magic } from "./format/header.js";
export { decodeHoldings, encodeHoldings, type HoldingsRules, listKeyLengths, shortKey } from "./format/holdings.js";
export {
  decodeIndexPage,
  decodeIndexRoot,
  encodeIndexPage,
  encodeIndexRoot,
  type IndexPageRef,
  type IndexRow,
  type IndexRules,
} from "./format/index-page.js";
export { indexRowLength } from "./format/index-row.js";
export { checkInventoryCount, decodeInventory, encodeInventory } from "./format/inventory.js";
export { decodeKeys, decodeKeysPlaintext, encodeKeysPlaintext, type Keys } from "./format/keys.js";
export { type Limits, limits } from "./format/limits.js";
export { decodeLinks, encodeLinks, type LinkRow } from "./format/links.js";
export { decodeList, encodeList, type List, type ListRow } from "./format/list.js";
export {
  decodeLocations,
  encodeLocations,
  type LocatedArchive,
  type LocationsSection,
  sectionLength,
} from "./format/locations.js";
export { decodeLock, encodeLock } from "./format/lock.js";
export { decodeManifest, encodeManifest, type UnverifiedManifest } from "./format/manifest.js";
export { decodeMark, encodeMark } from "./format/mark.js";
export { nameBytes, nameMembers, targetBytes, targetMembers } from "./format/name.js";
export { type Kind, kindName, kinds } from "./format/object.js";
export { type DecodedPage, decodePage } from "./format/page.js";
export { decodeRepository, descriptionName, encodeRepository, repositoryKeyId } from "./format/repository.js";
export { decodeSealedPlaintext, encodeSealedPlaintext, isSealedType, type SealedType, sealNonce } from "./format/sealed.js";
export { decodeSealedManifest, encodeSealedManifest } from "./format/sealed-manifest.js";
export { decodeSession, encodePlainSession, encodeSession, type KeySource, type Session } from "./format/session.js";
export { decodeContent, decodeSnapshot, encodeContent, encodeSnapshot } from "./format/snapshot.js";
export { decodeArchiveStatement, decodeSnapshotStatement, type Envelope, encodeBody, encodeEnvelope, type Role } from "./format/statement.js";
export { decodeTrailer, encodeTrailer, type Trailer, trailerLength } from "./format/trailer.js";
