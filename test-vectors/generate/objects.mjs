// Objects into blocks and their index. spec/03-block.md, spec/04-object.md
import { objectId } from "../../dist/block/object-id.js";
import { encodeBlock } from "../../dist/format/block.js";
import { compareKeys, encodeIndexPage, encodeIndexRoot } from "../../dist/format/index-page.js";
import { crypto, hex } from "./bytes.mjs";

/** How a block is stored uncompressed. */
export const store = (raw) => ({ codec: 0, stored: raw });

/** The objects of one generation, those of earlier ones left out. */
export class Objects {
  #pending = [];
  #known;
  #tamper;
  #isLeftOut;
  /** Rows of the index. */
  rows = [];

  /** `isLeftOut` says of which objects there is a row and nothing else. spec/16-transfer.md#thin */
  constructor(known, tamper, isLeftOut = () => false) {
    this.#known = known;
    this.#tamper = tamper;
    this.#isLeftOut = isLeftOut;
  }

  /** Notes an object unless it is there; its id. */
  put = (kind, plain) => {
    const bytes = Buffer.from(plain);
    const id = objectId(crypto, kind, bytes);
    const key = `${kind} ${hex(id)}`;
    if (!this.#known.has(key)) {
      this.#known.add(key);
      if (this.#isLeftOut(kind, bytes)) this.leaveOut(kind, id);
      else if (!this.#tamper.drop?.(kind, bytes)) this.#pending.push({ kind, id, bytes: this.#tamper.stored?.(kind, bytes) ?? bytes });
    }
    return id;
  };

  /** Adds a row for an object that is not there. */
  leaveOut(kind, id) {
    this.rows.push({ id, kind, frame: 0, ordinal: 0 });
  }

  /** Writes the noted objects that are chunks, or those that are not. */
  write(units, holds, { perBlock = Number.POSITIVE_INFINITY, pack = store } = {}) {
    const mine = this.#pending.filter(({ kind }) => (kind === "chunk") === (holds === "data"));
    for (let at = 0; at < mine.length; at += perBlock) this.#block(units, holds, { run: mine.slice(at, at + perBlock), pack });
  }

  #block(units, holds, { run, pack }) {
    const raw = Buffer.concat(run.map(({ bytes }) => bytes));
    const plain = { ...pack(raw), items: run.map(({ kind, bytes }) => ({ kind, length: bytes.length })), rawLength: raw.length };
    const payload = Buffer.from(encodeBlock(this.#tamper.block?.(plain, holds) ?? plain));
    const frame = units.add(holds === "data" ? "blockData" : "blockMeta", this.#tamper.blockBytes?.(payload, holds) ?? payload);
    for (const [ordinal, { id, kind }] of run.entries()) this.rows.push({ id, kind, frame, ordinal });
  }

  /** Writes the index; frame of its root and number of rows. */
  writeIndex(units, rowsPerPage = 1024) {
    const sorted = this.rows.sort(compareKeys);
    const rows = this.#tamper.index?.(sorted, units) ?? sorted;
    const pages = [];
    for (let at = 0; at < rows.length; at += rowsPerPage) {
      const run = rows.slice(at, at + rowsPerPage);
      const payload = Buffer.from(encodeIndexPage(run));
      const frame = units.add("indexPage", this.#tamper.indexPage?.(payload) ?? payload);
      pages.push({ firstId: run[0].id, firstKind: run[0].kind, frame, rowCount: run.length });
    }
    const payload = Buffer.from(encodeIndexRoot(this.#tamper.indexPages?.(pages) ?? pages));
    return { frame: units.add("indexRoot", this.#tamper.indexRoot?.(payload) ?? payload), rows: rows.length };
  }
}
