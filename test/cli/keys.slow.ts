// ptar keygen and ptar trust, and keys that an ssh-agent holds.
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configOf } from "../../src/cli/config.js";
import { loadSigner } from "../../src/cli/own-key.js";
import { trustAdd } from "../../src/cli/trust-changes.js";
import { loadTrust } from "../../src/cli/trust-file.js";
import { createNotes, type Notes } from "../../src/cli/ui/notes.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import { formatPublicLine } from "../../src/keys/public-line.js";
import { fingerprintOf, wireString } from "../../src/keys/ssh-wire.js";
import {
  type Answering,
  fakeAgent,
  keyListAnswer,
  messageOf,
  noSshAgent,
  type RealAgent,
  realAgent,
  signatureAnswer,
  types,
} from "../connectors/node/secrets/agent.js";
import { needs } from "../connectors/programs.js";
import { type Place, place, placeIn, root } from "./run.js";
import { document } from "./schema.js";

describe("ptar keygen", () => {
  it("writes a private key for its owner only, prints the public line and the fingerprint", async () => {
    const { folder, ptar } = place();
    const { code, stdout } = await ptar("keygen", "--out", "a.key", "--comment", "J. Doe");
    expect(code).toBe(0);
    expect(statSync(join(folder, "a.key")).mode & 0o777).toBe(0o600);
    const line = readFileSync(join(folder, "a.key.pub"), "utf8");
    expect(line).toMatch(/^ssh-ed25519 AAAA\S+ J\. Doe\n$/);
    expect(stdout).toMatch(/^ssh-ed25519 .* J\. Doe\nSHA256:[\w+/]{43}\n$/);
    expect(stdout.startsWith(line)).toBe(true);
  });

  it("writes keys that OpenSSH reads", async () => {
    const { folder, ptar } = place();
    const { stdout } = await ptar("keygen", "--out", "a.key");
    const [line = "", fingerprint = ""] = stdout.split("\n");
    expect(execFileSync("ssh-keygen", ["-y", "-f", join(folder, "a.key")], { encoding: "utf8" }).trim()).toBe(line);
    expect(execFileSync("ssh-keygen", ["-l", "-f", join(folder, "a.key")], { encoding: "utf8" })).toContain(fingerprint);
  });

  it("uses the config folder, which only its owner may enter", async () => {
    const { folder, ptar } = place();
    document("keygen", (await ptar("keygen", "--json")).stdout);
    expect(statSync(join(folder, ".config/ptar")).mode & 0o777).toBe(0o700);
    expect(existsSync(join(folder, ".config/ptar/id_ed25519"))).toBe(true);
  });

  it("replaces no key without --force, and both files with it", async () => {
    const { folder, ptar } = place();
    const first = (await ptar("keygen", "--out", "a.key")).stdout;
    const again = await ptar("keygen", "--out", "a.key");
    expect(again).toMatchObject({ code: 9, stdout: "" });
    expect(again.stderr).toBe("ptar: a.key: exists\nptar: hint: choose another name with --out, or use --force to replace the key\n");
    expect(first.startsWith(readFileSync(join(folder, "a.key.pub"), "utf8"))).toBe(true);
    const forced = await ptar("keygen", "--out", "a.key", "--force");
    expect(forced.code).toBe(0);
    expect(forced.stdout.startsWith(readFileSync(join(folder, "a.key.pub"), "utf8"))).toBe(true);
    expect(statSync(join(folder, "a.key")).mode & 0o777).toBe(0o600);
  });

  it("does not write a private key whose public file is taken", async () => {
    const { folder, ptar } = place();
    writeFileSync(join(folder, "a.key.pub"), "mine");
    expect((await ptar("keygen", "--out", "a.key")).code).toBe(9);
    expect(existsSync(join(folder, "a.key"))).toBe(false);
  });
});

