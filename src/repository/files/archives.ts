// The archives among the files of a repository: opened, and written. spec/15-repository.md#layout
import { claimedTime } from "../../archive/claimed-time.js";
import type { Engine } from "../../archive/engine.js";
import { writerName } from "../../archive/version.js";
import { ArchiveWriter, type WriterClosing, type WriterOptions } from "../../archive/writer.js";
import type { PackParams } from "../../block/pack.js";
import { equalBytes } from "../../bytes/compare.js";
import { toHex } from "../../bytes/hex.js";
import { Container } from "../../container/container.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { Limits } from "../../format/limits.js";
import { inFile } from "./finding.js";
import { readWhole } from "./read-whole.js";
import type { NewStored, Storage } from "./storage.js";

/** Folders whose archives belong to the repository alone. */
export type OwnFolder = "packs" | "index" | "snapshots";

/** An archive of objects, as index archives name it. */
export interface PackedArchive {
  /** Of its file, 32 bytes. */
  readonly name: Uint8Array;
  readonly fingerprint: Uint8Array;
  /** Bytes of the file. */
  readonly length: number;
  readonly place: "packs" | "adopted";
  /** Of an adopted archive in an encrypted repository: what opens it. */
  readonly secret?: Uint8Array;
}

/** The key of an encrypted repository. spec/15-repository.md#secret */
export interface RepositoryKey {
  /** 16 bytes. */
  readonly keyId: Uint8Array;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/** An archive that is open. */
export interface OpenedArchive {
  /** Opened with the key, when it is sealed. */
  readonly container: Container;
  /** Never throws. */
  close(): Promise<void>;
}

/** An archive that is being written. */
export interface NewArchive {
  /** Archive id and name, 32 bytes. */
  readonly name: Uint8Array;
  readonly writer: ArchiveWriter;
  /** Closes and publishes it; what the index says of it. @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
  publish(closing: Pick<WriterClosing, "snapshots" | "complete" | "subject">): Promise<Pick<PackedArchive, "name" | "fingerprint" | "length">>;
  /** Drops it, unless it was published. Never throws. */
  discard(): Promise<void>;
}

/** Opens and writes the archives of one repository. */
export class RepositoryArchives {
  readonly storage: Storage;
  readonly engine: Engine;
  readonly limits: Limits;
  /** Undefined: the repository is plain. */
  readonly key: RepositoryKey | undefined;

  constructor(parts: { readonly storage: Storage; readonly engine: Engine; readonly limits: Limits; readonly key: RepositoryKey | undefined }) {
    this.storage = parts.storage;
    this.engine = parts.engine;
    this.limits = parts.limits;
    this.key = parts.key;
  }

  /**
   * Opens an archive of the repository's own; undefined when there is none of this name.
   * @throws PTAR_REPOSITORY_INVALID, what opening an archive throws, PTAR_KEY_COMMITMENT
   */
  async open(folder: OwnFolder, name: Uint8Array): Promise<OpenedArchive | undefined> {
    const path = `${folder}/${toHex(name)}.ptar` as const;
    return this.#open(path, async (container) => {
      const { header } = container;
      // spec/15-repository.md#layout
      if (!equalBytes(header.archiveId, name)) throw invalid(path, `its header has the archive id ${toHex(header.archiveId)}`);
      this.#checkKind(container, path);
      if (this.key !== undefined) await container.unlock(this.key.secret);
    });
  }

  /** Opens an adopted archive; undefined when there is none of this name. @throws as `open` */
  async openAdopted({ name, secret }: Pick<PackedArchive, "name" | "secret">): Promise<OpenedArchive | undefined> {
    const path = `adopted/${toHex(name)}.ptar` as const;
    return this.#open(path, async (container) => {
      // spec/15-repository.md#layout
      if (!equalBytes(container.fingerprint, name)) throw invalid(path, `its fingerprint is ${toHex(container.fingerprint)}`);
      // spec/15-repository.md#adopted
      if (container.header.sealed !== (this.key !== undefined)) throw invalid(path, kindProblem(container));
      if (secret !== undefined) await container.unlock(secret);
    });
  }

  /** Starts an archive. @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
  async create(folder: OwnFolder, { pack, extent }: { readonly pack: PackParams } & Pick<WriterOptions, "extent">): Promise<NewArchive> {
    const { engine, key } = this;
    const name = engine.crypto.randomBytes(32);
    const file = await this.storage.create(`${folder}/${toHex(name)}.ptar`);
    try {
      const seal = key && { secret: key.secret, repositoryKey: key.keyId };
      const writer = await ArchiveWriter.start({ sink: file, engine, archiveId: name, pack, ...(extent && { extent }), ...(seal && { seal }) });
      return newArchive(file, { name, writer, engine });
    } catch (error) {
      await file.discard();
      throw error;
    }
  }

  async #open(path: Parameters<Storage["open"]>[0], check: (container: Container) => Promise<void>): Promise<OpenedArchive | undefined> {
    const file = await this.storage.open(path);
    if (file === undefined) return undefined;
    try {
      const reader = await readWhole(file);
      const container = await Container.open(reader, this.engine.crypto, this.limits);
      await check(container);
      if (reader === file) return { container, close: () => file.close() };
      // it is in memory
      await file.close();
      return { container, close: async () => undefined };
    } catch (error) {
      await file.close();
      throw inFile(error, path);
    }
  }

  // spec/15-repository.md#secret
  #checkKind(container: Container, path: string): void {
    if (container.header.sealed !== (this.key !== undefined)) throw invalid(path, kindProblem(container));
    if (this.key === undefined) return;
    const session = container.sessions[0]?.session;
    if (container.keySource !== "repository" || session === undefined || !equalBytes(session.repositoryKey, this.key.keyId))
      throw invalid(path, "it is not sealed with the key of this repository");
  }
}

function newArchive(
  file: NewStored,
  { name, writer, engine }: { readonly name: Uint8Array; readonly writer: ArchiveWriter; readonly engine: Engine },
): NewArchive {
  return {
    name,
    writer,
    async publish(closing) {
      const manifest = await writer.finish({ ...closing, createdAt: claimedTime(new Date()), signers: [], role: "author", writer: writerName });
      const { length } = writer;
      // names are random: one that is there already is a defect of the generator
      if ((await file.publish()) === "exists") throw new TypeError("two archives have one random name");
      return { name, fingerprint: engine.crypto.sha256(manifest), length };
    },
    discard: () => file.discard(),
  };
}

function kindProblem({ header }: Container): string {
  return header.sealed ? "it is sealed, and the repository is plain" : "it is plain, and the repository is encrypted";
}

function invalid(path: string, problem: string): PtarError {
  return new PtarError("PTAR_REPOSITORY_INVALID", `repository: ${path}: ${problem}`);
}
