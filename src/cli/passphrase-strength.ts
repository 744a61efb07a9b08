// A rough guess at how hard a passphrase is to guess. It errs on the friendly side: words of a dictionary are not looked up.

/** Below this a passphrase is called weak. */
export const weakBits = 60;

/** What everybody tries first; digits and signs that look like letters count as these. */
const worst = [
  "password",
  "passwort",
  "passphrase",
  "letmein",
  "welcome",
  "secret",
  "qwerty",
  "qwertz",
  "azerty",
  "asdfgh",
  "iloveyou",
  "dragon",
  "monkey",
];
const lookalikes: Readonly<Record<string, string>> = { "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", $: "s", "!": "i" };
const classes: readonly (readonly [pattern: RegExp, size: number])[] = [
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/[0-9]/, 10],
  [/[ -/:-@[-`{-~]/, 33],
  [/[^ -~]/, 100],
];
/** Enough to tell, whatever comes after it. */
const maxChars = 256;

/** Bits of the guess: characters that tell something new, times what their classes allow. */
export function passphraseBits(passphrase: string): number {
  const chars = [...passphrase].slice(0, maxChars);
  const alphabet = classes.reduce((sum, [pattern, size]) => sum + (pattern.test(passphrase) ? size : 0), 0);
  return newChars(withoutWorst(onePeriod(chars))) * Math.log2(Math.max(alphabet, 1));
}

/** Of text that is one part again and again, that part and one character more. */
function onePeriod(chars: readonly string[]): readonly string[] {
  const period = chars.findIndex((_, at) => at > 0 && at <= chars.length / 2 && chars.every((char, i) => i < at || char === chars[i - at]));
  return period < 1 ? chars : chars.slice(0, period + 1);
}

/** Each of the worst words as one character. */
function withoutWorst(chars: readonly string[]): readonly string[] {
  let plain = chars.map(plainOf).join("");
  let kept = [...chars];
  for (const word of worst)
    for (let at = plain.indexOf(word); at >= 0; at = plain.indexOf(word)) {
      plain = `${plain.slice(0, at)}\0${plain.slice(at + word.length)}`;
      kept = [...kept.slice(0, at), word, ...kept.slice(at + word.length)];
    }
  return kept;
}

/** One code unit for each character, so that places in both texts are the same. */
function plainOf(char: string): string {
  const plain = lookalikes[char] ?? char.toLowerCase();
  return plain.length === 1 ? plain : "\0";
}

/** How many characters neither repeat the one before nor go on with its run: aaa, 123 and zyx count twice at most. */
function newChars(chars: readonly string[]): number {
  let count = 0;
  let lastStep: number | undefined;
  for (const [at, char] of chars.entries()) {
    const step = at === 0 ? undefined : codeOf(char) - codeOf(chars[at - 1] ?? "");
    const goesOn = step === 0 || (step === lastStep && Math.abs(step ?? 2) === 1);
    if (!goesOn) count++;
    lastStep = step;
  }
  return count;
}

function codeOf(char: string): number {
  return char.length > 2 ? Number.NaN : (char.codePointAt(0) ?? 0);
}
