// Candidates for the next word.
import { expect, it } from "vitest";
import { commands } from "../../src/cli/commands.js";
import { complete } from "../../src/cli/complete.js";

it.each([
  ["ptar ver", ["verify"]],
  ["ptar c", ["create", "cat", "completion"]],
  ["ptar re", ["repo", "rewrap"]],
  ["ptar rewrap a.ptar --a", ["--add-recipient"]],
  ["ptar list a.ptar --id", ["--identity"]],
  ["ptar rewrap a.ptar --identity ", []],
  ["ptar trust ", ["add", "list", "remove"]],
  ["ptar trust remove --j", ["--json"]],
  ["ptar extract a.ptar --d", ["--directory", "--dry-run"]],
  ["ptar verify a.ptar --level ", ["standard", "full", "deep"]],
  ["ptar create a.ptar --e", ["--exclude", "--exclude-from", "--exhibit", "--examiner"]],
  ["ptar create a.ptar --files-from ", []],
  ["ptar verify a.ptar --json ", []],
  ["ptar extract a.ptar -C ", []],
  ["ptar frob --", ["--help"]],
  ["ptar create --key verify", []],
  ["ptar repo s", ["sync", "snapshots", "show", "stats"]],
  ["ptar repo check --le", ["--level"]],
  ["ptar repo check /srv --level ", ["standard", "full", "deep"]],
  ["ptar repo init x --p", ["--passphrase", "--passphrase-file", "--passphrase-command", "--pack-size"]],
  ["ptar repo stats ", [":folders"]],
  ["ptar repo stats ./ca", [":folders"]],
  ["ptar repo stats --json ", [":folders"]],
  ["ptar repo stats --identity lab.txt ", [":folders"]],
  ["ptar repo stats --identity ", []],
  ["ptar repo stats case ", []],
  ["ptar repo sync a ", [":folders"]],
  ["ptar repo sync a b ", []],
  ["ptar repo backup ", [":folders"]],
  ["ptar repo backup case ", []],
  ["ptar repo export case latest -o ", []],
  ["ptar verify --sn", ["--snapshot"]],
  ["ptar verify ", []],
])("%s", (line, expected) => {
  expect(complete(line.split(" "), commands)).toEqual(expected);
});
