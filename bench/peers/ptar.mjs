// The program of this repository, with each Node that was asked for, signing and where asked for sealing.
import { cpSync, existsSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, versionOf } from "../programs.mjs";

const repository = join(import.meta.dirname, "../..");

/**
 * ptar for each of `nodes` and each of `sealing` (plain, sealed), with keys of its own in `folder`, and each Node alone, for its start.
 * @returns programs under test, ptar with the first Node first
 */
export function ptarPrograms({ nodes, sealing, workers, folder }) {
  const env = { XDG_CONFIG_HOME: join(folder, "config"), XDG_CACHE_HOME: join(folder, "cache") };
  const bin = copyProgram(folder);
  run([nodes[0], bin, "keygen"], { env });
  const recipient = sealing.includes("sealed") ? run([nodes[0], bin, "keygen", "--identity"], { env }).trim() : undefined;
  const threads = workers === undefined ? () => [] : (command) => threadsOf(command, { ptar: [nodes[0], bin], workers });
  return nodes.flatMap((node) => {
    const nodeVersion = versionOf({ command: [node, "--version"], debian: "nodejs" });
    const shared = {
      node: nodeVersion,
      version: versionOf({ command: [node, bin, "--version"], debian: "nodejs" }),
      zstd: encoderOf([node, bin], folder, env),
    };
    const variants = sealing.map((key) => (key === "sealed" ? sealed(shared, recipient) : plain(shared)));
    return [...variants.map((variant) => withSteps(variant, { node, bin, env, threads })), bareNode(node, nodeVersion)];
  });
}

/** Copies the built program, so that what is measured stays the same when it is built again meanwhile. */
function copyProgram(folder) {
  if (!existsSync(join(repository, "dist/cli/main.js"))) throw new Error("dist: not built; npm run build builds it");
  const copy = join(folder, "program");
  for (const name of ["bin", "dist", "package.json"]) cpSync(join(repository, name), join(copy, name), { recursive: true });
  symlinkSync(join(repository, "node_modules"), join(copy, "node_modules"));
  return join(copy, "bin/ptar.js");
}

/** The option for a command that has it: reading one file starts no threads. */
function threadsOf(command, { ptar, workers }) {
  return run([...ptar, command, "--help"]).includes("--workers") ? ["--workers", workers] : [];
}

/** Which zstd this Node compresses with: its own, or WebAssembly. */
function encoderOf(ptar, folder, env) {
  const [file, archive] = [join(folder, "tiny"), join(folder, "tiny.ptar")];
  writeFileSync(file, "tiny");
  run([...ptar, "create", archive, file, "--quiet"], { env });
  const { engine } = JSON.parse(run([...ptar, "info", archive, "--json"], { env }));
  rmSync(archive);
  return engine.codecs.includes("zstd-wasm") ? "wasm" : "native";
}

const plain = (shared) => ({
  ...shared,
  key: "ptar",
  name: `ptar (node ${shared.node})`,
  settings: `zstd 3, ${shared.zstd}; profile evidence; signed with Ed25519`,
  encrypted: "no",
  synced: "the archive and its folder once; extract: the top folder",
  verified: "verify: SHA-256 of every frame and object, signatures, completeness; extract: SHA-256 of each object and file",
  more: [],
});

const sealed = (shared, recipient) => ({
  ...plain(shared),
  key: "sealed",
  name: `ptar sealed (node ${shared.node})`,
  encrypted: "AES-256-GCM, names too",
  more: ["--recipient", recipient],
});

function withSteps({ more, ...program }, { node, bin, env, threads }) {
  const ptar = (command, ...args) => ({ command: [node, bin, command, ...args, ...(optionsOf[command] ?? [])] });
  const optionsOf = Object.fromEntries(["create", "verify", "extract"].map((command) => [command, threads(command)]));
  const steps = ({ corpus, home, out }) => {
    const archive = join(home, "archive.ptar");
    return {
      env,
      create: {
        ...ptar("create", archive, ...corpus.paths, "--quiet", ...more),
        cwd: corpus.base,
        output: archive,
        before: () => rmSync(archive, { force: true }),
      },
      verify: ptar("verify", archive),
      extract: ptar("extract", archive, "-C", out),
      list: ptar("list", archive),
      one: ptar("cat", archive, corpus.one),
      ...repositorySteps({ ptar, more, corpus, home, env }),
      ...(program.key === "ptar" ? { version: ptar("--version") } : {}),
    };
  };
  return { ...program, steps };
}

/** Two repositories in `home`: what is backed up goes to one, what is imported and synced to the other. */
function repositorySteps({ ptar, more, corpus, home, env }) {
  const [repository, imported, other] = ["repository", "imported", "other"].map((name) => join(home, name));
  const init = (folder) => existsSync(folder) || run(ptar("repo", "init", folder, ...more).command, { env });
  const remove = (folder) => rmSync(folder, { recursive: true, force: true });
  const backup = { ...ptar("repo", "backup", repository, ...corpus.paths, "--quiet"), cwd: corpus.base };
  return {
    import: { ...ptar("repo", "import", imported, join(home, "archive.ptar")), before: () => [remove(imported), init(imported)] },
    backup: { ...backup, output: repository, before: () => [remove(repository), init(repository)] },
    sync: { ...ptar("repo", "sync", repository, other), before: () => init(other) },
    unchanged: { ...backup, before: () => init(repository) },
    edited: { ...backup, before: () => init(repository) },
  };
}

const bareNode = (node, version) => ({
  key: "node",
  name: `node ${version}`,
  node: version,
  version,
  settings: "starts and ends",
  steps: () => ({ version: { command: [node, "-e", "0"] } }),
});
