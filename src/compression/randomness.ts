// Tells bytes that no compressor will shorten. spec/03-block.md#codecs

const sampleBytes = 4096;
/** Runs that are looked at, spread evenly. */
const samples = 16;
/** Chi-square of 4,096 random bytes is 255 on average, and above this once in 100 million; text and machine code are far above 10,000. */
const randomChiSquare = 400;

/**
 * Whether `raw` looks like random bytes wherever it is sampled, as encrypted and compressed data do: compressing it would only take time.
 * Always the same for the same bytes. Short runs never look random: they cost little.
 */
export function looksRandom(raw: Uint8Array): boolean {
  if (raw.length < samples * sampleBytes) return false;
  const step = Math.floor((raw.length - sampleBytes) / (samples - 1));
  for (let i = 0; i < samples; i++) if (chiSquare(raw.subarray(i * step, i * step + sampleBytes)) > randomChiSquare) return false;
  return true;
}

/** How far the counts of byte values are from being equal (Pearson). */
function chiSquare(bytes: Uint8Array): number {
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] as number) + 1;
  const expected = bytes.length / 256;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
