// One snapshot: tree, content, snapshot and the statements about it. spec/06-snapshot.md
import { encodeBody, encodeEnvelope } from "../../dist/format/statement.js";
import { canonical, hex } from "./bytes.mjs";
import { writeTree } from "./tree.mjs";

/** The claimed time of everything. */
export const time = "2026-11-21T09:02:11Z";

/** What profile `portable` captures. spec/06-snapshot.md#captured */
const captured = { classes: ["name", "type", "content", "links", "mode", "mtime"], profile: "portable" };
const chunker = { average: 262144, max: 1048576, min: 65536, name: "gear1" };

/** Signs a statement body; `tamper.sign` may give another signature. */
export function signBody(body, signer, tamper) {
  const { bytes, toSign } = encodeBody(body);
  const stored = tamper.statementText?.(bytes, body.type) ?? bytes;
  const signed = stored === bytes ? toSign : rewritten(toSign, bytes, stored);
  const signature = tamper.sign?.(signed, signer, body.type) ?? signer.sign(signed);
  return encodeEnvelope(signature, stored);
}

/** What is signed of a body whose text was changed. spec/08-manifest.md#envelope */
function rewritten(toSign, bytes, stored) {
  const head = Buffer.from(toSign.subarray(0, toSign.length - bytes.length)).toString();
  return Buffer.concat([Buffer.from(head.replace(/ \d+ $/, ` ${stored.length} `)), stored]);
}

/** Writes a snapshot; its row in the manifest and whether it is complete. */
export function writeSnapshot(plan, { put, tamper, signers }) {
  const salt = plan.salt ?? Buffer.alloc(32, 0x5a);
  const tree = writeTree(plan.nodes, { salt, put, tamper });
  const content = changed(tamper, "content", { type: "content", ext: [], root: tree.root ?? null, salt: hex(salt), links: tree.links });
  const { failed, unstable, entries } = tree.counters;
  const { excluded = 0 } = plan;
  const completeness = { excluded, failed, unstable, seen: entries + excluded, stored: entries - failed };
  const snapshot = {
    type: "snapshot",
    sources: [{ kind: "files", label: "case" }],
    times: { started: time, finished: time },
    captured,
    chunker,
    completeness,
    items: { ...tree.items, hiding: plan.hiding ?? true, rule: "ptar1/item" },
    content: hex(put("content", content)),
    tags: [],
    parents: [],
    ext: [],
    ...plan.document,
  };
  const bytes = changed(tamper, "snapshot", snapshot);
  const id = put("snapshot", bytes);
  const subject = JSON.parse(Buffer.from(canonical(tamper.snapshot?.(snapshot) ?? snapshot)));
  const statements = (plan.signers ?? signers).map(([signer, role]) => statementOf({ signer, role, id, subject, tamper, put }));
  const row = { id: hex(id), statements: tamper.snapshotStatements?.(statements) ?? statements };
  return { row, complete: failed + unstable === 0, completeness };
}

/** Canonical bytes of a document after its members, then its text, were tampered with. */
export function changed(tamper, name, document) {
  const bytes = Buffer.from(canonical(tamper[name]?.(document) ?? document));
  return tamper[`${name}Text`]?.(bytes) ?? bytes;
}

function statementOf({ signer, role, id, subject, tamper, put }) {
  const { count, root } = subject.items;
  const body = {
    type: "snapshot",
    action: "collected",
    role,
    snapshot: hex(id),
    items: { count, root, rule: "ptar1/item" },
    publicKey: hex(signer.publicKey),
    time,
    ext: [],
  };
  return hex(put("statement", signBody(tamper.snapshotStatement?.(body) ?? body, signer, tamper)));
}
