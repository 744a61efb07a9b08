// Which frame may follow which: every word of the grammar, and what it forbids. spec/02-container.md#grammar
import { describe, expect, it } from "vitest";
import { Grammar } from "../../src/container/grammar.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import { type FrameTypeName, frameTypes } from "../../src/format/frame.js";
import type { KeySource } from "../../src/format/session.js";

const start = "about session";
const end = "indexRoot frameTable manifest trailer";
const whole = `${start} ${end}`;

/** "complete", "open", or the place and type that is refused. */
function verdict(text: string, keySource: KeySource = "plain"): string {
  const grammar = new Grammar(keySource);
  for (const [i, name] of text.split(" ").entries()) {
    const type = frameTypes[name as FrameTypeName] ?? Number(name);
    try {
      grammar.take(type, { number: i + 1, offset: 0 });
    } catch (error) {
      if (error instanceof PtarError && error.code === "PTAR_FRAME_ORDER") return `${i + 1} ${name}: ${error.message.split(": ")[1]}`;
      throw error;
    }
  }
  return grammar.complete ? "complete" : "open";
}

describe("a plain archive", () => {
  it.each([
    whole,
    `${start} blockData blockMeta blockData ${end}`,
    `${start} session session ${end}`,
    `${start} blockData padding parity note 0x90 0xff blockData ${end}`,
    `${start} padding ${end}`,
    `${start} indexPage indexPage indexRoot frameTablePage frameTablePage frameTable manifest statement statement trailer`,
    `${whole} session blockData ${end}`,
    `${whole} statement trailer timestamp note parity trailer session ${end} statement trailer`,
  ])("may be: %s", (text) => {
    expect(verdict(text)).toBe("complete");
  });

  it.each([
    ["session", "1 session: session may not stand after the header"],
    ["trailer", "1 trailer: trailer may not stand after the header"],
    ["about about", "2 about: about may not stand after about"],
    ["about blockData", "2 blockData: blockData may not stand after about"],
    [`${start} about`, "3 about: about may not stand after session"],
    [`${start} keys`, "3 keys: keys may not stand after session"],
    [`${start} blockData session keys`, "5 keys: keys may not stand after session"],
    [`${whole} keys`, "7 keys: keys may not stand after trailer"],
    [`${whole} statement keys`, "8 keys: keys may not stand after tail"],
    [`${start} frameTable`, "3 frameTable: frameTable may not stand after session"],
    [`${start} manifest`, "3 manifest: manifest may not stand after session"],
    [`${start} statement`, "3 statement: statement may not stand after session"],
    [`${start} trailer`, "3 trailer: trailer may not stand after session"],
    [`${start} indexPage blockData`, "4 blockData: blockData may not stand after index"],
    [`${start} indexPage padding`, "4 padding: padding may not stand after index"],
    [`${start} indexPage frameTable`, "4 frameTable: frameTable may not stand after index"],
    [`${start} indexRoot indexRoot`, "4 indexRoot: indexRoot may not stand after indexRoot"],
    [`${start} indexRoot blockData`, "4 blockData: blockData may not stand after indexRoot"],
    [`${start} indexRoot note`, "4 note: note may not stand after indexRoot"],
    [`${start} indexRoot sealedManifest`, "4 sealedManifest: sealedManifest may not stand after indexRoot"],
    [`${start} indexRoot manifest`, "4 manifest: manifest may not stand after indexRoot"],
    [`${start} indexRoot frameTablePage manifest`, "5 manifest: manifest may not stand after tablePages"],
    [`${start} indexRoot frameTable frameTable`, "5 frameTable: frameTable may not stand after table"],
    [`${start} indexRoot frameTable padding`, "5 padding: padding may not stand after table"],
    [`${start} indexRoot frameTable manifest manifest`, "6 manifest: manifest may not stand after manifest"],
    [`${start} indexRoot frameTable manifest note`, "6 note: note may not stand after manifest"],
    [`${start} indexRoot frameTable manifest blockData`, "6 blockData: blockData may not stand after manifest"],
    [`${whole} trailer`, "7 trailer: trailer may not stand after trailer"],
    [`${whole} about`, "7 about: about may not stand after trailer"],
    [`${whole} blockData`, "7 blockData: blockData may not stand after trailer"],
    [`${whole} indexRoot`, "7 indexRoot: indexRoot may not stand after trailer"],
    [`${whole} padding`, "7 padding: padding may not stand after trailer"],
    [`${whole} 0x90`, "7 0x90: type 0x90 may not stand after trailer"],
    [`${whole} statement session`, "8 session: session may not stand after tail"],
    [`${whole} statement padding`, "8 padding: padding may not stand after tail"],
    [`${whole} statement manifest`, "8 manifest: manifest may not stand after tail"],
  ])("may not be: %s", (text, reason) => {
    expect(verdict(text)).toBe(reason);
  });

  it.each(["about", start, `${start} indexRoot frameTable manifest`, `${whole} statement`, `${whole} session`])("may not end with: %s", (text) => {
    expect(verdict(text)).toBe("open");
  });
});

