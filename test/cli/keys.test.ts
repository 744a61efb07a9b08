// ptar keygen and ptar trust.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { place } from "./run.js";
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
