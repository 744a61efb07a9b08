// Options and examples of `ptar create`, as its help shows them.
import { type Command, jsonOption } from "./command.js";
import { sealOptions } from "./seal-options.js";
import { workersOption } from "./workers.js";

/** Options by name, in the order of the help. */
export const createOptions: NonNullable<Command["options"]> = {
  "files-from": { type: "list", describe: "also pack the paths in LIST, one a line, - for standard input; may be given several times" },
  null: { type: "flag", alias: "0", describe: "paths in lists end in NUL, as find -print0 writes them" },
  "stdin-name": {
    type: "text",
    describe: "pack standard input as one file of this name; a program that fails before its end looks like one that ended",
  },
  exclude: {
    type: "list",
    describe: "leave out what matches GLOB, as in .gitignore, where ? and [a-z] stand for one character; may be given several times",
  },
  "exclude-from": { type: "list", describe: "leave out what a .gitignore file names, - for standard input; may be given several times" },
  "one-file-system": { type: "flag", describe: "do not go into other file systems" },
  key: {
    type: "text",
    describe: "private key file to sign with, or a public key or SHA256:… that ssh-agent holds (default: your own key, made on first use)",
  },
  "no-sign": { type: "flag", describe: "do not sign" },
  ...sealOptions,
  reproducible: { type: "flag", describe: "same tree and key, same bytes on any machine" },
  tag: { type: "list", describe: "tag of the snapshot; may be given several times" },
  profile: { type: "text", describe: "facts to record about each file", choices: ["evidence", "portable"] },
  "also-hash": { type: "list", describe: "also record these digests of files: md5, sha1, sha512, joined by commas" },
  "owner-names": { type: "flag", describe: "record names of owners and groups beside their numbers" },
  chunker: { type: "text", describe: "size of chunks", choices: ["fine", "default", "coarse"] },
  codec: { type: "text", describe: "compression", choices: ["zstd", "deflate", "store"] },
  "compression-level": { type: "text", describe: "level of the codec, zstd 1 to 22, deflate 0 to 9" },
  ...workersOption,
  case: { type: "text", describe: "case number" },
  exhibit: { type: "text", describe: "exhibit reference" },
  examiner: { type: "text", describe: "who collects" },
  authority: { type: "text", describe: "warrant or mandate" },
  note: { type: "text", describe: "a remark" },
  provenance: { type: "flag", describe: "record host, user, command line and source paths" },
  force: { type: "flag", describe: "replace an archive that is there" },
  quiet: { type: "flag", describe: "print only the id" },
  ...jsonOption,
};

/** Command lines and what they do. */
export const createExamples: NonNullable<Command["examples"]> = [
  ["ptar create evidence.ptar ./case", "pack and sign a folder"],
  ["ptar create logs.ptar /var/log --exclude '*.gz' --tag weekly", "leave some files out, give a tag"],
  ["ptar create jd4.ptar ./case --case 26-1187 --exhibit JD/4", "record case and exhibit"],
  ["find . -newer mark -print0 | ptar create new.ptar --files-from - -0", "pack what another program names"],
  ["pg_dump shop | ptar create shop.ptar --stdin-name shop.sql", "pack what another program writes; look at its exit code too"],
  ["ptar create sealed.ptar ./case --recipient age1… --recipient lab.age", "seal for two recipients, one of them from a file"],
  ["ptar create sealed.ptar ./case --passphrase", "seal with a passphrase, which is asked for"],
  ["ptar create - ./case | ssh host 'cat > case.ptar'", "write to another machine"],
];
