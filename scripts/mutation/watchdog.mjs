// Ends a process whose mutant runs for ever, and notes who it was: what does not come back cannot say so itself.
import { appendFileSync } from "node:fs";
import { workerData } from "node:worker_threads";

const { state, killed, file } = workerData;

setInterval(() => {
  const [deadline, id] = state;
  if (deadline === 0n || BigInt(Date.now()) <= deadline) return;
  appendFileSync(killed, `${JSON.stringify({ id: Number(id), file, test: "never ends" })}\n`);
  process.kill(process.pid, "SIGKILL");
}, 500);
