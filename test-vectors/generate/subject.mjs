// What an archive is about when it is not about snapshots: a catalogue or an inventory, and what each references.
// spec/15-repository.md#index, spec/16-transfer.md#have-list
import { hex, sha256, u32, u64, utf8 } from "./bytes.mjs";
import { changed, time } from "./snapshot.mjs";

/** The id that `name` stands for in plans: no object needs to be there. */
export const idOf = (name) => sha256(utf8(name));
/** Ids in their order. */
export const sorted = (...names) => names.map(idOf).sort(Buffer.compare);

/** A row of locations. */
export const row = (name, more) => ({ id: idOf(name), frame: 3, ordinal: 0, kind: 1, reserved: 0, ...more });
const byKey = (a, b) => Buffer.compare(a.id, b.id) || a.kind - b.kind;
/** A section of locations; its rows are put in order. */
export const section = (name, rows, more) => ({
  ...{ name: Buffer.alloc(32, name), fingerprint: Buffer.alloc(32, 0xf0 + name), length: 4096 * name, place: 1, reserved: 0 },
  ...{ rows: rows.toSorted(byKey), ...more },
});

/** Stores the object that `plan` describes and what it references; the member `subject` of the manifest. */
export function writeSubject({ kind, parts, document }, { put, tamper }) {
  const made = kind === "catalogue" ? catalogueOf(parts, { put, tamper }) : inventoryOf(parts, { put, tamper });
  const id = put(kind, changed(tamper, kind, { ...made, type: kind, ext: [], ...document }));
  const plain = { id: hex(id), kind };
  return tamper.subject?.(plain) ?? plain;
}

/** `parts` are the sections of each object of locations. */
function catalogueOf(parts, { put, tamper }) {
  const sections = tamper.sections?.(parts) ?? parts;
  const locations = sections.map((some, i) => {
    const bytes = locationsOf(some);
    return hex(put("locations", tamper.locations?.(bytes, i) ?? bytes));
  });
  return { locations, secrets: [], supersedes: [] };
}

/** spec/15-repository.md#locations */
function locationsOf(sections) {
  const parts = sections.map(({ name, fingerprint, length, place, reserved, rows }) => {
    const head = [name, fingerprint, u64(length), Uint8Array.of(place, reserved, 0, 0), u32(rows.length)];
    return Buffer.concat([...head, ...rows.map((one) => Buffer.concat([one.id, u64(one.frame), u32(one.ordinal), kindOf(one)]))]);
  });
  return Buffer.concat([u32(sections.length), u32(0), ...parts]);
}

const kindOf = ({ kind, reserved }) => Uint8Array.of(kind, 0, 0, reserved);

/** `parts` are the keys of each page of the two lists. */
function inventoryOf(parts, { put, tamper }) {
  const { snapshots, others } = tamper.pages?.(parts) ?? parts;
  const listOf = (pages, list) => ({
    count: pages.flat().length,
    pages: pages.map((keys, i) => {
      const bytes = Buffer.concat(keys);
      return hex(put("holdings", tamper.holdings?.(bytes, list, i) ?? bytes));
    }),
  });
  return {
    repository: hex(idOf("repository")),
    time,
    snapshots: listOf(snapshots, "snapshots"),
    others: listOf(others, "others"),
    salt: hex(idOf("salt").subarray(0, 16)),
  };
}
