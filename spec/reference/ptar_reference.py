#!/usr/bin/env python3
"""A reference verifier, lister and extractor for PTAR 1.

Written from the specification alone, in the order of its chapters; each section
names the chapter it implements.  It aims to be read next to the text, not to be
fast.  Only the standard library is needed; the package ``zstandard`` is used,
when it is installed, to decode zstd blocks.

Usage:
    ptar_reference.py verify FILE [--level standard|full|deep] [--trust FILE]
    ptar_reference.py list FILE
    ptar_reference.py extract FILE DIR [--trust FILE]
    ptar_reference.py --vectors DIR

Where the text leaves a choice open, the comment starts with "Choice:".
"""

from __future__ import annotations

import argparse
import base64
import binascii
import fnmatch
import hashlib
import json
import os
import re
import struct
import sys
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, BinaryIO, Callable, Iterator, Optional

try:
    import zstandard
except ImportError:  # the rest of the format needs no package
    zstandard = None  # type: ignore[assignment]

SPEC = Path(__file__).resolve().parent.parent
Json = dict[str, Any]


# ---------------------------------------------------------------- chapter 10, codes

CODES: dict[str, int] = {
    row["code"]: row["exit"] for row in json.loads((SPEC / "errors.json").read_text("utf-8"))
}
CLASS_OF_EXIT = {
    0: "ok", 1: "failed", 2: "usage", 3: "incomplete", 4: "integrity", 5: "signature", 6: "trust",
    7: "not-found", 8: "key", 9: "refused", 10: "unsupported", 11: "locked", 130: "interrupted",
}


class PtarError(Exception):
    """A failure with a code of the closed list in errors.json."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.exit = CODES[code]


def require(condition: bool, code: str, sentence: str) -> None:
    if not condition:
        raise PtarError(code, sentence)


# ---------------------------------------------------------------- chapter 11, limits

MANIFEST_BYTES = 1048576
ABOUT_BYTES = 4096
KEYS_BYTES = 65536
STATEMENT_BYTES = 65536
STATEMENTS = 64
FRAME_PAGE_BYTES = 3145728
FRAME_PAGE_UNITS = 65536
INDEX_PAGE_BYTES = 65536
INDEX_PAGE_ROWS = 1024
INDEX_ROOT_BYTES = 67108864
BLOCK_BYTES = 17825792
BLOCK_RAW_BYTES = 16777216
BLOCK_OBJECTS = 65536
CHUNK_BYTES = 8388608
OBJECT_BYTES = 1048576
PAGE_ENTRIES = 1024
ENTRY_BYTES = 262144
LIST_ROWS = 4096
LINKS_ROWS = 4096
TREE_LEVELS = 16
JSON_DEPTH = 32
ITEMS = 268435456
PATH_DEPTH = 256
NAME_BYTES = 1024
PATH_BYTES = 32767
TARGET_BYTES = 32767
GENERATIONS = 4096
NOTE_BYTES = 1048576
MAX_SAFE = 2**53 - 1


# ---------------------------------------------------------------- chapter 0, conventions

def sha256(*parts: bytes) -> bytes:
    h = hashlib.sha256()
    for part in parts:
        h.update(part)
    return h.digest()


def label(text: str) -> bytes:
    """An ASCII string padded with NUL to 16 bytes (chapter 0, label)."""
    return text.encode("ascii").ljust(16, b"\0")


def is_zero(data: bytes) -> bool:
    return not any(data)


def canonical(value: Any) -> bytes:
    """Chapter 0, canonical: the one form of a document."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode("utf-8")


