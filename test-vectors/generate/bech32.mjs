// Text form of age keys: BIP-173, without its limit of length.
const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** `bytes` below the prefix, in lower case. */
export function bech32(prefix, bytes) {
  const data = fives(bytes);
  const check = checksum([...expanded(prefix), ...data, 0, 0, 0, 0, 0, 0]) ^ 1;
  const last = Array.from({ length: 6 }, (_, i) => (check >>> (5 * (5 - i))) & 31);
  return `${prefix}1${[...data, ...last].map((value) => alphabet[value]).join("")}`;
}

/** Groups of five bits, the last one filled with zeros. */
function fives(bytes) {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{1,5}/g) ?? []).map((group) => Number.parseInt(group.padEnd(5, "0"), 2));
}

function expanded(prefix) {
  const codes = Array.from(prefix, (letter) => letter.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

function checksum(values) {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [i, word] of generator.entries()) if ((top >> i) & 1) sum ^= word;
  }
  return sum;
}
