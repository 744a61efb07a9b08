// The check of a Bech32 text (BIP-173): whether a key was copied without a slip. spec/14-encryption.md#keys

const charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** Whether `text`, all of it in one case, is `prefix`, `1`, and characters with the right check at their end. */
export function isBech32(text: string, prefix: string): boolean {
  const small = text.toLowerCase();
  if (text !== small && text !== text.toUpperCase()) return false;
  const start = `${prefix.toLowerCase()}1`;
  const values = [...small.slice(start.length)].map((char) => charset.indexOf(char));
  return small.startsWith(start) && !values.includes(-1) && checkOf([...expanded(prefix.toLowerCase()), ...values]) === 1;
}

function expanded(prefix: string): readonly number[] {
  const codes = [...prefix].map((char) => char.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

function checkOf(values: readonly number[]): number {
  let check = 1;
  for (const value of values) {
    const top = check >>> 25;
    check = ((check & 0x1ffffff) << 5) ^ value;
    for (const [bit, generator] of generators.entries()) if ((top >>> bit) & 1) check ^= generator;
  }
  return check;
}
