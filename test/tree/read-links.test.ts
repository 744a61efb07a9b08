// The link table is refused before it costs memory. spec/06-snapshot.md#links
import { describe, expect, it } from "vitest";
import { toHex } from "../../src/bytes/hex.js";
import { encodeLinks, type LinkRow } from "../../src/format/links.js";
import { readLinks } from "../../src/tree/read-links.js";
import { ObjectStore } from "./store.js";

function tableOf(store: ObjectStore, ...pages: readonly (readonly LinkRow[])[]) {
  return pages.map((rows) => toHex(store.put("links", encodeLinks(rows))));
}

describe("the link table", () => {
  it("leads from each link to its first item, over all pages", async () => {
    const store = new ObjectStore();
    const pages = tableOf(store, [{ index: 2, first: 0 }], [{ index: 3, first: 0 }]);
    expect([...(await readLinks(store, { count: 2, pages }, 4))]).toEqual([
      [2, 0],
      [3, 0],
    ]);
  });

  it("is not read on behind an item that the snapshot does not have", async () => {
    const store = new ObjectStore();
    const pages = [...tableOf(store, [{ index: 7, first: 0 }]), "00".repeat(32)];
    await expect(readLinks(store, { count: 2, pages }, 4)).rejects.toMatchObject({ code: "PTAR_LINKS_INVALID", message: "link table: item 7 of 4" });
  });

  it("is not read on behind a first item that is itself a link", async () => {
    const store = new ObjectStore();
    const pages = [...tableOf(store, [{ index: 2, first: 0 }], [{ index: 3, first: 2 }]), "00".repeat(32)];
    await expect(readLinks(store, { count: 3, pages }, 4)).rejects.toMatchObject({
      code: "PTAR_LINKS_INVALID",
      message: "link table: item 2 is both a link and a first item",
    });
  });

  it("is not read on behind more rows than it says", async () => {
    const store = new ObjectStore();
    const rows = [
      { index: 1, first: 0 },
      { index: 2, first: 0 },
    ];
    const pages = [...tableOf(store, rows), "00".repeat(32)];
    await expect(readLinks(store, { count: 1, pages }, 9)).rejects.toMatchObject({
      code: "PTAR_LINKS_INVALID",
      message: "link table: 2 rows, expected 1",
    });
  });

  it("has a limit", async () => {
    const store = new ObjectStore({ links: 1 });
    await expect(readLinks(store, { count: 2, pages: [] }, 9)).rejects.toMatchObject({
      code: "PTAR_LINKS_INVALID",
      message: "link table: 2 rows, limit 1",
    });
  });
});
