import { spawnSync } from "node:child_process";
import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { createStdoutSink } from "../../../../src/connectors/node/archive/stdout-sink.js";
import { sinkConformance } from "../../bytes-conformance.js";
import { bundled } from "../../child.js";

sinkConformance("stdout sink", async () => {
  const parts: Buffer[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      setImmediate(() => {
        parts.push(Buffer.from(chunk));
        done();
      });
    },
  });
  return { sink: createStdoutSink(stream), written: async () => Buffer.concat(parts) };
});

describe("createStdoutSink", () => {
  it("waits until the bytes were taken", async () => {
    let take: (() => void) | undefined;
    const stream = new Writable({
      write(_chunk, _encoding, done) {
        take = done;
      },
    });
    let resolved = false;
    const write = createStdoutSink(stream)
      .write(Uint8Array.of(1))
      .then(() => {
        resolved = true;
      });
    await new Promise(setImmediate);
    expect(resolved).toBe(false);
    take?.();
    await write;
    expect(resolved).toBe(true);
  });

  it("waits no longer for a reader that does not read once the signal is aborted", async () => {
    const controller = new AbortController();
    const sink = createStdoutSink(new Writable({ write: () => undefined }), { signal: controller.signal });
    const write = sink.write(Uint8Array.of(1));
    controller.abort(new Error("stop"));
    await expect(write).rejects.toThrow("stop");
    await expect(sink.write(Uint8Array.of(1))).rejects.toThrow("stop");
  });

  it("says why it failed also when the stream is destroyed by then", async () => {
    const stream = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error("gone"), { code: "EPIPE" }));
      },
    });
    const sink = createStdoutSink(stream);
    const gone = expect.objectContaining({ code: "PTAR_IO_FAILED", details: { errno: "EPIPE" } });
    await expect(sink.write(Uint8Array.of(1))).rejects.toEqual(gone);
    await expect(sink.write(Uint8Array.of(1))).rejects.toEqual(gone);
  });

  it("reports a file that takes a part of the bytes and no more", () => {
    const program = bundled(`
      import { createStdoutSink } from "./src/connectors/node/archive/stdout-sink.ts";
      await createStdoutSink().write(new Uint8Array(100_000)).catch((error) => console.error(error.code, error.message));
    `);
    const script = `ulimit -f 7; "${program.node}" "${program.script}" > "${program.script}.out"`;
    const { stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
    program.remove();
    expect(stderr).toBe("PTAR_IO_FAILED standard output: the file system holds no files of this size (EFBIG)\n");
  });

  it("reports a reader that has gone, and again when it is asked to write more", () => {
    const program = bundled(`
      import { createStdoutSink } from "./src/connectors/node/archive/stdout-sink.ts";
      const sink = createStdoutSink();
      for (let i = 0; i < 2; i++) {
        try {
          for (;;) await sink.write(new Uint8Array(1 << 20));
        } catch (error) {
          console.error(error.code, error.message);
        }
      }
      process.exitCode = 7;
    `);
    const pipeline = `"${program.node}" "${program.script}" | head -c 10 > /dev/null; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", pipeline], { encoding: "utf8" });
    program.remove();
    const line = "PTAR_IO_FAILED standard output: its reader has gone (EPIPE)\n";
    expect(stderr).toBe(line + line);
    expect(stdout).toBe("7\n");
  });
});
