// What sealing costs: `node bench/encryption.mjs FOLDER`, the same folder packed and extracted plain and sealed for one recipient, in one run.
// Both sign, hash, compress (zstd 3) and sync to disk; the sealed one adds AES-256-GCM, blocks of 4 MiB and padding.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { compare } from "./paired.mjs";

const [folder, rounds = "5"] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: node bench/encryption.mjs FOLDER [ROUNDS]");
const work = mkdtempSync(join(tmpdir(), "ptar-bench-"));
process.env.XDG_CONFIG_HOME = join(work, "config");
const ptar = (...args) => [process.execPath, join(import.meta.dirname, "../bin/ptar.js"), ...args];
const at = (name) => join(work, name);
const run = ([program, ...args]) => execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });

try {
  const recipient = run(ptar("keygen", "--identity")).trim();
  run(ptar("keygen"));
  console.log(`${folder}; Node ${process.versions.node}, OpenSSL ${process.versions.openssl}, ${cpus().length} × ${cpus()[0].model}`);
  const create = (name, ...more) => ({
    name: `create ${name}`,
    command: ptar("create", at(`${name}.ptar`), folder, "--quiet", ...more),
    before: () => rmSync(at(`${name}.ptar`), { force: true }),
  });
  compare("create", [create("plain"), create("sealed", "--recipient", recipient)], Number(rounds));
  for (const name of ["plain", "sealed"]) console.log(`${name}: ${(statSync(at(`${name}.ptar`)).size / 1e6).toFixed(1)} MB`);
  const read = (command, name, ...more) => ({ name: `${command} ${name}`, command: ptar(command, at(`${name}.ptar`), ...more) });
  compare("verify", [read("verify", "plain"), read("verify", "sealed")], Number(rounds));
  const extract = (name) => ({
    ...read("extract", name, "-C", at(`out-${name}`)),
    before: () => rmSync(at(`out-${name}`), { recursive: true, force: true }),
  });
  compare("extract", [extract("plain"), extract("sealed")], Number(rounds));
} finally {
  rmSync(work, { recursive: true, force: true });
}
