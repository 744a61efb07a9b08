// The script that checks exported statements with openssl and sha256sum alone. spec/13-interchange.md#openssl
import type { ExportedManifest, ExportedSnapshot, ExportedStatement, OpensslExport } from "./openssl-parts.js";

const head = String.raw`#!/bin/sh
# sh verify.sh [ARCHIVE]: checks this folder with openssl 3 and sha256sum alone.
# README.txt says what that shows.
# Exit codes: 0 everything is right, 1 something is not, 2 it cannot be checked here.
set -u
# with CDPATH cd could go to another folder of this name, and print it
unset CDPATH
LC_ALL=C
export LC_ALL

cannot() {
	printf 'cannot check: %s\n' "$1" >&2
	exit 2
}
for tool in openssl sha256sum cat cut dirname grep head od sed tail tr; do
	command -v "$tool" >/dev/null 2>&1 || cannot "$tool is not installed"
done
version=$(openssl version 2>/dev/null)
case $version in
'OpenSSL '[3-9].* | 'OpenSSL '[1-9][0-9]*.*) ;;
*) cannot "openssl is ${"$"}{version:-of an unknown version}, OpenSSL 3.0 or newer expected" ;;
esac
archive=${"$"}{1-}
case $archive in
'' | /*) ;;
*) archive=$PWD/$archive ;;
esac
test -z "$archive" || test -r "$archive" || cannot "$archive cannot be read"
cd -P -- "$(dirname -- "$0")" || cannot "the folder of this script cannot be entered"
failed=0

check() {
	what=$1
	shift
	if "$@" >/dev/null 2>&1; then
		printf 'ok      %s\n' "$what"
	else
		printf 'FAILED  %s\n' "$what"
		failed=1
	fi
}
digest() { sha256sum | cut -c 1-64; }
snapshot_id() { { printf 'ptar1/snapshot\000\000' && cat "$1"; } | digest; }
key() { openssl pkey -pubin -in "$1" -outform DER | tail -c 32 | od -An -v -tx1 | tr -d ' \n'; }
says() { grep -qF "\"$2\":\"$3\"" "$1"; }
# part_of FILE START LENGTH DIGEST: START counts from 1
part_of() { test "$(tail -c "+$2" "$1" | head -c "$3" | digest)" = "$4"; }

# statement NAME MEMBER DIGEST
statement() {
	check "$1: the signature is valid" \
		openssl pkeyutl -verify -pubin -inkey "$1.pem" -rawin -in "$1.msg" -sigfile "$1.sig"
	check "$1: the message names the key in $1.pem" says "$1.msg" publicKey "$(key "$1.pem")"
	check "$1: the message names $2 $3" says "$1.msg" "$2" "$3"
}
`;

const tail = `
echo
echo "archive fingerprint: ptar1$(digest <manifest.json | sed 's/..../ &/g')"
echo "compare it with the one that you were given, and each key with its owner"
exit $failed
`;

/** The script. Its words are the names of files and numbers, never text from the archive. */
export function verifyScript({ manifests, snapshots, listing, statements }: OpensslExport): string {
  const newest = listing === "sealed" ? undefined : manifests.at(-1)?.file;
  const about = (file: string) => statements.filter((statement) => statement.about === file);
  const lines = [
    ...manifests.flatMap((manifest, i) => manifestLines(manifest, manifests[i + 1]?.file, about(manifest.file))),
    ...snapshots.flatMap((snapshot) => snapshotLines(snapshot, newest, about(snapshot.file))),
  ];
  return `${head}\n${lines.join("\n")}\n${tail}`;
}

function manifestLines({ file, offset, bytes }: ExportedManifest, next: string | undefined, statements: readonly ExportedStatement[]) {
  return [
    `id=$(digest <${file})`,
    ...statements.map(({ name }) => `statement ${name} manifest "$id"`),
    ...(next === undefined ? [] : [`check "${next}: follows ${file}" says ${next} manifest "$id"`]),
    `test -z "$archive" || check "$archive: holds ${file} at byte ${offset}" part_of "$archive" ${offset + 1} ${bytes.length} "$id"`,
  ];
}

/** `manifest` lists the snapshot, unless the list is sealed. */
function snapshotLines({ file }: ExportedSnapshot, manifest: string | undefined, statements: readonly ExportedStatement[]) {
  return [
    `id=$(snapshot_id ${file})`,
    ...statements.map(({ name }) => `statement ${name} snapshot "$id"`),
    manifest === undefined
      ? `echo "not checked: that the archive holds ${file}, which is sealed there; ptar verify with a key shows it"`
      : `check "${manifest}: lists ${file}" says ${manifest} id "$id"`,
  ];
}
