import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../../../src/bytes/compare.js";
import { toUtf8 } from "../../../../src/bytes/utf8.js";
import { type AgentOptions, agentSigner, listAgentKeys } from "../../../../src/connectors/node/secrets/ssh-agent.js";
import { portableCrypto } from "../../../../src/crypto/portable.js";
import { PtarError } from "../../../../src/errors/ptar-error.js";
import { maxAgentAnswerBytes } from "../../../../src/keys/agent-wire.js";
import { parsePublicLine } from "../../../../src/keys/public-line.js";
import { fingerprintOf, wireString, wireU32 } from "../../../../src/keys/ssh-wire.js";
import { keyOf, seedOf } from "../../../keys/fixtures.js";
import { type Answering, fakeAgent, keyListAnswer, messageOf, noSshAgent, realAgent, signatureAnswer, types } from "./agent.js";

const message = toUtf8("a message");
const crypto = portableCrypto;
const one = fingerprintOf(keyOf(1), crypto);

/** The PtarError of a promise, as `CODE: message`. */
async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof PtarError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "nothing was thrown";
}

const publicKeyOf = (file: string) => parsePublicLine(readFileSync(`${file}.pub`, "utf8"), file).publicKey;
const fingerprintOfFile = (file: string) => fingerprintOf(publicKeyOf(file), crypto);

describe.skipIf(noSshAgent)("the ssh-agent of this machine", () => {
  it("lists its Ed25519 keys with their comments and no others", async () => {
    const { socket, makeKey, add } = await realAgent();
    expect(await listAgentKeys({ socket })).toEqual([]);
    for (const [name, ...args] of [["first"], ["rsa", "-t", "rsa", "-b", "2048"], ["ecdsa", "-t", "ecdsa"], ["second key"]] as const)
      add(makeKey(name, ...args));
    expect((await listAgentKeys({ socket })).map(({ comment }) => comment)).toEqual(["first", "second key"]);
  });

  it("signs the message itself, of 0 to 200,000 bytes, with a key that was loaded with its passphrase", async () => {
    const { socket, makeKey, add } = await realAgent();
    const file = makeKey("locked", "-N", "secret", "-a", "1");
    add(file, "secret");
    const signer = await agentSigner(fingerprintOfFile(file), crypto, { socket });
    expect(signer.publicKey).toEqual(publicKeyOf(file));
    expect(signer.comment).toBe("locked");
    for (const length of [0, 1, 4096, 200_000]) {
      const long = new Uint8Array(length).fill(length);
      expect(crypto.verify(long, await signer.sign(long), publicKeyOf(file))).toBe(true);
    }
  });

  it("without the key: says how many it holds, and how to load one", async () => {
    const { socket, makeKey, add } = await realAgent();
    add(makeKey("other"));
    const missing = agentSigner(one, crypto, { socket, keyFile: "my.key" });
    expect(await refusal(missing)).toBe(`PTAR_KEY_NOT_FOUND: ssh-agent: does not hold the key ${one} (Ed25519 keys that it holds: 1)`);
    await expect(missing).rejects.toMatchObject({ hint: expect.stringContaining("ssh-add my.key ") });
    await expect(agentSigner(one, crypto, { socket, keyFile: "my key" })).rejects.toMatchObject({
      hint: expect.stringContaining("ssh-add 'my key' "),
    });
    await expect(agentSigner(one, crypto, { socket })).rejects.toMatchObject({ hint: expect.stringContaining("ssh-add FILE ") });
  });

  it("refuses to sign when its user says no, and signs when its user says yes", async () => {
    for (const [program, outcome] of [
      ["/bin/false", /^PTAR_KEY_INVALID: ssh-agent: refuses to sign with the key SHA256:/],
      ["/bin/true", /^nothing was thrown$/],
    ] as const) {
      const { socket, makeKey, add } = await realAgent({ SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: "force", DISPLAY: ":0" });
      const file = makeKey("asked");
      add(file, "", "-c");
      const signer = await agentSigner(fingerprintOfFile(file), crypto, { socket });
      expect(await refusal(signer.sign(message))).toMatch(outcome);
    }
  });
});

