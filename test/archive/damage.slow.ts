// Small archives damaged at every second byte, with PTAR_THOROUGH=1 at each, and cut at every length: never ok.
import { oneIn } from "../thorough.js";
import { describeDamage } from "./plain-damage.js";

describeDamage({ unsigned: oneIn(2), signed: oneIn(11), lengths: 1 });
