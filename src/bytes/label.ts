// Labels, which separate hashes of different things from each other. spec/00-conventions.md#label

const labelLength = 16;

/** The 16-byte label of ASCII `text`, padded with NUL. Throws TypeError on more than 16 characters or on anything but printable ASCII. */
export function label(text: string): Uint8Array {
  if (text.length > labelLength) throw new TypeError(`label: at most ${labelLength} characters, not ${text.length}`);
  if (!/^[\x20-\x7e]*$/.test(text)) throw new TypeError("label: only printable ASCII");
  const bytes = new Uint8Array(labelLength);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
