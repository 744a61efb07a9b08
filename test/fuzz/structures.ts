// Changes of an archive as a whole while the generator builds it: steps left out, frames added, trees cut elsewhere, other signers.
import { frameTypes } from "../../src/format/frame.js";
import { keyOf, type Tamper, type TestKey } from "./generator.js";
import { Choices, changedBytes, edges } from "./values.js";

const steps = ["about", "session", "keys", "data", "meta", "index", "sealedManifest", "table", "manifest", "statements"];
const [alice, bob, mallory] = [keyOf("alice"), keyOf("bob"), keyOf("mallory")];
const signers = [
  [],
  [[alice, "carrier"]],
  [[alice, "witness"]],
  [[bob, "author"]],
  [[mallory, "author"]],
  [
    [alice, "author"],
    [alice, "co-signer"],
  ],
  [
    [mallory, "author"],
    [alice, "co-signer"],
  ],
];

/** True for the call of this number, from 0. */
function onlyCall(wanted: number): () => boolean {
  let calls = 0;
  return () => calls++ === wanted;
}

/** A tamper that changes the structure. */
export function structure(how: number, what: number): Tamper {
  const choices = new Choices(what);
  const nth = onlyCall(choices.below(choices.of([3, 12])));
  switch (how % 11) {
    case 0:
      return { skip: choices.of(steps) };
    case 1:
      return { extra: { [choices.of(steps)]: [[frameType(choices), payload(choices)]] } };
    case 2:
      return { drop: nth };
    case 3:
      return { leaveOut: nth };
    case 4:
      return { signers: choices.of(signers) };
    case 5:
      return { forceList: true, listLevels: choices.below(3) };
    case 6:
      return { pageLevels: choices.of([1, 2, 17]) };
    case 7:
      return { pageEverything: true };
    case 8:
      return { cut: (above: readonly unknown[]) => (nth() ? halves(above, choices) : undefined) };
    case 9:
      return {
        sign: (message: Uint8Array, signer: TestKey) => (nth() ? otherSignature(choices.of([alice, signer]).sign(message), choices) : undefined),
      };
    default:
      return { objects: [[choices.of(["chunk", "page", "content", "snapshot", "statement", "list", "catalogue"]), payload(choices)]] };
  }
}

function frameType(choices: Choices): number {
  return choices.of([...Object.values(frameTypes), ...edges.filter((edge) => edge < 256)]);
}

function payload(choices: Choices): Buffer {
  return choices.of([Buffer.alloc(0), Buffer.alloc(choices.of([1, 96, 97, 4096])), Buffer.from("{}"), Buffer.from("hello\n"), Buffer.alloc(72, 1)]);
}

/** Of the same length: who reads it has to look at what it says. */
function otherSignature(signature: Uint8Array, choices: Choices): Uint8Array {
  const other = changedBytes(signature, choices);
  return other.length === signature.length ? other : Buffer.from(signature).reverse();
}

function halves(above: readonly unknown[], choices: Choices): readonly unknown[] {
  const at = choices.below(above.length);
  return [above.slice(0, at), above.slice(at)].filter((half) => half.length > 0);
}
