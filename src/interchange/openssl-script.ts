// The script that checks exported statements with openssl and sha256sum alone. spec/13-interchange.md#openssl
import type { ExportedManifest, ExportedSnapshot, ExportedStatement, OpensslExport } from "./openssl-parts.js";

const head = String.raw`#!/bin/sh
# sh verify.sh [ARCHIVE]: checks this folder with openssl 3 and sha256sum alone.
# README.txt says what that shows.
set -u
LC_ALL=C
export LC_ALL
archive=${"$"}{1-}
case $archive in
'' | /*) ;;
*) archive=$PWD/$archive ;;
esac
cd -- "$(dirname -- "$0")" || exit 1
failed=0

check() {
	what=$1
	shift
	if "$@" >/dev/null 2>&1; then
		echo "ok      $what"
	else
		echo "FAILED  $what"
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
export function verifyScript({ manifests, snapshots, statements }: OpensslExport): string {
  const newest = manifests.at(-1)?.file ?? "";
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

function snapshotLines({ file }: ExportedSnapshot, manifest: string, statements: readonly ExportedStatement[]) {
  return [
    `id=$(snapshot_id ${file})`,
    ...statements.map(({ name }) => `statement ${name} snapshot "$id"`),
    `check "${manifest}: lists ${file}" says ${manifest} id "$id"`,
  ];
}
