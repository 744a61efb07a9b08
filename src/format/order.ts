// Order of lists in documents.

/** Whether texts increase strictly by UTF-16 code units, as JCS sorts; hexadecimal sorts like its bytes. */
export function increases(list: readonly string[]): boolean {
  return list.every((value, i) => i === 0 || (list[i - 1] as string) < value);
}
