// Sealed archives with the real program: made for recipients and passphrases, read with the right keys, wrong ones and none.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSigned } from "../../src/archive/open.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { create, native } from "../archive/engines.js";
import { onTerminal } from "../connectors/node/secrets/terminal.js";
import { needs } from "../connectors/programs.js";
import { caseTree } from "./report-page.js";
import { root } from "./run.js";
import { document } from "./schema.js";
import { type SealedCase, sealedCase } from "./sealed-case.js";

/** Reading commands, with what each would write. */
const readers = [
  ["list", ["list", "ARCHIVE"], undefined],
  ["list --json", ["list", "ARCHIVE", "--json"], undefined],
  ["cat", ["cat", "ARCHIVE", "case/notes.md"], undefined],
  ["cat --output", ["cat", "ARCHIVE", "case/notes.md", "--output", "out.txt"], "out.txt"],
  ["extract", ["extract", "ARCHIVE", "-C", "out"], "out"],
  ["extract --dry-run", ["extract", "ARCHIVE", "-C", "out", "--dry-run"], undefined],
  ...["openssl", "sha256sums", "bodyfile", "hashdeep"].map(
    (format) => [`export ${format}`, ["export", "ARCHIVE", "--format", format, "-o", "out"], "out"] as const,
  ),
] as const;

