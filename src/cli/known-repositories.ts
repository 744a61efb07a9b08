// The repositories that a person has written to, by place: one that was exchanged for another is noticed. spec/15-repository.md#security
import { mkdirSync, realpathSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { toUtf8 } from "../bytes/utf8.js";
import { createFileSink } from "../connectors/node/archive/file-sink.js";
import { errnoOf, ioError } from "../connectors/node/io-error.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Config } from "./config.js";
import type { Notes } from "./ui/notes.js";

/** What a place held when it was last written to. */
export interface KnownRepository {
  /** Absolute, without symbolic links. */
  readonly location: string;
  /** 64 hex digits. */
  readonly id: string;
  /** 32 hex digits; null: it was plain. */
  readonly keyId: string | null;
}

/** How a repository is recognised. */
export interface Recognising {
  readonly config: Config;
  readonly notes: Notes;
  /** Whether another one in the place of a known one is refused, or remembered from now on. */
  readonly change: "refuse" | "accept";
}

const maxFileBytes = 16 << 20;
/** Those that were remembered longest ago make room. */
const maxKnown = 2_000;
const members = ["id", "keyId", "location"];

/** The place of a folder, however it is named. */
export function placeOf(location: string): string {
  return realpathSync(location);
}

/**
 * Remembers what stands in a place; refuses another repository than the one that stood there. A config folder that cannot be read or written is noted.
 * @throws PTAR_REPOSITORY_INVALID, PTAR_TRUST_INVALID when the file of known ones is malformed
 */
export async function recogniseRepository(seen: KnownRepository, { config, notes, change }: Recognising): Promise<void> {
  try {
    const known = await readKnown(config.knownRepositories);
    const before = known.find(({ location }) => location === seen.location);
    if (before?.id === seen.id && before.keyId === seen.keyId) return;
    if (before !== undefined && change === "refuse") throw exchanged(before, seen);
    await writeKnown(config, [...known.filter((one) => one !== before), seen].slice(-maxKnown));
  } catch (error) {
    if (!(error instanceof PtarError) || !["PTAR_IO_FAILED", "PTAR_IO_NO_SPACE"].includes(error.code)) throw error;
    notes.say(`${error.message}: it will not be noticed when a repository is exchanged for another`);
  }
}

function exchanged(before: KnownRepository, seen: KnownRepository): PtarError {
  const named = ({ id, keyId }: KnownRepository) => `${id} (${keyId === null ? "plain" : `key ${keyId}`})`;
  return new PtarError(
    "PTAR_REPOSITORY_INVALID",
    `repository ${seen.location}: is ${named(seen)}, and was ${named(before)} when it was last written to`,
    {
      hint: "somebody may have exchanged it, to read or to lose what comes next; when you did so yourself: --accept-change",
      details: { found: seen.id, expected: before.id },
    },
  );
}

async function readKnown(path: string): Promise<readonly KnownRepository[]> {
  const text = await textOf(path);
  if (text === undefined) return [];
  const known = parsed(text);
  if (known !== undefined) return known;
  throw malformed(path, "is not a list of repositories");
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size > maxFileBytes) throw malformed(path, `has ${size} bytes, at most ${maxFileBytes} expected`);
    return await readFile(path, "utf8");
  } catch (error) {
    if (!(error instanceof PtarError) && errnoOf(error) === "ENOENT") return undefined;
    throw ioError(error, path);
  }
}

/** Undefined for what does not have exactly the form that is written. */
function parsed(text: string): readonly KnownRepository[] | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof document !== "object" || document === null || Object.keys(document).join() !== "repositories") return undefined;
  const { repositories } = document as { readonly repositories: unknown };
  return Array.isArray(repositories) && repositories.every(isKnown) ? repositories : undefined;
}

function isKnown(value: unknown): value is KnownRepository {
  if (typeof value !== "object" || value === null || Object.keys(value).sort().join() !== members.join()) return false;
  const { location, id, keyId } = value as Readonly<Record<string, unknown>>;
  return typeof location === "string" && isHex(id, 64) && (keyId === null || isHex(keyId, 32));
}

function isHex(value: unknown, digits: number): boolean {
  return typeof value === "string" && value.length === digits && /^[0-9a-f]*$/.test(value);
}

async function writeKnown({ folder, knownRepositories }: Config, repositories: readonly KnownRepository[]): Promise<void> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw ioError(error, folder);
  }
  const sink = await createFileSink(knownRepositories, { force: true });
  try {
    await sink.write(toUtf8(`${JSON.stringify({ repositories }, undefined, 1)}\n`));
    await sink.publish();
  } finally {
    await sink.discard();
  }
}

function malformed(path: string, problem: string): PtarError {
  return new PtarError("PTAR_TRUST_INVALID", `${path}: ${problem}`, {
    hint: "find out who changed it; without the file all repositories are new, and remembered when they are written to",
  });
}
