// Repositories that keep archives as they are, on the command line. spec/15-repository.md#adopted
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { generateIdentity, recipientOf } from "../../src/crypto/age.js";
import { noise } from "../archive/engines.js";
import { type Place, place, placeIn } from "./run.js";
import { document } from "./schema.js";

/** A person with keys of their own, in a folder of the place. */
function person(here: Place, name: string): Place {
  mkdirSync(join(here.folder, name));
  return placeIn(join(here.folder, name));
}

async function done(outcome: ReturnType<Place["ptar"]>, code = 0): Promise<string> {
  const { code: exit, stdout, stderr } = await outcome;
  expect(exit, stderr).toBe(code);
  return stdout + stderr;
}

/** A third person's signed archive, its public key beside it. */
async function made(third: Place, ...options: readonly string[]): Promise<string> {
  mkdirSync(join(third.folder, "case"));
  writeFileSync(join(third.folder, "case", "a"), noise(300_000));
  writeFileSync(join(third.folder, "case", "b.txt"), "text");
  await done(third.ptar("create", "third.ptar", "case", ...options));
  return join(third.folder, "third.ptar");
}

/** An age identity in a file, and its recipient. */
async function identity({ folder }: Place, name: string): Promise<{ readonly file: string; readonly recipient: string }> {
  const made = await generateIdentity("x25519");
  const file = join(folder, `${name}.identity`);
  writeFileSync(file, `${made}\n`, { mode: 0o600 });
  return { file, recipient: await recipientOf(made) };
}

const publicKeyOf = ({ folder }: Place) => join(folder, ".config", "ptar", "id_ed25519.pub");
const same = (one: string, other: string) => expect(Buffer.compare(readFileSync(one), readFileSync(other))).toBe(0);

describe("an archive of a third person", () => {
  it("is adopted by A, synced to B, given back by A, and its author is named by what B exports", async () => {
    const here = place();
    const [a, b, third] = [person(here, "a"), person(here, "b"), person(here, "third")];
    const archive = await made(third);
    const [repoA, repoB] = [join(here.folder, "repo-a"), join(here.folder, "repo-b")];
    await done(a.ptar("repo", "init", repoA));
    await done(b.ptar("repo", "init", repoB));
    const imported = document(
      "repo-import",
      (await a.ptar("repo", "import", repoA, archive, "--adopt", "--trust", publicKeyOf(third), "--json")).stdout,
    );
    expect(imported).toMatchObject({ addedObjects: 0, adopted: [{ outcome: "kept" }] });
    expect(await done(a.ptar("repo", "import", repoA, archive, "--adopt", "--trust", publicKeyOf(third)))).toMatch(
      /0 new snapshots.*\n.*: was kept before/,
    );
    await done(b.ptar("repo", "sync", repoA, repoB, "--trust", publicKeyOf(third)));
    expect(await done(a.ptar("repo", "export", repoA, "--original", "latest", "-o", "back.ptar"))).toContain("as it came");
    same(join(a.folder, "back.ptar"), archive);
    expect(await done(b.ptar("repo", "export", repoB, "--original", "latest", "-o", "back.ptar"), 7)).toMatch(
      /PTAR_ARCHIVE_NOT_FOUND|keeps no archive that has brought snapshot/,
    );
    await done(b.ptar("repo", "export", repoB, "latest", "-o", "carried.ptar"));
    const trust = ["--trust", publicKeyOf(third), "--trust", publicKeyOf(b)];
    const report = document("verify", (await b.ptar("verify", "carried.ptar", ...trust, "--json")).stdout);
    expect(report).toMatchObject({ exitCode: 0 });
    const [, blob = ""] = readFileSync(publicKeyOf(third), "utf8").split(" ");
    const author = `SHA256:${createHash("sha256").update(Buffer.from(blob, "base64")).digest("base64").replace(/=+$/, "")}`;
    expect(await done(b.ptar("verify", "carried.ptar", ...trust))).toContain(`contents signed by ${author}`);
    await done(b.ptar("extract", "carried.ptar", "-C", "out"));
    same(join(b.folder, "out", "case", "a"), join(third.folder, "case", "a"));
  });

  it("is given back by its fingerprint, in JSON too, and never over a file", async () => {
    const here = place();
    const archive = await made(here);
    await done(here.ptar("repo", "init", "repo"));
    const imported = document("repo-import", (await here.ptar("repo", "import", "repo", archive, "--adopt", "--any-signer", "--json")).stdout);
    const [{ id }] = imported.adopted as [{ readonly id: string }];
    for (const name of [id, `ptar1 ${id}`, id.toUpperCase()]) {
      const given = await here.ptar("repo", "export", "repo", "--original", name, "-o", "back.ptar", "--force", "--json");
      expect(document("repo-export", given.stdout)).toMatchObject({ original: true, id, objects: null, archiveBytes: statSync(archive).size });
      same(join(here.folder, "back.ptar"), archive);
    }
    expect(await done(here.ptar("repo", "export", "repo", "--original", id, "-o", "back.ptar"), 9)).toContain("exists");
    expect(await done(here.ptar("repo", "export", "repo", "--original", `ptar1 ${"00".repeat(32)}`, "-o", "none.ptar"), 7)).toContain(
      "keeps no archive",
    );
    expect(await done(here.ptar("repo", "export", "repo", "--original", id, "latest", "-o", "x.ptar"), 2)).toContain("a snapshot beside it");
    expect(await done(here.ptar("repo", "export", "repo", "--original", id, "--no-sign", "-o", "x.ptar"), 2)).toContain("--original and --no-sign");
    expect(await done(here.ptar("repo", "export", "repo", "-o", "x.ptar"), 2)).toContain("no snapshot is named");
    const again = await here.ptar("repo", "export", "repo", "latest", "--no-sign", "-o", "new.ptar", "--json");
    expect(document("repo-export", again.stdout)).toMatchObject({ original: false, leftOut: 0 });
    await done(here.ptar("repo", "import", "repo", "new.ptar", "--adopt", "--any-signer"));
    expect(await done(here.ptar("repo", "export", "repo", "--original", "latest", "-o", "x.ptar"), 2)).toMatch(
      /2 archives that are kept hold this snapshot\n.*'ptar1 .*', 'ptar1 .*'/,
    );
  });
});