describe("ptar keygen --identity", () => {
  it.skipIf(!needs("age-keygen"))("writes an identity for its owner only, prints its recipient, and age opens what is sealed for it", async () => {
    const { folder, ptar } = place();
    const { code, stdout, stderr } = await ptar("keygen", "--identity", "--out", "lab");
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: "ptar: wrote lab\nptar: hint: keep a copy of this file in a safe place: without it nobody can open what is sealed for it\n",
    });
    const file = join(folder, "lab");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const ages = execFileSync("age-keygen", ["-o", join(folder, "theirs")], { stdio: "pipe" }) && readFileSync(join(folder, "theirs"), "utf8");
    // but for the keys and the zone of the time, the bytes are those of age-keygen
    const shape = (text: string) =>
      text.replace(/\d{4}-\d\d-\d\dT[\d:]{8}(?:Z|[+-][\d:]{5})/, "TIME").replaceAll(/(?<=1)[02-9a-hj-np-z]{58}(?=\n)/gi, "KEY");
    expect(shape(readFileSync(file, "utf8"))).toBe(shape(ages));
    expect(execFileSync("age-keygen", ["-y", file], { encoding: "utf8" })).toBe(stdout);
    const sealed = execFileSync("age", ["-r", stdout.trim()], { input: "hello" });
    expect(execFileSync("age", ["-d", "-i", file], { input: sealed, encoding: "utf8" })).toBe("hello");
  });

  it("uses the config folder, and makes post-quantum ones", async () => {
    const { folder, ptar } = place();
    const file = join(folder, ".config/ptar/identity");
    const own = document("keygen", (await ptar("keygen", "--identity", "--json")).stdout);
    expect(own).toMatchObject({ file, kind: "x25519" });
    expect(statSync(join(folder, ".config/ptar")).mode & 0o777).toBe(0o700);
    const hybrid = document("keygen", (await ptar("keygen", "--identity", "--post-quantum", "--out", "pq", "--json")).stdout);
    expect(hybrid).toMatchObject({ file: "pq", kind: "hybrid", recipient: expect.stringMatching(/^age1pq1/) });
    expect(readFileSync(join(folder, "pq"), "utf8")).toContain(`# public key: ${hybrid.recipient}\nAGE-SECRET-KEY-PQ-1`);
  });

  it("replaces no identity without --force", async () => {
    const { folder, ptar } = place();
    const first = (await ptar("keygen", "--identity")).stdout;
    const file = join(folder, ".config/ptar/identity");
    const again = await ptar("keygen", "--identity");
    expect(again).toEqual({
      code: 9,
      stdout: "",
      stderr:
        `ptar: ${file}: exists\n` +
        "ptar: hint: choose another name with --out; with --force what is sealed for the identity that is there cannot be opened any more\n",
    });
    expect(readFileSync(file, "utf8")).toContain(first);
    const forced = (await ptar("keygen", "--identity", "--force")).stdout;
    expect(forced).not.toBe(first);
    expect(readFileSync(file, "utf8")).toContain(forced);
    expect(readdirSync(join(folder, ".config/ptar"))).toEqual(["identity"]);
  });
});

