// The face for Node: files, native digests and codecs. Everything else is in the portable face. spec/01-overview.md
//
// Make a signed archive of a folder:
//
//   import { createArchive, parsePrivateKey, signerFromSeed } from "ptar";
//   import { createFileSink, filesSource, loadNativeEngine } from "ptar/node";
//   const engine = await loadNativeEngine();
//   const sink = await createFileSink("evidence.ptar");
//   const key = parsePrivateKey(text, "my key", engine.crypto);
//   await createArchive({ source: filesSource(["case"]), sink, engine, signers: [signerFromSeed(key.seed, engine.crypto)] });
//   await sink.publish();
//
// Open the repository in a folder, and list its snapshots:
//
//   const repository = await Repository.open(folderStorage("/srv/case"), { engine });
//   for (const { snapshot } of repository.snapshots) console.log(snapshot.times.finished);
export { type FileReader, openFileReader } from "./connectors/node/archive/file-reader.js";
export { createFileSink, type FileSink } from "./connectors/node/archive/file-sink.js";
export { createStdoutSink } from "./connectors/node/archive/stdout-sink.js";
export { type AgentOptions, agentSigner, listAgentKeys } from "./connectors/node/secrets/ssh-agent.js";
export { type FilesSourceOptions, filesSource } from "./connectors/node/source/files-source.js";
export { folderStorage } from "./connectors/node/storage/folder-storage.js";
export { createFilesTarget, type FilesTargetOptions } from "./connectors/node/target/files-target.js";
export { loadNativeEngine } from "./native/engine.js";