describe("a sealed archive", () => {
  it("stays sealed in an encrypted repository, and is given back without a key", async () => {
    const here = place();
    const [keeper, stranger] = [person(here, "keeper"), person(here, "stranger")];
    const [lab, own] = [await identity(keeper, "lab"), await identity(keeper, "own")];
    const archive = await made(keeper, "--recipient", lab.recipient);
    const repo = join(here.folder, "repo");
    await done(keeper.ptar("repo", "init", repo, "--recipient", own.recipient));
    const words = ["--identity", own.file, "--identity", lab.file];
    const imported = document(
      "repo-import",
      (await keeper.ptar("repo", "import", repo, archive, "--adopt", "--any-signer", ...words, "--json")).stdout,
    );
    const [{ id }] = imported.adopted as [{ readonly id: string }];
    await done(stranger.ptar("repo", "export", repo, "--original", id, "-o", "back.ptar"));
    same(join(stranger.folder, "back.ptar"), archive);
    expect(await done(stranger.ptar("repo", "export", repo, "--original", "latest", "-o", "by-snapshot.ptar"), 8)).toContain("it is encrypted");
    expect(await done(keeper.ptar("cat", repo, "case/b.txt", "--snapshot", "latest", "--identity", own.file))).toContain("text");
    expect(await done(keeper.ptar("repo", "check", repo, "--level", "deep", "--identity", own.file))).not.toContain("PTAR_");
  });
});

describe("an export", () => {
  it("is sealed with a passphrase of its own", async () => {
    const here = place();
    await made(here);
    const own = await identity(here, "own");
    writeFileSync(join(here.folder, "new-words"), "basil-otter-quilt-ramp-zinc\n", { mode: 0o600 });
    const words = ["--identity", own.file];
    await done(here.ptar("repo", "init", "repo", "--recipient", own.recipient));
    await done(here.ptar("repo", "backup", "repo", "case", ...words));
    const sealed = ["--seal-passphrase-file", "new-words"];
    await done(here.ptar("repo", "export", "repo", "latest", "-o", "sealed.ptar", ...words, ...sealed));
    expect(await done(here.ptar("cat", "sealed.ptar", "case/b.txt", "--passphrase-file", "new-words"))).toContain("text");
    expect(await done(here.ptar("cat", "sealed.ptar", "case/b.txt", ...words), 8)).toContain("passphrase");
    expect(await done(here.ptar("repo", "export", "repo", "latest", "-o", "clear.ptar", "--plain", ...words))).toContain(
      "the repository is encrypted, what was written is not",
    );
    const both = ["--passphrase-file", "-", "--seal-passphrase-file", "-"];
    expect(await done(here.ptar("repo", "export", "repo", "latest", "-o", "x.ptar", ...both), 2)).toContain("both read standard input");
    expect(await done(here.ptar("repo", "export", "repo", "latest", "-o", "x.ptar", ...words, "--seal-passphrase=word"), 2)).toContain(
      "--seal-passphrase: takes no value",
    );
  });
});
