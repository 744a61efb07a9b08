import { describe, expect, it } from "vitest";
import { XattrDump } from "../../../../src/connectors/node/source/xattr-dump.js";
import { latin1 } from "../../folder.js";

const end = "/dev/null/end";
const endLine = `getfattr: ${end}: Not a directory`;

function dumped(paths: readonly string[], lines: readonly string[], errorLines: readonly string[] = [endLine]) {
  const dump = new XattrDump([...paths, end].map(latin1));
  for (const line of lines) dump.takeLine(line);
  for (const line of errorLines) dump.takeErrorLine(line);
  const answers = dump.answers();
  return answers?.map(({ attributes, errno }) => ({
    errno,
    attributes: attributes.map(({ name, value }) => [Buffer.from(name).toString("latin1"), Buffer.from(value).toString("latin1")]),
  }));
}
const none = { errno: undefined, attributes: [] };

describe("what getfattr writes", () => {
  it("gives attributes by path, with octal escapes taken back", () => {
    const lines = ["# file: a\\134\\012\xff", "user.\\075\\134101=0x00ff0a", "user.e=0x", "", "# file: b", "user.x=0x41", ""];
    expect(dumped(["c", "a\\\n\xff", "b"], lines)).toEqual([
      none,
      {
        errno: undefined,
        attributes: [
          ["user.=\\101", "\0\xff\n"],
          ["user.e", ""],
        ],
      },
      { errno: undefined, attributes: [["user.x", "A"]] },
    ]);
  });

  it("gives errors of paths and of single attributes", () => {
    const errorLines = [
      "getfattr: a: Permission denied",
      "b: user.x: Operation not permitted",
      "b: user.y: No data available",
      "c: Strange",
      endLine,
    ];
    expect(dumped(["a", "b", "c"], ["# file: b", "user.z=0x", ""], errorLines)).toEqual([
      { errno: "EACCES", attributes: [] },
      { errno: "EPERM", attributes: [["user.z", ""]] },
      { errno: "EIO", attributes: [] },
    ]);
  });

  it("lets no error get lost between names with colons", () => {
    const answers = dumped(["a", "a: b", "a: b: c", "d"], [], ["a: b: Permission denied", endLine]);
    expect(answers?.map(({ errno }) => errno)).toEqual(["EACCES", "EACCES", undefined, undefined]);
  });

  const broken: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["does not come to its end", ["# file: a", "user.x=0x", ""], []],
    ["stops among attributes", ["# file: a", "user.x=0x"], [endLine]],
    ["names a path that nobody asked for", ["# file: b", "user.x=0x", ""], [endLine]],
    ["starts with an attribute", ["user.x=0x"], [endLine]],
    ["has an attribute without a name", ["# file: a", "=0x", ""], [endLine]],
    ["has an attribute without a value", ["# file: a", "user.x", ""], [endLine]],
    ["has an odd number of digits", ["# file: a", "user.x=0x0", ""], [endLine]],
    ["has what is no digit", ["# file: a", "user.x=0x0g", ""], [endLine]],
    ["has a value in another form", ["# file: a", 'user.x="v"', ""], [endLine]],
    ["has a backslash that starts no escape", ["# file: a", "user.\\9=0x", ""], [endLine]],
    ["has an error about nothing that was asked for", [], ["b: Permission denied", endLine]],
    ["has an error that is none", [], ["getfattr", endLine]],
  ];
  it.each(broken)("is worth nothing when it %s", (_, lines, errorLines) => {
    expect(dumped(["a"], lines, errorLines)).toBeUndefined();
  });
});

// spec/05-page.md#xattrs
describe("what does not fit into an item", () => {
  const attribute = (name: string, length: number) => `${name}=0x${"00".repeat(length)}`;

  it("is left out: a value of more than 65,536 bytes", () => {
    const [answer] = dumped(["a"], ["# file: a", attribute("user.a", 65_537), attribute("user.b", 65_536), ""]) ?? [];
    expect(answer).toMatchObject({ errno: "E2BIG", attributes: [["user.b", expect.anything()]] });
  });

  it("is left out: what makes the list longer than 131,072 bytes", () => {
    // base64url of 3 n bytes has 4 n characters: [{"name":"user.a","value":"…"},{"name":"user.b","value":"…"}]
    const room = 131_072 - '[{"name":"user.a","value":""},{"name":"user.b","value":""}]'.length;
    const first = 48_000;
    const second = Math.floor(((room - 64_000) * 3) / 4);
    const lines = (more: number) => ["# file: a", attribute("user.a", first), attribute("user.b", second + more), ""];
    expect(dumped(["a"], lines(0))?.[0]).toMatchObject({ errno: undefined, attributes: { length: 2 } });
    expect(dumped(["a"], lines(1))?.[0]).toMatchObject({ errno: "E2BIG", attributes: { length: 1 } });
  });

  it("is left out: attributes after the first 1,024", () => {
    const lines = Array.from({ length: 1025 }, (_, i) => attribute(`user.${i}`, 0));
    expect(dumped(["a"], ["# file: a", ...lines, ""])?.[0]).toMatchObject({ errno: "E2BIG", attributes: { length: 1024 } });
    expect(dumped(["a"], ["# file: a", ...lines.slice(1), ""])?.[0]).toMatchObject({ errno: undefined, attributes: { length: 1024 } });
  });
});