describe("ptar trust", () => {
  it("adds, lists and removes a key", async () => {
    const { folder, ptar } = place();
    const [, fingerprint = ""] = (await ptar("keygen", "--out", "a.key")).stdout.split("\n");
    expect(await ptar("trust", "add", "a.key.pub", "--name", "J. Doe")).toMatchObject({ code: 0, stdout: `${fingerprint}  J. Doe\n` });
    const file = readFileSync(join(folder, ".config/ptar/allowed_signers"), "utf8");
    expect(file).toMatch(/^"J\. Doe" namespaces="ptar" ssh-ed25519 AAAA\S+\n$/);
    expect((await ptar("trust", "list")).stdout).toBe(`${fingerprint}  J. Doe\n`);
    expect((await ptar("trust", "remove", fingerprint)).code).toBe(0);
    expect((await ptar("trust", "list")).stdout).toBe("");
    const again = await ptar("trust", "remove", fingerprint);
    expect(again.code).toBe(7);
    expect(again.stderr).toContain("ptar: hint: ptar trust list shows the keys\n");
  });

  it("takes a key as a line, gives it a new name when it is added again, and removes it by name", async () => {
    const { ptar } = place();
    const [line = ""] = (await ptar("keygen", "--out", "a.key", "--comment", "old")).stdout.split("\n");
    document("trust", (await ptar("trust", "add", line, "--json")).stdout);
    await ptar("trust", "add", line, "--name", "new");
    const listed = document("trust", (await ptar("trust", "list", "--json")).stdout);
    expect(listed.keys).toMatchObject([{ name: "new" }]);
    const removed = document("trust", (await ptar("trust", "remove", "new", "--json")).stdout);
    expect(removed).toMatchObject({ action: "removed", keys: [{ name: "new" }] });
  });

  it("leaves comments and other lines of the file as they are", async () => {
    const { folder, ptar } = place();
    const config = join(folder, ".config/ptar");
    mkdirSync(config);
    const other = 'bob@example.com namespaces="git" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB/RbSuZN3wDKVy9AJKsgG1yuq5Tw5lOTXeUKl7uCNyS';
    writeFileSync(join(config, "allowed_signers"), `# mine\n${other}\n`);
    await ptar("keygen", "--out", "a.key");
    await ptar("trust", "add", "a.key.pub", "--name", "a");
    await ptar("trust", "remove", "a");
    expect(readFileSync(join(config, "allowed_signers"), "utf8")).toBe(`# mine\n${other}\n`);
  });

  it("names the own key", async () => {
    const { folder, ptar } = place();
    const [, fingerprint = ""] = (await ptar("keygen")).stdout.split("\n");
    expect((await ptar("trust", "list")).stdout).toBe(`${fingerprint}  your key\n`);
    // the private file alone is enough
    rmSync(join(folder, ".config/ptar/id_ed25519.pub"));
    expect((await ptar("trust", "list")).stdout).toBe(`${fingerprint}  your key\n`);
  });

  it("does not take a public file for the own key that is not that of the private one", async () => {
    const { folder, ptar } = place();
    await ptar("keygen");
    await ptar("keygen", "--out", "other key");
    mkdirSync(join(folder, "case"));
    await ptar("create", "theirs.ptar", "case", "--key", "other key");
    const own = join(folder, ".config/ptar/id_ed25519");
    copyFileSync(join(folder, "other key.pub"), `${own}.pub`);
    const because = `ptar: key ${own}.pub: is not the public key of ${own}\nptar: hint: find out who changed it, then write it anew: ssh-keygen -y -f ${own} > ${own}.pub\n`;
    for (const args of [
      ["verify", "theirs.ptar"],
      ["trust", "list"],
    ])
      expect(await ptar(...args)).toEqual({ code: 8, stdout: "", stderr: because });
    // with a passphrase too, where the public half stands in clear
    copyFileSync(own, join(folder, "locked"));
    execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", "secret", "-f", join(folder, "locked")]);
    copyFileSync(join(folder, "locked"), own);
    expect(await ptar("trust", "list")).toMatchObject({ code: 8, stderr: because });
    rmSync(own);
    expect((await ptar("trust", "list")).stdout).toContain("  your key\n");
  });

  it.each([
    ["a file that is not there", "no.pub", 7, "PTAR_KEY_NOT_FOUND"],
    ["a private key", "a.key", 9, "PTAR_TRUST_INVALID"],
    ["a key of another type", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ== x", 8, "PTAR_KEY_INVALID"],
    ["a folder", ".", 8, "PTAR_KEY_INVALID"],
  ])("refuses %s", async (_, key, exitCode, code) => {
    const { folder, ptar } = place();
    await ptar("keygen", "--out", "a.key");
    const { stdout, code: exit } = await ptar("trust", "add", key, "--json");
    expect(document("error", stdout)).toMatchObject({ error: { code }, exitCode });
    expect(exit).toBe(exitCode);
    expect(existsSync(join(folder, ".config/ptar/allowed_signers"))).toBe(false);
  });

  it("does not touch a trust file that it cannot read", async () => {
    const { folder, ptar } = place();
    mkdirSync(join(folder, ".config/ptar"));
    const file = join(folder, ".config/ptar/allowed_signers");
    writeFileSync(file, "garbage\n");
    await ptar("keygen", "--out", "a.key");
    expect((await ptar("trust", "add", "a.key.pub")).code).toBe(9);
    expect(readFileSync(file, "utf8")).toBe("garbage\n");
  });
});

const rsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ==";
const ecdsa = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAAAA";

/** Standard error of functions that run in this process. */
function captured(): { readonly notes: Notes; readonly said: () => string } {
  let text = "";
  return { notes: createNotes({ write: (part: string) => (text += part) }, { quiet: false }), said: () => text };
}

/** What a promise is refused with, as a person reads it: `CODE`, sentence and hint. */
async function refusal(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "nothing was thrown",
    (error) => {
      if (error instanceof PtarError) return `${error.code}: ${error.message}\n${error.hint ?? ""}`;
      throw error;
    },
  );
}

