// Which frame may follow which: every word of the grammar, and what it forbids. spec/02-container.md#grammar
import { describe, expect, it } from "vitest";
import { Grammar } from "../../src/container/grammar.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import { type FrameTypeName, frameTypes } from "../../src/format/frame.js";

const start = "about session";
const end = "indexRoot frameTable manifest trailer";
const whole = `${start} ${end}`;

/** "complete", "open", or the place and type that is refused. */
function verdict(text: string): string {
  const grammar = new Grammar();
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

describe("an archive", () => {
  it.each([
    whole,
    `${start} blockData blockMeta blockData ${end}`,
    `${start} keys keys blockData session keys blockMeta ${end}`,
    `${start} session session ${end}`,
    `${start} blockData padding parity note 0x90 0xff blockData ${end}`,
    `${start} padding ${end}`,
    `${start} indexPage indexPage indexRoot sealedManifest frameTablePage frameTablePage frameTable manifest statement statement trailer`,
    `${whole} session blockData ${end}`,
    `${whole} statement trailer timestamp keys note parity trailer session ${end} statement trailer`,
  ])("may be: %s", (text) => {
    expect(verdict(text)).toBe("complete");
  });

  it.each([
    ["session", "1 session: session may not stand after the header"],
    ["trailer", "1 trailer: trailer may not stand after the header"],
    ["about about", "2 about: about may not stand after about"],
    ["about blockData", "2 blockData: blockData may not stand after about"],
    [`${start} about`, "3 about: about may not stand after session"],
    [`${start} blockData keys`, "4 keys: keys may not stand after blocks"],
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
    [`${start} indexRoot sealedManifest sealedManifest`, "5 sealedManifest: sealedManifest may not stand after sealed"],
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
