// Command lines in reports: as a shell takes them, and without what may hold a passphrase.
import { expect, it } from "vitest";
import { commandLine } from "../../src/cli/command-line.js";

it.each([
  [["verify", "a.ptar", "--report", "it's"], "ptar verify a.ptar --report 'it'\\''s'"],
  [["verify", "a.ptar", "--passphrase-command", "echo 'word'", "--json"], "ptar verify a.ptar --passphrase-command … --json"],
  [["verify", "--passphrase-command=echo word", "a.ptar"], "ptar verify --passphrase-command=… a.ptar"],
  [["repo", "export", "--seal-passphrase-command", "echo word"], "ptar repo export --seal-passphrase-command …"],
  [["repo", "export", "--seal-passphrase-command=echo word"], "ptar repo export --seal-passphrase-command=…"],
  [["verify", "--passphrase-file", "right", "a.ptar"], "ptar verify --passphrase-file right a.ptar"],
  [["verify", "--", "--passphrase-command", "a.ptar"], "ptar verify -- --passphrase-command a.ptar"],
])("%j", (argv, expected) => {
  expect(commandLine(argv)).toBe(expected);
});