def depth_of(value: Any) -> int:
    """Choice: a scalar has depth 0, [] has depth 1."""
    if isinstance(value, dict):
        return 1 + max((depth_of(v) for v in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((depth_of(v) for v in value), default=0)
    return 0


def integers_only(value: Any) -> bool:
    if isinstance(value, dict):
        return all(k.isascii() and integers_only(v) for k, v in value.items())
    if isinstance(value, list):
        return all(integers_only(v) for v in value)
    if isinstance(value, (bool, str)) or value is None:
        return True
    return isinstance(value, int) and 0 <= value <= MAX_SAFE


def parse_document(data: bytes, schema: str) -> Json:
    """Canonical form, then schema, then what schemas cannot say."""
    bad = PtarError("PTAR_DOCUMENT_NOT_CANONICAL", f"a {schema} is not canonical JSON")
    try:
        value = json.loads(data.decode("utf-8"))
        if not integers_only(value) or depth_of(value) > JSON_DEPTH or canonical(value) != data:
            raise bad
    except (ValueError, RecursionError):  # UnicodeError is a ValueError
        raise bad from None
    problem = check_schema(value, SCHEMAS[schema], SCHEMAS[schema], schema)
    require(problem is None, "PTAR_DOCUMENT_INVALID", str(problem))
    if "ext" in value:
        check_extensions(value["ext"])
    return value


def load_schemas() -> dict[str, Json]:
    return {
        path.name.removesuffix(".schema.json"): json.loads(path.read_text("utf-8"))
        for path in sorted((SPEC / "schemas").glob("*.schema.json"))
    }


def check_schema(value: Any, schema: Json, root: Json, where: str) -> Optional[str]:
    """The part of JSON Schema 2020-12 that the schemas use; None, or the first problem."""
    if "$ref" in schema:
        return check_schema(value, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root, where)
    if "oneOf" in schema:
        problems = [check_schema(value, branch, root, where) for branch in schema["oneOf"]]
        return None if problems.count(None) == 1 else problems[-1] or f"{where} is ambiguous"
    if "const" in schema and (value != schema["const"] or type(value) is not type(schema["const"])):
        return f"{where} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{where} has a value this reader does not know"
    kind = schema.get("type")
    types: dict[str, type] = {"object": dict, "array": list, "string": str, "boolean": bool,
                              "integer": int, "null": type(None)}
    if kind is not None and type(value) is not types[kind]:
        return f"{where} is not of type {kind}"
    if kind == "integer" and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        return f"{where} is out of range"
    if kind == "string" and "pattern" in schema:
        if re.fullmatch(schema["pattern"].removeprefix("^").removesuffix("$"), value, re.ASCII) is None:
            return f"{where} does not have the form it must have"
    if kind == "array":
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            return f"{where} has a wrong number of elements"
        for n, element in enumerate(value):
            problem = check_schema(element, schema.get("items", {}), root, f"{where}[{n}]")
            if problem:
                return problem
    if kind == "object":
        for name in schema.get("required", []):
            if name not in value:
                return f"{where} lacks {name}"
        for name, member in value.items():
            if name not in schema["properties"]:
                return f"{where} has an unknown member {name!r}"
            problem = check_schema(member, schema["properties"][name], root, f"{where}.{name}")
            if problem:
                return problem
    return None


SCHEMAS = load_schemas()


def check_extensions(extensions: list[Json]) -> None:
    """Chapter 0, extensions.  This reader knows none."""
    ids = [e["id"] for e in extensions]
    require(ids == sorted(set(ids)), "PTAR_DOCUMENT_INVALID", "extensions are not sorted or repeated")
    for extension in extensions:
        base64url(extension["data"])
        require(not extension["critical"], "PTAR_UNSUPPORTED_EXTENSION",
                f"the critical extension {extension['id']} is unknown")


def check_attributes(attributes: list[Json]) -> None:
    names = [a["name"] for a in attributes]
    require(names == sorted(set(names)), "PTAR_DOCUMENT_INVALID", "attributes are not sorted or repeated")


def base64url(text: str, code: str = "PTAR_DOCUMENT_INVALID") -> bytes:
    """Chapter 0, hex: without padding, trailing bits zero.  Choice of code."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise PtarError(code, "base64url is malformed") from None
    require(base64.urlsafe_b64encode(data).rstrip(b"=").decode() == text,
            code, "base64url has trailing bits that are not zero")
    return data


class Fields:
    """Reads little-endian integers and byte strings from a payload, without running over its end."""

    def __init__(self, data: bytes, code: str, what: str) -> None:
        self.data, self.at, self.code, self.what = data, 0, code, what

    def bytes(self, length: int) -> bytes:
        require(self.at + length <= len(self.data), self.code, f"{self.what} is too short")
        self.at += length
        return self.data[self.at - length:self.at]

    def integer(self, length: int) -> int:
        value = int.from_bytes(self.bytes(length), "little")
        require(value <= MAX_SAFE, self.code, f"{self.what} has a number over 2^53-1")
        return value

    def u8(self) -> int:
        return self.integer(1)

    def u32(self) -> int:
        return self.integer(4)

    def u64(self) -> int:
        return self.integer(8)

    def reserved(self, length: int) -> None:
        require(is_zero(self.bytes(length)), self.code, f"reserved bytes of {self.what} are not zero")

    def left(self) -> int:
        return len(self.data) - self.at

    def end(self) -> None:
        require(self.left() == 0, self.code, f"{self.what} is too long")


# ---------------------------------------------------------------- chapter 2, header

MAGIC = bytes.fromhex("89505441520D0A1A0A")
HEADER_LENGTH = 64
FEATURE_SEALED, FEATURE_THIN = 1, 2


@dataclass(frozen=True)
class Header:
    minor: int
    features: int
    archive_id: bytes
    leaf: bytes


def parse_header(data: bytes) -> Header:
    if not data.startswith(MAGIC):
        hint = ""
        if data.startswith(b"_PLATAR_"):
            hint = "; it is a Plakar archive"
        elif data[257:262] == b"ustar":
            hint = "; it is a tar archive"
        elif data[1:5] == b"PTAR":
            hint = "; it looks like a PTAR archive that a text-mode transfer damaged"
        raise PtarError("PTAR_HEADER_MAGIC", "this is not a PTAR archive" + hint)
    data = data[:HEADER_LENGTH]
    # Choice: a file that ends inside the header is cut, not damaged.
    require(len(data) == HEADER_LENGTH, "PTAR_TRAILER_MISSING", "the archive ends inside its header")
    require(sha256(data[:56])[:8] == data[56:], "PTAR_HEADER_CHECK", "the header is damaged")
    major, minor, length, features = struct.unpack_from("<BBBI", data, 9)
    require(major == 1, "PTAR_UNSUPPORTED_VERSION", f"major version {major} is unknown")
    require(length == HEADER_LENGTH and is_zero(data[48:56]), "PTAR_HEADER_RESERVED",
            "the header has a wrong length or reserved bytes that are not zero")
    # Choice: sealed and thin are named but not defined in this version, so they are refused too.
    require(features == 0, "PTAR_UNSUPPORTED_FEATURE", f"feature bits {features:#x} are not supported")
    return Header(minor, features, data[16:48], leaf_hash(data))


# ---------------------------------------------------------------- chapter 2, frames and grammar

ABOUT, SESSION, KEYS = 0x01, 0x02, 0x03
BLOCK_DATA, BLOCK_META = 0x10, 0x11
INDEX_PAGE, INDEX_ROOT, SEALED_MANIFEST = 0x20, 0x21, 0x22
FRAME_TABLE_PAGE, FRAME_TABLE, MANIFEST = 0x30, 0x31, 0x32
STATEMENT, TIMESTAMP, TRAILER = 0x40, 0x41, 0x7F
PADDING, PARITY, NOTE = 0x80, 0x81, 0x82
ANCILLARY = 0x80  # bit 7

SYNC = bytes.fromhex("F7505446")
FRAME_OVERHEAD = 32
TRAILER_LENGTH = 104

FRAME_LIMITS = {
    ABOUT: ABOUT_BYTES, SESSION: 96, KEYS: KEYS_BYTES, BLOCK_DATA: BLOCK_BYTES, BLOCK_META: BLOCK_BYTES,
    INDEX_PAGE: INDEX_PAGE_BYTES, INDEX_ROOT: INDEX_ROOT_BYTES, SEALED_MANIFEST: MANIFEST_BYTES,
    FRAME_TABLE_PAGE: FRAME_PAGE_BYTES, FRAME_TABLE: FRAME_PAGE_BYTES, MANIFEST: MANIFEST_BYTES,
    STATEMENT: STATEMENT_BYTES, TIMESTAMP: STATEMENT_BYTES, TRAILER: 72,
}

# state -> {type: next state}; ANCILLARY stands for every type with bit 7 that the state does not name
TAIL_FRAMES = {STATEMENT: "tail", TIMESTAMP: "tail", KEYS: "tail", NOTE: "tail", PARITY: "tail"}
BODY_FRAMES = {SESSION: "session", BLOCK_DATA: "blocks", BLOCK_META: "blocks", ANCILLARY: "blocks",
               INDEX_PAGE: "index", INDEX_ROOT: "indexed"}
GRAMMAR: dict[str, dict[int, str]] = {
    "header": {ABOUT: "generation"},
    "generation": {SESSION: "session"},
    "session": {KEYS: "session", **BODY_FRAMES},
    "blocks": BODY_FRAMES,
    "index": {INDEX_PAGE: "index", INDEX_ROOT: "indexed"},
    "indexed": {SEALED_MANIFEST: "table", FRAME_TABLE_PAGE: "table", FRAME_TABLE: "manifest"},
    "table": {FRAME_TABLE_PAGE: "table", FRAME_TABLE: "manifest"},
    "manifest": {MANIFEST: "statements"},
    "statements": {STATEMENT: "statements", TRAILER: "closed"},
    "closed": {SESSION: "session", **TAIL_FRAMES},
    "tail": {**TAIL_FRAMES, TRAILER: "closed"},
}
KNOWN_TYPES = set(FRAME_LIMITS) | {PADDING, PARITY, NOTE}
# Choice: these are named but their payloads are not defined in this version.
UNDEFINED_TYPES = {KEYS, SEALED_MANIFEST, TIMESTAMP}


def next_state(state: str, frame_type: int) -> str:
    """Chapter 2, types and grammar."""
    if not frame_type & ANCILLARY:
        require(frame_type in KNOWN_TYPES, "PTAR_UNSUPPORTED_FRAME", f"frame type {frame_type:#04x} is unknown")
    follows = GRAMMAR[state].get(frame_type)
    if follows is None and frame_type & ANCILLARY:
        follows = GRAMMAR[state].get(ANCILLARY)
    if follows is None:
        raise PtarError("PTAR_FRAME_ORDER", f"a frame of type {frame_type:#04x} may not stand here")
    require(frame_type not in UNDEFINED_TYPES, "PTAR_UNSUPPORTED_FRAME",
            f"frames of type {frame_type:#04x} are not supported")
    return follows


@dataclass(frozen=True)
class Frame:
    offset: int
    type: int
    number: int
    payload: bytes
    leaf: bytes

    @property
    def end(self) -> int:
        return self.offset + FRAME_OVERHEAD + len(self.payload)


class Source:
    """Random access to the bytes of an archive."""

    def __init__(self, handle: BinaryIO) -> None:
        self.handle = handle
        self.size = handle.seek(0, os.SEEK_END)

    def read(self, offset: int, length: int) -> bytes:
        self.handle.seek(offset)
        return self.handle.read(length)

    def frame(self, offset: int, number: Optional[int], check_type: Callable[[int], None],
              end: Optional[int] = None) -> Frame:
        """One frame, checked in the order of chapters 2 and 10: sync, reserved, number, type, length, check."""
        head = self.read(offset, 24)
        require(head[:4] == SYNC and len(head) == 24, "PTAR_FRAME_SYNC", f"no frame starts at offset {offset}")
        frame_type, flags, reserved, length, found = struct.unpack_from("<BBHQQ", head, 4)
        require(flags == 0 and reserved == 0, "PTAR_FRAME_RESERVED",
                f"flags or reserved bytes of the frame at offset {offset} are not zero")
        require(0 < found <= MAX_SAFE and (number is None or found == number), "PTAR_FRAME_NUMBER",
                f"the frame at offset {offset} has number {found}" + ("" if number is None else f", not {number}"))
        check_type(frame_type)
        limit = FRAME_LIMITS.get(frame_type, NOTE_BYTES)
        require(length <= limit and offset + FRAME_OVERHEAD + length <= self.size, "PTAR_FRAME_LENGTH",
                f"frame {found} is longer than its limit or runs over the end")
        # Choice: so is one that does not end where its row of the frame table says.
        require(end is None or offset + FRAME_OVERHEAD + length == end, "PTAR_FRAME_LENGTH",
                f"frame {found} has another length than the frame table gives it")
        payload = self.read(offset + 24, length)
        leaf = leaf_hash(head, payload)
        require(self.read(offset + 24 + length, 8) == leaf[:8], "PTAR_FRAME_CHECK",
                f"the check of frame {found} is wrong")
        return Frame(offset, frame_type, found, payload, leaf)


def check_session(payload: bytes) -> None:
    """Chapter 2, session: a plain session has key source 0 and is zero elsewhere."""
    require(len(payload) == 96, "PTAR_SESSION_INVALID", "a session frame has a wrong length")
    require(is_zero(payload), "PTAR_SESSION_INVALID", "a plain session has bytes that are not zero")


ABOUT_TEXT = (
    b"PTAR archive, format 1. A signed archive of files.\n"
    b"Every byte is covered by SHA-256 and by the Ed25519 signatures near the end.\n"
    b"Check it with: ptar verify FILE\n"
    b"The format is public: it is described by the PTAR 1 specification.\n"
)


# ---------------------------------------------------------------- chapter 2, Merkle tree

def leaf_hash(*parts: bytes) -> bytes:
    return sha256(b"\0", *parts)


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1", left, right)


class MerkleTree:
    """RFC 9162 section 2.1.1, grown from the left; keeps only the roots of complete subtrees."""

    def __init__(self) -> None:
        self.size = 0
        self.nodes: list[bytes] = []  # the compact range of [0, size)

    def append(self, leaf: bytes) -> None:
        self.nodes.append(leaf)
        self.size += 1
        size = self.size
        while size % 2 == 0:
            right = self.nodes.pop()
            self.nodes[-1] = node_hash(self.nodes[-1], right)
            size //= 2

    def root(self) -> bytes:
        """Of at least one leaf: the subtrees joined from the right."""
        root = self.nodes[-1]
        for node in reversed(self.nodes[:-1]):
            root = node_hash(node, root)
        return root


def subtree_root(leaves: list[bytes]) -> bytes:
    while len(leaves) > 1:
        leaves = [node_hash(leaves[i], leaves[i + 1]) for i in range(0, len(leaves), 2)]
    return leaves[0]


def compact_range(first: int, leaves: list[bytes]) -> list[bytes]:
    """The largest complete aligned subtrees of [first, first + len(leaves))."""
    nodes, at, end = [], first, first + len(leaves)
    while at < end:
        size = 1
        while at % (size * 2) == 0 and at + size * 2 <= end:
            size *= 2
        nodes.append(subtree_root(leaves[at - first:at - first + size]))
        at += size
    return nodes


# ---------------------------------------------------------------- chapter 2, frame table

@dataclass(frozen=True)
class PageReference:
    frame: int
    units: int
    nodes: list[bytes]


@dataclass(frozen=True)
class FrameTable:
    first: int
    count: int
    nodes: list[bytes]
    pages: list[PageReference]
    rows: list[tuple[int, bytes]]  # (end offset, leaf hash)


def parse_rows(fields: Fields, count: int) -> list[tuple[int, bytes]]:
    return [(fields.u64(), fields.bytes(32)) for _ in range(count)]


def parse_frame_table(payload: bytes) -> FrameTable:
    f = Fields(payload, "PTAR_TABLE_INVALID", "a frame table")
    first, count, page_count, node_count = f.u64(), f.u64(), f.u32(), f.u32()
    require(node_count == bin(first).count("1"), f.code, "a frame table has a wrong number of nodes")
    nodes = [f.bytes(32) for _ in range(node_count)]
    pages, at = [], first
    for _ in range(page_count):
        frame, units, n = f.u64(), f.u32(), f.u32()
        require(1 <= units <= FRAME_PAGE_UNITS, f.code, "a frame table page has a wrong number of units")
        pages.append(PageReference(frame, units, [f.bytes(32) for _ in range(n)]))
        at += units
    rest = first + count - at
    require(rest >= 0 and f.left() == 40 * rest, f.code, "the counts of a frame table do not add up")
    return FrameTable(first, count, nodes, pages, parse_rows(f, rest))


def parse_frame_table_page(payload: bytes, first: int, reference: PageReference) -> list[tuple[int, bytes]]:
    f = Fields(payload, "PTAR_TABLE_INVALID", "a frame table page")
    page_first, units = f.u64(), f.u32()
    f.reserved(4)
    require(page_first == first and units == reference.units and f.left() == 40 * units, f.code,
            "a frame table page does not have the units its reference names")
    rows = parse_rows(f, units)
    require(compact_range(first, [leaf for _, leaf in rows]) == reference.nodes, f.code,
            "a frame table page does not have the nodes its reference names")
    return rows


# ---------------------------------------------------------------- chapter 2, trailer

@dataclass(frozen=True)
class Trailer:
    offset: int
    frame: Frame
    manifest_offset: int
    table_offset: int
    previous: int
    total: int
    generation: int
    sequence: int


def read_trailer(source: Source, offset: int, last: bool) -> Trailer:
    head = source.read(offset, 24) if offset >= HEADER_LENGTH else b""
    is_trailer = head[:5] == SYNC + bytes([TRAILER]) and head[8:16] == (72).to_bytes(8, "little")
    require(is_trailer, "PTAR_TRAILER_MISSING" if last else "PTAR_TRAILER_INVALID",
            "the archive does not end with a trailer" if last else "a trailer names a previous one that is none")
    frame = source.frame(offset, None, lambda _: None)
    f = Fields(frame.payload, "PTAR_TRAILER_INVALID", "a trailer")
    trailer = Trailer(offset, frame, *(f.u64() for _ in range(6)))
    f.reserved(24)
    require(trailer.total == offset + TRAILER_LENGTH, f.code, "the total length in a trailer is wrong")
    require(trailer.generation >= 1, f.code, "a trailer has generation 0")
    require(HEADER_LENGTH <= trailer.table_offset < trailer.manifest_offset < offset, f.code,
            "the offsets in a trailer are out of order")
    require(trailer.previous < trailer.manifest_offset or trailer.sequence > 0, f.code,
            "a trailer names a previous one that does not come before its generation")
    return trailer


def read_trailers(source: Source) -> list[Trailer]:
    """Chapter 10, steps 2 and 3: the last trailer and the chain behind it, oldest first."""
    chain = [read_trailer(source, source.size - TRAILER_LENGTH, last=True)]
    while chain[0].previous != 0:
        later = chain[0]
        require(len(chain) < GENERATIONS, "PTAR_LIMIT_EXCEEDED", "there are too many generations and tails")
        require(later.previous + TRAILER_LENGTH <= later.offset, "PTAR_TRAILER_INVALID",
                "a trailer names a previous one that does not come before it")
        earlier = read_trailer(source, later.previous, last=False)
        if later.sequence > 0:
            agree = (later.generation, later.sequence - 1, later.manifest_offset, later.table_offset) == (
                earlier.generation, earlier.sequence, earlier.manifest_offset, earlier.table_offset)
        else:
            agree = later.generation == earlier.generation + 1 and later.table_offset >= earlier.total
        require(agree, "PTAR_TRAILER_INVALID", "two trailers in the chain do not follow each other")
        chain.insert(0, earlier)
    require(chain[0].generation == 1 and chain[0].sequence == 0, "PTAR_TRAILER_INVALID",
            "the first trailer is not that of generation 1")
    return chain


# ---------------------------------------------------------------- chapter 3, blocks

STORE, DEFLATE, ZSTD = 0, 1, 2
CHUNK, LIST, PAGE, CONTENT, SNAPSHOT, STATEMENT_OBJECT, LINKS = 1, 2, 3, 4, 5, 6, 7
KIND_NAMES = {CHUNK: "chunk", LIST: "list", PAGE: "page", CONTENT: "content", SNAPSHOT: "snapshot",
              STATEMENT_OBJECT: "statement", LINKS: "links"}
ZSTD_WINDOW = 8 * 1048576


def parse_block(payload: bytes, frame_type: int) -> list[tuple[int, bytes]]:
    """The objects of a block as (kind, bytes), checked in the order of the chapter."""
    length_code = "PTAR_BLOCK_LENGTH"
    require(len(payload) >= 16, length_code, "a block is too short")
    codec, count, raw_length, stored_length = struct.unpack_from("<B3xIII", payload)
    require(codec in (STORE, DEFLATE, ZSTD), "PTAR_UNSUPPORTED_CODEC", f"block codec {codec} is unknown")
    require(1 <= count <= BLOCK_OBJECTS and raw_length <= BLOCK_RAW_BYTES, length_code, "a block is over its limits")
    start = 16 + 4 * count
    require(start + stored_length <= len(payload), length_code, "the lengths in a block run over its end")
    directory = [(row >> 24, row & 0xFFFFFF) for row in struct.unpack_from(f"<{count}I", payload, 16)]
    for kind, length in directory:
        require(1 <= length <= (CHUNK_BYTES if kind == CHUNK else OBJECT_BYTES), length_code,
                "an object in a block is empty or over its limit")
    require(sum(length for _, length in directory) == raw_length, length_code, "the lengths in a block do not add up")
    require(codec != STORE or stored_length == raw_length, length_code, "a stored block has two lengths")
    for kind, _ in directory:
        require(kind in KIND_NAMES and (kind == CHUNK) == (frame_type == BLOCK_DATA), "PTAR_BLOCK_KIND",
                f"a block holds an object of kind {kind} that may not stand in it")
    require(is_zero(payload[1:4]) and is_zero(payload[start + stored_length:]), "PTAR_BLOCK_RESERVED",
            "reserved bytes or padding of a block are not zero")
    raw = decode(codec, payload[start:start + stored_length], raw_length)
    objects, at = [], 0
    for kind, length in directory:
        objects.append((kind, raw[at:at + length]))
        at += length
    return objects


def decode(codec: int, stored: bytes, raw_length: int) -> bytes:
    code = "PTAR_BLOCK_DECODE"
    if codec == STORE:
        return stored
    if codec == DEFLATE:
        inflater = zlib.decompressobj(-15)
        try:
            raw = inflater.decompress(stored, raw_length + 1)
        except zlib.error:
            raise PtarError(code, "a deflate stream is damaged") from None
        require(inflater.eof and not inflater.unused_data and len(raw) == raw_length, code,
                "a deflate stream does not give exactly the raw length or is followed by bytes")
        return raw
    check_zstd_frame(stored, raw_length)
    if zstandard is None:
        raise PtarError("PTAR_UNSUPPORTED_CODEC", "zstd blocks are unsupported here: install the package zstandard")
    try:
        raw = zstandard.ZstdDecompressor(max_window_size=max(ZSTD_WINDOW, raw_length)).decompress(
            stored, max_output_size=raw_length)
    except zstandard.ZstdError:
        raise PtarError(code, "a zstd frame is damaged") from None
    require(len(raw) == raw_length, code, "a zstd frame does not give exactly the raw length")
    return raw


def check_zstd_frame(stored: bytes, raw_length: int) -> None:
    """RFC 8878 section 3.1.1: exactly one frame of the allowed form, ending with the last stored byte."""
    f = Fields(stored, "PTAR_BLOCK_DECODE", "a zstd frame")
    require(f.bytes(4) == bytes.fromhex("28B52FFD"), f.code, "a zstd frame has a wrong magic number")
    descriptor = f.u8()
    single = descriptor >> 5 & 1
    require(descriptor & 0x08 == 0, f.code, "a zstd frame has its reserved bit set")
    require(descriptor & 0x03 == 0, f.code, "a zstd frame names a dictionary")
    if not single:
        window = f.u8()
        base = 1 << (10 + (window >> 3))
        require(base + base // 8 * (window & 7) <= ZSTD_WINDOW, f.code, "the window of a zstd frame is over 8 MiB")
    # Choice: in a single-segment frame the window is the content size, and the limit holds for it too.
    size_bytes = {0: single, 1: 2, 2: 4, 3: 8}[descriptor >> 6]
    require(size_bytes > 0, f.code, "a zstd frame has no content size")
    size = int.from_bytes(f.bytes(size_bytes), "little") + (256 if size_bytes == 2 else 0)
    require(size == raw_length, f.code, "the content size of a zstd frame is not the raw length")
    require(not single or size <= ZSTD_WINDOW, f.code, "the window of a zstd frame is over 8 MiB")
    last = False
    while not last:
        head = f.integer(3)
        last, block_type = bool(head & 1), head >> 1 & 3
        require(block_type != 3, f.code, "a zstd frame has a block of a reserved type")
        f.bytes(1 if block_type == 1 else head >> 3)
    if descriptor & 0x04:
        f.bytes(4)  # the checksum, which the decoder compares
    f.end()


# ---------------------------------------------------------------- chapter 4, objects and index

def object_id(kind: int, data: bytes) -> bytes:
    return sha256(data) if kind == CHUNK else sha256(label("ptar1/" + KIND_NAMES[kind]), data)


@dataclass(frozen=True)
class Place:
    frame: int
    ordinal: int


def parse_index_page(payload: bytes) -> list[tuple[bytes, int, Place]]:
    f = Fields(payload, "PTAR_INDEX_INVALID", "an index page")
    count = f.u32()
    f.reserved(12)
    require(1 <= count <= INDEX_PAGE_ROWS and f.left() == 48 * count, f.code, "an index page has a wrong row count")
    rows = []
    for _ in range(count):
        id_, place, kind = f.bytes(32), Place(f.u64(), f.u32()), f.u8()
        f.reserved(3)
        require(kind in KIND_NAMES, f.code, "an index row has an unknown kind")
        rows.append((id_, kind, place))
    return rows


def parse_index_root(payload: bytes) -> tuple[list[tuple[bytes, int, int, int]], int]:
    """Pages as (first id, kind of the first row, frame, rows), and the row count."""
    f = Fields(payload, "PTAR_INDEX_INVALID", "an index root")
    page_count = f.u32()
    f.reserved(4)
    row_count = f.u64()
    require(f.left() == 48 * page_count, f.code, "an index root has a wrong page count")
    pages = []
    for _ in range(page_count):
        id_, frame, rows, kind = f.bytes(32), f.u64(), f.u32(), f.u8()
        f.reserved(3)
        pages.append((id_, kind, frame, rows))
    require(sum(rows for _, _, _, rows in pages) == row_count, f.code, "the rows of an index do not add up")
    return pages, row_count


# ---------------------------------------------------------------- chapter 5, entries, pages and lists

FILE_ONLY = {"size", "sha256", "sha256Stored", "unstable"}
LINK_ONLY = {"target", "targetRaw"}
DEVICE_ONLY = {"rdev"}
OWN_MEMBERS = {"file": FILE_ONLY, "symlink": LINK_ONLY, "block": DEVICE_ONLY, "character": DEVICE_ONLY}


@dataclass
class Entry:
    index: int
    path: bytes
    item: Json
    store: Json

    @property
    def type(self) -> str:
        return self.item["type"]

    @property
    def failed(self) -> bool:
        return "errors" in self.item

    @property
    def unstable(self) -> bool:
        return "unstable" in self.item and not self.failed


@dataclass
class Counters:
    """Chapter 5, store: over all descendants."""
    bytes: int = 0
    entries: int = 0
    failed: int = 0
    unstable: int = 0
    newest: Optional[int] = None

    def add_time(self, time: Optional[int]) -> None:
        if time is not None and (self.newest is None or time > self.newest):
            self.newest = time

    def add_entry(self, entry: Entry) -> None:
        self.entries += 1
        self.bytes += entry.item.get("size", 0)
        self.failed += entry.failed
        self.unstable += entry.unstable
        mtime = entry.item.get("mtime")
        self.add_time(None if mtime is None else int(mtime))

    def add(self, other: "Counters") -> None:
        self.bytes += other.bytes
        self.entries += other.entries
        self.failed += other.failed
        self.unstable += other.unstable
        self.add_time(other.newest)

    def as_document(self) -> Json:
        return {"bytes": self.bytes, "entries": self.entries, "failed": self.failed,
                "newest": None if self.newest is None else str(self.newest), "unstable": self.unstable}


def text_or_raw(item: Json, member: str) -> bytes:
    """`name` or `nameRaw`, `target` or `targetRaw`: exactly one, and raw only when it is not UTF-8."""
    raw = member + "Raw"
    # Choice: whatever is wrong with a name or target is PTAR_ENTRY_NAME.
    require((member in item) != (raw in item), "PTAR_ENTRY_NAME", f"an entry needs one of {member} and {raw}")
    if member in item:
        return item[member].encode("utf-8")
    data = base64url(item[raw], "PTAR_ENTRY_NAME")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return data
    raise PtarError("PTAR_ENTRY_NAME", f"{raw} is valid UTF-8")


def entry_name(item: Json) -> bytes:
    name = text_or_raw(item, "name")
    require(1 <= len(name) <= NAME_BYTES and name not in (b".", b"..") and b"/" not in name and b"\0" not in name,
            "PTAR_ENTRY_NAME", f"the name {printable(name)} is not allowed")
    return name


def check_entry(item: Json, store: Json) -> None:
    """What the schema cannot say about one entry."""
    kind = item["type"]
    own = OWN_MEMBERS.get(kind, set())
    foreign = (FILE_ONLY | LINK_ONLY | DEVICE_ONLY) - own
    require(not foreign & item.keys(), "PTAR_ENTRY_INVALID", f"a {kind} has members of another type")
    if "ext" in item:
        require(item["ext"] != [], "PTAR_ENTRY_INVALID", "an empty list of extensions is present")
        check_extensions(item["ext"])
    check_attributes(item.get("attributes", []))
    errors = item.get("errors", [])
    check_errors(errors, item.get("size"))
    operations = {e["operation"] for e in errors}
    if kind == "file":
        check_file(item, store, operations)
    elif kind == "directory":
        require(store.keys() in (set(), {"counters", "page"}), "PTAR_ENTRY_INVALID",
                "the store of a directory is malformed")
    else:
        require(store == {}, "PTAR_ENTRY_INVALID", f"a {kind} has a store")
    require(kind != "symlink" or bool(errors) or bool(LINK_ONLY & item.keys()), "PTAR_ENTRY_INVALID",
            "a symlink lacks its target")
    if kind == "symlink" and ("readlink" not in operations or LINK_ONLY & item.keys()):
        target = text_or_raw(item, "target")
        require(1 <= len(target) <= TARGET_BYTES and b"\0" not in target, "PTAR_ENTRY_NAME",
                "the target of a symlink is not allowed")
    require(kind not in ("block", "character") or "rdev" in item, "PTAR_ENTRY_INVALID", "a device lacks rdev")
    require(kind != "unknown" or "stat" in operations, "PTAR_ENTRY_INVALID", "an unknown entry has no error of stat")


def check_file(item: Json, store: Json, operations: set[str]) -> None:
    """Which digests and which store a file has.  Choice: PTAR_ENTRY_INVALID for all of this."""
    code = "PTAR_ENTRY_INVALID"
    require({"size", "sha256"} <= item.keys(), code, "a file lacks size or sha256")
    require("open" not in operations or len(item["errors"]) == 1, code, "a file that could not be opened has more errors")
    partial = bool(operations & {"open", "read"})
    require((item["sha256"] is None) == partial, code, "sha256 is null, or not null, wrongly")
    stores = "open" not in operations and stored_size(item) > 0
    require(("sha256Stored" in item) == (stores and partial), code, "sha256Stored is present, or absent, wrongly")
    require(store.keys() in (set(), {"chunks"}, {"list"}), code, "the store of a file is malformed")
    require(stores or not store, code, "a file without stored bytes has a store")


def check_errors(errors: list[Json], size: Optional[int]) -> None:
    """Chapter 5, errors: ranges only for read, sorted, not touching.  Choice: and inside the size."""
    end = -1
    for error in errors:
        is_range = {"offset", "length"} <= error.keys()
        require(is_range or not {"offset", "length"} & error.keys(), "PTAR_ENTRY_INVALID", "half a range in an error")
        require(is_range == (error["operation"] == "read"), "PTAR_ENTRY_INVALID", "a range where none may be, or none")
        if is_range:
            require(error["offset"] > end, "PTAR_ENTRY_INVALID", "ranges of errors are not sorted or touch")
            end = error["offset"] + error["length"]
            require(size is not None and end <= size, "PTAR_ENTRY_INVALID", "a range of an error is outside the file")


def stored_size(item: Json) -> int:
    """Chapter 5, errors: size = stored + the lengths of what could not be read."""
    return item["size"] - sum(e.get("length", 0) for e in item.get("errors", []))


PAGE_LENGTH = 512 * 1024


def page_cuts(level: int, rows: list[tuple[bytes, int]]) -> list[int]:
    """Chapter 5, page: how many rows each page holds; a row is (name, length of its canonical JSON)."""
    prefix = len(b'{"entries":[],"level":0}') if level == 0 else len(b'{"level":,"pages":[]}') + len(str(level))
    cuts, held, length = [], 0, prefix
    for name, size in rows:
        boundary = held >= 64 and sha256(label("ptar1/split"), bytes([level]), name)[0] == 0
        if held > 0 and (boundary or held == PAGE_ENTRIES or length + 1 + size > PAGE_LENGTH):
            cuts.append(held)
            held, length = 0, prefix
        length += size + (1 if held else 0)
        held += 1
    return cuts + [held]


LIST_ID_MASK = 0x3FF


@dataclass(frozen=True)
class ChunkList:
    level: int
    rows: list[tuple[bytes, int]]


def parse_list(data: bytes) -> ChunkList:
    f = Fields(data, "PTAR_LIST_INVALID", "a list")
    level = f.u8()
    f.reserved(3)
    count = f.u32()
    require(1 <= count <= LIST_ROWS and f.left() == 40 * count, f.code, "a list has a wrong row count")
    rows = [(f.bytes(32), f.u64()) for _ in range(count)]
    require(all(length > 0 for _, length in rows), f.code, "a list has a row of length 0")
    return ChunkList(level, rows)


def list_cuts(rows: list[tuple[bytes, int]]) -> list[int]:
    """Chapter 5, list: cut after a row."""
    cuts, held = [], 0
    for id_, _ in rows:
        held += 1
        if (held >= 512 and int.from_bytes(id_[:2], "little") & LIST_ID_MASK == 0) or held == LIST_ROWS:
            cuts.append(held)
            held = 0
    return cuts + ([held] if held else [])


# ---------------------------------------------------------------- chapter 6, links

def parse_links(data: bytes) -> list[tuple[int, int]]:
    f = Fields(data, "PTAR_LINKS_INVALID", "a link table")
    count = f.u32()
    f.reserved(4)
    require(1 <= count <= LINKS_ROWS and f.left() == 16 * count, f.code, "a link table has a wrong row count")
    return [(f.u64(), f.u64()) for _ in range(count)]


# ---------------------------------------------------------------- chapter 7, item tree

def item_leaf(salt: bytes, entry: Entry) -> bytes:
    """The stored bytes of the item are its canonical form, which the page was checked to have."""
    salt16 = sha256(label("ptar1/salt"), salt, entry.path)[:16]
    return leaf_hash(label("ptar1/item"), salt16, struct.pack("<I", len(entry.path)), entry.path,
                     canonical(entry.item))


# ---------------------------------------------------------------- chapter 8, statements

ARCHIVE_TYPE = b"application/vnd.ptar.archive+json"
SNAPSHOT_TYPE = b"application/vnd.ptar.snapshot+json"


@dataclass(frozen=True)
class Statement:
    body: Json
    signature: bytes
    signed: bytes  # the pre-authentication encoding

    @property
    def key(self) -> bytes:
        return bytes.fromhex(self.body["publicKey"])

    def check_signature(self) -> None:
        require(ed25519_verify(self.key, self.signature, self.signed), "PTAR_SIGNATURE_INVALID",
                f"the signature of {self.body['publicKey']} is not valid")


def parse_statement(data: bytes, media_type: bytes, schema: str) -> Statement:
    require(len(data) > 64, "PTAR_DOCUMENT_INVALID", "a statement is too short")
    body = data[64:]
    pae = b"DSSEv1 %d %s %d %s" % (len(media_type), media_type, len(body), body)
    return Statement(parse_document(body, schema), data[:64], pae)


def fingerprint(manifest_payload: bytes) -> str:
    digest = sha256(manifest_payload).hex()
    return " ".join(["ptar1"] + [digest[i:i + 4] for i in range(0, 64, 4)])


# ---------------------------------------------------------------- chapter 9, strict Ed25519 (RFC 8032)

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]  # extended coordinates X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z
IDENTITY: Point = (0, 1, 1, 0)


def point_add(a: Point, b: Point) -> Point:
    s, t = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    u, v = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = t - s, v - u, v + u, t + s
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_multiply(scalar: int, point: Point) -> Point:
    result = IDENTITY
    while scalar:
        if scalar & 1:
            result = point_add(result, point)
        point = point_add(point, point)
        scalar >>= 1
    return result


def point_equal(a: Point, b: Point) -> bool:
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def point_decode(data: bytes) -> Optional[Point]:
    """None when the encoding is not canonical or not a point of the curve (rule 1)."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * SQRT_M1 % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def in_prime_subgroup(point: Point) -> bool:
    """Rule 2: of order L exactly."""
    return not point_equal(point, IDENTITY) and point_equal(point_multiply(L, point), IDENTITY)


BASE = point_decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519_verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    a, r = point_decode(public_key), point_decode(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or BASE is None or s >= L:
        return False
    if not in_prime_subgroup(a) or not in_prime_subgroup(r):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % L
    return point_equal(point_multiply(s, BASE), point_add(r, point_multiply(k, a)))


# ---------------------------------------------------------------- chapter 9, trust

@dataclass(frozen=True)
class TrustedKey:
    key: bytes
    name: str
    after: Optional[datetime] = None
    before: Optional[datetime] = None


def ssh_key(text: str) -> bytes:
    """The 32 bytes in an ssh-ed25519 line."""
    bad = PtarError("PTAR_TRUST_INVALID", "a key in the trust file is malformed")
    try:
        blob = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise bad from None
    prefix = struct.pack(">I", 11) + b"ssh-ed25519" + struct.pack(">I", 32)
    if len(blob) != len(prefix) + 32 or not blob.startswith(prefix):
        raise bad
    return blob[len(prefix):]


def trust_time(text: str) -> datetime:
    """YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, in UTC with or without Z."""
    digits = text.upper().removesuffix("Z")
    form = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}.get(len(digits))
    try:
        if form is None or not digits.isdigit():
            raise ValueError
        return datetime.strptime(digits, form).replace(tzinfo=timezone.utc)
    except ValueError:
        raise PtarError("PTAR_TRUST_INVALID", f"the time {text} in the trust file is malformed") from None


OPTION = re.compile(r'([A-Za-z-]+)(?:="([^"]*)")?(?:,|$)')


def parse_trust(data: bytes) -> list[TrustedKey]:
    code = "PTAR_TRUST_INVALID"
    require(len(data) <= 1048576, code, "the trust file is over 1 MiB")
    try:
        lines = data.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise PtarError(code, "the trust file is not UTF-8") from None
    keys: list[TrustedKey] = []
    for line in (text.strip() for text in lines):
        if line == "" or line.startswith("#"):
            continue
        require(not line.startswith("@"), code, "the trust file has a marker")
        fields = re.findall(r'(?:[^\s"]|"[^"]*")+', line)
        at = next((n for n, word in enumerate(fields[:3]) if word == "ssh-ed25519"), None)
        if at is None or at + 1 >= len(fields):
            raise PtarError(code, "a line of the trust file holds no ssh-ed25519 key")
        name = fields[0] if at > 0 else " ".join(fields[2:]) or "key"
        require("!" not in (fields[0] if at > 0 else ""), code, "the trust file has a negated principal")
        after = before = None
        usable = True
        options, position = (fields[1] if at == 2 else ""), 0
        while position < len(options):
            match = OPTION.match(options, position)
            if match is None:
                raise PtarError(code, "the options of a line of the trust file are malformed")
            option, value, position = match[1].lower(), match[2] or "", match.end()
            require(option in ("namespaces", "valid-after", "valid-before"), code,
                    f"the option {option} in the trust file is refused")
            if option == "namespaces":
                usable = any(fnmatch.fnmatchcase("ptar", pattern) for pattern in value.split(","))
            elif option == "valid-after":
                after = trust_time(value)
            else:
                before = trust_time(value)
        key = TrustedKey(ssh_key(fields[at + 1]), name, after, before)
        if usable:
            keys.append(key)
    require(len(keys) <= 10000, code, "the trust file has over 10,000 keys")
    return keys


def trusted_name(trust: list[TrustedKey], statement: Statement) -> Optional[str]:
    """The name trust gives to the key of a statement at its claimed time, or None."""
    try:
        time = datetime.strptime(statement.body["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    for entry in trust:
        if entry.key == statement.key and (entry.after is None or entry.after <= time) and (
                entry.before is None or time <= entry.before):
            return entry.name
    return None


# ---------------------------------------------------------------- chapters 2, 8 and 10: opening an archive

@dataclass
class Generation:
    number: int
    trailer: Trailer
    manifest_frame: Frame
    manifest: Json
    first_unit: int
    root_with_manifest: bytes = b""
    statement_frames: list[Frame] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    tails: list[list[tuple[Frame, bytes]]] = field(default_factory=list)  # statement frames, tree root before each
    recorded: list[Statement] = field(default_factory=list)


class Archive:
    """Opening performs steps 1 to 5 of chapter 10; the methods below it the others."""

    def __init__(self, handle: BinaryIO) -> None:
        self.source = Source(handle)
        self.warnings: list[str] = []
        self.header = parse_header(self.source.read(0, 512))
        require(self.source.size >= HEADER_LENGTH + TRAILER_LENGTH, "PTAR_TRAILER_MISSING",
                "the archive does not end with a trailer")
        self.trailers = read_trailers(self.source)
        self.ends: list[int] = []      # of each unit: the offset after it
        self.leaves: list[bytes] = []  # and its leaf hash
        self.tree = MerkleTree()
        self.nodes_before_manifest: list[bytes] = []
        self.generations: list[Generation] = []
        for number in range(1, self.trailers[-1].generation + 1):
            self.open_generation(number)
        for generation in self.generations:
            self.check_statements(generation)
        self.index: dict[tuple[bytes, int], Place] = {}
        self.block_cache: OrderedDict[int, list[tuple[int, bytes]]] = OrderedDict()
        self.scanned: Optional[dict[int, list[tuple[int, bytes, int]]]] = None  # frame -> (kind, id, length)

    # -- step 4 of the order: one generation

    def open_generation(self, number: int) -> None:
        trailers = [t for t in self.trailers if t.generation == number]
        trailer = trailers[0]
        frame = self.source.frame(trailer.manifest_offset, None, must_be(MANIFEST))
        manifest = parse_document(frame.payload, "manifest")
        for listed in (manifest["signers"], [s["id"] for s in manifest["snapshots"]]):  # Choice of code
            require(len(set(listed)) == len(listed), "PTAR_DOCUMENT_INVALID", "a manifest lists one thing twice")
        self.check_manifest(manifest, frame, number)
        table_frame = self.source.frame(trailer.table_offset, manifest["frameTable"], must_be(FRAME_TABLE))
        require(table_frame.end == frame.offset, "PTAR_TRAILER_INVALID",
                "the manifest does not follow its frame table")
        first_unit = self.read_table(table_frame)
        require(self.tree.root().hex() == manifest["tree"]["root"], "PTAR_TABLE_ROOT",
                "the frame table does not have the root in the manifest")
        require(self.leaves[0] == self.header.leaf, "PTAR_FRAME_HASH", "the header is not the one in the frame table")
        self.check_chain(manifest)
        generation = Generation(number, trailer, frame, manifest, first_unit)
        self.generations.append(generation)
        self.add_unit(frame)
        generation.root_with_manifest = self.tree.root()
        self.read_closing_frames(generation, trailers)

    def check_manifest(self, manifest: Json, frame: Frame, number: int) -> None:
        """Chapter 8: every fact that the file repeats elsewhere."""
        code = "PTAR_MANIFEST_MISMATCH"
        require(manifest["requires"] == [], "PTAR_UNSUPPORTED_FEATURE", "the manifest requires unknown features")
        require(manifest["archiveId"] == self.header.archive_id.hex(), code, "the archive id is not the header's")
        require(manifest["generation"] == number, code, "the generation is not the trailer's")
        require(manifest["tree"]["size"] == frame.number, code, "the tree size is not the manifest's frame number")
        require(manifest["frameTable"] == frame.number - 1, code, "the frame table is not the frame before")
        index = manifest["index"]
        expected = 1
        for row in index:
            require(row["first"] == expected and row["last"] >= row["first"], code, "index roots have gaps")
            require(row["frame"] < manifest["frameTable"], code, "an index root does not come before the table")
            expected = row["last"] + 1
        require(expected == number + 1, code, "index roots do not end with this generation")

    def check_chain(self, manifest: Json) -> None:
        code = "PTAR_GENERATION_CHAIN"
        if not self.generations:
            require(manifest["prev"] is None, code, "the first manifest names one before")
            return
        before = self.generations[-1]
        expected = {"manifest": sha256(before.manifest_frame.payload).hex(), **before.manifest["tree"]}
        require(manifest["prev"] == expected, code, "the manifest does not name the one before")
        earlier = [s["id"] for s in before.manifest["snapshots"]]
        require([s["id"] for s in manifest["snapshots"]][:len(earlier)] == earlier, code,
                "the list of snapshots does not begin with that of the generation before")

    def read_table(self, table_frame: Frame) -> int:
        """Chapter 2, frame table; the units before the table and the table itself enter the tree."""
        code = "PTAR_TABLE_INVALID"
        table = parse_frame_table(table_frame.payload)
        first = self.generations[-1].manifest["tree"]["size"] if self.generations else 0
        require(table.first == first and table.first + table.count == table_frame.number, code,
                "the frame table does not cover the units it must")
        require(table.nodes == self.nodes_before_manifest, code, "the nodes of the frame table are not those of the generation before")
        inline_first = first + sum(p.units for p in table.pages)
        inline = {inline_first + n: row for n, row in enumerate(table.rows)}
        rows: list[tuple[int, bytes]] = []
        for page in table.pages:
            require(page.frame in inline, code, "a frame table page is not among the inline rows")
            rows += self.read_table_page(page, first + len(rows), inline[page.frame])
        rows += table.rows
        end = self.ends[first - 1] if first else 0
        for n, (row_end, leaf) in enumerate(rows):
            require(row_end > end, code, "end offsets in a frame table do not increase")
            require(first + n > 0 or row_end == HEADER_LENGTH, code, "the header does not end at 64")
            end = row_end
            if first + n < len(self.leaves):
                require(self.ends[first + n] == row_end and self.leaves[first + n] == leaf, "PTAR_FRAME_HASH",
                        f"frame {first + n} is not the one in the frame table")
            else:
                self.ends.append(row_end)
                self.leaves.append(leaf)
                self.tree.append(leaf)
        require(len(self.leaves) == table_frame.number, code, "the frame table covers too few units")
        require(self.ends[-1] == table_frame.offset, code, "the rows do not end where the frame table starts")
        self.ends.append(table_frame.end)
        self.leaves.append(table_frame.leaf)
        self.tree.append(table_frame.leaf)
        self.nodes_before_manifest = list(self.tree.nodes)
        return first

    def read_table_page(self, page: PageReference, first: int, row: tuple[int, bytes]) -> list[tuple[int, bytes]]:
        """The row of the page's own frame gives its end; its unit count gives its length."""
        end, leaf = row
        offset = end - (FRAME_OVERHEAD + 16 + 40 * page.units)
        require(HEADER_LENGTH <= offset and end <= self.source.size, "PTAR_TABLE_INVALID",
                "a frame table page is not where its row says")
        frame = self.source.frame(offset, page.frame, must_be(FRAME_TABLE_PAGE), end)
        require(frame.leaf == leaf, "PTAR_FRAME_HASH",
                f"frame {page.frame} is not the one in the frame table")
        return parse_frame_table_page(frame.payload, first, page)

    def add_unit(self, frame: Frame) -> None:
        self.ends.append(frame.end)
        self.leaves.append(frame.leaf)
        self.tree.append(frame.leaf)

    def read_closing_frames(self, generation: Generation, trailers: list[Trailer]) -> None:
        """The frames between a manifest and the last trailer of its generation, in order."""
        state, offset = "statements", generation.manifest_frame.end
        number = generation.manifest_frame.number + 1
        waiting = list(trailers)
        tail: list[tuple[Frame, bytes]] = []
        while waiting:
            frame = self.source.frame(offset, number, lambda t: void(next_state(state, t)))
            in_tail = state != "statements"
            state = next_state(state, frame.type)
            if frame.type == STATEMENT and not in_tail:
                generation.statement_frames.append(frame)
                require(len(generation.statement_frames) <= STATEMENTS, "PTAR_LIMIT_EXCEEDED", "too many statements")
            elif frame.type == STATEMENT:
                tail.append((frame, self.tree.root()))
                require(len(tail) <= STATEMENTS, "PTAR_LIMIT_EXCEEDED", "too many statements in a tail")
            elif frame.type == TRAILER:
                require(frame.offset == waiting.pop(0).offset, "PTAR_TRAILER_INVALID",
                        "a trailer is not in the chain of trailers")
                if in_tail:
                    generation.tails.append(tail)
                    tail = []
            check_payload(frame, self.warnings)
            self.add_unit(frame)
            offset, number = frame.end, number + 1

    # -- step 5: statements

    def check_statements(self, generation: Generation) -> None:
        """Chapter 8, statement: agreement with the archive, one per signer in order, then the signatures."""
        signers = generation.manifest["signers"]
        size = generation.manifest_frame.number + 1
        for n, frame in enumerate(generation.statement_frames):
            statement = self.archive_statement(frame, generation, size, generation.root_with_manifest, ["created"])
            require(n < len(signers) and statement.body["publicKey"] == signers[n], "PTAR_STATEMENT_MISMATCH",
                    "a statement is not that of the declared signer at its place")
            generation.statements.append(statement)
        require(len(generation.statements) == len(signers), "PTAR_SIGNATURE_MISSING",
                "a declared signer has no statement")
        for statement in generation.statements:
            statement.check_signature()
        for tail in generation.tails:
            for frame, root in tail:
                statement = self.archive_statement(frame, generation, frame.number, root,
                                                   ["witnessed", "received", "released"])
                statement.check_signature()
                generation.recorded.append(statement)

    def archive_statement(self, frame: Frame, generation: Generation, size: int, root: bytes,
                          actions: list[str]) -> Statement:
        statement = parse_statement(frame.payload, ARCHIVE_TYPE, "archive-statement")
        body = statement.body
        agrees = (
            body["archiveId"] == self.header.archive_id.hex()
            and body["generation"] == generation.number
            and body["manifest"] == sha256(generation.manifest_frame.payload).hex()
            and body["tree"] == {"root": root.hex(), "size": size}
            and body["action"] in actions
        )
        require(agrees, "PTAR_STATEMENT_MISMATCH", f"the statement in frame {frame.number} is about something else")
        return statement

    # -- reading frames through the frame table

    def unit(self, number: int, *types: int) -> Frame:
        require(0 < number < len(self.ends), "PTAR_INDEX_INVALID", f"there is no frame {number}")
        frame = self.source.frame(self.ends[number - 1], number, must_be(*types), self.ends[number])
        require(frame.leaf == self.leaves[number], "PTAR_FRAME_HASH",
                f"frame {number} is not the one in the frame table")
        return frame

    def block(self, number: int) -> list[tuple[int, bytes]]:
        if number not in self.block_cache:
            frame = self.unit(number, BLOCK_DATA, BLOCK_META)
            self.block_cache[number] = parse_block(frame.payload, frame.type)
            if len(self.block_cache) > 16:
                self.block_cache.popitem(last=False)
        self.block_cache.move_to_end(number)
        return self.block_cache[number]

    def place(self, kind: int, id_: bytes) -> Place:
        place = self.index.get((id_, kind))
        if place is None:
            raise PtarError("PTAR_OBJECT_MISSING", f"the {KIND_NAMES[kind]} {id_.hex()} is not in the archive")
        return place

    def object(self, kind: int, id_: bytes) -> bytes:
        place = self.place(kind, id_)
        block = self.block(place.frame)
        require(place.ordinal < len(block), "PTAR_INDEX_INVALID", "an index row is out of range")
        found, data = block[place.ordinal]
        require(found == kind and object_id(kind, data) == id_, "PTAR_OBJECT_ID",
                f"the object at the place of {KIND_NAMES[kind]} {id_.hex()} is another")
        return data

    # -- step 6: every frame from the front

    def scan(self) -> None:
        offset, number, state = HEADER_LENGTH, 1, "header"
        self.scanned = {}
        trailers = {t.offset for t in self.trailers}
        while offset < self.source.size:
            end = self.ends[number] if number < len(self.ends) else None
            frame = self.source.frame(offset, number, lambda t: void(next_state(state, t)), end)
            state = next_state(state, frame.type)
            require(number < len(self.leaves) and frame.leaf == self.leaves[number],
                    "PTAR_FRAME_HASH", f"frame {number} is not the one in the frame table")
            require(frame.type != TRAILER or offset in trailers, "PTAR_TRAILER_INVALID",
                    "a trailer is not in the chain of trailers")
            check_payload(frame, self.warnings)
            if frame.type in (BLOCK_DATA, BLOCK_META):
                self.scanned[number] = [(kind, object_id(kind, data), len(data))
                                        for kind, data in parse_block(frame.payload, frame.type)]
            offset, number = frame.end, number + 1
        require(state == "closed", "PTAR_FRAME_ORDER", "the archive does not end with a trailer")

    # -- step 7: index

    def read_index(self) -> None:
        code = "PTAR_INDEX_INVALID"
        for reference in self.generations[-1].manifest["index"]:
            root = self.unit(reference["frame"], INDEX_ROOT)
            covered = self.generations[reference["first"] - 1:reference["last"]]
            low, high = covered[0].first_unit, covered[-1].manifest["frameTable"]
            require(low < root.number < high, code, "an index root does not stand in the generations it covers")
            pages, row_count = parse_index_root(root.payload)
            require(row_count == reference["rows"], code, "the manifest has another row count")
            previous: tuple[bytes, int] = (b"", 0)
            for first_id, first_kind, number, row_count in pages:
                require(low < number < root.number, code, "an index page does not stand before its root")
                rows = parse_index_page(self.unit(number, INDEX_PAGE).payload)
                require(len(rows) == row_count and rows[0][:2] == (first_id, first_kind), code,
                        "an index page is not the one its root names")
                for id_, kind, place in rows:
                    require((id_, kind) > previous, code, "index rows are not in order")
                    previous = (id_, kind)
                    require(low < place.frame < root.number, code, "an index row names a frame out of range")
                    self.check_row(id_, kind, place)
                    if (id_, kind) not in self.index:  # roots come in order, so the first is the lowest place
                        self.index[id_, kind] = place
        if self.scanned is not None:
            self.check_index_complete(self.scanned)

    def check_row(self, id_: bytes, kind: int, place: Place) -> None:
        code = "PTAR_INDEX_INVALID"
        if self.scanned is None:
            head = self.source.read(self.ends[place.frame - 1], 5)
            require(head[4] == (BLOCK_DATA if kind == CHUNK else BLOCK_META), code,
                    "an index row names a frame that is not a block of its kind")
            return
        objects = self.scanned.get(place.frame)
        require(objects is not None and place.ordinal < len(objects), code, "an index row names no object")
        assert objects is not None
        require(objects[place.ordinal][:2] == (kind, id_), "PTAR_OBJECT_ID", "an index row names another object")

    def check_index_complete(self, scanned: dict[int, list[tuple[int, bytes, int]]]) -> None:
        seen: set[tuple[bytes, int]] = set()
        for number, objects in scanned.items():
            for ordinal, (kind, id_, _) in enumerate(objects):
                if (id_, kind) not in seen:
                    seen.add((id_, kind))
                    place = self.index.get((id_, kind))
                    if place is None:
                        raise PtarError("PTAR_INDEX_MISSING", f"no index row names the object {ordinal} of frame {number}")
                    require(place == Place(number, ordinal), "PTAR_INDEX_INVALID",
                            "an object is not indexed at its lowest place")


def void(_: Any) -> None:
    return None


def must_be(*types: int) -> Callable[[int], None]:
    """A frame that something points to has another type: the pointer is wrong."""
    names = {MANIFEST: "PTAR_TRAILER_INVALID", FRAME_TABLE: "PTAR_TRAILER_INVALID",
             FRAME_TABLE_PAGE: "PTAR_TABLE_INVALID"}

    def check(found: int) -> None:
        require(found in types, names.get(types[0], "PTAR_INDEX_INVALID"),
                f"a frame of type {found:#04x} stands where one of type {types[0]:#04x} must")
    return check


def check_payload(frame: Frame, warnings: list[str]) -> None:
    """Payloads that are checked where they stand."""
    if frame.type == SESSION:
        check_session(frame.payload)
    elif frame.type == ABOUT and frame.payload != ABOUT_TEXT:
        warnings.append("the text of ABOUT is another one")
    elif frame.type == PADDING:
        # Choice of code: the chapter names none for padding that is not zero.
        require(is_zero(frame.payload), "PTAR_FRAME_RESERVED", "a padding frame has bytes that are not zero")


# ---------------------------------------------------------------- chapters 5 to 7: snapshots and trees

@dataclass
class Snapshot:
    id: str
    document: Json
    content: Json
    statements: list[Statement]
    generation: Generation

    @property
    def complete(self) -> bool:
        counts = self.document["completeness"]
        return counts["failed"] + counts["unstable"] == 0


@dataclass(frozen=True)
class Shape:
    """What is below one directory: counters, and its longest path in names and bytes."""
    counters: Counters
    names: int = 0
    path: int = 0


class Tree:
    """The entries of one snapshot."""

    def __init__(self, archive: Archive, snapshot: Snapshot, deep: bool) -> None:
        self.archive, self.snapshot, self.deep = archive, snapshot, deep
        self.count = 0
        self.cache: OrderedDict[bytes, Json] = OrderedDict()
        self.shapes: dict[bytes, Shape] = {}

    def check(self) -> Counters:
        """Pages, entries, lists, closure and counters: each directory once, however often it is named."""
        root = self.snapshot.content["root"]
        return Counters() if root is None else self.shape(bytes.fromhex(root), 1).counters

    def shape(self, page_id: bytes, depth: int) -> Shape:
        if page_id not in self.shapes:
            require(depth <= PATH_DEPTH, "PTAR_LIMIT_EXCEEDED", "a path has too many names")
            total, names, path = Counters(), 1, 0
            for row in self.read_rows(page_id):
                name = entry_name(row["item"])
                entry = Entry(-1, name, row["item"], row["store"])
                check_entry(entry.item, entry.store)
                path = max(path, len(name))
                if entry.type == "file":
                    self.check_size(entry)
                total.add_entry(entry)
                if "page" in entry.store:
                    below = self.shape(bytes.fromhex(entry.store["page"]), depth + 1)
                    require(below.counters.as_document() == entry.store["counters"], "PTAR_TREE_COUNTERS",
                            f"the counters of {printable(name)} are wrong")
                    total.add(below.counters)
                    names, path = max(names, 1 + below.names), max(path, len(name) + 1 + below.path)
            self.shapes[page_id] = Shape(total, names, path)
        shape = self.shapes[page_id]
        require(depth - 1 + shape.names <= PATH_DEPTH and shape.path <= PATH_BYTES, "PTAR_LIMIT_EXCEEDED",
                "a path has too many names or bytes")
        return shape

    def entries(self) -> Iterator[Entry]:
        """All entries of a checked tree in pre-order."""
        root = self.snapshot.content["root"]
        return iter(()) if root is None else self.directory(bytes.fromhex(root), b"")

    def directory(self, page_id: bytes, prefix: bytes) -> Iterator[Entry]:
        for row in self.read_rows(page_id):
            entry = Entry(self.count, prefix + entry_name(row["item"]), row["item"], row["store"])
            self.count += 1
            yield entry
            if "page" in entry.store:
                yield from self.directory(bytes.fromhex(entry.store["page"]), entry.path + b"/")

    def page(self, id_: bytes) -> Json:
        if id_ not in self.cache:
            self.cache[id_] = parse_document(self.archive.object(PAGE, id_), "page")
            if len(self.cache) > 64:
                self.cache.popitem(last=False)
        return self.cache[id_]

    def read_rows(self, root_id: bytes) -> list[Json]:
        """The entries of one directory: its pages, level by level."""
        pages = [self.page(root_id)]
        level = pages[0]["level"]
        require(level <= TREE_LEVELS, "PTAR_LIMIT_EXCEEDED", "a directory has too many levels of pages")
        while True:
            rows = [row for page in pages for row in page["pages" if level else "entries"]]
            names = [entry_name(row if level else row["item"]) for row in rows]
            require(all(a < b for a, b in zip(names, names[1:])), "PTAR_PAGE_ORDER",
                    "the entries of a directory are not in order")
            sizes = [len(canonical(row)) for row in rows]
            require(level > 0 or max(sizes) <= ENTRY_BYTES, "PTAR_LIMIT_EXCEEDED", "an entry is too long")
            if self.deep:
                held = [len(page["pages" if level else "entries"]) for page in pages]
                require(page_cuts(level, list(zip(names, sizes))) == held, "PTAR_PAGE_SPLIT",
                        "a directory is cut where the rule does not cut")
                require(level == 0 or len(rows) > 1, "PTAR_PAGE_SPLIT", "a page stands above a single page")
            if level == 0:
                return rows
            level -= 1
            pages = [self.page(bytes.fromhex(row["id"])) for row in rows]
            for page, name in zip(pages, names):
                # Choice of code for a wrong level or first name: PTAR_PAGE_ORDER.
                require(page["level"] == level, "PTAR_PAGE_ORDER", "a page has another level than its place asks for")
                first = page["pages"][0] if level else page["entries"][0]["item"]
                require(entry_name(first) == name, "PTAR_PAGE_ORDER", "a page has another first name than the one above says")

    def chunks(self, entry: Entry) -> list[tuple[bytes, Optional[int]]]:
        """Chapter 5, store: the chunks of a file in order, with the lengths that the archive declares."""
        item, store = entry.item, entry.store
        if "chunks" in store:
            return [(bytes.fromhex(c["id"]), c["length"]) for c in store["chunks"]]
        if "list" in store:
            rows = self.read_list(bytes.fromhex(store["list"]))
            # Choice of code and level: a list for 16 chunks or fewer is a wrong cut.
            require(len(rows) > 16 or not self.deep, "PTAR_PAGE_SPLIT", "a list stands where chunks must")
            return list(rows)
        if item["sha256"] is not None:
            return [] if item["size"] == 0 else [(bytes.fromhex(item["sha256"]), None)]
        return [(bytes.fromhex(item["sha256Stored"]), None)] if "sha256Stored" in item else []

    def read_list(self, root_id: bytes) -> list[tuple[bytes, int]]:
        code = "PTAR_LIST_INVALID"
        lists = [parse_list(self.archive.object(LIST, root_id))]
        level = lists[0].level
        require(level <= TREE_LEVELS, "PTAR_LIMIT_EXCEEDED", "a list has too many levels")
        while True:
            rows = [row for one in lists for row in one.rows]
            if self.deep:
                require(list_cuts(rows) == [len(one.rows) for one in lists], "PTAR_PAGE_SPLIT",
                        "a list is cut where the rule does not cut")
                require(level == 0 or len(rows) > 1, "PTAR_PAGE_SPLIT", "a list stands above a single list")
            if level == 0:
                return rows
            level -= 1
            lists = [parse_list(self.archive.object(LIST, id_)) for id_, _ in rows]
            for one, (_, length) in zip(lists, rows):
                require(one.level == level, code, "a list has another level than its place asks for")
                require(sum(n for _, n in one.rows) == length, code, "the lengths of a list do not add up")

    def check_size(self, entry: Entry) -> None:
        """Closure and lengths.  Choice: the real length of a chunk is known from level full on."""
        chunks = self.chunks(entry)
        declared = [length for _, length in chunks if length is not None]
        if declared:
            require(sum(declared) == stored_size(entry.item), "PTAR_TREE_SIZE",
                    f"the stored length of {printable(entry.path)} does not give its size")
        for id_, length in chunks:
            place = self.archive.place(CHUNK, id_)
            if self.archive.scanned is not None:
                real = self.archive.scanned[place.frame][place.ordinal][2]
                expected = stored_size(entry.item) if length is None else length
                require(real == expected, "PTAR_TREE_SIZE",
                        f"a chunk of {printable(entry.path)} does not have the length it must have")

    def links(self) -> dict[int, int]:
        """Chapter 6, links: item -> first item of its group."""
        code, table = "PTAR_LINKS_INVALID", self.snapshot.content["links"]
        if table is None:
            return {}
        rows: list[tuple[int, int]] = []
        for page in table["pages"]:
            rows += parse_links(self.archive.object(LINKS, bytes.fromhex(page)))
        require(len(rows) == table["count"], code, "the link table has another count")
        require(all(a[0] < b[0] for a, b in zip(rows, rows[1:])), code, "the link table is not sorted")
        links = dict(rows)
        require(all(first < item and first not in links for item, first in rows), code,
                "a group of the link table does not have its first item first")
        return links

    def bytes_of(self, entry: Entry) -> Iterator[bytes]:
        for id_, _ in self.chunks(entry):
            yield self.archive.object(CHUNK, id_)


def read_snapshot(archive: Archive, reference: Json, brought: Generation) -> Snapshot:
    """The snapshot, the statements about it, its content."""
    document = parse_document(archive.object(SNAPSHOT, bytes.fromhex(reference["id"])), "snapshot")
    check_attributes(document.get("attributes", []))
    require(document["tags"] == sorted(set(document["tags"])), "PTAR_DOCUMENT_INVALID", "tags are not sorted or repeated")
    items = document["items"]
    require(items["count"] <= ITEMS, "PTAR_LIMIT_EXCEEDED", "a snapshot has too many items")
    statements: list[Statement] = []
    for id_ in reference["statements"]:
        statement = parse_statement(archive.object(STATEMENT_OBJECT, bytes.fromhex(id_)), SNAPSHOT_TYPE,
                                    "snapshot-statement")
        about = {name: items[name] for name in ("count", "root", "rule")}
        require(statement.body["snapshot"] == reference["id"] and statement.body["items"] == about,
                "PTAR_STATEMENT_MISMATCH", "a snapshot statement is about something else")
        require(all(statement.key != other.key for other in statements), "PTAR_STATEMENT_MISMATCH",
                "a key has two statements about one snapshot")
        statement.check_signature()
        statements.append(statement)
    content = parse_document(archive.object(CONTENT, bytes.fromhex(document["content"])), "content")
    return Snapshot(reference["id"], document, content, statements, brought)


def check_snapshot(archive: Archive, snapshot: Snapshot, level: str) -> int:
    """Chapter 10, step 8, for one snapshot.  Returns the number of entries."""
    tree = Tree(archive, snapshot, level == "deep")
    totals, counts, items = tree.check(), snapshot.document["completeness"], snapshot.document["items"]
    expected = {"excluded": counts["excluded"], "failed": totals.failed, "stored": totals.entries - totals.failed,
                "seen": totals.entries + counts["excluded"], "unstable": totals.unstable}
    require(counts == expected, "PTAR_SNAPSHOT_COUNTERS", "the counters of a snapshot are not those of its tree")
    require(items["count"] == totals.entries and (items["root"] is None) == (totals.entries == 0),
            "PTAR_SNAPSHOT_ITEMS", "the item count is wrong, or the item root is null, or not null, wrongly")
    links = tree.links()
    linked, linkable = set(links) | set(links.values()), {}
    salt, merkle = bytes.fromhex(snapshot.content["salt"]), MerkleTree()
    for entry in tree.entries() if level != "standard" or links else ():
        if level != "standard":
            merkle.append(item_leaf(salt, entry))
        if entry.index in linked and entry.type == "file":
            linkable[entry.index] = (entry.item["sha256"], entry.item["size"], canonical(entry.store))
    for item, first in links.items():
        require(item in linkable and linkable[item] == linkable.get(first), "PTAR_LINKS_INVALID",
                "two names in the link table are not one file")
    if level != "standard" and items["root"] is not None:
        require(merkle.root().hex() == items["root"], "PTAR_SNAPSHOT_ITEMS",
                "the item tree does not have the root in the snapshot")
    return totals.entries


def check_files(archive: Archive, snapshot: Snapshot) -> None:
    """Chapter 10, step 9."""
    tree = Tree(archive, snapshot, False)
    for entry in tree.entries():
        if entry.type == "file":
            digest = entry.item["sha256"] or entry.item.get("sha256Stored")
            if digest is not None:
                require(sha256(*tree.bytes_of(entry)).hex() == digest, "PTAR_FILE_DIGEST",
                        f"the bytes of {printable(entry.path)} do not have their digest")


# ---------------------------------------------------------------- chapter 10, verification

@dataclass
class Verified:
    archive: Archive
    snapshots: list[Snapshot]
    entries: int
    signature: str
    complete: bool


def read_snapshots(archive: Archive) -> list[Snapshot]:
    brought: dict[str, Generation] = {}
    for generation in archive.generations:
        for reference in generation.manifest["snapshots"]:
            brought.setdefault(reference["id"], generation)
    newest = archive.generations[-1].manifest
    return [read_snapshot(archive, reference, brought[reference["id"]]) for reference in newest["snapshots"]]


def verify(handle: BinaryIO, level: str, trust: Optional[list[TrustedKey]], allow_unsigned: bool = False) -> Verified:
    """All checks in the order of chapter 10; `trust` None leaves out the last of them."""
    archive = Archive(handle)                                   # steps 1 to 5
    if level != "standard":
        archive.scan()                                          # step 6
    archive.read_index()                                        # step 7
    snapshots = read_snapshots(archive)                         # step 8
    entries = sum(check_snapshot(archive, snapshot, level) for snapshot in snapshots)
    for generation in archive.generations:
        new = [s for s in snapshots if s.generation is generation]
        require(generation.manifest["complete"] == all(s.complete for s in new), "PTAR_MANIFEST_MISMATCH",
                "the manifest does not say whether its snapshots are complete")
    if level == "deep":
        for snapshot in snapshots:
            check_files(archive, snapshot)                      # step 9
    signature = check_trust(archive, snapshots, trust, allow_unsigned)  # step 10
    return Verified(archive, snapshots, entries, signature, all(s.complete for s in snapshots))


def vouched(snapshot: Snapshot, trust: list[TrustedKey]) -> bool:
    """Chapter 9, vouching."""
    about = any(s.body["role"] != "carrier" and trusted_name(trust, s) is not None for s in snapshot.statements)
    return about or any(s.body["role"] == "author" and trusted_name(trust, s) is not None
                        for s in snapshot.generation.statements)


def check_trust(archive: Archive, snapshots: list[Snapshot], trust: Optional[list[TrustedKey]],
                allow_unsigned: bool) -> str:
    """Chapter 9 and step 10.  Choice: an unsigned newest generation is a missing signature, unless it is allowed."""
    newest = archive.generations[-1]
    if not newest.statements:
        require(allow_unsigned or trust is None, "PTAR_SIGNATURE_MISSING", "the archive is unsigned")
        return "unsigned"
    if trust is None:
        return "unknown-key"
    signed = [any(trusted_name(trust, s) is not None for s in g.statements) for g in archive.generations]
    # Choice: the newest generation needs a trusted signer in any role, and each snapshot one who vouches for it.
    if not signed[-1]:
        good = max((n for n, ok in enumerate(signed, 1) if ok), default=0)
        raise PtarError("PTAR_SIGNER_UNTRUSTED", "the newest generation is not signed by a trusted key; "
                        + (f"the last trusted generation is {good}" if good else "no generation is"))
    for snapshot in snapshots:
        require(vouched(snapshot, trust), "PTAR_SIGNER_UNTRUSTED",
                f"no trusted key vouches for the snapshot {snapshot.id}")
    return "trusted"


# ---------------------------------------------------------------- commands

def printable(name: bytes) -> str:
    """A name on one line of a terminal: no control characters, no ambiguity."""
    out = []
    for char in name.decode("utf-8", "surrogateescape"):
        code = ord(char)
        if 0xDC80 <= code <= 0xDCFF:
            out.append(f"\\x{code - 0xDC00:02x}")
        elif char == "\\":
            out.append("\\\\")
        elif char.isprintable():
            out.append(char)
        else:
            out.append("".join(f"\\x{b:02x}" for b in char.encode("utf-8")))
    return "".join(out)


def open_archive(path: str) -> BinaryIO:
    try:
        return open(path, "rb")
    except FileNotFoundError:
        raise PtarError("PTAR_ARCHIVE_NOT_FOUND", f"{path} does not exist") from None


def load_trust(path: Optional[str]) -> list[TrustedKey]:
    """Without a trust file no key is trusted."""
    if path is None:
        return []
    try:
        return parse_trust(Path(path).read_bytes())
    except FileNotFoundError:
        raise PtarError("PTAR_KEY_NOT_FOUND", f"{path} does not exist") from None


def command_verify(path: str, level: str, trust_path: Optional[str]) -> int:
    trust = load_trust(trust_path)
    with open_archive(path) as handle:
        result = verify(handle, level, trust)
    archive = result.archive
    for warning in archive.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(fingerprint(archive.generations[-1].manifest_frame.payload))
    print(f"integrity: ok ({level}, {archive.source.size} bytes, {len(archive.ends) - 1} frames, "
          f"{len(archive.index)} objects, {result.entries} entries)")
    print(f"signature: {result.signature}")
    print("time: claimed " + archive.generations[-1].manifest["createdAt"])
    print("completeness: " + ("complete" if result.complete else "incomplete"))
    print(f"custody: {sum(len(g.recorded) for g in archive.generations)} recorded statements")
    return 0 if result.complete else 3


def newest_snapshot(result: Verified) -> Snapshot:
    require(bool(result.snapshots), "PTAR_SNAPSHOT_NOT_FOUND", "the archive holds no snapshot")
    return result.snapshots[-1]


def command_list(path: str) -> int:
    with open_archive(path) as handle:
        result = verify(handle, "standard", None)
        for entry in Tree(result.archive, newest_snapshot(result), False).entries():
            mark = "!" if entry.failed else "~" if entry.unstable else " "
            print(f"{mark} {entry.type:9} {entry.item.get('size', '-'):>12} {printable(entry.path)}")
    return 0


class Extractor:
    """Writes a tree below a new directory.  Everything is opened relative to a directory that this
    program made, nothing is followed or replaced, and symbolic links are made last."""

    def __init__(self, tree: Tree, target: str) -> None:
        self.tree, self.target = tree, target
        self.problems: list[str] = []
        self.links = tree.links()
        self.symlinks: list[tuple[list[bytes], bytes]] = []
        self.directories: list[tuple[list[bytes], Json]] = []
        self.firsts: dict[int, list[bytes]] = {}
        self.restored = 0

    def run(self) -> None:
        try:
            os.mkdir(self.target, 0o700)
        except FileExistsError:
            raise PtarError("PTAR_TARGET_EXISTS", f"{self.target} exists") from None
        self.root = os.open(self.target, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            groups = set(self.links.values())
            for entry in self.tree.entries():
                names = entry.path.split(b"/")
                try:
                    self.write(entry, names)
                except OSError as error:
                    self.problems.append(f"{printable(entry.path)}: {error.strerror}")
                if entry.index in groups:
                    self.firsts[entry.index] = names
            for names, target in self.symlinks:
                self.within(names, lambda parent, name: os.symlink(target, name, dir_fd=parent))
            for names, item in reversed(self.directories):  # children before parents
                self.within(names, lambda parent, name: self.set_directory(parent, name, item))
        finally:
            os.close(self.root)

    def open_parent(self, names: list[bytes]) -> int:
        """The directory of a path, each step refused if it is a symbolic link."""
        here = os.dup(self.root)
        for name in names[:-1]:
            try:
                below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            finally:
                os.close(here)
            here = below
        return here

    def within(self, names: list[bytes], action: Callable[[int, bytes], None]) -> None:
        try:
            parent = self.open_parent(names)
            try:
                action(parent, names[-1])
            finally:
                os.close(parent)
        except OSError as error:
            self.problems.append(f"{printable(b'/'.join(names))}: {error.strerror}")

    def write(self, entry: Entry, names: list[bytes]) -> None:
        parent = self.open_parent(names)
        try:
            if entry.type == "directory":
                os.mkdir(names[-1], 0o700, dir_fd=parent)
                self.directories.append((names, entry.item))
            elif entry.type == "file" and entry.index in self.links:
                self.write_link(self.firsts[self.links[entry.index]], parent, names[-1])
            elif entry.type == "file" and any(e["operation"] == "open" for e in entry.item.get("errors", [])):
                self.problems.append(f"{printable(entry.path)}: could not be opened when it was archived")
                return
            elif entry.type == "file":
                self.write_file(entry, parent, names[-1])
            elif entry.type == "symlink" and LINK_ONLY & entry.item.keys():
                self.symlinks.append((names, text_or_raw(entry.item, "target")))
            else:
                self.problems.append(f"{printable(entry.path)}: a {entry.type} is not restored")
                return
            self.restored += 1
        finally:
            os.close(parent)

    def write_link(self, first: list[bytes], parent: int, name: bytes) -> None:
        source = self.open_parent(first)
        try:
            os.link(first[-1], name, src_dir_fd=source, dst_dir_fd=parent, follow_symlinks=False)
        finally:
            os.close(source)

    def write_file(self, entry: Entry, parent: int, name: bytes) -> None:
        """The bytes at their places; ranges that could not be read stay holes and are reported."""
        item = entry.item
        if entry.failed:
            self.problems.append(f"{printable(entry.path)}: the archive does not hold all of it")
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=parent)
        digest = hashlib.sha256()
        with os.fdopen(handle, "wb") as out:
            gaps = [(e["offset"], e["length"]) for e in item.get("errors", []) if e["operation"] == "read"]
            position = 0
            for data in self.tree.bytes_of(entry):
                digest.update(data)
                while data:
                    if gaps and gaps[0][0] == position:
                        position += gaps.pop(0)[1]
                        out.seek(position)
                    run = data if not gaps else data[:gaps[0][0] - position]
                    out.write(run)
                    position += len(run)
                    data = data[len(run):]
            out.truncate(position + sum(length for _, length in gaps))
            out.flush()
            expected = item["sha256"] or item.get("sha256Stored") or digest.hexdigest()
            require(digest.hexdigest() == expected, "PTAR_FILE_DIGEST",
                    f"the bytes of {printable(entry.path)} do not have their digest")
            if "mode" in item:
                os.fchmod(out.fileno(), item["mode"] & 0o777)  # never set-user-id or its kin
            if item.get("mtime") is not None:
                os.utime(out.fileno(), ns=(int(item["mtime"]), int(item["mtime"])))

    @staticmethod
    def set_directory(parent: int, name: bytes, item: Json) -> None:
        handle = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
        try:
            if "mode" in item:
                os.fchmod(handle, item["mode"] & 0o777)
            if item.get("mtime") is not None:
                os.utime(handle, ns=(int(item["mtime"]), int(item["mtime"])))
        finally:
            os.close(handle)


def command_extract(path: str, target: str, trust_path: Optional[str]) -> int:
    # Choice: without a trust file the signer is reported, not refused.
    trust = load_trust(trust_path) if trust_path is not None else None
    with open_archive(path) as handle:
        result = verify(handle, "standard", trust)
        print(f"signature: {result.signature}")
        extractor = Extractor(Tree(result.archive, newest_snapshot(result), False), target)
        extractor.run()
    for problem in extractor.problems:
        print(f"not restored: {problem}", file=sys.stderr)
    print(f"{extractor.restored} entries restored below {target}")
    return 0 if result.complete else 3


def run_vector(folder: Path, vector: Json, trust: list[TrustedKey]) -> tuple[str, Optional[str], Optional[str]]:
    """The class, code and archive fingerprint that this reader finds for one test vector."""
    try:
        with open_archive(str(folder / vector["file"])) as handle:
            result = verify(handle, vector.get("level") or "full", trust, "allow-unsigned" in vector.get("flags", []))
        digest = sha256(result.archive.generations[-1].manifest_frame.payload).hex()
        require(vector.get("expectFingerprint", digest) == digest, "PTAR_VERIFY_UNEXPECTED",
                "this is another archive than the one expected")
        return CLASS_OF_EXIT[0 if result.complete else 3], None, digest
    except PtarError as error:
        return CLASS_OF_EXIT[error.exit], error.code, None


def command_vectors(path: str) -> int:
    """Vectors are verified with keys/trusted, as the README beside them says."""
    folder = Path(path)
    trust = load_trust(str(folder / "keys" / "trusted"))
    agree = differ = 0
    for vector in json.loads((folder / "index.json").read_text("utf-8")):
        try:
            found = run_vector(folder, vector, trust)
        except Exception as error:  # a defect of this program must not hide the other vectors
            found = ("internal", repr(error), None)
        expected = (vector["expect"], vector["code"], vector.get("fingerprint") if found[2] else None)
        if found == expected:
            agree += 1
        else:
            differ += 1
            print(f"{vector['name']}: expected {expected}, found {found}")
    print(f"{agree} agree, {differ} differ")
    return 0 if differ == 0 else 1


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Verify, list and extract PTAR 1 archives.")
    parser.add_argument("--vectors", metavar="DIR", help="run the test vectors in DIR and print disagreements")
    commands = parser.add_subparsers(dest="command")
    check = commands.add_parser("verify", help="check an archive")
    check.add_argument("file")
    check.add_argument("--level", choices=["standard", "full", "deep"], default="full")
    check.add_argument("--trust", metavar="FILE")
    show = commands.add_parser("list", help="print the entries of the last snapshot")
    show.add_argument("file")
    unpack = commands.add_parser("extract", help="write the last snapshot below a new directory")
    unpack.add_argument("file")
    unpack.add_argument("directory")
    unpack.add_argument("--trust", metavar="FILE")
    options = parser.parse_args(arguments)
    try:
        if options.vectors is not None:
            return command_vectors(options.vectors)
        if options.command == "verify":
            return command_verify(options.file, options.level, options.trust)
        if options.command == "list":
            return command_list(options.file)
        if options.command == "extract":
            return command_extract(options.file, options.directory, options.trust)
        parser.print_usage(sys.stderr)
        return CODES["PTAR_USAGE"]
    except PtarError as error:
        print(error, file=sys.stderr)
        return error.exit
    except OSError as error:
        print(f"PTAR_IO_FAILED: {error.strerror}", file=sys.stderr)
        return CODES["PTAR_IO_FAILED"]


if __name__ == "__main__":
    sys.setrecursionlimit(10000)  # directories nest to 256, each a few calls deep
    sys.exit(main(sys.argv[1:]))
