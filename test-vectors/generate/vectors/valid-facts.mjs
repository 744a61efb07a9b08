// Valid archives with facts of evidence: extended attributes, holes, digests, access times, mount points. spec/05-page.md#xattrs
import { one } from "../archive.mjs";
import { noise } from "../bytes.mjs";
import * as plans from "../plans.mjs";
import { directory, file, linked, special, symlink } from "../tree.mjs";

const { evidence, xattr, xattrError } = plans;
const tags = { xattrs: [xattr("user.comment", "x")] };
const denied = { errors: [xattrError] };
const halves = ["first half, ", "second half\n"];

export const validFacts = [
  {
    name: "page_valid_xattrs",
    spec: "05-page.md#xattrs",
    comment: "extended attributes: an access control list, an empty value, a name that is not UTF-8, an order that is right by bytes only",
    plan: evidence([
      file("tagged.txt", "tagged\n", {
        xattrs: [
          xattr("system.posix_acl_access", accessList()),
          xattr("user.empty", ""),
          xattr("user.\uff5e", "U+FF5E"),
          xattr("user.\u{1f600}", "U+1F600"),
          xattr(Buffer.from([0x75, 0x73, 0x65, 0x72, 0x2e, 0xff]), [0, 1, 2, 255]),
        ],
      }),
    ]),
  },
  {
    name: "page_valid_xattrs-of-all-types",
    spec: "05-page.md#xattrs",
    comment: "extended attributes of a directory, a symlink, a fifo, a socket and a device",
    plan: evidence([
      directory("d", [file("f.txt", "deep\n")], { xattrs: [xattr("system.posix_acl_default", accessList())] }),
      symlink("link", "d/f.txt", tags),
      special("fifo", "fifo", tags),
      special("socket", "socket", tags),
      special("null", "character", { rdev: { major: 1, minor: 3 }, ...tags }),
    ]),
  },
  {
    name: "page_valid_xattrs-longest",
    spec: "11-limits.md",
    comment: "the longest allowed: a name of 255 bytes, a value of 65,536 bytes, a list of 131,072 bytes of JSON, and 1,024 in one list",
    plan: evidence([
      file("list.txt", "", { xattrs: plans.longXattrs(131072) }),
      file("many.txt", "", { xattrs: plans.manyXattrs(1024) }),
      file("name.txt", "", { xattrs: [xattr(`user.${"n".repeat(250)}`, "x")] }),
      file("value.txt", "", { xattrs: [xattr("user.a", Buffer.alloc(65536))] }),
    ]),
  },
  {
    name: "page_valid_incomplete-xattrs",
    expect: "incomplete",
    spec: "05-page.md#errors",
    comment: "extended attributes that could not be read: a file keeps its sha256 and counts as failed all the same",
    plan: evidence([file("denied.txt", "denied\n", denied), file("fine.txt", "fine\n")]),
  },
  {
    name: "page_valid_incomplete-xattrs-in-part",
    expect: "incomplete",
    spec: "05-page.md#xattrs",
    comment: "an extended attribute that did not fit was left out, the others are there",
    plan: evidence([file("large.txt", "large\n", { ...tags, errors: [{ code: "E2BIG", operation: "xattr" }] })]),
  },
  {
    name: "page_valid_incomplete-xattrs-everywhere",
    expect: "incomplete",
    spec: "05-page.md#errors",
    comment: "an error of xattr is the last one of every type, beside its own errors and without",
    plan: evidence([
      directory("closed", [], { errors: [{ code: "EACCES", operation: "list" }, xattrError] }),
      directory("d", [file("f.txt", "deep\n")], denied),
      special("disk", "block", { rdev: { major: 8, minor: 1 }, ...denied }),
      special("fifo", "fifo", denied),
      unread("half.bin"),
      symlink("link", "d/f.txt", denied),
      special("link-unread", "symlink", { errors: [{ code: "EIO", operation: "readlink" }, xattrError] }),
      special("null", "character", { rdev: { major: 1, minor: 3 }, ...denied }),
      file("secret", "", { size: 4096, sha256: null, errors: [{ code: "EACCES", operation: "open" }, xattrError] }),
      special("socket", "socket", denied),
    ]),
  },
  {
    name: "page_valid_incomplete-xattrs-unstable",
    expect: "incomplete",
    spec: "05-page.md#errors",
    comment: "a file that changed and whose extended attributes could not be read is failed, not unstable",
    plan: evidence([file("changed.log", "as it was read", { unstable: plans.unstable, ...denied })]),
  },
  {
    name: "snapshot_valid_hard-links-xattrs",
    expect: "incomplete",
    spec: "06-snapshot.md#links",
    comment: "two names of one file, of which one could not be asked for extended attributes",
    plan: evidence([linked("g", file("a", "shared\n", tags)), linked("g", file("b", "shared\n", denied))]),
  },
  {
    name: "page_valid_holes",
    spec: "05-page.md#holes",
    comment: "holes at the beginning, between data and at the end, and a file that is one hole",
    plan: evidence([
      file("empty.img", Buffer.alloc(4096), { holes: [{ offset: 0, length: 4096 }] }),
      file("sparse.img", Buffer.concat([Buffer.alloc(512), noise("data", 512), Buffer.alloc(512), noise("more", 512), Buffer.alloc(512)]), {
        holes: [0, 1024, 2048].map((offset) => ({ offset, length: 512 })),
      }),
    ]),
  },
  {
    name: "page_valid_holes-1024",
    spec: "05-page.md#holes",
    comment: "1,024 holes, a byte between any two",
    plan: evidence([file("many.bin", Buffer.alloc(2100), { holes: plans.holes(1024) })]),
  },
  {
    name: "page_valid_holes-with-data",
    spec: "05-page.md#holes",
    comment: "a hole where the contents are not zero: holes are facts about the source",
    plan: evidence([file("written.bin", "written since", { holes: [{ offset: 0, length: 8 }] })]),
  },
  {
    name: "page_valid_incomplete-holes",
    expect: "incomplete",
    spec: "05-page.md#holes",
    comment: "a file with a hole of which a range could not be read",
    plan: evidence([holed(plans.unreadable("half.bin", "first|", 10, "|last"))]),
  },
  {
    name: "page_valid_digests",
    spec: "05-page.md#digests",
    comment: "all other digests, of a file of two chunks and of an empty file, and SHA-1 alone",
    plan: evidence([
      file("all.txt", halves, { digests: plans.digestsOf(...halves) }),
      file("empty", "", { digests: plans.digestsOf("") }),
      file("one.txt", "one\n", { digests: { sha1: plans.digestsOf("one\n").sha1 } }),
    ]),
  },
  {
    name: "snapshot_valid_captured-all",
    spec: "06-snapshot.md#captured",
    comment: "every class of facts in its order",
    plan: evidence([file("hello.txt", "hello\n")]),
  },
  {
    name: "snapshot_valid_captured-none",
    spec: "06-snapshot.md#captured",
    comment: "no class of facts is listed",
    plan: evidence([file("hello.txt", "hello\n")], { captured: { classes: [], profile: "evidence" } }),
  },
  {
    name: "snapshot_valid_noatime",
    spec: "06-snapshot.md#noatime",
    comment: "how many files were read without changing their access times",
    plan: evidence([file("hello.txt", "hello\n", { atime: "1763712131000000003" })], { noatime: { kept: 1, refused: 0 } }),
  },
  {
    name: "snapshot_valid_mount-point",
    spec: "06-snapshot.md#mounts",
    comment: "a directory on another file system is there and was not entered; what is below counts once as excluded",
    plan: mounted(),
  },
];

