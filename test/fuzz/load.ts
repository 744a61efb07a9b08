// The generators of the vectors are plain JavaScript: who loads one says what it exports.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const generate = join(import.meta.dirname, "../../test-vectors/generate");

/** What `file` of the generators exports. */
export const load = <T>(file: string): Promise<T> => import(/* @vite-ignore */ pathToFileURL(join(generate, file)).href) as Promise<T>;
