// What a page of the tests can load: the library as it is published, its dependencies, the vectors, and modules of the tests. From this machine only.
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path/posix";
import { text } from "node:stream/consumers";
import { transformSync } from "esbuild";
import { openUntil } from "./chromium.js";

const root = join(import.meta.dirname, "../..");
const served = /^\/(dist|node_modules|test|test-vectors)\//;
const inDependencies = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, `/node_modules/${name}`]));

/** Where modules are that are imported by name, which is all that a browser needs to be told. */
const importMap = {
  imports: {
    ptar: "/dist/index.js",
    "age-encryption": "/node_modules/age-encryption/dist/index.js",
    fflate: "/node_modules/fflate/esm/browser.js",
    "@scure/base": "/node_modules/@scure/base/index.js",
    ...inDependencies("@noble/ciphers/", "@noble/curves/", "@noble/hashes/", "@noble/post-quantum/"),
  },
  // has an older version of its own
  scopes: { "/node_modules/@noble/post-quantum/": { "@noble/": "/node_modules/@noble/post-quantum/node_modules/@noble/" } },
};

/** Nothing from elsewhere, and nothing made from text, apart from modules of WebAssembly. */
const policy = "default-src 'self'; script-src 'self' 'nonce-page' 'wasm-unsafe-eval'";

/** Calls `run` of a module with the library, and tells what it gives, or why there is nothing. */
const script = (module: string) => `
  const tell = (told) => fetch("/told", { method: "POST", body: JSON.stringify(told) });
  addEventListener("unhandledrejection", ({ reason }) => tell({ failure: String(reason?.stack ?? reason) }));
  try {
    const { run } = await import(${JSON.stringify(module)});
    await tell({ result: await run(await import("ptar")) });
  } catch (error) {
    await tell({ failure: String(error.stack) });
  }`;

const page = (module: string) => `<!doctype html><meta charset="utf-8"><title>${module}</title>
<script type="importmap" nonce="page">${JSON.stringify(importMap)}</script>
<script type="module" nonce="page">${script(module)}</script>`;

/**
 * What `run` of the test module at `module`, a path from the root, gives in Chromium, where it is called with the portable face of the library.
 * It goes through JSON. Rejects after `seconds`.
 */
export async function runInChromium(module: string, seconds: number): Promise<unknown> {
  const server = createServer();
  const missing: string[] = [];
  let late: NodeJS.Timeout | undefined;
  const told = new Promise<unknown>((resolve, reject) => {
    server.on("request", async (request, response) => {
      if (request.method === "POST") {
        response.end();
        const { result, failure } = JSON.parse(await text(request)) as { readonly result?: unknown; readonly failure?: string };
        return failure === undefined ? resolve(result) : reject(new Error([`in the page: ${failure}`, ...missing].join("\n")));
      }
      const { status, type, body } = answer(request, module);
      // a browser names the module that it was asked for, not the one behind it that is not there
      if (status === 404 && served.test(request.url ?? "")) missing.push(String(body));
      response.writeHead(status, { "content-type": type, "content-security-policy": policy }).end(body);
    });
    late = setTimeout(() => reject(new Error(`the page told nothing for ${seconds} s`)), seconds * 1000);
  });
  const url = await listen(server);
  try {
    return await openUntil(url, told);
  } finally {
    clearTimeout(late);
    server.close();
  }
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function answer({ url = "" }: IncomingMessage, module: string): { readonly status: number; readonly type: string; readonly body: string | Buffer } {
  if (url === "/") return { status: 200, type: "text/html", body: page(module) };
  try {
    if (url !== normalize(url) || !served.test(url)) throw new TypeError(`${url}: is not served`);
    return { status: 200, type: url.endsWith(".js") ? "text/javascript" : "application/octet-stream", body: contentOf(url) };
  } catch (error) {
    return { status: 404, type: "text/plain", body: String(error) };
  }
}

/** A file; of a module of the tests what is left of it without types. */
function contentOf(url: string): string | Buffer {
  if (!url.startsWith("/test/")) return readFileSync(join(root, url));
  return transformSync(readFileSync(join(root, url.replace(/\.js$/, ".ts")), "utf8"), { loader: "ts", format: "esm" }).code;
}