describe.skipIf(!needs("age-keygen"))("a sealed archive", () => {
  let the: SealedCase;
  const run = (args: readonly string[], archive: string, ...more: readonly string[]) =>
    the.ptar(...args.map((word) => (word === "ARCHIVE" ? archive : word)), ...more);

  beforeAll(async () => {
    the = sealedCase("ptar-sealed-");
    const { ptar, shell, recipients } = the;
    writeFileSync(the.path("lab.age"), `# the lab\n${recipients.bob}\r\n\n`);
    await ptar("keygen", "--out", "k", "--comment", "lab");
    await ptar("trust", "add", "k.pub", "--name", "lab");
    await ptar("create", "plain.ptar", "case", "--key", "k");
    const made = [
      await ptar("create", "s.ptar", "case", "--key", "k", "--recipient", recipients.ann, "--recipient", "lab.age"),
      await ptar("create", "p.ptar", "case", "--key", "k", "--passphrase-file", "right", "--json"),
      await shell(`ptar create both.ptar case --key k --recipient ${recipients.ann} --passphrase --quiet`, { PTAR_PASSPHRASE: the.passphrase }),
    ];
    expect(made.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(made[0]?.stdout).toContain("\nsealed    for 2 recipients\n");
    expect(document("create", made[1]?.stdout ?? "")).toMatchObject({ sealed: { recipients: [], passphrase: true } });
  });
  afterAll(() => the.remove());

  describe("with a key", () => {
    it("lists, prints and extracts what a plain one does, for each recipient", async () => {
      const plain = (await the.ptar("list", "plain.ptar", "--long")).stdout;
      for (const identity of ["ann.txt", "bob.txt"]) {
        expect((await the.ptar("list", "s.ptar", "--long", "--identity", identity)).stdout).toBe(plain);
        const cat = await the.ptar("cat", "s.ptar", "case/notes.md", "--identity", identity);
        expect(cat).toMatchObject({ code: 0, stdout: the.read("case/notes.md").toString() });
        const { code } = await the.shell(
          `ptar extract s.ptar -C out-${identity} --identity ${identity} && diff -r --no-dereference case out-${identity}/case`,
        );
        expect(code).toBe(0);
      }
    });

    it("opens with the right one of several identities", async () => {
      const { code, stdout } = await the.ptar("list", "s.ptar", "case/logs", "--identity", "eve.txt", "--identity", "bob.txt", "--json");
      expect({ code, entries: document("list", stdout).entries }).toMatchObject({ code: 0, entries: { length: 5 } });
    });

    it("opens with the passphrase of a file, a program, the environment and standard input", async () => {
      const first = "case/logs/alarms.json";
      for (const command of [
        "ptar list p.ptar case/logs/alarms.json --passphrase-file right",
        "PTAR_PASSPHRASE=$(cat right) ptar list p.ptar case/logs/alarms.json",
        'printf %s "$(cat right)" | ptar list p.ptar case/logs/alarms.json --passphrase-file -',
        "cat p.ptar | ptar list - case/logs/alarms.json --passphrase-command 'cat right'",
      ])
        expect(await the.shell(command), command).toMatchObject({ code: 0, stdout: `${first}\n` });
    });

    it("opens with either, where it was made for both", async () => {
      const info = async (...key: readonly string[]) => document("info", (await the.ptar("info", "both.ptar", "--json", ...key)).stdout);
      for (const key of [
        ["--identity", "ann.txt"],
        ["--identity", "eve.txt", "--passphrase-file", "right"],
      ])
        expect(await info(...key)).toMatchObject({ encryption: { recipients: ["X25519"], passphrases: 1, opened: true }, snapshots: [{}] });
    });

    it("is verified wholly, and the report lists it", async () => {
      const { code, stdout } = await the.ptar("verify", "s.ptar", "--identity", "bob.txt", "--level", "deep", "--report", "report", "--json");
      const value = document("verify", stdout);
      expect({ code, value }).toMatchObject({ code: 0, value: { contents: { status: "checked" }, encryption: { opened: true } } });
      expect(document("report", the.read("report/report.json").toString())).toMatchObject({ listing: { status: "whole", entries: 18 } });
    });

    it("is exported in the clear, which is said", async () => {
      const { code, stderr } = await the.ptar("export", "s.ptar", "--format", "sha256sums", "-o", "sums", "--identity", "ann.txt");
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("\nptar: the archive is sealed, what was written is not\n") });
      expect((await the.shell("sha256sum --check --strict --quiet sums/SHA256SUMS")).code).toBe(0);
      const { stdout } = await the.ptar("export", "s.ptar", "--format", "openssl", "-o", "signatures", "--identity", "ann.txt", "--json");
      expect(document("export", stdout)).toMatchObject({ sealed: true, exitCode: 0 });
      const checked = await the.shell("sh signatures/verify.sh s.ptar");
      expect(checked.code).toBe(0);
      expect(checked.stdout).not.toContain("FAILED");
    });

    it("comes from standard input and goes to standard output", async () => {
      const script = `ptar create - case --key k --recipient ${the.recipients.ann} --quiet 2>id > stream.ptar`;
      expect(await the.shell(script)).toMatchObject({ code: 0, stdout: "" });
      expect((await the.shell("cat stream.ptar | ptar cat - case/notes.md --identity ann.txt")).stdout).toBe(the.read("case/notes.md").toString());
      expect((await the.shell("ptar verify - --identity ann.txt < stream.ptar | tail -1")).stdout).toContain(the.read("id").toString().slice(6, 30));
      const both = await the.shell("ptar list - --passphrase-file - < p.ptar");
      expect(both).toMatchObject({ code: 2, stdout: "" });
      expect(both.stderr).toContain("ptar: --passphrase-file - and archive -: both read standard input, only one of them can be given\n");
    });

    it("opens with the identity of the config folder, which is only tried", async () => {
      const [recipient = ""] = (await the.ptar("keygen", "--identity")).stdout.split("\n");
      await the.ptar("create", "own.ptar", "case", "--key", "k", "--recipient", recipient);
      expect((await the.ptar("list", "own.ptar", "case/logs/alarms.json")).stdout).toBe("case/logs/alarms.json\n");
      const other = await the.ptar("verify", "s.ptar");
      expect(other).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("contents signed by (sealed); file made by SHA256:") });
      expect((await the.ptar("list", "s.ptar")).stderr).toContain("ptar: archive: it is not sealed for this identity\n");
      await the.shell("rm .config/ptar/identity");
    });
  });

  describe("without the right key", () => {
    it.each(readers)("%s exits 8 with a hint and writes nothing", async (_, args, written) => {
      for (const [archive, key, problem] of [
        ["s.ptar", [], "it is sealed, and opens with the identity of a recipient"],
        ["both.ptar", [], "it is sealed, and opens with the identity of a recipient or a passphrase"],
        ["s.ptar", ["--passphrase-file", "right"], "it is sealed, and opens with the identity of a recipient"],
        ["s.ptar", ["--identity", "eve.txt"], "it is not sealed for this identity"],
      ] as const) {
        const { code, stdout, stderr } = await run(args, archive, ...key);
        expect({ code, stderr }).toEqual({ code: 8, stderr: expect.stringContaining(`\nptar: archive: ${problem}\nptar: hint: `) });
        if ((args as readonly string[]).includes("--json")) expect(document("error", stdout).exitCode).toBe(8);
        else expect(stdout).toBe("");
        expect(stderr).not.toContain("damaged");
        if (written !== undefined) expect(existsSync(the.path(written))).toBe(false);
      }
    });

    it("names a wrong passphrase as such and never as damage", async () => {
      for (const args of [
        ["list", "p.ptar"],
        ["extract", "p.ptar", "-C", "out"],
        ["info", "p.ptar"],
        ["verify", "p.ptar"],
      ]) {
        const { code, stdout, stderr } = await the.ptar(...args, "--passphrase-file", "wrong", "--json");
        const value = document(args[0] === "verify" ? "verify" : "error", stdout);
        expect({ code, exitCode: value.exitCode }).toEqual({ code: 8, exitCode: 8 });
        expect(stdout).toContain('"code":"PTAR_PASSPHRASE_WRONG"');
        expect(stdout + stderr).not.toContain("damaged");
        expect(existsSync(the.path("out"))).toBe(false);
      }
    });

    it("shows info of what is not sealed", async () => {
      const { code, stdout } = await the.ptar("info", "s.ptar");
      expect(code).toBe(0);
      expect(stdout).toMatch(
        /\nsealed {6}aes-256-gcm, 2 recipients \(X25519\)\n[\s\S]*\ncomplete {4}yes, the counts are sealed\ncontents {4}sealed, not opened\n$/,
      );
      const value = document("info", (await the.ptar("info", "s.ptar", "--json")).stdout);
      expect(value).toMatchObject({ features: ["sealed"], encryption: { opened: false } });
      expect(value).not.toHaveProperty("snapshots");
      expect((await the.ptar("info", "s.ptar", "--identity", "eve.txt")).code).toBe(8);
    });
  });

  describe("verify", () => {
    const statusOf = async (...args: readonly string[]) => {
      const { code, stdout } = await the.ptar("verify", ...args, "--json");
      const { integrity, contents, signature } = document("verify", stdout) as unknown as Record<string, { readonly status: string }>;
      return { code, integrity: integrity?.status, contents: contents?.status, signature: signature?.status };
    };
    const [own, wrong] = [
      ["--identity", "ann.txt"],
      ["--identity", "eve.txt"],
    ] as const;

    it("without a key checks what needs none", async () => {
      expect(await statusOf("s.ptar")).toEqual({ code: 0, integrity: "ok", contents: "sealed", signature: "trusted" });
      expect(await statusOf("p.ptar", "--level", "standard")).toEqual({ code: 0, integrity: "ok", contents: "sealed", signature: "trusted" });
      expect(await statusOf("s.ptar", ...wrong)).toEqual({ code: 8, integrity: "ok", contents: "refused", signature: "trusted" });
    });

    it("knows an incomplete collection", async () => {
      const { bytes } = await create(caseTree, { seal: { recipients: [the.recipients.ann] }, signers: [] });
      writeFileSync(the.path("incomplete.ptar"), bytes);
      const unsigned = { integrity: "ok", signature: "unsigned" };
      expect(await statusOf("incomplete.ptar", "--allow-unsigned")).toEqual({ code: 3, contents: "sealed", ...unsigned });
      expect(await statusOf("incomplete.ptar", "--allow-unsigned", ...own)).toEqual({ code: 3, contents: "checked", ...unsigned });
      expect(await statusOf("incomplete.ptar", "--allow-unsigned", ...wrong)).toEqual({ code: 8, contents: "refused", ...unsigned });
    });

    it("calls a damaged byte damage, whatever the key is", async () => {
      const bytes = the.read("s.ptar");
      for (const part of [0.1, 0.5]) {
        const at = Math.floor(bytes.length * part);
        writeFileSync(the.path("damaged.ptar"), bytes.with(at, (bytes[at] as number) ^ 1));
        for (const key of [[], own, wrong]) expect(await statusOf("damaged.ptar", ...key)).toMatchObject({ code: 4, integrity: "damaged" });
      }
    });

    it("does not trust signers that are unknown, or not for this time", async () => {
      await the.ptar("keygen", "--out", "other");
      const [publicLine = ""] = the.read("k.pub").toString().split("\n");
      writeFileSync(the.path("old"), `lab namespaces="ptar",valid-before="20200101Z" ${publicLine}\n`);
      for (const trust of ["other.pub", "old"]) {
        expect(await statusOf("s.ptar", "--trust", trust)).toEqual({ code: 6, integrity: "ok", contents: "sealed", signature: "unknown-key" });
        expect(await statusOf("s.ptar", "--trust", trust, ...own)).toMatchObject({ code: 6, contents: "checked" });
        // a key that does not open it is named first. spec/10-verify.md#codes
        expect(await statusOf("s.ptar", "--trust", trust, ...wrong)).toMatchObject({ code: 8, contents: "refused" });
      }
    });

    it("writes a report without a key, and with the key of somebody else", async () => {
      for (const [key, code] of [
        [[], 0],
        [wrong, 8],
      ] as const) {
        expect((await the.ptar("verify", "s.ptar", "--report", `report-${code}`, ...key)).code).toBe(code);
        const texts = ["json", "txt", "html"].map((ending) => the.read(`report-${code}/report.${ending}`).toString());
        expect(document("report", texts[0] ?? "")).toMatchObject({ listing: { status: "sealed" }, entries: [], exitCode: code });
        for (const text of texts) expect(text).not.toContain("notes.md");
      }
    });

    it.skipIf(!needs("python3"))("asks for a passphrase once, for the check and for the report", async () => {
      const { screen, code } = await onTerminal(
        [process.execPath, `${root}/bin/ptar.js`, "verify", "p.ptar", "--passphrase", "--report", "asked"],
        [{ wait: "passphrase of p.ptar: ", type: `${the.passphrase}\r` }],
        { cwd: the.folder, env: { HOME: the.folder, XDG_CONFIG_HOME: the.path(".config"), PATH: process.env.PATH ?? "" }, stdin: "" },
      );
      expect({ code, screen }).toEqual({ code: 0, screen: "ptar: passphrase of p.ptar: \r\n" });
      expect(document("report", the.read("asked/report.json").toString())).toMatchObject({ listing: { status: "whole" } });
    });
  });

  it("holds keys that the program age opens", async () => {
    const { container } = await openSigned(new MemoryReader(the.read("s.ptar")), { engine: native, trust: "any-signer" });
    const [keys] = container.keys.covered;
    writeFileSync(the.path("keys.age"), keys?.frame.payload ?? "");
    const open = (identity: string) =>
      execFileSync("age", ["-d", "-i", the.path(identity), the.path("keys.age")], { stdio: ["ignore", "pipe", "pipe"] });
    for (const identity of ["ann.txt", "bob.txt"]) {
      const plaintext = open(identity);
      expect(plaintext.length).toBe(80);
      expect(plaintext.subarray(0, 16).toString("latin1")).toBe("ptar1/keys".padEnd(16, "\0"));
      expect(plaintext.subarray(16, 48)).toEqual(Buffer.from(container.header.archiveId));
      expect(readFileSync(the.path("s.ptar")).includes(plaintext.subarray(48))).toBe(false);
    }
    expect(() => open("eve.txt")).toThrow("no identity matched");
  });

  it("is only made where that was asked for", async () => {
    await the.shell("ptar create unsealed.ptar case --key k", { PTAR_PASSPHRASE: the.passphrase });
    expect((await the.ptar("list", "unsealed.ptar", "case/logs/alarms.json")).stdout).toBe("case/logs/alarms.json\n");
  });
});
