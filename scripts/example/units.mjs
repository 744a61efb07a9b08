// The archive of the worked example taken apart by the tables of the chapters, with nothing of src/: every byte once, in order.
import { Fields, littleEndian } from "./fields.mjs";

/** Frame types as chapter 2 writes them. */
const typeNames = new Map([
  [0x01, "ABOUT"],
  [0x02, "SESSION"],
  [0x10, "BLOCK_DATA"],
  [0x11, "BLOCK_META"],
  [0x20, "INDEX_PAGE"],
  [0x21, "INDEX_ROOT"],
  [0x31, "FRAME_TABLE"],
  [0x32, "MANIFEST"],
  [0x40, "STATEMENT"],
  [0x7f, "TRAILER"],
]);

/** How the payload of each type is read, in the words of its chapter. */
const payloads = {
  ABOUT: (fields, { length }) => fields.lines(length, "payload", "[text](02-container.md#about)"),
  SESSION: sessionFields,
  BLOCK_DATA: blockFields,
  BLOCK_META: blockFields,
  INDEX_PAGE: indexPageFields,
  INDEX_ROOT: indexRootFields,
  FRAME_TABLE: frameTableFields,
  MANIFEST: (fields, { length }) => fields.document(length, "payload", "[manifest](08-manifest.md#manifest)"),
  STATEMENT: (fields, { length }) => statementFields(fields, { length, what: "[archive statement](08-manifest.md#statement)" }),
  TRAILER: trailerFields,
};

const number = ([bytes]) => String(littleEndian(bytes));
const hex = (bytes) => bytes.toString("hex");

/** The header and all frames: title, fields, offset, end of what the leaf covers, and end; of frames also type and payload. */
export function unitsOf(bytes) {
  const units = [headerOf(bytes)];
  for (let at = units[0].end; at < bytes.length; at = units.at(-1).end) units.push(frameOf(bytes, at, units.length));
  return units;
}

// spec/02-container.md#header
function headerOf(bytes) {
  const fields = new Fields(bytes, 0);
  fields.take(9, "magic");
  fields.take(1, "major", number);
  fields.take(1, "minor", number);
  fields.take(1, "header length", number);
  fields.take(4, "features", "plain, not thin");
  fields.take(32, "archive id");
  fields.take(8, "reserved");
  fields.take(8, "check", "first 8 bytes of the [header digest](#header-and-trailer)");
  return { title: "Header", fields, offset: 0, covered: fields.at, end: fields.at };
}

// spec/02-container.md#frame
function frameOf(bytes, offset, number) {
  const fields = new Fields(bytes, offset);
  const type = typeNames.get(bytes[offset + 4]);
  const length = littleEndian(bytes.subarray(offset + 8, offset + 16));
  if (number === 1) everyHeaderField(fields);
  else
    fields.take(
      [4, 1, 1, 2, 8, 8],
      "frame header",
      ([, code, , , size, n]) => `0x${hex(code)}, payload of ${littleEndian(size)}, number ${littleEndian(n)}`,
    );
  payloads[type](fields, { length, type });
  const payload = bytes.subarray(offset + 24, offset + 24 + length);
  fields.take(8, "check", `first 8 bytes of [leaf ${number}](#container-tree)`);
  return { title: `Frame ${number}: ${type}`, type, fields, offset, payload, covered: fields.at - 8, end: fields.at };
}

function everyHeaderField(fields) {
  fields.take(4, "sync");
  fields.take(1, "type", ([code]) => `0x${hex(code)}`);
  fields.take(1, "flags");
  fields.take(2, "reserved");
  fields.take(8, "payload length", number);
  fields.take(8, "frame number", number);
}

// spec/02-container.md#session
function sessionFields(fields) {
  fields.take(1, "key source", "plain");
  fields.take(15, "reserved");
  fields.take(32, "salt");
  fields.take(16, "repository key id");
  fields.take(32, "commitment");
}

const objectNames = {
  BLOCK_DATA: ["chunk of `docs/note.txt`", "chunk of `hello.txt`"],
  BLOCK_META: ["page of `docs`", "page of the root", "content", "snapshot", "snapshot statement"],
};

// spec/03-block.md#block
function blockFields(fields, { type }) {
  fields.take(1, "codec", "store");
  fields.take(3, "reserved");
  const [count] = fields.take(4, "object count", number);
  fields.take(4, "raw length", number);
  fields.take(4, "stored length", number);
  const directory = Array.from({ length: littleEndian(count) }, (_, ordinal) => {
    const [word] = fields.take(4, `directory ${ordinal}`, ([entry]) => `kind ${entry[3]}, length ${littleEndian(entry.subarray(0, 3))}`);
    return littleEndian(word.subarray(0, 3));
  });
  for (const [ordinal, length] of directory.entries()) objectFields(fields, { length, ordinal, what: objectNames[type][ordinal] });
}

function objectFields(fields, { length, ordinal, what }) {
  if (what.startsWith("chunk")) fields.take(length, `object ${ordinal}`, ([bytes]) => `${what}: \`${bytes.toString("utf8").trimEnd()}\` LF`);
  else if (what.endsWith("statement")) statementFields(fields, { length, what: `object ${ordinal}, [${what}](08-manifest.md#snapshot-statement)` });
  else fields.document(length, `object ${ordinal}`, what);
}

// spec/08-manifest.md#envelope
function statementFields(fields, { length, what }) {
  fields.take([32, 32], "signature", `${what}: R and S`);
  fields.document(length - 64, "body", what);
}

// spec/04-object.md#index
function indexPageFields(fields) {
  const [count] = fields.take(4, "row count", number);
  fields.take(12, "reserved");
  const meaning = ([, frame, ordinal, kind]) => `frame ${littleEndian(frame)}, ordinal ${littleEndian(ordinal)}, kind ${littleEndian(kind)}`;
  for (let row = 0; row < littleEndian(count); row++) fields.take([32, 8, 4, 1, 3], `row ${row}`, meaning);
}

function indexRootFields(fields) {
  fields.take(4, "page count", number);
  fields.take(4, "reserved");
  fields.take(8, "row count", number);
  fields.take(
    [32, 8, 4, 1, 3],
    "page row 0",
    ([, frame, rows, kind]) => `frame ${littleEndian(frame)}, rows ${littleEndian(rows)}, kind ${littleEndian(kind)}`,
  );
}

// spec/02-container.md#frame-table
function frameTableFields(fields) {
  fields.take(8, "first unit", number);
  const [count] = fields.take(8, "unit count", number);
  fields.take(4, "page count", number);
  fields.take(4, "node count", number);
  for (let unit = 0; unit < littleEndian(count); unit++) fields.take([8, 32], `row ${unit}`, ([end]) => `ends at ${littleEndian(end)}`);
}

// spec/02-container.md#trailer
function trailerFields(fields) {
  for (const name of ["manifest offset", "frame table offset", "previous trailer offset", "total length", "generation", "sequence"])
    fields.take(8, name, number);
  fields.take(24, "reserved");
}
