// Sessions, plain and sealed: each field where it belongs, and each rule of theirs. spec/02-container.md#session
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSession, encodePlainSession, encodeSession, type Session, sessionLength } from "../../src/format/session.js";
import { refusal } from "../container/refusal.js";

const decode = (payload: Uint8Array, features: "plain" | "sealed") => refusal(() => decodeSession(payload, 2, features));
const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte);
const session: Session = { keySource: "keys", salt: filled(32, 1), repositoryKey: new Uint8Array(16), commitment: filled(32, 3) };
const ofRepository: Session = { ...session, keySource: "repository", repositoryKey: filled(16, 2) };

describe("a session of a plain archive", () => {
  it("is 96 zeros", () => {
    expect(encodePlainSession()).toEqual(new Uint8Array(96));
    expect(decodeSession(encodePlainSession(), 2, "plain")).toEqual({
      keySource: "plain",
      salt: new Uint8Array(32),
      repositoryKey: new Uint8Array(16),
      commitment: new Uint8Array(32),
    });
  });

  it.each([0, 1, 15, 16, 47, 48, 63, 64, 95])("with byte %i set is refused", async (at) => {
    const sentence = "PTAR_SESSION_INVALID: session (frame 2): not zero although the header says that the archive is plain";
    expect(await decode(encodePlainSession().with(at, 1), "plain")).toBe(sentence);
  });

  it("is refused when it is a sealed one", async () => {
    expect(await decode(encodeSession(session), "plain")).toContain("PTAR_SESSION_INVALID: session (frame 2): not zero although");
  });
});

describe("a session of a sealed archive", () => {
  it("has key source, salt, repository key and commitment at their places", () => {
    const bytes = encodeSession(ofRepository);
    expect(bytes).toEqual(Uint8Array.of(2, ...filled(15, 0), ...filled(32, 1), ...filled(16, 2), ...filled(32, 3)));
    expect(encodeSession(session)).toEqual(Uint8Array.of(1, ...filled(15, 0), ...filled(32, 1), ...filled(16, 0), ...filled(32, 3)));
  });

  it("decodes to what was encoded", () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    fc.assert(
      fc.property(fc.constantFrom("keys", "repository"), bytes(32), bytes(16), bytes(32), (keySource, salt, key, commitment) => {
        salt[0] = 1;
        const made: Session = { keySource, salt, repositoryKey: keySource === "keys" ? new Uint8Array(16) : key, commitment };
        expect(decodeSession(encodeSession(made), 2, "sealed")).toEqual(made);
      }),
      { seed: 1 },
    );
  });

  it("does not change when the bytes that it was decoded from do", () => {
    const bytes = encodeSession(ofRepository);
    const decoded = decodeSession(bytes, 2, "sealed");
    bytes.fill(9);
    expect(decoded).toEqual(ofRepository);
  });

  it("may be of a repository whose key has no name, and have any commitment", async () => {
    expect(await decode(encodeSession({ ...ofRepository, repositoryKey: new Uint8Array(16) }), "sealed")).toBe("nothing was refused");
    expect(await decode(encodeSession({ ...session, commitment: new Uint8Array(32) }), "sealed")).toBe("nothing was refused");
  });

  it.each([0, 3, 4, 128, 255])("with key source %i is refused", async (source) => {
    const sentence = `PTAR_SESSION_INVALID: session (frame 2): key source ${source} in an archive whose header says that it is sealed`;
    expect(await decode(encodeSession(session).with(0, source), "sealed")).toBe(sentence);
  });

  it.each([1, 7, 15])("with the reserved byte %i set is refused", async (at) => {
    for (const one of [session, ofRepository])
      expect(await decode(encodeSession(one).with(at, 1), "sealed")).toBe("PTAR_SESSION_INVALID: session (frame 2): reserved bytes are not zero");
  });

  it("without a salt is refused", async () => {
    for (const one of [session, ofRepository])
      expect(await decode(encodeSession({ ...one, salt: new Uint8Array(32) }), "sealed")).toBe(
        "PTAR_SESSION_INVALID: session (frame 2): its salt is zero",
      );
    for (const at of [16, 47])
      expect(await decode(encodeSession({ ...session, salt: new Uint8Array(32) }).with(at, 1), "sealed")).toBe("nothing was refused");
  });

  it.each([48, 63])("that names a repository's key (byte %i) and has another key source is refused", async (at) => {
    const sentence = "PTAR_SESSION_INVALID: session (frame 2): names the key of a repository, and its key source is KEYS";
    expect(await decode(encodeSession(session).with(at, 1), "sealed")).toBe(sentence);
  });

  it("is refused when it is a plain one", async () => {
    expect(await decode(encodePlainSession(), "sealed")).toContain("key source 0 in an archive");
  });
});

it.each([0, 1, 95, 97])("a session of %i bytes is refused", async (length) => {
  const sentence = `PTAR_SESSION_INVALID: session (frame 2): ${length} bytes, expected ${sessionLength}`;
  for (const features of ["plain", "sealed"] as const) expect(await decode(new Uint8Array(length), features)).toBe(sentence);
});
