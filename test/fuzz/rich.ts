// Archives with something of everything in them: where one value is changed at random, there must be many to choose from.
import type { Base, Plan, Row } from "./generator.js";
import { load } from "./load.js";

type Node = object;
type Facts = Readonly<Record<string, unknown>>;
interface Tree {
  readonly file: (name: string, content: unknown, facts?: Facts) => Node;
  readonly directory: (name: string, children: readonly Node[], facts?: Facts) => Node;
  readonly symlink: (name: string, target: string) => Node;
  readonly special: (name: string, type: string, facts?: Facts) => Node;
  readonly linked: (group: string, node: Node) => Node;
}
interface Plans {
  readonly unstable: object;
  readonly unreadable: (name: string, before: string, lost: number, after: string) => Node;
  readonly xattr: (name: string, value: string) => object;
  readonly digestsOf: (...parts: readonly string[]) => object;
  readonly chunksOf: (seed: string, count: number) => readonly Uint8Array[];
  readonly evidence: (nodes: readonly Node[], document: object) => { readonly generations: readonly [{ readonly snapshots: readonly object[] }] };
}

const { file, directory, symlink, special, linked } = await load<Tree>("tree.mjs");
const { unstable, unreadable, xattr, digestsOf, chunksOf, evidence } = await load<Plans>("plans.mjs");
const { keys } = await load<{ readonly keys: Readonly<Record<string, object>> }>("keys.mjs");
const { alice, bob, carol } = keys;

const inside = [
  directory("b", [file("deep.txt", "deep\n"), directory("empty", [])]),
  file("two", ["one,", "two"], { digests: digestsOf("one,", "two"), uid: 1000, gid: 100, owner: "anna", inode: "77", dev: "5", nlink: 1 }),
];
const sound = [
  directory("a", inside, { xattrs: [xattr("user.a", "1"), xattr("user.b", "2")], attributes: [{ name: "filesystem", value: "ext4" }] }),
  ...["h1", "h2", "h3"].map((name) => linked("g", file(name, "linked\n"))),
  ...["k1", "k2"].map((name) => linked("k", file(name, ["x", "y"]))),
  file("list.bin", chunksOf("long", 17)),
  file("none", ""),
  file("sparse", ["1234", "5678\0\0\0\0"], { holes: [{ length: 2, offset: 1 }, ...[{ length: 4, offset: 8 }]] }),
  special("disk", "block", { rdev: { major: 8, minor: 1 } }),
  special("fifo", "fifo"),
  symlink("s", "a/two"),
];
const lossy = [unreadable("half.bin", "first|", 10, "|last"), file("changed.log", "as it was read", { unstable })];
const document = { tags: ["a", "b"], case: { case: "1", examiner: "anna" }, attributes: [{ name: "filesystem", value: "ext4" }] };

const signers = [
  [alice, "author"],
  [bob, "co-signer"],
];
const tails = [
  [["statement", carol, "witness", { action: "witnessed", time: "2026-11-22T10:00:00Z" }]],
  [
    ["statement", bob, "custodian", { action: "received", time: "2026-11-23T08:00:00Z" }],
    ["note", "seal 4711 intact\n"],
  ],
];

/** A generation about these nodes, in many frames. */
function generation(nodes: readonly Node[], more: object): object {
  const [own] = evidence(nodes, document).generations;
  return { ...own, chunksPerBlock: 5, metaPerBlock: 6, rowsPerPage: 9, unitsPerPage: 4, ...more };
}

const whole: Plan = { generations: [generation(sound, { signers, tails })] };
const grown: Plan = {
  generations: [generation(sound.slice(0, 2), { signers }), generation([...sound, ...lossy], { signers, tails: tails.slice(0, 1) })],
};
const toErin = { for: [{ recipients: ["erin"] }] };
/** What begins with one of some letters is left out. */
const leaveOut = (kind: string, bytes: Uint8Array) => kind === "chunk" && [0x6c, 0x78].includes(bytes[0] as number);
const thin: Plan = { thin: true, generations: [generation(sound, { signers, leaveOut })] };

/** Rows in the manner of the vectors. */
export const rich: readonly Row[] = [
  { name: "rich", plan: whole },
  { name: "rich-grown", plan: grown },
  { name: "rich-thin", plan: thin },
  { name: "rich-sealed", plan: { ...whole, sealed: toErin }, key: { identity: "erin" } },
  { name: "rich-grown-sealed", plan: { ...grown, sealed: toErin }, key: { identity: "erin" } },
] satisfies readonly (Row & Pick<Base, "name">)[];
