// What a call refuses, as text that a test compares.
import { PtarError } from "../../src/errors/ptar-error.js";

/** The PtarError that `call` throws, as `CODE: message`; any other error is thrown on. */
export async function refusal(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    if (error instanceof PtarError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "nothing was refused";
}