describe("trust in the keys of a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "ptar-cli-"));
  const { ptar, shell } = placeIn(folder);
  const config = configOf({ XDG_CONFIG_HOME: join(folder, ".config") });
  let bare = "";
  let fingerprint = "";

  // an archive that claims 2026-06-15 12:00 UTC
  beforeAll(async () => {
    const script = "mkdir case; echo one > case/a; ptar keygen --out k; ptar create a.ptar case --key k --reproducible --quiet > made.out";
    const [line = "", second = ""] = (await shell(script, { SOURCE_DATE_EPOCH: "1781524800" })).stdout.split("\n");
    bare = line.split(" ").slice(0, 2).join(" ");
    fingerprint = second;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, ...lines: readonly string[]) => {
    writeFileSync(join(folder, name), lines.map((line) => `${line}\n`).join(""));
    return join(folder, name);
  };

  it("as code hosts publish it: has the name of the file, other types are counted", async () => {
    write("alice.keys", rsa, bare, ecdsa);
    const added = await ptar("trust", "add", "alice.keys");
    expect(added).toMatchObject({ code: 0, stdout: `${fingerprint}  alice\n` });
    expect(added.stderr).toMatch(/^ptar: alice\.keys: 2 keys of other types ignored\nptar: added 1 key: /);
    const { code, stdout, stderr } = await ptar("verify", "a.ptar", "--trust", "alice.keys");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "ptar: alice.keys: 2 keys of other types ignored\n" });
    expect(stdout).toContain(`contents signed by ${fingerprint} (trusted as "alice")`);
  });

  it("holds for the claimed time of the archive only, also after it was added to the list", async () => {
    write("expired", `al valid-before="20260615115959Z" ${bare}`);
    write("not-yet", `al valid-after="20260615120001Z" ${bare}`);
    write("valid", `al@example.org valid-after="20260615120000Z",valid-before="20260616Z" ${bare}`);
    for (const file of ["expired", "not-yet"]) {
      const { code, stdout } = await ptar("verify", "a.ptar", "--trust", file);
      expect(code).toBe(6);
      expect(stdout).toContain(`contents signed by ${fingerprint} (key not trusted for this time)`);
    }
    expect((await ptar("trust", "add", "expired")).stdout).toBe(`${fingerprint}  al  until 2026-06-15T11:59:59Z\n`);
    expect((await ptar("verify", "a.ptar")).code).toBe(6);
    const times = "from 2026-06-15T12:00:00Z  until 2026-06-16T00:00:00Z";
    expect((await ptar("trust", "add", "valid")).stdout).toBe(`${fingerprint}  al@example.org  ${times}\n`);
    expect((await ptar("verify", "a.ptar")).stdout).toContain(`contents signed by ${fingerprint} (trusted as "al@example.org")`);
  });

  it("says what else it passes over, and which times it takes for UTC", async () => {
    const file = write("signers", `bob namespaces="git" ${bare}`, `bob valid-after="20260101",valid-before="20270101" ${bare}`, `carol ${rsa}`);
    const { notes, said } = captured();
    expect((await loadTrust([file], config, notes)).keys).toHaveLength(1);
    expect(said()).toBe(
      [
        `ptar: ${file}: 1 key of another type ignored\n`,
        `ptar: ${file}: 1 key for other namespaces than ptar ignored\n`,
        `ptar: ${file}: 2 times without Z read as UTC\n`,
      ].join(""),
    );
  });

  it("is refused when there are only keys of other types", async () => {
    write("bob.keys", rsa, `${ecdsa} bob`);
    const { code, stderr } = await ptar("verify", "a.ptar", "--trust", "bob.keys");
    expect(code).toBe(8);
    expect(stderr).toMatch(/^ptar: bob\.keys: has 2 keys of other types and no ssh-ed25519 key\nptar: hint: /);
    expect(await refusal(trustAdd(write("one", rsa), config, { name: "x", notes: captured().notes }))).toMatch(
      /^PTAR_KEY_INVALID: .*\/one: has 1 key of another type and no ssh-ed25519 key\n/,
    );
    expect(await refusal(loadTrust([ecdsa], config))).toMatch(/^PTAR_KEY_INVALID: key line: has 1 key of another type/);
  });

  it("needs a name where that of the file cannot stand in the list", async () => {
    const { notes } = captured();
    const file = write('a"b.keys', bare);
    expect(await refusal(trustAdd(file, config, { name: undefined, notes }))).toMatch(
      /^PTAR_TRUST_INVALID: trust line: .*\ngive the key another name/,
    );
    expect(await trustAdd(file, config, { name: "ab", notes })).toMatchObject([{ name: "ab" }]);
  });

  it("does not make a key the own one by the name of the file", async () => {
    expect((await loadTrust([write("your key.keys", bare)], config)).keys).toMatchObject([{ name: "your key, says its file" }]);
  });
});

