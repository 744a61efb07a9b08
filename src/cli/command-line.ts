// The command line, for whoever reads a report or a snapshot's provenance. spec/14-encryption.md#opening

const secretOptions = ["--passphrase-command", "--seal-passphrase-command"];
const hidden = "…";

/** `argv` as a shell takes it, without the program that prints a passphrase: reports are given away, and it may hold one. */
export function commandLine(argv: readonly string[]): string {
  return ["ptar", ...withoutSecrets(argv)].map(quoted).join(" ");
}

/** `argv` without the program that prints a passphrase. */
export function withoutSecrets(argv: readonly string[]): readonly string[] {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  return argv.map((word, i) => {
    if (i >= end) return word;
    if (i > 0 && secretOptions.includes(argv[i - 1] as string)) return hidden;
    const option = secretOptions.find((name) => word.startsWith(`${name}=`));
    return option === undefined ? word : `${option}=${hidden}`;
  });
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./…-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
