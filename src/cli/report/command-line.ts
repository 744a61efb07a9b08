// The command line of a check, for whoever reads its report. spec/14-encryption.md#opening

const secretOption = "--passphrase-command";
const hidden = "…";

/** `argv` as a shell takes it, without the program that prints a passphrase: reports are given away, and it may hold one. */
export function commandLine(argv: readonly string[]): string {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  const shown = argv.map((word, i) => {
    if (i >= end) return word;
    if (i > 0 && argv[i - 1] === secretOption) return hidden;
    return word.startsWith(`${secretOption}=`) ? `${secretOption}=${hidden}` : word;
  });
  return ["ptar", ...shown].map(quoted).join(" ");
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./…-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