describe.skipIf(noSshAgent)("a key of ssh-agent", () => {
  /** A place with something to pack and an agent. */
  async function withAgent(): Promise<RealAgent & Place & { readonly ptarWith: (script: string) => ReturnType<Place["shell"]> }> {
    const agent = await realAgent();
    const made = place();
    mkdirSync(join(made.folder, "case"));
    return { ...agent, ...made, ptarWith: (script) => made.shell(script, { SSH_AUTH_SOCK: agent.socket }) };
  }
  const fingerprintIn = (file: string) => execFileSync("ssh-keygen", ["-l", "-f", file], { encoding: "utf8" }).split(" ")[1] as string;

  it("signs archives under the public key of a file", async () => {
    const { folder, makeKey, add, ptarWith } = await withAgent();
    const file = makeKey("k");
    add(file);
    copyFileSync(`${file}.pub`, join(folder, "k.pub"));
    const { code, stdout, stderr } = await ptarWith("ptar create a.ptar case --key k.pub && ptar verify a.ptar --trust k.pub");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`signed    ${fingerprintIn(file)}\n`);
    expect(stdout).toContain(`contents signed by ${fingerprintIn(file)} (trusted as "k")`);
  });

  it("is found by a public key line and by its fingerprint", async () => {
    const { makeKey, add, socket } = await realAgent();
    const file = makeKey("k");
    for (const loaded of ["other", "k"]) add(loaded === "k" ? file : makeKey(loaded));
    const { notes, said } = captured();
    for (const key of [readFileSync(`${file}.pub`, "utf8").trim(), fingerprintIn(file)]) {
      const signer = await loadSigner(key, portableCrypto, notes, { env: { SSH_AUTH_SOCK: socket } });
      expect(fingerprintOf(signer.publicKey, portableCrypto)).toBe(fingerprintIn(file));
    }
    expect(said()).toBe("");
  });

  it("signs for its file with a passphrase, which is named while the key is not loaded", async () => {
    const { folder, makeKey, add, socket, ptar, ptarWith } = await withAgent();
    const file = makeKey("locked", "-N", "secret", "-a", "1");
    copyFileSync(file, join(folder, "locked"));
    expect(await ptar("create", "a.ptar", "case", "--key", "locked")).toEqual({
      code: 8,
      stdout: "",
      stderr:
        "ptar: key locked: is protected by a passphrase; ssh-agent: is not running (SSH_AUTH_SOCK is not set)\n" +
        'ptar: hint: start one and load the key: eval "$(ssh-agent)" && ssh-add locked\n',
    });
    expect(await refusal(loadSigner(file, portableCrypto, captured().notes, { env: { SSH_AUTH_SOCK: socket } }))).toBe(
      `PTAR_KEY_INVALID: key ${file}: is protected by a passphrase; ssh-agent: does not hold the key ${fingerprintIn(file)}` +
        ` (Ed25519 keys that it holds: 0)\nload it: ssh-add ${file} (ssh-add -l lists the keys that are loaded)`,
    );
    add(file, "secret");
    expect(await ptarWith("ptar create a.ptar case --key locked")).toMatchObject({
      code: 0,
      stderr: "ptar: key locked: is protected by a passphrase; ssh-agent signs with it\n",
    });
    expect(readdirSync(folder).sort()).toEqual([".config", "a.ptar", "case", "locked"]);
  });

  it("is the own key where its file has a passphrase, or where only its public file is", async () => {
    const { folder, makeKey, add, ptarWith } = await withAgent();
    const config = join(folder, ".config/ptar");
    mkdirSync(config);
    const file = makeKey("own", "-N", "secret", "-a", "1");
    add(file, "secret");
    renameSync(file, join(config, "id_ed25519"));
    const whole = await ptarWith("ptar create a.ptar case && ptar trust list");
    expect(whole).toMatchObject({ code: 0, stderr: expect.stringContaining("id_ed25519: is protected by a passphrase; ssh-agent signs with it\n") });
    expect(whole.stdout).toContain(`\n${fingerprintIn(`${file}.pub`)}  your key\n`);
    rmSync(join(config, "id_ed25519"));
    renameSync(`${file}.pub`, join(config, "id_ed25519.pub"));
    const half = await ptarWith("ptar create b.ptar case");
    expect(half).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("(your key)\n") });
    expect(readdirSync(config)).toEqual(["id_ed25519.pub"]);
  });

  it("is missing: the error says for what, and how to load it", async () => {
    const { folder, makeKey, socket } = await realAgent();
    const pub = readFileSync(`${makeKey("k")}.pub`, "utf8");
    for (const [name, text] of Object.entries({ other: pub, "two.keys": pub + pub })) writeFileSync(join(folder, name), text);
    const because = (key: string) => refusal(loadSigner(key, portableCrypto, captured().notes, { env: { SSH_AUTH_SOCK: socket } }));
    const absent = "does not hold the key SHA256:[\\w+/]{43} \\(Ed25519 keys that it holds: 0\\)\nload it: ssh-add";
    const k = join(folder, "k");
    expect(await because(`${k}.pub`)).toMatch(new RegExp(`^PTAR_KEY_NOT_FOUND: key ${k}.pub: is a public key; ssh-agent: ${absent} ${k} `));
    expect(await because(join(folder, "other"))).toMatch(new RegExp(`other: is a public key; ssh-agent: ${absent} FILE `));
    expect(await because(`SHA256:${"x".repeat(43)}`)).toMatch(new RegExp(`^PTAR_KEY_NOT_FOUND: ssh-agent: ${absent} FILE `));
    expect(await because(pub)).toMatch(new RegExp(`^PTAR_KEY_NOT_FOUND: ssh-agent: ${absent} FILE `));
    for (const text of ["SHA256:abc", `SHA256:${"x".repeat(44)}`])
      expect(await because(text)).toMatch(/^PTAR_KEY_INVALID: key SHA256:\w+: is no fingerprint: SHA256: and 43 characters of base64\n/);
    expect(await because(rsa)).toMatch(/^PTAR_KEY_INVALID: key: has a key of type ssh-rsa, not ssh-ed25519\n/);
    expect(await because(join(folder, "two.keys"))).toMatch(/^PTAR_KEY_INVALID: .*: one line was expected and more were found\n/);
  });
});

