// Bytes of payloads changed, with every hash above them made anew: each one, of long payloads each fourth.
import { describeRehashed } from "./rehashed-payloads.js";

describeRehashed(1);
