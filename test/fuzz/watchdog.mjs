// Ends a process that hangs, and keeps the archive it hangs on: what does not come back cannot say so itself.
import { mkdtempSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { workerData } from "node:worker_threads";

const { shared, seconds } = workerData;
/** Number of the archive that is looked at, 0: none; and its length. */
const [state, bytes] = [new Int32Array(shared, 0, 2), new Uint8Array(shared, 8)];
let last = 0;

setInterval(() => {
  const now = Atomics.load(state, 0);
  if (now !== 0 && now === last) stop();
  last = now;
}, seconds * 1000);

function stop() {
  const file = join(mkdtempSync(join(tmpdir(), "ptar-fuzz-")), "hangs.ptar");
  writeFileSync(file, bytes.slice(0, Atomics.load(state, 1)));
  writeSync(2, `\nfuzz: an archive took more than ${seconds} seconds: ${file}\n`);
  process.kill(process.pid, "SIGKILL");
}
