"""One zstd frame, decoded: RFC 8878 from section 3.1.1.2 on, in its order, to be read beside it, not to be fast.

`ptar_reference.py` has checked the header of the frame and the chain of its blocks before (chapter 3 asks for more than
the RFC), so that here a dictionary, a second frame or a block of the reserved type cannot occur.
"""

from __future__ import annotations

from typing import Optional

MAX_BLOCK = 128 * 1024
Fse = list[tuple[int, int, int]]      # state -> symbol, bits to read, base of the next state
Huffman = tuple[int, list[tuple[int, int]]]  # bits of the longest code, code -> symbol, its bits


class ZstdError(ValueError):
    """The frame is damaged."""


def require(condition: bool, sentence: str) -> None:
    if not condition:
        raise ZstdError(sentence)


def low_bits(count: int) -> int:
    return (1 << count) - 1


class Backward:
    """Bits of a stream that is read from its end; a set bit marks where they begin."""

    def __init__(self, data: bytes) -> None:
        require(data != b"" and data[-1] != 0, "a stream of bits has no end mark")
        self.data, self.left = data, len(data) * 8 - (9 - data[-1].bit_length())

    def peek(self, count: int) -> int:
        """The next bits; beyond the beginning there are zeros."""
        at = self.left - count
        if at < 0:
            return (int.from_bytes(self.data[:(self.left + 7) // 8], "little") & low_bits(max(self.left, 0))) << -at
        return int.from_bytes(self.data[at // 8:(self.left + 7) // 8], "little") >> at % 8 & low_bits(count)

    def read(self, count: int) -> int:
        value = self.peek(count)
        self.left -= count
        return value


# ---------------------------------------------------------------- section 4.1: finite state entropy

def fse_counts(data: bytes, most: int, symbols: int) -> tuple[int, list[int], int]:
    """Accuracy log, probabilities and length of a table description, which is read from its beginning."""
    bits, at = int.from_bytes(data[:256], "little"), 0

    def take(count: int) -> int:
        nonlocal at
        value = bits >> at & low_bits(count)
        at += count
        return value

    log = take(4) + 5
    require(log <= most, "an accuracy log is over its limit")
    counts: list[int] = []
    left = 1 << log
    while left > 0:
        size = (left + 1).bit_length()
        few = low_bits(size) - (left + 1)  # values that take a bit less
        value = take(size - 1)
        if value >= few:
            value |= take(1) << (size - 1)
            value -= few if value > low_bits(size - 1) else 0
        counts.append(value - 1)
        left -= abs(value - 1)
        while value == 1:  # zeros may be repeated
            zeros = take(2)
            counts += [0] * zeros
            if zeros < 3:
                break
        require(len(counts) <= symbols, "a table has too many symbols")
    require(left == 0 and (at + 7) // 8 <= len(data), "the probabilities of a table do not add up")
    return log, counts, (at + 7) // 8


def fse_table(log: int, counts: list[int]) -> Fse:
    size = 1 << log
    symbols, high, at = [0] * size, size, 0
    for symbol, count in enumerate(counts):
        if count == -1:  # less than one: at the end
            high -= 1
            symbols[high] = symbol
    for symbol, count in enumerate(counts):
        for _ in range(count):
            symbols[at] = symbol
            at = at + (size >> 1) + (size >> 3) + 3 & size - 1
            while at >= high:
                at = at + (size >> 1) + (size >> 3) + 3 & size - 1
    require(at == 0, "the symbols of a table do not fill it")
    table, states = [], [abs(count) for count in counts]
    for symbol in symbols:
        bits = log - states[symbol].bit_length() + 1
        table.append((symbol, bits, (states[symbol] << bits) - size))
        states[symbol] += 1
    return table


# ---------------------------------------------------------------- section 4.2: Huffman codes

def huffman_table(data: bytes) -> tuple[Huffman, int]:
    """The codes of a tree description, and its length."""
    require(data != b"", "a tree description is missing")
    head = data[0]
    end = 1 + (head if head < 128 else (head - 126) // 2)
    require(end <= len(data), "a tree description is cut short")
    if head < 128:
        weights = fse_weights(data[1:end])
    else:
        weights = [half for byte in data[1:end] for half in (byte >> 4, byte & 15)][:head - 127]
    total = sum(1 << weight - 1 for weight in weights if weight)
    require(total > 0, "all weights are zero")
    longest = total.bit_length()
    rest = (1 << longest) - total  # the last weight is not written
    require(longest <= 11 and rest & rest - 1 == 0, "the weights of a tree do not add up")
    weights.append(rest.bit_length())
    codes: list[tuple[int, int]] = []
    for weight in range(1, longest + 1):
        for symbol, own in enumerate(weights):
            if own == weight:
                codes += [(symbol, longest + 1 - weight)] * (1 << weight - 1)
    require(len(codes) == 1 << longest, "the weights of a tree do not add up")
    return (longest, codes), end


def fse_weights(data: bytes) -> list[int]:
    """Two states take turns until the bits are used up."""
    log, counts, length = fse_counts(data, 6, 256)
    table, bits = fse_table(log, counts), Backward(data[length:])
    states, weights, turn = [bits.read(log), bits.read(log)], [], 0
    require(bits.left >= 0, "the weights of a tree are cut short")
    while True:
        symbol, count, base = table[states[turn]]
        weights.append(symbol)
        require(len(weights) < 255, "a tree has too many weights")
        states[turn] = base + bits.read(count)
        turn = 1 - turn
        if bits.left < 0:
            return [*weights, table[states[turn]][0]]


def huffman_decode(data: bytes, size: int, codes: Huffman) -> bytes:
    bits, (longest, table), out = Backward(data), codes, bytearray()
    while bits.left > 0:
        symbol, count = table[bits.peek(longest)]
        bits.left -= count
        out.append(symbol)
    require(bits.left == 0 and len(out) == size, "a stream of literals has another length")
    return bytes(out)


# ---------------------------------------------------------------- section 3.1.1.3.1: literals

class State:
    """What one block leaves to the next."""

    def __init__(self) -> None:
        self.codes: Optional[Huffman] = None
        self.tables: list[Optional[Fse]] = [None, None, None]
        self.offsets = [1, 4, 8]


def literals(block: bytes, state: State) -> tuple[bytes, int]:
    """The literals of a block, and the length of their section."""
    require(block != b"", "a block is empty")
    kind, form = block[0] & 3, block[0] >> 2 & 3
    if kind < 2:  # raw, or one byte repeated
        head = (1, 2, 1, 3)[form]
        size = int.from_bytes(block[:head], "little") >> (4 if form & 1 else 3)
        end = head + (1 if kind else size)
        require(size <= MAX_BLOCK and end <= len(block), "literals are cut short")
        return block[head:end] * (size if kind else 1), end
    head, width = ((3, 10), (3, 10), (4, 14), (5, 18))[form]
    sizes = int.from_bytes(block[:head], "little") >> 4
    size, end = sizes & low_bits(width), head + (sizes >> width)
    require(len(block) >= head and size <= MAX_BLOCK and end <= len(block), "literals are cut short")
    data = block[head:end]
    if kind == 2:
        state.codes, length = huffman_table(data)
        data = data[length:]
    if state.codes is None:
        raise ZstdError("literals ask for the tree of a block before, and there is none")
    if form == 0:
        return huffman_decode(data, size, state.codes), end
    require(len(data) >= 6, "four streams of literals are cut short")
    ends = [6]
    for at in (0, 2, 4):
        ends.append(ends[-1] + int.from_bytes(data[at:at + 2], "little"))
    ends.append(len(data))
    part = (size + 3) // 4
    streams = [huffman_decode(data[a:b], each, state.codes)
               for a, b, each in zip(ends, ends[1:], (part, part, part, size - 3 * part))]
    return b"".join(streams), end


# ---------------------------------------------------------------- section 3.1.1.3.2: sequences

# by code: base and number of extra bits
LENGTHS = [(n, 0) for n in range(16)] + [
    (16, 1), (18, 1), (20, 1), (22, 1), (24, 2), (28, 2), (32, 3), (40, 3), (48, 4), (64, 6)] + [
    (1 << n, n) for n in range(7, 17)]
MATCHES = [(n + 3, 0) for n in range(32)] + [
    (35, 1), (37, 1), (39, 1), (41, 1), (43, 2), (47, 2), (51, 3), (59, 3), (67, 4), (83, 4), (99, 5)] + [
    ((1 << n) + 3, n) for n in range(7, 17)]
OFFSETS = [(1 << n, n) for n in range(32)]
# of literal lengths, offsets and match lengths: codes, largest accuracy log, table where none is described
DEFAULT_LENGTHS = (6, [4, 3] + [2] * 11 + [1] * 3 + [2] * 9 + [3, 2] + [1] * 5 + [-1] * 4)
DEFAULT_OFFSETS = (5, [1] * 6 + [2] * 3 + [1] * 15 + [-1] * 5)
DEFAULT_MATCHES = (6, [1, 4, 3] + [2] * 6 + [1] * 37 + [-1] * 7)
CODES = ((LENGTHS, 9, DEFAULT_LENGTHS), (OFFSETS, 8, DEFAULT_OFFSETS), (MATCHES, 9, DEFAULT_MATCHES))


def sequence_tables(data: bytes, state: State) -> int:
    """The three tables of the section that begins with its modes; their length."""
    require(data != b"" and data[0] & 3 == 0, "reserved bits of sequences are not zero")
    at = 1
    for n, (codes, most, default) in enumerate(CODES):
        mode = data[0] >> 6 - 2 * n & 3
        if mode == 0:
            state.tables[n] = fse_table(*default)
        elif mode == 1:
            require(at < len(data), "a table is cut short")
            state.tables[n] = [(data[at], 0, 0)]
            at += 1
        elif mode == 2:
            log, counts, length = fse_counts(data[at:], most, len(codes))
            state.tables[n] = fse_table(log, counts)
            at += length
    return at


def take_offset(value: int, literal_length: int, recent: list[int]) -> int:
    """Section 3.1.1.5: values up to 3 name one of the last three offsets."""
    if value > 3:
        recent.insert(0, value - 3)
        recent.pop()
        return recent[0]
    at = value - (literal_length > 0)
    offset = recent[0] - 1 if at == 3 else recent[at]
    require(offset > 0, "an offset is zero")
    if at > 0:
        recent.pop(min(at, 2))
        recent.insert(0, offset)
    return offset


def sequences(data: bytes, text: bytes, state: State, out: bytearray) -> None:
    """Section 3.1.1.4: literals and matches in turn, at the end of `out`."""
    require(data != b"", "a block has no sequences")
    head = 1 if data[0] < 128 else 2 if data[0] < 255 else 3
    require(len(data) >= head, "the number of sequences is cut short")
    count = data[0] if head == 1 else (data[0] - 128 << 8) + data[1] if head == 2 else 0x7F00 + data[1] + (data[2] << 8)
    used = 0
    if count == 0:
        require(len(data) == 1, "bytes follow a block without sequences")
    else:
        bits = Backward(data[head + sequence_tables(data[head:], state):])
        tables = [table for table in state.tables if table is not None]
        require(len(tables) == 3, "sequences ask for a table of a block before, and there is none")
        states = [bits.read(len(table).bit_length() - 1) for table in tables]
        for left in range(count - 1, -1, -1):
            rows = [table[at] for table, at in zip(tables, states)]
            require(all(row[0] < len(codes) for row, (codes, _, _) in zip(rows, CODES)), "a code is unknown")
            (length, more), (offset, wide), (match, longer) = (codes[row[0]] for row, (codes, _, _) in zip(rows, CODES))
            offset += bits.read(wide)
            match += bits.read(longer)
            length += bits.read(more)
            if left:
                for n in (0, 2, 1):
                    states[n] = rows[n][2] + bits.read(rows[n][1])
            out += text[used:used + length]
            used += length
            back = take_offset(offset, length, state.offsets)
            require(used <= len(text) and back <= len(out), "a sequence asks for more than there is")
            start = len(out) - back
            run = bytes(out[start:start + match])
            out += (run * (match // len(run) + 1))[:match]  # a match may reach into itself
        require(bits.left == 0, "bits of sequences are left over, or are too few")
    out += text[used:]


# ---------------------------------------------------------------- section 3.1.1.2: blocks

def decompress(frame: bytes, most: int) -> bytes:
    """The content of a frame whose form was checked; more than `most` bytes are refused."""
    descriptor = frame[4]
    single = descriptor >> 5 & 1
    at = 5 + (1 - single) + (0, 1, 2, 4)[descriptor & 3] + (single, 2, 4, 8)[descriptor >> 6]
    out, state, last = bytearray(), State(), 0
    while not last:
        head = int.from_bytes(frame[at:at + 3], "little")
        last, kind, size = head & 1, head >> 1 & 3, head >> 3
        block, before = frame[at + 3:at + 3 + (1 if kind == 1 else size)], len(out)
        at += 3 + len(block)
        require(size <= MAX_BLOCK, "a block is too long")
        if kind == 2:
            text, length = literals(block, state)
            sequences(block[length:], text, state, out)
        else:
            out += block * (size if kind == 1 else 1)
        require(len(out) - before <= MAX_BLOCK and len(out) <= most, "a block or frame decodes to more than it may")
    if descriptor & 4:
        require(frame[at:at + 4] == xxh64(bytes(out)).to_bytes(8, "little")[:4], "the checksum of a frame is wrong")
    return bytes(out)


# ---------------------------------------------------------------- section 3.1.1: the checksum, XXH64

PRIMES = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)
MASK = low_bits(64)


def rotated(value: int, count: int) -> int:
    return (value << count | value >> 64 - count) & MASK


def xxh64(data: bytes) -> int:
    """With seed 0."""
    p1, p2, p3, p4, p5 = PRIMES

    def mixed(lane: int, word: int) -> int:
        return rotated(lane + word * p2 & MASK, 31) * p1 & MASK

    at, h = 0, p5
    if len(data) >= 32:
        lanes = [p1 + p2 & MASK, p2, 0, -p1 & MASK]
        for at in range(0, len(data) - 31, 32):
            lanes = [mixed(lane, int.from_bytes(data[at + 8 * n:at + 8 * n + 8], "little")) for n, lane in enumerate(lanes)]
        at += 32
        h = sum(rotated(lane, count) for lane, count in zip(lanes, (1, 7, 12, 18))) & MASK
        for lane in lanes:
            h = (h ^ mixed(0, lane)) * p1 + p4 & MASK
    h = h + len(data) & MASK
    while at + 8 <= len(data):
        h = rotated(h ^ mixed(0, int.from_bytes(data[at:at + 8], "little")), 27) * p1 + p4 & MASK
        at += 8
    if at + 4 <= len(data):
        h = rotated(h ^ int.from_bytes(data[at:at + 4], "little") * p1 & MASK, 23) * p2 + p3 & MASK
        at += 4
    for byte in data[at:]:
        h = rotated(h ^ byte * p5 & MASK, 11) * p1 & MASK
    h = (h ^ h >> 33) * p2 & MASK
    h = (h ^ h >> 29) * p3 & MASK
    return h ^ h >> 32