describe("an agent that is not one", () => {
  const seed = new Uint8Array(32).fill(9);
  const line = formatPublicLine(portableCrypto.publicKey(seed));
  /** Lists one key and signs as `signing` says. */
  const agent = (signing: Answering) =>
    fakeAgent((type, body, connection) => {
      if (type === types.requestIdentities) connection.write(wireString(keyListAnswer(portableCrypto.publicKey(seed))));
      else signing(type, body, connection);
    });

  it("leaves no archive behind when its last signature is wrong", async () => {
    let calls = 0;
    const socket = await agent((_type, body, connection) => {
      const signature = portableCrypto.sign(messageOf(body), seed);
      // one to try, one for the snapshot, one for the archive
      if (++calls === 3) signature[0] = (signature[0] as number) ^ 1;
      connection.write(wireString(signatureAnswer(signature)));
    });
    const { folder, shell } = place();
    const { code, stderr } = await shell(`mkdir case; ptar create a.ptar case --key '${line}'`, { SSH_AUTH_SOCK: socket });
    expect({ code, calls }).toEqual({ code: 8, calls: 3 });
    expect(stderr).toMatch(/^ptar: ssh-agent: its signature is not valid for the key SHA256:/);
    expect(readdirSync(folder).sort()).toEqual([".config", "case"]);
  });

  it("makes ptar say that it waits; stopped then, it leaves nothing", async () => {
    const socket = await agent(() => undefined);
    const { folder } = place();
    mkdirSync(join(folder, "case"));
    const child = spawn(process.execPath, [join(root, "bin/ptar.js"), "create", "a.ptar", "case", "--key", line], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, SSH_AUTH_SOCK: socket },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = new Promise((resolve) => child.on("close", resolve));
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (said === "") child.kill("SIGINT");
      said += text;
    });
    expect(await ended).toBe(130);
    expect(said).toMatch(/^ptar: waiting for ssh-agent: it may be asking you for confirmation\n/);
    expect(readdirSync(folder).sort()).toEqual([".config", "case"]);
  });
});
