// Reads every vector in a page, by the portable face alone. test-vectors/README.md
import type * as face from "../../src/index.js";
import type { ByteReader, Engine, Level } from "../../src/index.js";
import { type Golden, inputNames, inputOf, profileNames } from "./inputs.js";
import { type Means, outcomeBy, Tally, type Vector } from "./reading.js";

/** What came of one way to read vectors. */
export interface Told {
  readonly way: string;
  readonly text: string;
  /** How many vectors, or inputs of the chunker, there were. */
  readonly count: number;
  readonly differences: readonly string[];
}

type Face = typeof face;

export async function run(ptar: Face): Promise<readonly Told[]> {
  const engine = await ptar.loadPortableEngine();
  return [...(await readVectors(ptar, engine)), await cutInputs(engine)];
}

const textAt = async (path: string) => (await fetched(path)).text();

async function fetched(path: string): Promise<Blob> {
  const response = await fetch(`/test-vectors/${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.blob();
}

async function readVectors(ptar: Face, engine: Engine): Promise<readonly Told[]> {
  const vectors = JSON.parse(await textAt("index.json")) as readonly Vector[];
  const means: Means = {
    face: ptar,
    engine,
    trust: ptar.parseTrust(await textAt("keys/trusted"), "keys/trusted"),
    keyText: await keyTextsOf(vectors),
  };
  const [whole, blobs] = [new Tally(), new Tally()];
  for (const vector of vectors) {
    const file = await fetched(vector.file);
    const inMemory = new ptar.MemoryReader(new Uint8Array(await file.arrayBuffer()));
    const read = (reader: ByteReader, level: Level) => outcomeBy(vector, reader, { ...means, level });
    whole.add(vector, await read(inMemory, vector.level), vector.level);
    blobs.add(vector, await read(blobReader(ptar, file), vector.level), "blob");
  }
  return [toldOf("whole", whole), toldOf("from a blob", blobs)];
}

async function keyTextsOf(vectors: readonly Vector[]): Promise<Means["keyText"]> {
  const names = vectors.flatMap(({ key }) => (key === undefined ? [] : [key.identity ? `${key.identity}.identity` : `${key.passphrase}.passphrase`]));
  const texts = new Map<string, string>();
  for (const name of new Set(names)) texts.set(name, await textAt(`keys/${name}`));
  return (name) => texts.get(name) as string;
}

const toldOf = (way: string, { text, vectors, differences }: Tally): Told => ({ way, text, count: vectors, differences });

/** Reads a blob, such as a file that somebody chose, at any place, without loading it. */
function blobReader({ PtarError }: Face, blob: Blob): ByteReader {
  const read = async (offset: number, length: number) => {
    const bytes = new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
    if (bytes.length === length) return bytes;
    throw new PtarError("PTAR_IO_FAILED", `blob: expected ${length} bytes at offset ${offset}, found ${bytes.length}`);
  };
  return { length: blob.size, read };
}

/** Cuts the inputs of the chunker. */
async function cutInputs({ chunker, crypto }: Engine): Promise<Told> {
  const differences: string[] = [];
  let count = 0;
  for (const profile of profileNames) {
    const golden = JSON.parse(await textAt(`chunker/${profile}.json`)) as Golden;
    const longest = Math.max(...golden.cases.map(({ length }) => length));
    for (const input of inputNames) {
      const bytes = inputOf(input, longest, crypto.sha256);
      for (const { length, cuts } of golden.cases.filter((row) => row.input === input)) {
        count++;
        const found = chunker.cuts(bytes.subarray(0, length), golden, "ended");
        if (found.join() !== cuts.join()) differences.push(`${profile}, ${length} bytes of ${input}: cut at ${found}, expected ${cuts}`);
      }
    }
  }
  return { way: "cut points", text: `${count - differences.length} agree, ${differences.length} differ`, count, differences };
}
