#!/usr/bin/env node
// The program; everything it does stands in src/cli/.
import { main } from "../dist/cli/main.js";

process.exitCode = await main(process.argv.slice(2));
