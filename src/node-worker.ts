// What a worker thread of Node runs: the same engine and the same reading of files.
import { openPathContent } from "./connectors/node/source/file-content.js";
import { serveTasks } from "./native/threads/serve.js";

serveTasks(openPathContent);
