// Some bytes of payloads changed, with every hash above them made anew. More of them in rehashed.slow.ts
import { describeRehashed } from "./rehashed-payloads.js";

describeRehashed(7);