/** user::rw-, user:1000:r--, group::r--, mask::r--, other::--- as the kernel keeps them: version 2, then tag, permissions and id. */
function accessList() {
  const rows = [
    [1, 6, 0xffffffff],
    [2, 4, 1000],
    [4, 4, 0xffffffff],
    [16, 4, 0xffffffff],
    [32, 0, 0xffffffff],
  ];
  const bytes = Buffer.alloc(4 + 8 * rows.length);
  bytes.writeUInt32LE(2);
  for (const [i, [tag, permissions, id]] of rows.entries()) {
    bytes.writeUInt16LE(tag, 4 + 8 * i);
    bytes.writeUInt16LE(permissions, 6 + 8 * i);
    bytes.writeUInt32LE(id, 8 + 8 * i);
  }
  return bytes;
}

function unread(name) {
  const node = plans.unreadable(name, "first|", 10, "|last");
  return { ...node, item: { ...node.item, errors: [...node.item.errors, xattrError] } };
}

function holed(node) {
  return { ...node, item: { ...node.item, holes: [{ offset: 8, length: 4 }] } };
}

function mounted() {
  const attributes = [
    { name: "filesystem", value: "proc" },
    { name: "mount-point", value: "not entered" },
  ];
  const nodes = [file("hello.txt", "hello\n"), directory("proc", [], { attributes })];
  const { generations } = evidence(nodes, { attributes: [{ name: "filesystem", value: "btrfs, ext4" }] });
  const [{ snapshots }] = generations;
  return one(nodes, { snapshots: [{ ...snapshots[0], excluded: 1 }] });
}
