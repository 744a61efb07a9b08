// Bech32 texts made for tests, BIP-173: with the right check, whatever they hold.
const charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** `prefix`, `1`, the groups of five bits, and their check. */
export function bech32Text(prefix: string, groups: readonly number[]): string {
  const codes = [...prefix].map((char) => char.charCodeAt(0));
  let check = 1;
  for (const value of [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31), ...groups, 0, 0, 0, 0, 0, 0]) {
    const top = check >>> 25;
    check = ((check & 0x1ffffff) << 5) ^ value;
    for (const [bit, generator] of generators.entries()) if ((top >>> bit) & 1) check ^= generator;
  }
  const sum = [25, 20, 15, 10, 5, 0].map((shift) => ((check ^ 1) >>> shift) & 31);
  return `${prefix}1${[...groups, ...sum].map((value) => charset[value]).join("")}`;
}

/** Bytes as groups of five bits, the last filled up with zeros. */
export function fives(bytes: Uint8Array): readonly number[] {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{1,5}/g) ?? []).map((group) => Number.parseInt(group.padEnd(5, "0"), 2));
}