describe("no agent", () => {
  it.each([undefined, ""])("when SSH_AUTH_SOCK is %j", async (socket) => {
    const absent = agentSigner(one, crypto, { socket, keyFile: "my.key" });
    expect(await refusal(absent)).toBe("PTAR_KEY_NOT_FOUND: ssh-agent: is not running (SSH_AUTH_SOCK is not set)");
    await expect(absent).rejects.toMatchObject({ hint: 'start one and load the key: eval "$(ssh-agent)" && ssh-add my.key' });
  });

  it("names the key file in words of a shell", async () => {
    const absent = agentSigner(one, crypto, { socket: undefined, keyFile: "my key; id" });
    await expect(absent).rejects.toMatchObject({ hint: `start one and load the key: eval "$(ssh-agent)" && ssh-add 'my key; id'` });
  });

  it("when nothing stands at the path", async () => {
    expect(await refusal(listAgentKeys({ socket: "/nonexistent/agent" }))).toBe(
      "PTAR_KEY_NOT_FOUND: ssh-agent: nothing answers at /nonexistent/agent (ENOENT)",
    );
  });
});

const send = (answer: Uint8Array): Answering => {
  return (_type, _body, connection) => connection.write(wireString(answer));
};

describe("an agent that answers as it should", () => {
  it("is understood when the answer comes byte by byte, or with more behind it", async () => {
    const slow = await fakeAgent(async (_type, _body, connection) => {
      for (const byte of wireString(keyListAnswer(keyOf(1)))) {
        connection.write(Uint8Array.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    const talkative = await fakeAgent((_type, _body, connection) => {
      connection.end(concatBytes(wireString(keyListAnswer(keyOf(1))), new Uint8Array(400_000)));
    });
    for (const socket of [slow, talkative]) expect(await listAgentKeys({ socket })).toEqual([{ publicKey: keyOf(1), comment: "fake" }]);
  });

  it("may use the longest answer that is allowed, and send more behind it", async () => {
    const head = concatBytes(Uint8Array.of(types.identitiesAnswer), wireU32(1));
    const comment = new Uint8Array(maxAgentAnswerBytes - head.length - 8).fill(0x61);
    const longest = concatBytes(head, wireU32(0), wireString(comment));
    const socket = await fakeAgent((_type, _body, connection) => void connection.write(concatBytes(wireString(longest), new Uint8Array(400_000))));
    expect(await listAgentKeys({ socket })).toEqual([]);
  });

  it("gets flags 0 and the blob of the key that is asked for", async () => {
    const requests: Uint8Array[] = [];
    const socket = await fakeAgent((type, body, connection) => {
      if (type === types.requestIdentities) return connection.write(wireString(keyListAnswer(keyOf(2), keyOf(1))));
      requests.push(body.slice());
      return connection.write(wireString(signatureAnswer(crypto.sign(messageOf(body), seedOf(1)))));
    });
    const signer = await agentSigner(one, crypto, { socket });
    expect(await signer.sign(message)).toEqual(crypto.sign(message, seedOf(1)));
    const blob = concatBytes(wireString(toUtf8("ssh-ed25519")), wireString(keyOf(1)));
    expect(requests).toEqual([concatBytes(wireString(blob), wireString(message), wireU32(0))]);
  });
});

describe("a hostile agent", () => {
  /** Lists key 1 and signs as `signing` says. */
  const signing = (signing: Answering): Answering => {
    return (type, body, connection) => {
      if (type === types.requestIdentities) connection.write(wireString(keyListAnswer(keyOf(1))));
      else signing(type, body, connection);
    };
  };
  const signed = async (answering: Answering) => {
    const signer = await agentSigner(one, crypto, { socket: await fakeAgent(signing(answering)) });
    return refusal(signer.sign(message));
  };
  const listed = async (answering: Answering) => refusal(listAgentKeys({ socket: await fakeAgent(answering) }));

  it("that signs with another key, or something else, is found out", async () => {
    const invalid = `PTAR_KEY_INVALID: ssh-agent: its signature is not valid for the key ${one}`;
    expect(await signed(send(signatureAnswer(crypto.sign(message, seedOf(2)))))).toBe(invalid);
    expect(await signed(send(signatureAnswer(crypto.sign(toUtf8("another"), seedOf(1)))))).toBe(invalid);
  });

  it("that signs well at first and badly later is found out", async () => {
    let calls = 0;
    const turning: Answering = (_type, body, connection) => {
      connection.write(wireString(signatureAnswer(crypto.sign(messageOf(body), seedOf(++calls)))));
    };
    const signer = await agentSigner(one, crypto, { socket: await fakeAgent(signing(turning)) });
    expect(await refusal(signer.sign(message))).toBe("nothing was thrown");
    expect(await refusal(signer.sign(message))).toMatch(/^PTAR_KEY_INVALID: ssh-agent: its signature is not valid/);
  });

  it.each([
    ["no bytes at all", 0],
    ["one byte too many", maxAgentAnswerBytes + 1],
    ["four gigabytes", 0xffffffff],
  ])("that announces %s is left at once", async (_, length) => {
    const announce: Answering = (_type, _body, connection) => void connection.write(wireU32(length));
    expect(await listed(announce)).toBe(`PTAR_KEY_INVALID: ssh-agent: an answer of 1 to 262144 bytes was expected and ${length} were announced`);
  });

  it("that sends without end is left after one answer", async () => {
    let sent = 0;
    const flood: Answering = (_type, _body, connection) => {
      const junk = new Uint8Array(65_536).fill(0x01);
      const pour = () => {
        while (!connection.destroyed && connection.write(junk)) sent += junk.length;
      };
      connection.on("drain", pour);
      pour();
    };
    expect(await listed(flood)).toMatch(/^PTAR_KEY_INVALID: ssh-agent: an answer of 1 to 262144 bytes was expected and 16843009 were announced$/);
    expect(sent).toBeLessThan(10_000_000);
  });

  it.each([
    ["before anything", 0],
    ["within the length", 3],
    ["after the length", 4],
    ["one byte before the end", -1],
  ])("that hangs up %s", async (_, end) => {
    const whole = wireString(keyListAnswer(keyOf(1)));
    const part = whole.subarray(0, end < 0 ? whole.length + end : end);
    expect(await listed((_type, _body, connection) => void connection.end(part))).toBe(
      `PTAR_IO_FAILED: ssh-agent: hung up after ${part.length} bytes of its answer`,
    );
  });

  it("that hangs up while it is still written to", async () => {
    const signer = await agentSigner(one, crypto, { socket: await fakeAgent(signing(send(new Uint8Array(1))), 1000) });
    expect(await refusal(signer.sign(new Uint8Array(2_000_000)))).toMatch(/^PTAR_IO_FAILED: ssh-agent: hung up \((EPIPE|ECONNRESET)\)$/);
  });
});

describe("waiting for an agent that does not answer", () => {
  const silent = (options: Omit<AgentOptions, "socket">) => fakeAgent(() => undefined).then((socket) => listAgentKeys({ socket, ...options }));
  const reason = new PtarError("PTAR_INTERRUPTED", "stopped on request");

  it("is ended by the signal, with its reason, also while it signs", async () => {
    const controller = new AbortController();
    const listing = silent({ signal: controller.signal });
    setImmediate(() => controller.abort(reason));
    await expect(listing).rejects.toBe(reason);
    const stopping = new AbortController();
    const socket = await fakeAgent((type, _body, connection) => {
      if (type === types.requestIdentities) connection.write(wireString(keyListAnswer(keyOf(1))));
      else stopping.abort(reason);
    });
    const signer = await agentSigner(one, crypto, { socket, signal: stopping.signal });
    await expect(signer.sign(message)).rejects.toBe(reason);
  });

  it("does not begin when the signal was given before", async () => {
    let requests = 0;
    const socket = await fakeAgent(() => requests++);
    await expect(listAgentKeys({ socket, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(requests).toBe(0);
  });

  it("is told after a while", async () => {
    const controller = new AbortController();
    const waiting = silent({ signal: controller.signal, onWait: () => controller.abort(reason) });
    await expect(waiting).rejects.toBe(reason);
  });
});