const sealed = "about session keys";
const sealedEnd = "indexRoot sealedManifest frameTable manifest trailer";
const sealedWhole = `${sealed} ${sealedEnd}`;

describe("a sealed archive", () => {
  it.each([
    sealedWhole,
    `${sealed} keys keys blockData session keys blockMeta session session blockData ${sealedEnd}`,
    `${sealed} session ${sealedEnd}`,
    `${sealed} indexPage indexRoot sealedManifest frameTablePage frameTable manifest statement trailer`,
    `${sealedWhole} session blockData ${sealedEnd} session keys keys ${sealedEnd}`,
    `${sealedWhole} keys statement trailer statement keys note trailer keys trailer session ${sealedEnd}`,
  ])("may be: %s", (text) => {
    expect(verdict(text, "keys")).toBe("complete");
  });

  it.each([
    ["about keys", "2 keys: keys may not stand after about"],
    ["about session session", "3 session: session may not stand after first session"],
    ["about session blockData", "3 blockData: blockData may not stand after first session"],
    ["about session padding", "3 padding: padding may not stand after first session"],
    ["about session note", "3 note: note may not stand after first session"],
    ["about session indexRoot", "3 indexRoot: indexRoot may not stand after first session"],
    [`${sealed} blockData keys`, "5 keys: keys may not stand after blocks"],
    [`${sealed} padding keys`, "5 keys: keys may not stand after blocks"],
    [`${sealed} indexRoot keys`, "5 keys: keys may not stand after indexRoot"],
    [`${sealed} sealedManifest`, "4 sealedManifest: sealedManifest may not stand after session"],
    [`${sealed} indexPage sealedManifest`, "5 sealedManifest: sealedManifest may not stand after index"],
    [`${sealed} indexRoot frameTable`, "5 frameTable: frameTable may not stand after indexRoot"],
    [`${sealed} indexRoot frameTablePage`, "5 frameTablePage: frameTablePage may not stand after indexRoot"],
    [`${sealed} indexRoot sealedManifest sealedManifest`, "6 sealedManifest: sealedManifest may not stand after sealed"],
    [`${sealed} indexRoot sealedManifest manifest`, "6 manifest: manifest may not stand after sealed"],
    [`${sealed} indexRoot sealedManifest note`, "6 note: note may not stand after sealed"],
    [`${sealed} indexRoot sealedManifest frameTable sealedManifest`, "7 sealedManifest: sealedManifest may not stand after table"],
    [`${sealed} indexRoot sealedManifest frameTable keys`, "7 keys: keys may not stand after table"],
    [`${sealed} indexRoot sealedManifest frameTable manifest keys`, "8 keys: keys may not stand after manifest"],
    [`${sealedWhole} sealedManifest`, "9 sealedManifest: sealedManifest may not stand after trailer"],
    [`${sealedWhole} session indexRoot frameTable`, "11 frameTable: frameTable may not stand after indexRoot"],
    [`${sealedWhole} keys session`, "10 session: session may not stand after tail"],
  ])("may not be: %s", (text, reason) => {
    expect(verdict(text, "keys")).toBe(reason);
  });

  it("whose key is a repository's has no keys anywhere, and a sealed manifest", () => {
    const own = `${start} blockData session ${sealedEnd}`;
    expect(verdict(`${own} session ${sealedEnd} statement trailer`, "repository")).toBe("complete");
    expect(verdict(`${start} keys`, "repository")).toBe("3 keys: keys may not stand after session");
    expect(verdict(`${own} keys`, "repository")).toBe("10 keys: keys may not stand after trailer");
    expect(verdict(`${own} statement keys`, "repository")).toBe("11 keys: keys may not stand after tail");
    expect(verdict(`${start} indexRoot frameTable`, "repository")).toBe("4 frameTable: frameTable may not stand after indexRoot");
  });

  it("may end after a trailer alone, wherever it is looked at from", () => {
    expect(verdict(`${sealedWhole} keys`, "keys")).toBe("open");
    const tail = new Grammar("keys", "tail begins");
    for (const name of ["keys", "statement", "trailer"] as const) tail.take(frameTypes[name], { number: 9, offset: 0 });
    expect(tail.complete).toBe(true);
    const begun = new Grammar("keys", "tail begins");
    expect(() => begun.take(frameTypes.session, { number: 9, offset: 0 })).toThrow("session may not stand after trailer");
    const closing = new Grammar("keys", "manifest");
    expect(() => closing.take(frameTypes.keys, { number: 9, offset: 0 })).toThrow(PtarError);
  });
});
