// What the bytes of an archive are spent on, by walking over its frames. spec/02-container.md#frame
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { decodeFrameHeader, frameTypeName, headerLength, limits } from "../dist/format.js";

const frameHeaderBytes = 24;
const frameCheckBytes = 8;
const uses = { blockData: "contents", blockMeta: "metadata", indexPage: "index", indexRoot: "index" };

/** Stored bytes of an archive: contents, metadata, the index of objects, and all the rest. */
export function storedBytes(path) {
  const fd = openSync(path, "r");
  try {
    const stored = { contents: 0, metadata: 0, index: 0, rest: headerLength };
    const { size } = fstatSync(fd);
    const head = Buffer.alloc(frameHeaderBytes);
    for (let offset = headerLength, number = 1; offset < size; number++) {
      readSync(fd, head, 0, frameHeaderBytes, offset);
      const { type, payloadLength } = decodeFrameHeader(head, { number, offset, limits });
      const length = frameHeaderBytes + payloadLength + frameCheckBytes;
      stored[uses[frameTypeName(type)] ?? "rest"] += length;
      offset += length;
    }
    return stored;
  } finally {
    closeSync(fd);
  }
}
