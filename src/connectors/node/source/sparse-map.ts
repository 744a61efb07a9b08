// Holes of many sparse files at once, by perl: Node cannot seek for them. spec/05-page.md#holes
import { constants } from "node:fs";
import { constants as system } from "node:os";
import type { Hole } from "../../../format/generated/types.js";
import { findProgram, runProgram } from "../programs.js";
import { canHold } from "./held-directory.js";
import { handedOver, type SeenEntry, seenAgain } from "./seen-entry.js";

/** spec/05-page.md#holes */
const maxHoles = 1024;
/** Ranges of data that are passed in one file before its map is given up: bounds the time that a hostile file takes. */
const defaultMaxRanges = 1 << 24;
/** Opening and seeking reads nothing; a symlink or a fifo put in place of the file is no harm. */
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const doneLine = "done";

/**
 * Reads pairs of size and path, each with a NUL behind it; writes a line `offset+length …` for each, `?` where it cannot tell.
 * 3 and 4 are SEEK_DATA and SEEK_HOLE of Linux. When there are too many holes the shorter ones go, of equal ones the later.
 */
const script = String.raw`
my ($quiet, $plain, $beyond, $most, $ranges) = map { $_ + 0 } @ARGV;
sub longest {
  my @sorted = sort { $b->[1] <=> $a->[1] || $a->[0] <=> $b->[0] } @_;
  $#sorted = $most - 1 if @sorted > $most;
  return @sorted;
}
sub holes {
  my ($path, $size) = @_;
  my $file;
  sysopen($file, $path, $quiet) || sysopen($file, $path, $plain) || return;
  my ($at, $least, @holes) = (0, 0);
  for (my $left = $ranges; $at < $size; $left--) {
    return if $left == 0;
    my $data = sysseek($file, $at, 3);
    return unless defined $data || $! == $beyond;
    $data = $size if !defined $data || $data > $size;
    push @holes, [$at, $data - $at] if $data - $at > $least;
    if (@holes > 8 * $most) { @holes = longest(@holes); $least = $holes[-1][1]; }
    last if $data == $size;
    $at = sysseek($file, $data, 4);
    return unless defined $at && $at > $data;
  }
  return join " ", map { "$_->[0]+$_->[1]" } sort { $a->[0] <=> $b->[0] } longest(@holes);
}
$/ = "\0";
while (defined(my $size = <STDIN>)) {
  chomp($size, my $path = <STDIN>);
  my $holes = holes($path, $size);
  print defined $holes ? "$holes\n" : "?\n";
}
print "done\n";
`;

/** undefined where holes cannot be looked for. */
export function findPerl(): string | undefined {
  return canHold() ? findProgram("perl") : undefined;
}

/** Holes of files, none for a file without; undefined where they could not be told. @throws PTAR_INTERRUPTED */
export async function readHoles(
  entries: readonly SeenEntry[],
  perl: string,
  options: { readonly signal?: AbortSignal | undefined; readonly maxRanges?: number },
): Promise<readonly (readonly Hole[] | undefined)[]> {
  const { signal, maxRanges = defaultMaxRanges } = options;
  const { paths, descriptors } = handedOver(entries);
  const zero = Buffer.alloc(1);
  const lines: string[] = [];
  const numbers = [openFlags | (constants.O_NOATIME ?? 0), openFlags, system.errno.ENXIO, maxHoles, maxRanges];
  await runProgram(perl, {
    arguments: ["-e", script, ...numbers.map(String)],
    input: Buffer.concat(entries.flatMap(({ item }, i) => [Buffer.from(String(item.size)), zero, paths[i] as Buffer, zero])),
    descriptors,
    onLine: (line) => lines.push(line),
    signal,
  });
  const isWhole = lines.length === entries.length + 1 && lines.at(-1) === doneLine;
  return entries.map((entry, i) => {
    const holes = isWhole ? holesOf(lines[i] as string, entry.item.size ?? 0) : undefined;
    // spec/05-page.md#holes
    return String(seenAgain(entry)?.ctimeNs) === entry.item.ctime ? holes : undefined;
  });
}

/** Holes of a line; undefined when no item can hold them. */
function holesOf(line: string, size: number): readonly Hole[] | undefined {
  if (line === "") return [];
  const holes: Hole[] = [];
  let end = -1;
  for (const pair of line.split(" ")) {
    const [, offset = "", length = ""] = /^(\d{1,16})\+(\d{1,16})$/.exec(pair) ?? [];
    const hole = { length: Number(length), offset: Number(offset) };
    if (length === "" || hole.length === 0 || hole.offset <= end || hole.offset + hole.length > size) return undefined;
    end = hole.offset + hole.length;
    holes.push(hole);
  }
  return holes.length > maxHoles ? undefined : holes;
}
