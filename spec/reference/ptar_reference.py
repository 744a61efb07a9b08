#!/usr/bin/env python3
"""A reference verifier, lister and extractor for PTAR 1.

Written from the specification alone, in the order of its chapters, and meant to be read next to the text, not to be
fast.  Only the standard library is needed; the package ``cryptography`` opens sealed archives.  KEY is --identity FILE
or --passphrase-file FILE.  Blocks of zstd are decoded by zstd.py, repositories are read by ptar_repository.py.

    ptar_reference.py verify FILE [--level standard|full|deep] [--trust FILE] [KEY]
    ptar_reference.py list FILE [KEY]
    ptar_reference.py extract FILE DIR [--trust FILE] [KEY]
    ptar_reference.py --vectors DIR
"""

from __future__ import annotations

import argparse
import base64
import binascii
import fnmatch
import hashlib
import hmac
import json
import os
import re
import struct
import sys
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO, Callable, Iterator, Optional

import zstd

Json = dict[str, Any]

# Tables of the specification are read, not copied: error codes (chapter 10), limits (chapter 11) and schemas.
SPEC = Path(__file__).resolve().parent.parent
EXITS: dict[str, int] = {row["code"]: row["exit"] for row in json.loads((SPEC / "errors.json").read_text("utf-8"))}
LIMITS: dict[str, int] = {
    name: int(value)
    for name, value in re.findall(r"^\| (\w+) \| (\d+) \|", (SPEC / "11-limits.md").read_text("utf-8"), re.MULTILINE)
}
SCHEMAS: dict[str, Json] = {
    path.name.removesuffix(".schema.json"): json.loads(path.read_text("utf-8"))
    for path in (SPEC / "schemas").glob("*.schema.json")
}
CLASSES = {0: "ok", 1: "failed", 2: "usage", 3: "incomplete", 4: "integrity", 5: "signature", 6: "trust",
           7: "not-found", 8: "key", 9: "refused", 10: "unsupported", 11: "locked", 130: "interrupted"}
PRECEDENCE = [10, 4, 5, 8, 6, 7, 9, 3]  # of exit codes, when several verdicts fail


class PtarError(Exception):
    """A failure with a code of the closed list in errors.json."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.exit = EXITS[code]


def require(condition: bool, code: str, sentence: str) -> None:
    if not condition:
        raise PtarError(code, sentence)


# ---------------------------------------------------------------- chapter 0: conventions

MAX_SAFE = 2**53 - 1


def sha256(*parts: bytes) -> bytes:
    h = hashlib.sha256()
    for part in parts:
        h.update(part)
    return h.digest()


def label(text: str) -> bytes:
    """An ASCII string padded with NUL to 16 bytes."""
    return text.encode("ascii").ljust(16, b"\0")


def is_zero(data: bytes) -> bool:
    return not any(data)


class Fields:
    """Reads integers and byte strings from a structure; what is wrong with it has the structure's code."""

    def __init__(self, data: bytes, code: str, what: str) -> None:
        self.data, self.at, self.code, self.what = data, 0, code, what

    def bytes(self, length: int) -> bytes:
        require(length <= self.left(), self.code, f"{self.what} is too short")
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

    def rows(self, count: int, length: int, least: int, most: int) -> None:
        """That the rest is `count` rows of `length` bytes, and `count` within its limits."""
        require(least <= count <= most and self.left() == count * length, self.code,
                f"{self.what} has a wrong number of rows")


def canonical(value: Any) -> bytes:
    """The one form of a document."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("utf-8")


def well_formed(value: Any, depth: int = 1) -> bool:
    """Integers from 0 to 2^53-1, ASCII member names that do not begin with a digit, and a depth within the limit."""
    if isinstance(value, dict):
        return all(name.isascii() and not name[:1].isdigit() for name in value) and well_formed(list(value.values()), depth)
    if isinstance(value, list):
        return depth <= LIMITS["jsonDepth"] and all(well_formed(v, depth + 1) for v in value)
    return value is None or isinstance(value, (bool, str)) or (isinstance(value, int) and 0 <= value <= MAX_SAFE)


def parse_document(data: bytes, schema: str) -> Json:
    """Canonical form, then schema, then what schemas cannot say."""
    bad = PtarError("PTAR_DOCUMENT_NOT_CANONICAL", f"a {schema} is not canonical JSON")
    try:
        value = json.loads(data.decode("utf-8"))
        if not well_formed(value) or canonical(value) != data:
            raise bad
    except (ValueError, RecursionError):  # UnicodeError is a ValueError
        raise bad from None
    problem = schema_problem(value, SCHEMAS[schema], SCHEMAS[schema], schema)
    require(problem is None, "PTAR_DOCUMENT_INVALID", str(problem))
    check_extensions(value.get("ext", []))
    return value


def schema_problem(value: Any, schema: Json, root: Json, where: str) -> Optional[str]:
    """The part of JSON Schema 2020-12 that the schemas use; None, or the first problem."""
    if "$ref" in schema:
        return schema_problem(value, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root, where)
    if "oneOf" in schema:
        problems = [schema_problem(value, branch, root, where) for branch in schema["oneOf"]]
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
        problems = [schema_problem(v, schema["items"], root, f"{where}[{n}]") for n, v in enumerate(value)]
        return next(filter(None, problems), None)
    if kind == "object":
        if len(value) < schema.get("minProperties", 0):
            return f"{where} has too few members"
        for name in schema.get("required", []):
            if name not in value:
                return f"{where} lacks {name}"
        for name, member in value.items():
            if name not in schema["properties"]:
                return f"{where} has an unknown member {name!r}"
            problem = schema_problem(member, schema["properties"][name], root, f"{where}.{name}")
            if problem:
                return problem
    return None


def check_increasing(texts: list[str], what: str) -> None:
    """Strictly increasing by UTF-16 code units, as JCS sorts."""
    units = [text.encode("utf-16-be") for text in texts]
    require(all(a < b for a, b in zip(units, units[1:])), "PTAR_DOCUMENT_INVALID", f"{what} are not sorted or repeated")


def check_extensions(extensions: list[Json]) -> None:
    """This reader knows no extension."""
    check_increasing([e["id"] for e in extensions], "extensions")
    for extension in extensions:
        base64url(extension["data"], "PTAR_DOCUMENT_INVALID")
    for extension in extensions:  # what is malformed is nothing newer
        require(not extension["critical"], "PTAR_UNSUPPORTED_EXTENSION",
                f"the critical extension {extension['id']} is unknown")


def base64url(text: str, code: str) -> bytes:
    """Without padding, trailing bits zero."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise PtarError(code, "base64url is malformed") from None
    require(base64.urlsafe_b64encode(data).rstrip(b"=").decode() == text, code,
            "base64url has another length or trailing bits that are not zero")
    return data


# ---------------------------------------------------------------- chapter 2: header

MAGIC = bytes.fromhex("89505441520D0A1A0A")
HEADER_LENGTH = 64


@dataclass(frozen=True)
class Header:
    archive_id: bytes
    sealed: bool
    thin: bool
    leaf: bytes


SEALED_BIT, THIN_BIT = 1, 2


def parse_header(data: bytes) -> Header:
    """`data` is the start of the file, long enough to name other formats."""
    hint = "; it is a Plakar archive" if data.startswith(b"_PLATAR_") else \
        "; it is a tar archive" if data[257:262] == b"ustar" else \
        "; a text-mode transfer damaged it" if data[1:5] == b"PTAR" else ""
    require(data.startswith(MAGIC), "PTAR_HEADER_MAGIC", "this is not a PTAR archive" + hint)
    data = data[:HEADER_LENGTH]
    require(len(data) == HEADER_LENGTH, "PTAR_TRAILER_MISSING", "the archive ends inside its header")
    require(sha256(data[:56])[:8] == data[56:], "PTAR_HEADER_CHECK", "the header is damaged")
    major, _minor, length, features = struct.unpack_from("<BBBI", data, 9)
    require(major == 1, "PTAR_UNSUPPORTED_VERSION", f"major version {major} is unknown")
    require(length == HEADER_LENGTH and is_zero(data[48:56]), "PTAR_HEADER_RESERVED",
            "the header has a wrong length or reserved bytes that are not zero")
    require(features & ~(SEALED_BIT | THIN_BIT) == 0, "PTAR_UNSUPPORTED_FEATURE", f"feature bits {features:#x} are not supported")
    return Header(data[16:48], bool(features & SEALED_BIT), bool(features & THIN_BIT), leaf_hash(data))


# ---------------------------------------------------------------- chapter 2: frames, types and grammar

ABOUT, SESSION, KEYS = 0x01, 0x02, 0x03
BLOCK_DATA, BLOCK_META = 0x10, 0x11
INDEX_PAGE, INDEX_ROOT, SEALED_MANIFEST = 0x20, 0x21, 0x22
FRAME_TABLE_PAGE, FRAME_TABLE, MANIFEST = 0x30, 0x31, 0x32
STATEMENT, TRAILER = 0x40, 0x7F
PADDING, PARITY, NOTE = 0x80, 0x81, 0x82
ANCILLARY = 0x80  # bit 7

SYNC = bytes.fromhex("F7505446")
FRAME_OVERHEAD = 32
TRAILER_LENGTH = 104

# The limit of each type; ancillary ones have noteBytes. TIMESTAMP is reserved: not known.
FRAME_LIMITS = {
    ABOUT: LIMITS["aboutBytes"], SESSION: 96, KEYS: LIMITS["keysBytes"],
    BLOCK_DATA: LIMITS["blockBytes"], BLOCK_META: LIMITS["blockBytes"],
    INDEX_PAGE: LIMITS["indexPageBytes"], INDEX_ROOT: LIMITS["indexRootBytes"],
    SEALED_MANIFEST: LIMITS["manifestBytes"],
    FRAME_TABLE_PAGE: LIMITS["framePageBytes"], FRAME_TABLE: LIMITS["framePageBytes"],
    MANIFEST: LIMITS["manifestBytes"], STATEMENT: LIMITS["statementBytes"], TRAILER: 72,
}

# What a sealed archive seals: at least the length of nothing, one byte of it, and a tag.
SEALED_TYPES = {BLOCK_DATA, BLOCK_META, INDEX_PAGE, INDEX_ROOT, SEALED_MANIFEST}
SEALED_LEAST = 4 + 1 + 16


@dataclass(frozen=True)
class Frame:
    offset: int
    type: int
    number: int
    head: bytes
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
        self.sealed = False  # until the header says so

    def read(self, offset: int, length: int) -> bytes:
        if offset >= self.size:  # where no file system lets one seek
            return b""
        self.handle.seek(offset)
        return self.handle.read(length)

    def frame(self, offset: int, number: Optional[int] = None, end: Optional[int] = None,
              until: Optional[int] = None) -> Frame:
        """One frame, checked in the order of chapter 10: sync, reserved, number, type, length, check.

        `number` and `end` are None where nothing says them yet; `until` is where the trailer after it starts."""
        head = self.read(offset, 24)
        require(head[:4] == SYNC and len(head) == 24, "PTAR_FRAME_SYNC", f"no frame starts at offset {offset}")
        frame_type, flags, reserved, length, found = struct.unpack_from("<BBHQQ", head, 4)
        require(flags == 0 and reserved == 0, "PTAR_FRAME_RESERVED",
                f"flags or reserved bytes of the frame at offset {offset} are not zero")
        require(0 < found <= MAX_SAFE and number in (None, found), "PTAR_FRAME_NUMBER",
                f"the frame at offset {offset} has number {found}, not {number}")
        require(frame_type in FRAME_LIMITS or bool(frame_type & ANCILLARY), "PTAR_UNSUPPORTED_FRAME",
                f"frame type {frame_type:#04x} is unknown or reserved")
        own_end = offset + FRAME_OVERHEAD + length
        least = SEALED_LEAST if self.sealed and frame_type in SEALED_TYPES else 0
        require(least <= length <= FRAME_LIMITS.get(frame_type, LIMITS["noteBytes"]) and own_end <= (until or self.size)
                and end in (None, own_end), "PTAR_FRAME_LENGTH",
                f"frame {found} is below or over its limit, runs over the end or does not end where it must")
        payload = self.read(offset + 24, length)
        leaf = leaf_hash(head, payload)
        require(self.read(own_end - 8, 8) == leaf[:8], "PTAR_FRAME_CHECK", f"the check of frame {found} is wrong")
        return Frame(offset, frame_type, found, head, payload, leaf)


# state -> {type: next state}; ANCILLARY stands for every type with bit 7 that the state does not name
BLOCKS = {SESSION: "session", BLOCK_DATA: "blocks", BLOCK_META: "blocks", ANCILLARY: "blocks",
          INDEX_PAGE: "index", INDEX_ROOT: "root"}
TAIL = {STATEMENT: "tail", KEYS: "tail", NOTE: "tail", PARITY: "tail"}
GRAMMAR: dict[str, dict[int, str]] = {
    "archive": {ABOUT: "generation"},
    "generation": {SESSION: "first session"},
    "first session": {KEYS: "session"},  # where KEYS are the key source, else like any other
    "session": {KEYS: "session", **BLOCKS},
    "blocks": BLOCKS,
    "index": {INDEX_PAGE: "index", INDEX_ROOT: "root"},
    "root": {SEALED_MANIFEST: "table"},  # where it is sealed
    "table": {FRAME_TABLE_PAGE: "table", FRAME_TABLE: "manifest"},
    "manifest": {MANIFEST: "statements"},
    "statements": {STATEMENT: "statements", TRAILER: "closed"},
    "closed": {SESSION: "session", **TAIL},  # another generation, or a tail
    "tail begins": TAIL,
    "tail": {**TAIL, TRAILER: "closed"},
}


def next_state(state: str, frame: Frame, key_source: int) -> str:
    """`key_source` is that of the archive."""
    if state == "root" and key_source == FROM_NOWHERE:
        state = "table"
    if state == "first session" and key_source != FROM_KEYS:
        state = "session"
    follows = GRAMMAR[state].get(frame.type) or (GRAMMAR[state].get(ANCILLARY) if frame.type & ANCILLARY else None)
    if follows is None or (frame.type == KEYS and key_source != FROM_KEYS):
        raise PtarError("PTAR_FRAME_ORDER", f"frame {frame.number} of type {frame.type:#04x} may not stand here")
    return follows


ABOUT_TEXT = (
    b"PTAR archive, format 1. A signed archive of files.\n"
    b"Every byte is covered by SHA-256 and by the Ed25519 signatures near the end.\n"
    b"Check it with: ptar verify FILE\n"
    b"The format is public: it is described by the PTAR 1 specification.\n"
)


FROM_NOWHERE, FROM_KEYS, FROM_REPOSITORY = 0, 1, 2


@dataclass(frozen=True)
class Session:
    number: int
    key_source: int
    salt: bytes
    repository: bytes  # key id, where that is the key source
    commitment: bytes


def parse_session(frame: Frame, sealed: bool, earlier: list[Session]) -> Session:
    """`earlier` are the sessions of the archive before this one."""
    f = Fields(frame.payload, "PTAR_SESSION_INVALID", "a session")
    key_source = f.u8()
    f.reserved(15)
    salt, repository, commitment = f.bytes(32), f.bytes(16), f.bytes(32)  # a longer one is over its limit
    require(key_source in ((FROM_KEYS, FROM_REPOSITORY) if sealed else (FROM_NOWHERE,)), f.code,
            f"the key source {key_source} is unknown, or not one of the header's sealed bit")
    require(all(s.key_source == key_source for s in earlier[:1]), f.code, "two sessions have two key sources")
    require(sealed or is_zero(salt + commitment), f.code, "a plain session has bytes that are not zero")
    require(key_source == FROM_REPOSITORY or is_zero(repository), f.code, "a session names a repository it has not")
    require(not sealed or not is_zero(salt) and all(s.salt != salt for s in earlier), f.code,
            "the salt of a session is zero or that of an earlier one")  # chapter 14, key
    return Session(frame.number, key_source, salt, repository, commitment)


# ---------------------------------------------------------------- chapter 2: Merkle tree

def leaf_hash(*parts: bytes) -> bytes:
    return sha256(b"\0", *parts)


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1", left, right)


class MerkleTree:
    """RFC 9162 section 2.1.1, grown to the right; keeps the compact range of [0, size)."""

    def __init__(self, size: int = 0, nodes: Optional[list[bytes]] = None) -> None:
        self.size = size
        self.nodes = list(nodes or [])

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


def compact_range(first: int, leaves: list[bytes]) -> list[bytes]:
    """The roots of the largest complete aligned subtrees of [first, first + len(leaves))."""
    nodes = []
    for at, size in complete_subtrees(first, len(leaves)):
        subtree = MerkleTree()
        for leaf in leaves[at - first:at - first + size]:
            subtree.append(leaf)
        nodes.append(subtree.root())
    return nodes


def complete_subtrees(first: int, count: int) -> Iterator[tuple[int, int]]:
    """Where the largest complete aligned subtrees of [first, first + count) start, and their sizes."""
    at, end = first, first + count
    while at < end:
        size = 1
        while at % (size * 2) == 0 and at + size * 2 <= end:
            size *= 2
        yield at, size
        at += size


# ---------------------------------------------------------------- chapter 2: frame table

Row = tuple[int, bytes]  # end offset, leaf hash


@dataclass(frozen=True)
class PageReference:
    frame: int
    first: int
    units: int
    nodes: list[bytes]


@dataclass(frozen=True)
class FrameTable:
    first: int
    count: int
    nodes: list[bytes]
    pages: list[PageReference]
    inline: dict[int, Row]  # by unit

    @property
    def first_inline(self) -> int:
        return self.first + self.count - len(self.inline)


def parse_frame_table(payload: bytes) -> FrameTable:
    f = Fields(payload, "PTAR_TABLE_INVALID", "a frame table")
    first, count, page_count, node_count = f.u64(), f.u64(), f.u32(), f.u32()
    require(node_count == bin(first).count("1"), f.code, "a frame table has a wrong number of nodes")
    nodes = [f.bytes(32) for _ in range(node_count)]
    pages, at = [], first
    for _ in range(page_count):
        frame, units, n = f.u64(), f.u32(), f.u32()
        require(1 <= units <= LIMITS["framePageUnits"], f.code, "a frame table page has a wrong number of units")
        page = PageReference(frame, at, units, [f.bytes(32) for _ in range(n)])
        require(n == len(list(complete_subtrees(at, units))), f.code, "a page reference has a wrong number of nodes")
        pages.append(page)
        at += units
    f.rows(first + count - at, 40, 0, count)
    table = FrameTable(first, count, nodes, pages, {unit: (f.u64(), f.bytes(32)) for unit in range(at, first + count)})
    require(all(page.frame - 1 in table.inline and page.frame in table.inline for page in pages), f.code,
            "a frame table page is not larger than the first inline unit, or not among the inline ones")
    return table


def parse_frame_table_page(payload: bytes, page: PageReference) -> list[Row]:
    f = Fields(payload, "PTAR_TABLE_INVALID", "a frame table page")
    first, units = f.u64(), f.u32()
    f.reserved(4)
    require((first, units) == (page.first, page.units), f.code, "a frame table page has other units than its reference")
    f.rows(units, 40, 1, LIMITS["framePageUnits"])
    rows = [(f.u64(), f.bytes(32)) for _ in range(units)]
    require(compact_range(first, [leaf for _, leaf in rows]) == page.nodes, f.code,
            "a frame table page has other nodes than its reference")
    return rows


# ---------------------------------------------------------------- chapter 2: trailer

@dataclass(frozen=True)
class Trailer:
    frame: Frame
    manifest_offset: int
    table_offset: int
    previous: int
    total: int
    generation: int
    sequence: int


def read_trailer(source: Source, offset: int) -> Trailer:
    head = source.read(offset, 5) if offset >= HEADER_LENGTH else b""
    require(head == SYNC + bytes([TRAILER]), "PTAR_TRAILER_MISSING", "there is no trailer where one must be")
    frame = source.frame(offset, end=offset + TRAILER_LENGTH)
    f = Fields(frame.payload, "PTAR_TRAILER_INVALID", "a trailer")
    trailer = Trailer(frame, f.u64(), f.u64(), f.u64(), f.u64(), f.u64(), f.u64())
    f.reserved(24)
    require(trailer.total == frame.end, f.code, "the total length in a trailer is wrong")
    require(HEADER_LENGTH <= trailer.table_offset < trailer.manifest_offset < offset and trailer.generation >= 1, 
            f.code, "the offsets or the generation in a trailer are out of range")
    before = offset if trailer.sequence > 0 else trailer.table_offset
    require(trailer.previous == 0 or trailer.previous + TRAILER_LENGTH <= before, f.code,
            "a trailer names a previous one that does not come before it")
    return trailer


def read_trailers(source: Source) -> list[Trailer]:
    """Steps 2 and 3 of the order: the last trailer and the chain behind it, oldest first."""
    chain = [read_trailer(source, source.size - TRAILER_LENGTH)]
    while chain[0].previous != 0:
        later = chain[0]
        require(len(chain) < LIMITS["generations"], "PTAR_LIMIT_EXCEEDED", "there are too many generations and tails")
        earlier = read_trailer(source, later.previous)
        if later.sequence > 0:
            agree = (later.generation, later.sequence - 1, later.manifest_offset, later.table_offset) == (
                earlier.generation, earlier.sequence, earlier.manifest_offset, earlier.table_offset)
        else:
            agree = later.generation == earlier.generation + 1
        require(agree, "PTAR_TRAILER_INVALID", "two trailers in the chain do not follow each other")
        chain.insert(0, earlier)
    require((chain[0].generation, chain[0].sequence) == (1, 0), "PTAR_TRAILER_INVALID",
            "the first trailer is not that of generation 1")
    return chain


# ---------------------------------------------------------------- chapter 3: blocks

STORE, DEFLATE, ZSTD = 0, 1, 2
CHUNK, LIST, PAGE, CONTENT, SNAPSHOT, STATEMENT_OBJECT, LINKS = 1, 2, 3, 4, 5, 6, 7
CATALOGUE, LOCATIONS, INVENTORY, HOLDINGS = 8, 9, 10, 11
KIND_NAMES = {CHUNK: "chunk", LIST: "list", PAGE: "page", CONTENT: "content", SNAPSHOT: "snapshot",
              STATEMENT_OBJECT: "statement", LINKS: "links", CATALOGUE: "catalogue", LOCATIONS: "locations",
              INVENTORY: "inventory", HOLDINGS: "holdings"}
ZSTD_WINDOW = 8 * 1048576


def parse_block(payload: bytes, frame_type: int) -> list[tuple[int, bytes]]:
    """The objects of a block as (kind, bytes), checked in the order of the chapter."""
    code = "PTAR_BLOCK_LENGTH"
    require(len(payload) >= 16, code, "a block is too short")
    codec, count, raw_length, stored_length = struct.unpack_from("<B3xIII", payload)
    require(codec in (STORE, DEFLATE, ZSTD), "PTAR_UNSUPPORTED_CODEC", f"block codec {codec} is unknown")
    start, end = 16 + 4 * count, 16 + 4 * count + stored_length
    require(1 <= count <= LIMITS["blockObjects"] and raw_length <= LIMITS["blockRawBytes"] and end <= len(payload),
            code, "a block is over its limits or its end")
    require(codec != STORE or stored_length == raw_length, code, "a stored block has two lengths")
    directory = [(row >> 24, row & 0xFFFFFF) for row in struct.unpack_from(f"<{count}I", payload, 16)]
    for kind, length in directory:
        require(1 <= length <= LIMITS["chunkBytes" if kind == CHUNK else "objectBytes"], code,
                "an object in a block is empty or over its limit")
    require(sum(length for _, length in directory) == raw_length, code, "the lengths in a block do not add up")
    for kind, _ in directory:
        require(kind in KIND_NAMES and (kind == CHUNK) == (frame_type == BLOCK_DATA), "PTAR_BLOCK_KIND",
                f"a block holds an object of kind {kind} that may not stand in it")
    require(is_zero(payload[1:4]) and is_zero(payload[end:]), "PTAR_BLOCK_RESERVED",
            "reserved bytes or padding of a block are not zero")
    raw = Fields(decode(codec, payload[start:end], raw_length), code, "a block")
    return [(kind, raw.bytes(length)) for kind, length in directory]


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
        require(inflater.eof and not inflater.unused_data, code, "a deflate stream is too long or followed by bytes")
    else:
        check_zstd_frame(stored, raw_length)
        try:
            raw = zstd.decompress(stored, raw_length)
        except zstd.ZstdError:
            raise PtarError(code, "a zstd frame is damaged") from None
    require(len(raw) == raw_length, code, "a block does not decode to exactly the raw length")
    return raw


def check_zstd_frame(stored: bytes, raw_length: int) -> None:
    """RFC 8878 section 3.1.1: exactly one frame of the allowed form, ending with the last stored byte."""
    f = Fields(stored, "PTAR_BLOCK_DECODE", "a zstd frame")
    require(f.bytes(4) == bytes.fromhex("28B52FFD"), f.code, "a zstd frame has a wrong magic number")
    descriptor = f.u8()
    require(descriptor & 0x08 == 0, f.code, "a zstd frame has its reserved bit set")
    single = descriptor >> 5 & 1
    window = 0 if single else f.u8()
    base = 1 << (10 + (window >> 3))
    dictionary = f.integer((0, 1, 2, 4)[descriptor & 3])
    require(dictionary == 0, f.code, "a zstd frame names a dictionary")
    size_bytes = (single, 2, 4, 8)[descriptor >> 6]
    require(size_bytes > 0, f.code, "a zstd frame has no content size")
    size = f.integer(size_bytes) + (256 if size_bytes == 2 else 0)
    require(size == raw_length, f.code, "the content size of a zstd frame is not the raw length")
    require((size if single else base + base // 8 * (window & 7)) <= ZSTD_WINDOW, f.code,
            "the window of a zstd frame is over 8 MiB")
    last = 0
    while not last:
        head = f.integer(3)
        last, block_type = head & 1, head >> 1 & 3
        require(block_type != 3, f.code, "a zstd frame has a block of a reserved type")
        f.bytes(1 if block_type == 1 else head >> 3)
    f.bytes(descriptor & 0x04)  # the checksum of four bytes, which the decoder compares
    require(f.left() == 0, f.code, "bytes follow a zstd frame")


# ---------------------------------------------------------------- chapter 4: objects and index

def object_id(kind: int, data: bytes) -> bytes:
    return sha256(data) if kind == CHUNK else sha256(label("ptar1/" + KIND_NAMES[kind]), data)


Key = tuple[bytes, int]    # id, kind
Place = tuple[int, int]    # frame, ordinal
LEFT_OUT: Place = (0, 0)   # of objects that a thin archive leaves out


def parse_index_page(payload: bytes) -> list[tuple[Key, Place]]:
    f = Fields(payload, "PTAR_INDEX_INVALID", "an index page")
    count = f.u32()
    f.reserved(12)
    f.rows(count, 48, 1, LIMITS["indexPageRows"])
    rows = []
    for _ in range(count):
        id_, place, kind = f.bytes(32), (f.u64(), f.u32()), f.u8()
        f.reserved(3)
        require(kind in KIND_NAMES, f.code, "an index row has an unknown kind")
        rows.append(((id_, kind), place))
    return rows


def parse_index_root(payload: bytes) -> tuple[list[tuple[Key, int, int]], int]:
    """Pages as (first key, frame, number of rows), and the number of all rows."""
    f = Fields(payload, "PTAR_INDEX_INVALID", "an index root")
    page_count = f.u32()
    f.reserved(4)
    row_count = f.u64()
    f.rows(page_count, 48, 0, page_count)
    pages = []
    for _ in range(page_count):
        id_, frame, rows, kind = f.bytes(32), f.u64(), f.u32(), f.u8()
        f.reserved(3)
        require(kind in KIND_NAMES and 1 <= rows <= LIMITS["indexPageRows"], f.code,
                "a row of an index root has an unknown kind, or a wrong number of rows")
        require(not pages or pages[-1][0] < (id_, kind), f.code, "the first keys of index pages do not increase")
        pages.append(((id_, kind), frame, rows))
    require(sum(rows for _, _, rows in pages) == row_count, f.code, "the rows of an index do not add up")
    return pages, row_count


# ---------------------------------------------------------------- chapter 5: entries

FILE_ONLY = {"size", "sha256", "digests", "holes", "sha256Stored", "unstable"}
LINK_ONLY, DEVICE_ONLY = {"target", "targetRaw"}, {"rdev"}
OWN_MEMBERS = {"file": FILE_ONLY, "symlink": LINK_ONLY, "block": DEVICE_ONLY, "character": DEVICE_ONLY}
OPERATIONS = {"file": {"open", "read"}, "directory": {"list"}, "symlink": {"readlink"}, "unknown": {"stat"}}


@dataclass(frozen=True)
class Entry:
    name: bytes
    item: Json
    store: Json
    path: bytes = b""
    index: int = -1

    def below(self, directory: Optional["Entry"], index: int) -> "Entry":
        """With its path and the number of its item."""
        return replace(self, path=directory.path + b"/" + self.name if directory else self.name, index=index)

    @property
    def depth(self) -> int:
        return self.path.count(b"/") + 1

    @property
    def type(self) -> str:
        return self.item["type"]

    @property
    def failed(self) -> bool:
        return "errors" in self.item

    @property
    def own_errors(self) -> list[Json]:
        """Those of the type; that extended attributes could not be read says nothing about contents."""
        return [e for e in self.item.get("errors", []) if e["operation"] != "xattr"]

    @property
    def unstable(self) -> bool:
        return "unstable" in self.item and not self.failed

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """Offset and length of each range that could not be read."""
        return [(e["offset"], e["length"]) for e in self.own_errors if e["operation"] == "read"]

    @property
    def stored_size(self) -> int:
        """size = stored + the lengths of the gaps; a file that could not be opened stores nothing."""
        if any(e["operation"] == "open" for e in self.own_errors):
            return 0
        return self.item["size"] - sum(length for _, length in self.gaps)

    @property
    def inline_chunks(self) -> list[tuple[bytes, int]]:
        """Ids and lengths of the chunks of a file that has no list."""
        if "chunks" in self.store:
            return [(bytes.fromhex(c["id"]), c["length"]) for c in self.store["chunks"]]
        return [(bytes.fromhex(self.item["sha256"] or self.item["sha256Stored"]), self.stored_size)] if self.stored_size else []


def text_or_raw(item: Json, member: str) -> bytes:
    """`name` or `nameRaw`, `target` or `targetRaw`: exactly one, and raw only when it is not UTF-8."""
    raw = member + "Raw"
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
    require(1 <= len(name) <= LIMITS["nameBytes"] and name not in (b".", b"..") and not set(b"/\0") & set(name),
            "PTAR_ENTRY_NAME", f"the name {printable(name)} is not allowed")
    return name


def check_entry(entry: Entry) -> None:
    """What the schema cannot say about one entry: its members, what is unsupported, the rest; limits come later."""
    code, item, kind = "PTAR_ENTRY_INVALID", entry.item, entry.type
    foreign = (FILE_ONLY | LINK_ONLY | DEVICE_ONLY) - OWN_MEMBERS.get(kind, set())
    require(not foreign & item.keys() and item.get("ext") != [], code, f"a {kind} has members that it may not have")
    check_extensions(item.get("ext", []))
    check_increasing([a["name"] for a in item.get("attributes", [])], "attributes")
    check_xattrs(item.get("xattrs", []))
    check_errors(entry)
    if kind == "file":
        check_file(entry)
    elif kind == "directory":
        require(entry.store.keys() in (set(), {"counters", "page"}), code, "the store of a directory is malformed")
    else:
        require(entry.store == {}, code, f"a {kind} has a store")
    if kind == "symlink" and LINK_ONLY & item.keys():
        target = text_or_raw(item, "target")
        require(1 <= len(target) <= LIMITS["targetBytes"] and b"\0" not in target, "PTAR_ENTRY_NAME",
                "the target of a symlink is not allowed")
    else:
        require(kind not in ("symlink", "unknown") or entry.own_errors != [], code,
                f"a {kind} has neither a target nor an error of its own")
    require(kind not in ("block", "character") or "rdev" in item, code, "a device lacks rdev")


def check_xattrs(xattrs: list[Json]) -> None:
    """Names in the order of their bytes, and values."""
    code, last = "PTAR_ENTRY_INVALID", b""
    for xattr in xattrs:
        name = text_or_raw(xattr, "name")
        require(1 <= len(name) <= LIMITS["xattrNameBytes"] and 0 not in name, "PTAR_ENTRY_NAME",
                f"the xattr name {printable(name)} is not allowed")
        require(last < name, code, f"the xattr {printable(name)} is out of order or repeated")
        base64url(xattr["value"], code)
        last = name


def check_lengths(row: Json) -> None:
    """What an entry may hold: looked at when nothing else is wrong with its page."""
    code, xattrs = "PTAR_LIMIT_EXCEEDED", row["item"].get("xattrs", [])
    require(all(len(base64url(xattr["value"], code)) <= LIMITS["xattrBytes"] for xattr in xattrs), code,
            "the value of an xattr is too long")
    require(len(canonical(xattrs)) <= LIMITS["xattrsBytes"], code, "an entry has too long xattrs")
    require(len(canonical(row)) <= LIMITS["entryBytes"], code, "an entry is over its limit")


def check_errors(entry: Entry) -> None:
    """Operations of the type; all types but the unknown may end with one of xattr.  Only read has a range."""
    code, kind, errors = "PTAR_ENTRY_INVALID", entry.type, entry.item.get("errors", [])
    own = errors[:-1] if errors and kind != "unknown" and errors[-1]["operation"] == "xattr" else errors
    require(all(e["operation"] in OPERATIONS.get(kind, set()) for e in own), code,
            f"a {kind} has an error of another type, or one of xattr that is not its last")
    for error in errors:
        ranged = {"offset", "length"} & error.keys()
        require(len(ranged) == (2 if error["operation"] == "read" else 0), code, "an error has a wrong range")


def check_ranges(ranges: list[tuple[int, int]], size: int, what: str) -> None:
    """Offsets and lengths: sorted, not touching, within the size."""
    end = -1
    for offset, length in ranges:
        require(offset > end, "PTAR_ENTRY_INVALID", f"{what} are not sorted or touch")
        end = offset + length
        require(end <= size, "PTAR_ENTRY_INVALID", f"{what} reach over the end of the file")


def check_file(entry: Entry) -> None:
    """Which errors, digests, holes and store a file has."""
    code, item = "PTAR_ENTRY_INVALID", entry.item
    require({"size", "sha256"} <= item.keys(), code, "a file lacks size or sha256")
    opened = all(e["operation"] != "open" for e in entry.own_errors)
    require(opened or len(entry.own_errors) == 1, code, "a file was not opened and has more errors")
    check_ranges(entry.gaps, item["size"], "ranges of errors")
    check_ranges([(h["offset"], h["length"]) for h in item.get("holes", [])], item["size"], "holes")
    stores, whole = entry.stored_size > 0, item["sha256"] is not None
    require(whole == (entry.own_errors == []), code, "sha256 is null, or not null, wrongly")
    require(item["size"] > 0 or item["sha256"] in (None, sha256().hex()), code, "an empty file has another sha256")
    require(("sha256Stored" in item) == (stores and not whole), code, "sha256Stored is present, or absent, wrongly")
    require("digests" not in item or whole, code, "digests stand beside a sha256 that is null")
    require(entry.store.keys() in (set(), {"chunks"}, {"list"}) and (stores or not entry.store), code,
            "the store of a file is malformed")


@dataclass
class Counters:
    """Over all descendants of a directory."""
    bytes: int = 0
    entries: int = 0
    failed: int = 0
    unstable: int = 0
    newest: Optional[int] = None

    def add(self, other: "Counters") -> None:
        self.bytes += other.bytes
        self.entries += other.entries
        self.failed += other.failed
        self.unstable += other.unstable
        self.newest = max((t for t in (self.newest, other.newest) if t is not None), default=None)

    def as_document(self) -> Json:
        return {"bytes": self.bytes, "entries": self.entries, "failed": self.failed,
                "newest": None if self.newest is None else str(self.newest), "unstable": self.unstable}


def counters_of(entry: Entry) -> Counters:
    mtime = entry.item.get("mtime")
    return Counters(entry.item.get("size", 0), 1, entry.failed, entry.unstable, None if mtime is None else int(mtime))


# ---------------------------------------------------------------- chapter 5: pages and lists

@dataclass(frozen=True)
class Page:
    """Rows are entries at level 0, and pages above."""
    level: int
    names: list[bytes]
    rows: list[Json]

    @property
    def named(self) -> Iterator[tuple[bytes, Json]]:
        return zip(self.names, self.rows)


def parse_page(data: bytes) -> Page:
    """A page wholly, before anything that it names: its form, names, each entry, and then what has a limit."""
    document = parse_document(data, "page")
    level, rows = document["level"], document["pages" if document["level"] else "entries"]
    page = Page(level, [entry_name(row if level else row["item"]) for row in rows], rows)
    require(all(a < b for a, b in zip(page.names, page.names[1:])), "PTAR_PAGE_ORDER",
            "the entries of a page are not in order")
    if level == 0:
        for name, row in page.named:
            check_entry(Entry(name, row["item"], row["store"]))
        for row in rows:
            check_lengths(row)
    return page


class Cutting:
    """Whether all rows of a directory, or of a file, are cut as the rule says, which is asked when they have ended."""

    def __init__(self, rule: Callable[[int], Any]) -> None:
        self.rule, self.kept = rule, True
        self.levels: dict[int, Any] = {}

    def take(self, level: int, first: bool, *row: Any) -> None:
        """`first` says whether the row is the first one of its page or list."""
        if level not in self.levels:
            self.levels[level] = self.rule(level)
        begins = first and self.levels[level].held > 0
        self.kept &= self.levels[level].take(*row) == begins


class PageCuts:
    """Where the rule cuts the rows of one level into pages."""

    def __init__(self, level: int) -> None:
        self.level, self.held = level, 0
        self.empty = len(canonical({"entries": [], "level": 0} if level == 0 else {"level": level, "pages": []}))
        self.length = self.empty

    def take(self, name: bytes, size: int) -> bool:
        """Whether a page is closed before this row, whose canonical JSON has `size` bytes."""
        cut = self.held > 0 and (
            self.held >= 64 and sha256(label("ptar1/split"), bytes([self.level]), name)[0] == 0
            or self.held == LIMITS["pageEntries"]
            or self.length + 1 + size > 524288)
        if cut:
            self.held, self.length = 0, self.empty
        self.length += size + (1 if self.held else 0)
        self.held += 1
        return cut


class ListCuts:
    """Where the rule cuts the rows of one level into lists."""

    def __init__(self, _level: int) -> None:
        self.held, self.due = 0, False

    def take(self, id_: bytes) -> bool:
        """Whether a list is closed before this row: the rule cuts after a row."""
        cut = self.due
        self.held = 1 if cut else self.held + 1
        self.due = self.held == LIMITS["listRows"] or (
            self.held >= 512 and int.from_bytes(id_[:2], "little") & 0x3FF == 0)
        return cut


def parse_list(data: bytes) -> tuple[int, list[tuple[bytes, int]]]:
    """Level, and rows as (id, length)."""
    f = Fields(data, "PTAR_LIST_INVALID", "a list")
    level = f.u8()
    f.reserved(3)
    count = f.u32()
    f.rows(count, 40, 1, LIMITS["listRows"])
    rows = [(f.bytes(32), f.u64()) for _ in range(count)]
    require(level <= LIMITS["treeLevels"] and all(length > 0 for _, length in rows), f.code,
            "a list has a level over the limit or a row of length 0")
    return level, rows


# ---------------------------------------------------------------- chapters 6 and 7: links and items

def parse_links(data: bytes) -> list[tuple[int, int]]:
    """Rows as (item, first item of its group), sorted by item."""
    f = Fields(data, "PTAR_LINKS_INVALID", "a link table")
    count = f.u32()
    f.reserved(4)
    f.rows(count, 16, 1, LIMITS["linksRows"])
    rows = [(f.u64(), f.u64()) for _ in range(count)]
    require(all(a[0] < b[0] for a, b in zip(rows, rows[1:])) and all(first < item for item, first in rows), f.code,
            "a link table is not sorted, or a first item is not before its link")
    return rows


def item_leaf(salt: bytes, entry: Entry) -> bytes:
    """The stored bytes of an item are its canonical form, which the page was checked to have."""
    salt16 = sha256(label("ptar1/salt"), salt, entry.path)[:16]
    return leaf_hash(label("ptar1/item"), salt16, struct.pack("<I", len(entry.path)), entry.path, canonical(entry.item))


# ---------------------------------------------------------------- chapter 8: manifest and statements

def parse_manifest(payload: bytes) -> Json:
    manifest = parse_document(payload, "manifest")
    require(manifest["requires"] == [], "PTAR_UNSUPPORTED_FEATURE", "the manifest requires unknown features")
    check_once(manifest)
    return manifest


def check_once(manifest: Json) -> None:
    """Of a manifest, sealed or not."""
    for listed in (manifest["signers"], [s["id"] for s in manifest["snapshots"]]):
        require(len(set(listed)) == len(listed), "PTAR_DOCUMENT_INVALID", "a manifest lists one thing twice")
    require("subject" not in manifest or manifest["snapshots"] == [], "PTAR_MANIFEST_MISMATCH",
            "a manifest has a subject and snapshots")


def fingerprint(digest: bytes) -> str:
    text = digest.hex()
    return " ".join(["ptar1"] + [text[i:i + 4] for i in range(0, 64, 4)])


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


def parse_statement(data: bytes, subject: str) -> Statement:
    """`subject` is "archive" or "snapshot"."""
    require(64 < len(data), "PTAR_DOCUMENT_INVALID", "a statement is too short")
    require(len(data) <= LIMITS["statementBytes"], "PTAR_LIMIT_EXCEEDED", "a statement is too long")
    media_type, body = f"application/vnd.ptar.{subject}+json".encode("ascii"), data[64:]
    pae = b"DSSEv1 %d %s %d %s" % (len(media_type), media_type, len(body), body)
    return Statement(parse_document(body, f"{subject}-statement"), data[:64], pae)


# ---------------------------------------------------------------- chapter 9: strict Ed25519 (RFC 8032)

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]  # extended coordinates X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z
NEUTRAL: Point = (0, 1, 1, 0)


def point_add(a: Point, b: Point) -> Point:
    s, t = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    u, v = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = t - s, v - u, v + u, t + s
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_multiply(scalar: int, point: Point) -> Point:
    result = NEUTRAL
    while scalar:
        if scalar & 1:
            result = point_add(result, point)
        point = point_add(point, point)
        scalar >>= 1
    return result


def point_equal(a: Point, b: Point) -> bool:
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


@lru_cache(maxsize=1024)
def point_decode(data: bytes) -> Optional[Point]:
    """Rules 1 and 2: None unless the encoding is canonical and the point is of order L."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * SQRT_M1 % P
    if y >= P or (x * x - x2) % P or (x == 0 and sign):
        return None
    x = x if x & 1 == sign else P - x
    point = (x, y, 1, x * y % P)
    of_order_l = not point_equal(point, NEUTRAL) and point_equal(point_multiply(L, point), NEUTRAL)
    return point if of_order_l else None


BASE = point_decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
assert BASE is not None


@lru_cache(maxsize=1024)
def ed25519_verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    a, r, s = point_decode(public_key), point_decode(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:  # rules 1 to 3
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % L
    return point_equal(point_multiply(s, BASE), point_add(r, point_multiply(k, a)))  # rule 4


# ---------------------------------------------------------------- chapter 9: trust

@dataclass(frozen=True)
class TrustedKey:
    key: bytes
    name: str
    after: str = ""
    before: str = "~"  # after every time: times are compared as text


SSH_PREFIX = struct.pack(">I", 11) + b"ssh-ed25519" + struct.pack(">I", 32)
KEY_TYPE = re.compile(r"(ssh|ecdsa|sk)-[a-z0-9@.-]+")
OPTION = re.compile(r'([A-Za-z-]+)(?:="([^"]*)")?(?:,|$)')


def ssh_fingerprint(key: bytes) -> str:
    return "SHA256:" + base64.b64encode(sha256(SSH_PREFIX, key)).decode().rstrip("=")


def trust_time(text: str) -> str:
    """YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with or without Z, in the form of claimed times."""
    digits = text.upper().removesuffix("Z")
    require(re.fullmatch("[0-9]{8}|[0-9]{12}|[0-9]{14}", digits) is not None, "PTAR_TRUST_INVALID",
            f"the time {text} in the trust file is malformed")
    return re.sub("(....)(..)(..)(..)(..)(..)", r"\1-\2-\3T\4:\5:\6Z", digits.ljust(14, "0"))


def parse_trust(data: bytes) -> list[TrustedKey]:
    code = "PTAR_TRUST_INVALID"
    require(len(data) <= 1048576, code, "the trust file is over 1 MiB")
    try:
        lines = [line.strip() for line in data.decode("utf-8").splitlines()]
    except UnicodeDecodeError:
        raise PtarError(code, "the trust file is not UTF-8") from None
    keys = [key for line in lines if line and not line.startswith("#") for key in parse_trust_line(line)]
    require(len(keys) <= 10000, code, "the trust file has over 10,000 keys")
    return keys


def parse_trust_line(line: str) -> list[TrustedKey]:
    """`[principals [options]] type key [comment]`; no key when the line is for another type or namespace."""
    code = "PTAR_TRUST_INVALID"
    words = re.findall(r'(?:[^\s"]|"[^"]*")+', line)
    at = next((n for n, word in enumerate(words[:3]) if KEY_TYPE.fullmatch(word)), -1)
    require(0 <= at < len(words) - 1 and line[0] != "@", code, "a line of the trust file holds no key, or a marker")
    if words[at] != "ssh-ed25519":
        return []
    name = words[0] if at > 0 else " ".join(words[2:]) or "key"
    require(at == 0 or "!" not in name, code, "the trust file has a negated principal")
    values, options = {}, words[1] if at == 2 else ""
    while options:
        match = OPTION.match(options)
        if match is None or match[1].lower() not in ("namespaces", "valid-after", "valid-before"):
            raise PtarError(code, f"the options {options} in the trust file are malformed or refused")
        values[match[1].lower()], options = match[2] or "", options[match.end():]
    try:
        blob = base64.b64decode(words[at + 1], validate=True)
    except (binascii.Error, ValueError):
        blob = b""
    require(blob.startswith(SSH_PREFIX) and len(blob) == len(SSH_PREFIX) + 32, code, "a trusted key is malformed")
    if not any(fnmatch.fnmatchcase("ptar", pattern) for pattern in values.get("namespaces", "ptar").split(",")):
        return []
    bounds = {name.removeprefix("valid-"): trust_time(text) for name, text in values.items() if name != "namespaces"}
    return [TrustedKey(blob[len(SSH_PREFIX):], name, **bounds)]


def trusted_name(trust: list[TrustedKey], statement: Statement) -> Optional[str]:
    """The name that trust gives to the key of a statement at its claimed time, or None."""
    return next((entry.name for entry in trust
                 if entry.key == statement.key and entry.after <= statement.body["time"] <= entry.before), None)


# ---------------------------------------------------------------- chapter 10: opening an archive, steps 1 to 5

@dataclass(frozen=True)
class FoundStatement:
    """A STATEMENT frame and the tree that it must cover."""
    frame: Frame
    tree: Json
    in_tail: bool


@dataclass
class Generation:
    number: int
    manifest_frame: Frame
    manifest: Json
    contents: Json    # the document with index and snapshots: the manifest, or the sealed one as soon as it is read
    first_unit: int
    first_frame: int  # after ABOUT, or after the last tail
    found: list[FoundStatement] = field(default_factory=list)
    signed: list[Statement] = field(default_factory=list)    # by the declared signers, in their order
    recorded: list[Statement] = field(default_factory=list)  # in tails

    @property
    def digest(self) -> bytes:
        return sha256(self.manifest_frame.payload)


class Archive:
    """What the container and its signers say; frames and objects by number and id.

    A sealed archive is opened with `ring`; without one its objects stay sealed."""

    def __init__(self, handle: BinaryIO, ring: Optional[KeyRing] = None) -> None:
        self.source = Source(handle)
        self.warnings: list[str] = []
        self.header = parse_header(self.source.read(0, 512))
        self.source.sealed = self.header.sealed
        self.trailers = read_trailers(self.source)
        self.ends: list[int] = []      # of each unit: the offset after it
        self.leaves: list[bytes] = []  # and its leaf hash
        self.tree = MerkleTree()
        self.generations: list[Generation] = []
        self.sessions: list[Session] = []  # of sealed archives, and so are the keys
        self.keys: list[KeysFrame] = []
        self.session_keys: list[Any] = []  # one cipher for each session, as soon as the archive is open
        for number in range(1, self.trailers[-1].generation + 1):
            self.open_generation(number, [t for t in self.trailers if t.generation == number])
        for generation in self.generations:
            self.check_statements(generation)
        self.wrong_key: Optional[PtarError] = None  # does not end the checks that need no key
        if self.header.sealed and ring is not None:
            try:
                self.open(ring)
            except PtarError as error:
                if CLASSES[error.exit] != "key":
                    raise
                self.wrong_key = error
        self.read_sealed_manifests()
        self.index: dict[Key, Place] = {}
        self.referenced: set[Key] = set()
        self.blocks: OrderedDict[int, list[tuple[int, bytes]]] = OrderedDict()
        self.scanned: Optional[dict[int, list[tuple[Key, int]]]] = None  # frame -> keys and lengths of its objects

    def open_generation(self, number: int, trailers: list[Trailer]) -> None:
        code, trailer = "PTAR_TRAILER_INVALID", trailers[0]
        table_frame = self.source.frame(trailer.table_offset)
        require(table_frame.type == FRAME_TABLE and table_frame.end == trailer.manifest_offset, code,
                "the frame table offset in a trailer does not lead to the frame before the manifest")
        frame = self.source.frame(trailer.manifest_offset, table_frame.number + 1)
        require(frame.type == MANIFEST, code, "the manifest offset in a trailer leads to another frame")
        manifest = parse_manifest(frame.payload)
        generation = Generation(number, frame, manifest, manifest, self.tree_size(), len(self.ends) or 2)
        self.check_manifest(generation)
        self.read_table(generation, table_frame)
        self.check_chain(generation)
        if self.header.sealed:
            self.read_encryption(generation)
        self.generations.append(generation)
        self.add_unit(frame)
        self.read_closing_frames(generation, trailers)

    def tree_size(self) -> int:
        """Of the manifest before: the first unit of the next frame table."""
        return self.generations[-1].manifest["tree"]["size"] if self.generations else 0

    def check_manifest(self, generation: Generation) -> None:
        """Every fact that the file repeats elsewhere."""
        code, manifest, frame = "PTAR_MANIFEST_MISMATCH", generation.manifest, generation.manifest_frame
        require(manifest["archiveId"] == self.header.archive_id.hex(), code, "the archive id is not the header's")
        require(manifest["generation"] == generation.number, code, "the generation is not the trailer's")
        require(manifest["tree"]["size"] == frame.number, code, "the tree size is not the manifest's frame number")
        require(manifest["frameTable"] == frame.number - 1, code, "the frame table is not the frame before")
        self.check_encryption(generation)
        if not self.header.sealed:
            self.check_index(generation, manifest["frameTable"])

    @staticmethod
    def check_index(generation: Generation, before: int) -> None:
        """`before` is the number of a frame that follows all index roots."""
        code, last = "PTAR_MANIFEST_MISMATCH", 0
        for row in generation.contents["index"]:
            require(row["first"] == last + 1 and row["last"] >= row["first"] and row["frame"] < before,
                    code, f"index roots have gaps or do not come before frame {before}")
            last = row["last"]
        require(last == generation.number, code, "index roots do not end with this generation")

    def check_chain(self, generation: Generation) -> None:
        before = self.generations[-1] if self.generations else None
        prev = before and {"manifest": before.digest.hex(), **before.manifest["tree"]}
        require(generation.manifest["prev"] == prev, "PTAR_GENERATION_CHAIN",
                "a manifest does not follow the one before")
        self.check_snapshots(generation, before)  # in the clear manifests of a sealed archive there are none

    @staticmethod
    def check_snapshots(generation: Generation, before: Optional[Generation]) -> None:
        ids = [[s["id"] for s in g.contents["snapshots"]] if g else [] for g in (before, generation)]
        require(ids[1][:len(ids[0])] == ids[0], "PTAR_GENERATION_CHAIN",
                "the snapshots of a manifest do not begin with those of the one before")

    def read_table(self, generation: Generation, frame: Frame) -> None:
        """The frame table of a generation, and the root over all units up to it."""
        code, first = "PTAR_TABLE_INVALID", generation.first_unit
        table = parse_frame_table(frame.payload)
        require((table.first, table.first + table.count) == (first, frame.number) and table.count > 0, code,
                "the frame table does not cover the units it must")
        tree = MerkleTree(first, table.nodes)
        require(first == 0 or tree.root().hex() == self.generations[-1].manifest["tree"]["root"], code,
                "the nodes of the frame table do not give the root of the generation before")
        inline = [end for end, _ in table.inline.values()]
        require(all(a < b for a, b in zip(inline, inline[1:])) and inline[-1:] == [frame.offset], code,
                "the inline rows do not increase up to where the frame table starts")
        rows: list[Row] = []
        before = self.ends[first - 1] if first else 0
        for page in [*table.pages, None]:
            part = self.read_table_page(table, page) if page else list(table.inline.values())
            ends = [before] + [end for end, _ in part]
            require(all(a < b for a, b in zip(ends, ends[1:])) and ends[-1] <= frame.offset, code,
                    "end offsets in a frame table do not increase up to where it starts")
            rows, before = rows + part, ends[-1]
        require(first > 0 or rows[:1] == [(HEADER_LENGTH, self.header.leaf)], code, "the first row is not the header's")
        for _, leaf in rows:
            tree.append(leaf)
        tree.append(frame.leaf)
        require(tree.root().hex() == generation.manifest["tree"]["root"], "PTAR_TABLE_ROOT",
                "the frame table does not have the root in the manifest")
        for unit, (end, leaf) in enumerate(rows[:len(self.ends) - first], first):  # those that were read already
            require(self.ends[unit] == end, "PTAR_FRAME_LENGTH", f"frame {unit} does not end where its row says")
            require(self.leaves[unit] == leaf, "PTAR_FRAME_HASH", f"frame {unit} is not the one in the frame table")
        self.ends[first:], self.leaves[first:] = [end for end, _ in rows], [leaf for _, leaf in rows]
        self.tree = tree
        self.ends.append(frame.end)
        self.leaves.append(frame.leaf)

    def read_table_page(self, table: FrameTable, page: PageReference) -> list[Row]:
        end, leaf = table.inline[page.frame]
        frame = self.source.frame(table.inline[page.frame - 1][0], page.frame, end)
        require(frame.leaf == leaf, "PTAR_FRAME_HASH", f"frame {page.frame} is not the one in the frame table")
        require(frame.type == FRAME_TABLE_PAGE, "PTAR_TABLE_INVALID", f"frame {page.frame} is no frame table page")
        return parse_frame_table_page(frame.payload, page)

    def add_unit(self, frame: Frame) -> None:
        self.ends.append(frame.end)
        self.leaves.append(frame.leaf)
        self.tree.append(frame.leaf)

    def read_closing_frames(self, generation: Generation, trailers: list[Trailer]) -> None:
        """The frames between a manifest and the last trailer of its generation."""
        frame, state, statements, uncovered = generation.manifest_frame, "statements", 0, len(self.keys)
        signed_tree = {"root": self.tree.root().hex(), "size": self.tree.size}
        for trailer in trailers:
            while frame.end != trailer.frame.offset:
                frame = self.source.frame(frame.end, frame.number + 1, until=trailer.frame.offset)
                state = next_state(state, frame, self.key_source)
                if frame.type == KEYS:
                    self.add_keys(frame, in_tail=True)
                    self.check_keys_count()
                elif frame.type == STATEMENT:
                    in_tail = trailer.sequence > 0
                    for keys in self.keys[uncovered:]:
                        keys.covered = True
                    tree = {"root": self.tree.root().hex(), "size": self.tree.size} if in_tail else signed_tree
                    generation.found.append(FoundStatement(frame, tree, in_tail))
                    statements += 1
                    require(statements <= LIMITS["statements"], "PTAR_LIMIT_EXCEEDED", "too many statements")
                require(frame.type != TRAILER, "PTAR_TRAILER_INVALID", "a trailer is not in the chain of trailers")
                self.add_unit(frame)
            require(trailer.frame.number == frame.number + 1, "PTAR_FRAME_NUMBER", "a trailer has a wrong number")
            frame = trailer.frame
            next_state(state, frame, self.key_source)
            self.add_unit(frame)
            state, statements, uncovered = "tail begins", 0, len(self.keys)

    def check_statements(self, generation: Generation) -> None:
        """Each wholly before the next: body, subject, signature; those of a generation are by its signers in order."""
        for found in generation.found:
            if not found.in_tail:
                generation.signed.append(self.archive_statement(generation, found))
        signers, keys = generation.manifest["signers"], [s.body["publicKey"] for s in generation.signed]
        require(set(signers) <= set(keys), "PTAR_SIGNATURE_MISSING", "a declared signer has no statement")
        require(signers == keys, "PTAR_STATEMENT_MISMATCH", "the statements are not by the signers in order")
        for found in generation.found:
            if found.in_tail:
                generation.recorded.append(self.archive_statement(generation, found))

    def archive_statement(self, generation: Generation, found: FoundStatement) -> Statement:
        statement = parse_statement(found.frame.payload, "archive")
        about = {"archiveId": self.header.archive_id.hex(), "generation": generation.number,
                 "manifest": generation.digest.hex(), "tree": found.tree}
        require(about.items() <= statement.body.items() and found.in_tail == (statement.body["action"] != "created"),
                "PTAR_STATEMENT_MISMATCH", f"the statement in frame {found.frame.number} is about something else")
        statement.check_signature()
        return statement

    # -- chapter 14

    @property
    def key_source(self) -> int:
        return self.sessions[0].key_source if self.sessions else FROM_NOWHERE

    @property
    def readable(self) -> bool:
        """Whether objects can be checked."""
        return not self.header.sealed or self.session_keys != []

    def check_encryption(self, generation: Generation) -> None:
        """That the manifest is one of a sealed archive, or of a plain one, as the header says."""
        code, manifest = "PTAR_MANIFEST_MISMATCH", generation.manifest
        lists, sealed = manifest["encryption"], manifest["sealed"]
        require((lists is not None) == (sealed is not None) == self.header.sealed, code,
                "the header and a manifest do not agree on whether the archive is sealed")
        if lists is None:
            return
        require(manifest["index"] == [] and manifest["snapshots"] == [] and "subject" not in manifest, code,
                "the clear manifest of a sealed archive shows index roots, snapshots or a subject")
        for numbers in (lists["sessions"], lists["keys"], [sealed["frame"]]):
            require(all(a < b for a, b in zip(numbers, numbers[1:])), code, "a list of frames is not increasing")
            require(all(generation.first_frame <= n < manifest["frameTable"] for n in numbers), code,
                    "a manifest names a frame that is not one of its generation")
        require(lists["sessions"][0] == generation.first_frame, code, "a generation does not start with its session")

    def read_encryption(self, generation: Generation) -> None:
        """The frames that the manifest lists, those of sessions first."""
        code, lists = "PTAR_MANIFEST_MISMATCH", generation.manifest["encryption"]
        for number in lists["sessions"]:
            self.sessions.append(parse_session(self.unit(number, SESSION, code=code), True, self.sessions))
        for number in lists["keys"]:
            self.add_keys(self.unit(number, KEYS, code=code), in_tail=False)
        self.unit(generation.manifest["sealed"]["frame"], SEALED_MANIFEST, code=code)
        self.check_keys_count()

    def add_keys(self, frame: Frame, in_tail: bool) -> None:
        self.keys.append(KeysFrame(frame.number, parse_age_file(frame.payload), covered=not in_tail, in_tail=in_tail))

    def check_keys_count(self) -> None:
        require(len(self.keys) <= LIMITS["keysFrames"]
                and sum(keys.file.passphrase for keys in self.keys) <= LIMITS["passphrases"],
                "PTAR_LIMIT_EXCEEDED", "there are too many frames of keys, or too many passphrases")

    def open(self, ring: KeyRing) -> None:
        """The first KEYS frame that counts, opens and has the secret of the first session: those for recipients are
        tried first, then those with a passphrase."""
        failures = []
        in_order = sorted(self.keys, key=lambda keys: keys.file.passphrase) if self.key_source == FROM_KEYS else []
        tried = [keys for keys in in_order if keys.covered and ring.has_one_for(keys.file)]
        for keys, way in [(keys, way) for keys in tried for way in ring.ways(keys.file)]:
            try:
                secret = keys_secret(way, self.header.archive_id)
                if secret is None:
                    continue
                self.session_key(secret, self.sessions[0])
            except PtarError as error:
                # what stands in a tail anybody may have added
                if not keys.in_tail:
                    failures.append(error)
                continue
            self.use(secret)
            return
        if failures:
            raise failures[0]
        require(tried != [], "PTAR_KEY_REQUIRED", "the archive is sealed and no key of its kinds was given")
        require(all(keys.covered for keys in self.keys), "PTAR_KEYS_UNSIGNED",
                "no key fits but, perhaps, one of those that no statement covers")
        require(not tried[-1].file.passphrase, "PTAR_PASSPHRASE_WRONG", "the passphrase is another one")
        raise PtarError("PTAR_IDENTITY_WRONG", "the archive is sealed for other recipients")

    def use(self, secret: bytes) -> None:
        self.session_keys = [ciphers().AESGCM(self.session_key(secret, session)) for session in self.sessions]

    def unlock(self, secret: bytes) -> None:
        """Opens what was opened without a key, when its secret comes from elsewhere: from a repository."""
        self.use(secret)
        self.read_sealed_manifests()

    def session_key(self, secret: bytes, session: Session) -> bytes:
        info = label("ptar1/session") + session.salt + struct.pack("<Q", session.number)
        derived = hkdf(secret, self.header.archive_id, info, 64)
        require(derived[32:] == session.commitment, "PTAR_KEY_COMMITMENT",
                f"the secret is not the one of the session in frame {session.number}")
        return derived[:32]

    def payload(self, frame: Frame) -> bytes:
        """What a frame holds: in a sealed archive, what was sealed."""
        if not (self.header.sealed and frame.type in SEALED_TYPES):
            return frame.payload
        before = [n for n, session in enumerate(self.sessions) if session.number < frame.number]
        nonce = struct.pack("<QI", frame.number, 0)
        plaintext = opened(self.session_keys[before[-1]], nonce, frame.payload, frame.head) if before else None
        if plaintext is None:
            raise PtarError("PTAR_FRAME_SEAL", f"frame {frame.number} does not open")
        end = 4 + int.from_bytes(plaintext[:4], "little")
        require(end <= len(plaintext), "PTAR_FRAME_LENGTH", f"what is sealed in frame {frame.number} is too short")
        require(is_zero(plaintext[end:]), "PTAR_FRAME_RESERVED", f"the padding of frame {frame.number} is not zero")
        return plaintext[4:end]

    def read_sealed_manifests(self) -> None:
        for generation in self.generations if self.session_keys else []:
            self.read_sealed_manifest(generation)

    def read_sealed_manifest(self, generation: Generation) -> None:
        """It agrees with the clear one and with the tree, and has the index and snapshots of a manifest."""
        code, clear = "PTAR_MANIFEST_MISMATCH", generation.manifest
        frame = self.unit(clear["sealed"]["frame"], SEALED_MANIFEST, code=code)
        generation.contents = parse_document(self.payload(frame), "sealed-manifest")
        check_once(generation.contents)
        shared = ("archiveId", "generation", "createdAt", "complete", "signers")
        require(all(generation.contents[name] == clear[name] for name in shared), code,
                "a sealed manifest does not agree with the clear one")
        tree = MerkleTree()
        for leaf in self.leaves[:frame.number]:
            tree.append(leaf)
        require(generation.contents["tree"] == {"root": tree.root().hex(), "size": frame.number}, code,
                "a sealed manifest has another tree")
        self.check_index(generation, frame.number)
        self.check_snapshots(generation, self.generations[generation.number - 2] if generation.number > 1 else None)

    # -- frames and objects through frame table and index

    def unit(self, number: int, *types: int, code: str = "PTAR_INDEX_INVALID") -> Frame:
        """The frame that a row of the index, or the manifest, names as one of these types."""
        require(0 < number < len(self.ends), code, f"there is no frame {number}")
        frame = self.source.frame(self.ends[number - 1], number, self.ends[number])
        require(frame.leaf == self.leaves[number], "PTAR_FRAME_HASH", f"frame {number} is another than in its row")
        require(frame.type in types, code, f"frame {number} is of another type")
        return frame

    def place(self, kind: int, id_: bytes) -> Place:
        require((id_, kind) in self.index, "PTAR_OBJECT_MISSING", f"the {KIND_NAMES[kind]} {id_.hex()} is nowhere")
        self.referenced.add((id_, kind))
        return self.index[id_, kind]

    @property
    def prerequisites(self) -> int:
        return sum(place == LEFT_OUT for place in self.index.values())

    def object(self, kind: int, id_: bytes) -> bytes:
        place = self.place(kind, id_)
        require(place != LEFT_OUT, "PTAR_OBJECT_MISSING",  # chapter 16: a snapshot or statement, never
                f"the {KIND_NAMES[kind]} {id_.hex()} is left out of a thin archive")
        return self.object_at(place, kind, id_)

    def object_at(self, place: Place, kind: int, id_: bytes) -> bytes:
        number, ordinal = place
        if number not in self.blocks:
            frame = self.unit(number, BLOCK_DATA, BLOCK_META)
            self.blocks[number] = parse_block(self.payload(frame), frame.type)
            if len(self.blocks) > 16:
                self.blocks.popitem(last=False)
        block = self.blocks[number]
        require(ordinal < len(block), "PTAR_INDEX_INVALID", "an index row is out of range")
        found, data = block[ordinal]
        require(found == kind and object_id(kind, data) == id_, "PTAR_OBJECT_ID",
                f"the object at the place of {KIND_NAMES[kind]} {id_.hex()} is another")
        return data

    # -- step 6

    def scan(self) -> None:
        """Every frame from the front, and every block that can be read."""
        offset, number, state, self.scanned = HEADER_LENGTH, 1, "archive", {}
        listed = {unit.number for unit in (*self.sessions, *self.keys)}
        trailers = {trailer.frame.offset for trailer in self.trailers}
        while number < len(self.ends):
            frame = self.source.frame(offset, number, self.ends[number])
            state = next_state(state, frame, self.key_source)
            require(frame.type != TRAILER or offset in trailers, "PTAR_TRAILER_INVALID", "a trailer is in no chain")
            require(frame.leaf == self.leaves[number], "PTAR_FRAME_HASH", f"frame {number} is another than in its row")
            if frame.type == ABOUT and frame.payload != ABOUT_TEXT:
                self.warnings.append("the text of ABOUT is another one")
            elif frame.type in (SESSION, KEYS) and self.header.sealed:
                require(number in listed, "PTAR_MANIFEST_MISMATCH", f"frame {number} is in no list of a manifest")
            elif frame.type == SESSION:
                parse_session(frame, False, [])
            elif frame.type == PADDING:
                require(is_zero(frame.payload), "PTAR_FRAME_RESERVED", "a padding frame has bytes that are not zero")
            elif frame.type in SEALED_TYPES and self.readable:
                payload = self.payload(frame)
                if frame.type in (BLOCK_DATA, BLOCK_META):
                    self.scanned[number] = [((object_id(kind, data), kind), len(data))
                                            for kind, data in parse_block(payload, frame.type)]
            offset, number = frame.end, number + 1

    # -- step 7

    def read_index(self) -> None:
        code, roots = "PTAR_INDEX_INVALID", []
        for reference in self.generations[-1].contents["index"]:
            root = self.unit(reference["frame"], INDEX_ROOT)
            covered = self.generations[reference["first"] - 1:reference["last"]]
            low = covered[0].first_unit
            require(low < root.number < covered[-1].manifest["frameTable"], code, "an index root stands elsewhere")
            pages, count = parse_index_root(self.payload(root))
            require(count == reference["rows"], code, "the manifest has another row count")
            require(all(low < number < root.number for _, number, _ in pages), code,
                    "an index page does not stand before its root")
            roots.append((low, pages))
        for low, pages in roots:
            previous: Key = (b"", 0)
            for first_key, number, count in pages:
                rows = parse_index_page(self.payload(self.unit(number, INDEX_PAGE)))
                require(len(rows) == count and rows[0][0] == first_key, code, "an index page is not the one named")
                for key, place in rows:
                    require(key > previous and key not in self.index, code, "index rows are out of order or repeated")
                    if not (self.header.thin and place == LEFT_OUT):
                        require(low < place[0] < number and place[1] < LIMITS["blockObjects"], code,
                                "an index row names a place out of range")
                        self.check_row(key, place)
                    self.index[key], previous = place, key
        for number, objects in (self.scanned or {}).items():
            for ordinal, (key, _) in enumerate(objects):
                require(key in self.index, "PTAR_INDEX_MISSING", f"object {ordinal} of frame {number} has no row")
                require(self.index[key] != LEFT_OUT, code, "an object that is there is left out by its row")
                require(self.index[key] <= (number, ordinal), code, "an object is not indexed at its lowest place")

    def check_row(self, key: Key, place: Place) -> None:
        """That the object stands there, of which `standard` knows only when it reads it."""
        code, (number, ordinal) = "PTAR_INDEX_INVALID", place
        if self.scanned is None:
            return
        require(ordinal < len(self.scanned.get(number, [])), code, "an index row names no object")
        require(self.scanned[number][ordinal][0] == key, "PTAR_OBJECT_ID", "an index row names another object")


# ---------------------------------------------------------------- chapter 10: trees, step 8

@dataclass
class Found:
    """What a walk found: leaves of the item tree, how many items there were, and what first items of links are like."""
    most: int
    count: int = 0
    leaves: MerkleTree = field(default_factory=MerkleTree)
    firsts: dict[int, Any] = field(default_factory=dict)


class Tree:
    """The tree of one content."""

    def __init__(self, archive: Archive, content: Json, level: str = "standard") -> None:
        self.archive, self.content, self.level = archive, content, level
        self.root = content["root"] and bytes.fromhex(content["root"])
        self.salt = bytes.fromhex(content["salt"])
        self.table: dict[int, int] = {}
        self.pages: OrderedDict[bytes, Page] = OrderedDict()

    def check(self, items: int) -> tuple[Counters, bytes]:
        """The link table, then everything below the root in pre-order: its counters, and the root of the item tree."""
        found = Found(items)
        self.table = self.links(items)
        found.firsts = dict.fromkeys(self.table.values())
        totals = self.check_directory(self.root, None, found) if self.root else Counters()
        return totals, found.leaves.root() if totals.entries and self.level != "standard" else b""

    def check_directory(self, page_id: bytes, above: Optional[Entry], found: Found) -> Counters:
        """Each entry, and what it names, before the next one; what all of them give comes when they have ended."""
        total, cutting = Counters(), Cutting(PageCuts)
        claimed = above.store["counters"] if above else None
        for entry in self.directory(page_id, cutting):
            entry = entry.below(above, found.count)
            require(entry.depth <= LIMITS["pathDepth"] and len(entry.path) <= LIMITS["pathBytes"],
                    "PTAR_LIMIT_EXCEEDED", "a path has too many names or bytes")
            found.count += 1
            require(found.count <= found.most, "PTAR_SNAPSHOT_ITEMS", "a snapshot has fewer items than its pages")
            total.add(counters_of(entry))
            more = entry.store["counters"]["entries"] if "counters" in entry.store else 0
            require(claimed is None or total.entries + more <= claimed["entries"], "PTAR_TREE_COUNTERS",
                    f"the counters before {printable(entry.path)} tell of fewer entries")
            if self.level != "standard":
                found.leaves.append(item_leaf(self.salt, entry))
            if entry.type == "file":
                self.check_contents(entry)
            self.check_link(entry, found)
            if "page" in entry.store:
                total.add(self.check_directory(bytes.fromhex(entry.store["page"]), entry, found))
        require(claimed in (None, total.as_document()), "PTAR_TREE_COUNTERS", "the counters of a directory are wrong")
        require(cutting.kept or self.level != "deep", "PTAR_PAGE_SPLIT", "a directory is cut where the rule does not cut")
        return total

    def check_link(self, entry: Entry, found: Found) -> None:
        """That a link, and the first item of its group, are one file."""
        first = self.table.get(entry.index)
        if first is None and entry.index not in found.firsts:
            return
        code, item = "PTAR_LINKS_INVALID", entry.item
        require(entry.type == "file", code, "the link table has an item that is no file")
        facts = (item["sha256"], item.get("sha256Stored"), item["size"], entry.own_errors, entry.store)
        if first is None:
            found.firsts[entry.index] = facts
        else:
            require(found.firsts[first] == facts, code, "two names in the link table are not one file")

    def entries(self) -> Iterator[Entry]:
        """All entries of a checked tree in pre-order, numbered, with their paths."""
        count = 0

        def walk(page_id: bytes, above: Optional[Entry]) -> Iterator[Entry]:
            nonlocal count
            for found in self.directory(page_id, Cutting(PageCuts)):
                entry = found.below(above, count)
                count += 1
                yield entry
                if "page" in entry.store:
                    yield from walk(bytes.fromhex(entry.store["page"]), entry)

        return walk(self.root, None) if self.root else iter(())

    # -- pages

    def page(self, id_: bytes) -> Page:
        if id_ not in self.pages:
            self.pages[id_] = parse_page(self.archive.object(PAGE, id_))
            if len(self.pages) > 64:
                self.pages.popitem(last=False)
        return self.pages[id_]

    def directory(self, page_id: bytes, cutting: Cutting) -> Iterator[Entry]:
        """The entries of one directory; each page is read when those before it have ended, and then has its place."""
        root, last = self.page(page_id), b""
        cutting.kept &= root.level == 0 or len(root.rows) > 1

        def rows_of(page: Page) -> Iterator[Entry]:
            nonlocal last
            require(page.level > 0 or last < page.names[0], "PTAR_PAGE_ORDER",
                    "the first entry of a page is not after those of the page before")
            for n, (name, row) in enumerate(page.named):
                cutting.take(page.level, n == 0, name, len(canonical(row)))
                if page.level == 0:
                    last = name
                    yield Entry(name, row["item"], row["store"])
                    continue
                below = self.page(bytes.fromhex(row["id"]))
                require((below.level, below.names[0]) == (page.level - 1, name), "PTAR_PAGE_ORDER",
                        "a page has another level or first name than the one above says")
                yield from rows_of(below)

        return rows_of(root)

    # -- contents of files

    def chunks(self, entry: Entry, cutting: Optional[Cutting] = None) -> Iterator[tuple[bytes, int]]:
        """The chunks of a file in order, with the lengths that the archive declares; each list when it is its turn."""
        lists = "list" in entry.store
        level, rows = self.read_list(bytes.fromhex(entry.store["list"])) if lists else (0, entry.inline_chunks)
        require(sum(length for _, length in rows) == entry.stored_size, "PTAR_TREE_SIZE",
                f"the chunks of {printable(entry.name)} do not give its stored size")
        if not lists:
            return iter(rows)
        cutting = cutting or Cutting(ListCuts)
        cutting.kept &= len(rows) > (1 if level else 16)
        return self.list_rows(level, rows, cutting)

    def read_list(self, id_: bytes) -> tuple[int, list[tuple[bytes, int]]]:
        return parse_list(self.archive.object(LIST, id_))

    def list_rows(self, level: int, rows: list[tuple[bytes, int]], cutting: Cutting) -> Iterator[tuple[bytes, int]]:
        for n, (id_, length) in enumerate(rows):
            cutting.take(level, n == 0, id_)
            if level == 0:
                yield id_, length
                continue
            found, below = self.read_list(id_)
            require(found == level - 1 and sum(n for _, n in below) == length, "PTAR_LIST_INVALID",
                    "a list has another level or other lengths than the row that names it")
            yield from self.list_rows(found, below, cutting)

    def check_contents(self, entry: Entry) -> None:
        """Closure and lengths of a file; at `deep` the cuts of its lists and then its bytes."""
        scanned, cutting = self.archive.scanned, Cutting(ListCuts)
        for id_, length in self.chunks(entry, cutting):
            number, ordinal = self.archive.place(CHUNK, id_)
            require(scanned is None or scanned[number][ordinal][1] == length, "PTAR_TREE_SIZE",
                    f"a chunk of {printable(entry.name)} has another length")
        if self.level == "deep":
            require(cutting.kept, "PTAR_PAGE_SPLIT", "a list is cut where the rule does not cut, or stands where chunks must")
            self.check_digests(entry)

    def check_digests(self, entry: Entry) -> None:
        """SHA-256 of what is stored, and every other digest that the item has of the whole file."""
        expected = {"sha256": entry.item["sha256"] or entry.item.get("sha256Stored"), **entry.item.get("digests", {})}
        hashes = {name: hashlib.new(name, usedforsecurity=False) for name in expected if expected[name] is not None}
        for data in self.bytes_of(entry) if hashes else ():
            for running in hashes.values():
                running.update(data)
        for name, running in hashes.items():
            require(running.hexdigest() == expected[name], "PTAR_FILE_DIGEST",
                    f"the bytes of {printable(entry.name)} do not have their {name}")

    def bytes_of(self, entry: Entry) -> Iterator[bytes]:
        for id_, _ in self.chunks(entry):
            yield self.archive.object(CHUNK, id_)

    def links(self, items: int) -> dict[int, int]:
        """Item -> first item of its group, from the link table, each page before the next."""
        code, table = "PTAR_LINKS_INVALID", self.content["links"] or {"count": 0, "pages": []}
        require(table["count"] <= LIMITS["links"], code, "a link table has too many rows")
        links: dict[int, int] = {}
        last = -1
        for id_ in table["pages"]:
            for item, first in parse_links(self.archive.object(LINKS, bytes.fromhex(id_))):
                require(last < item < items, code, "a link table is not sorted, or has an item that is not there")
                require(first not in links, code, "the first item of a group is itself a link")
                links[item], last = first, item
            require(len(links) <= table["count"], code, "a link table has more rows than its content says")
        require(len(links) == table["count"], code, "a link table has fewer rows than its content says")
        return links


# ---------------------------------------------------------------- chapter 16: closure of thin archives

class Closure:
    """What one content references, each object once: it is there and keeps its own rules, or it is left out."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.seen: set[Key] = set()

    def enters(self, kind: int, id_: bytes) -> bool:
        """Whether the object is to be read: it is there, and was not seen before."""
        if (id_, kind) in self.seen:
            return False
        self.seen.add((id_, kind))
        return self.archive.place(kind, id_) != LEFT_OUT

    def check(self, content_id: bytes) -> None:
        if not self.enters(CONTENT, content_id):
            return
        content = parse_document(self.archive.object(CONTENT, content_id), "content")
        for id_ in map(bytes.fromhex, (content["links"] or {"pages": []})["pages"]):
            if self.enters(LINKS, id_):
                parse_links(self.archive.object(LINKS, id_))
        if content["root"]:
            self.check_page(bytes.fromhex(content["root"]), None, 1)

    def check_page(self, id_: bytes, expected: Optional[tuple[int, bytes]], depth: int) -> None:
        """`expected` are the level and first name that the page above says."""
        if not self.enters(PAGE, id_):
            return
        page = parse_page(self.archive.object(PAGE, id_))
        require(expected in (None, (page.level, page.names[0])), "PTAR_PAGE_ORDER",
                "a page has another level or first name than the one above says")
        require(depth <= LIMITS["pathDepth"], "PTAR_LIMIT_EXCEEDED", "a path has too many names")
        for name, row in page.named:
            if page.level == 0:
                self.check_entry(Entry(name, row["item"], row["store"]), depth)
            else:
                self.check_page(bytes.fromhex(row["id"]), (page.level - 1, name), depth)

    def check_entry(self, entry: Entry, depth: int) -> None:
        if "page" in entry.store:
            self.check_page(bytes.fromhex(entry.store["page"]), None, depth + 1)
        elif "list" in entry.store:
            self.check_list(bytes.fromhex(entry.store["list"]), None)
        elif entry.type == "file":
            for id_, _ in entry.inline_chunks:
                self.enters(CHUNK, id_)

    def check_list(self, id_: bytes, expected: Optional[int]) -> None:
        if not self.enters(LIST, id_):
            return
        level, rows = parse_list(self.archive.object(LIST, id_))
        require(expected in (None, level), "PTAR_LIST_INVALID", "a list has another level than the one above says")
        for below, _ in rows:
            if level:
                self.check_list(below, level - 1)
            else:
                self.enters(CHUNK, below)


# ---------------------------------------------------------------- chapter 10: verification, steps 8 to 10

@dataclass
class Snapshot:
    id: str
    document: Json
    statements: list[Statement]
    brought: Generation
    tree: Optional[Tree]  # None in a thin archive


@dataclass
class Verified:
    archive: Archive
    snapshots: list[Snapshot]
    signature: str

    @property
    def complete(self) -> bool:
        return all(g.manifest["complete"] for g in self.archive.generations)

    @property
    def newest(self) -> Generation:
        return self.archive.generations[-1]

    @property
    def tree(self) -> Tree:
        """Of the last snapshot."""
        require(self.snapshots != [], "PTAR_SNAPSHOT_NOT_FOUND", "the archive holds no snapshot")
        tree = self.snapshots[-1].tree
        if tree is None:
            raise PtarError("PTAR_UNSUPPORTED_FEATURE", "this reader verifies thin archives, and neither lists nor extracts them")
        return tree


CAPTURED = ("name", "type", "content", "links", "mode", "mtime", "atime", "ctime", "birthtime", "owner", "owner-names",
            "inode", "xattrs", "holes", "digests")


def parse_snapshot(data: bytes) -> Json:
    document = parse_document(data, "snapshot")
    check_increasing([a["name"] for a in document.get("attributes", [])], "attributes")
    check_increasing(document["tags"], "tags")
    places = [CAPTURED.index(name) for name in document["captured"]["classes"]]
    require(all(a < b for a, b in zip(places, places[1:])), "PTAR_DOCUMENT_INVALID",
            "the captured classes are not in their order or repeated")
    counts = document["completeness"]
    require(counts["seen"] == counts["stored"] + counts["failed"] + counts["excluded"]
            and counts["unstable"] <= counts["stored"], "PTAR_SNAPSHOT_COUNTERS", "the counters of a snapshot do not add up")
    items = document["items"]
    require((items["root"] is None) == (items["count"] == 0), "PTAR_SNAPSHOT_ITEMS",
            "the item root is null, or not null, wrongly")
    return document


def snapshot_statement(data: bytes, id_: str, document: Json, earlier: list[Statement]) -> Statement:
    """A valid statement about a snapshot, by a key that has none among the `earlier` ones."""
    statement = parse_statement(data, "snapshot")
    about = {"snapshot": id_, "items": {name: document["items"][name] for name in ("count", "root", "rule")}}
    require(about.items() <= statement.body.items(), "PTAR_STATEMENT_MISMATCH", "a snapshot statement is about something else")
    statement.check_signature()
    require(all(statement.key != s.key for s in earlier), "PTAR_STATEMENT_MISMATCH", "a snapshot has two statements of one key")
    return statement


def check_snapshot(archive: Archive, reference: Json, brought: Generation, earlier: list[Snapshot], level: str) -> Snapshot:
    """A snapshot, the statements about it, how many items there are with those of the `earlier` ones, and its tree."""
    document = parse_snapshot(archive.object(SNAPSHOT, bytes.fromhex(reference["id"])))
    statements: list[Statement] = []
    for id_ in reference["statements"]:
        data = archive.object(STATEMENT_OBJECT, bytes.fromhex(id_))
        statements.append(snapshot_statement(data, reference["id"], document, statements))
    if archive.header.thin:
        Closure(archive).check(bytes.fromhex(document["content"]))
        return Snapshot(reference["id"], document, statements, brought, None)
    items = sum(s.document["items"]["count"] for s in earlier) + document["items"]["count"]
    require(items <= LIMITS["items"], "PTAR_LIMIT_EXCEEDED", "the snapshots of an archive have too many items")
    return Snapshot(reference["id"], document, statements, brought, check_tree(archive, document, level))


def check_tree(archive: Archive, document: Json, level: str) -> Tree:
    """Content, link table and tree; last what all entries give, and at `full` the item tree."""
    items, counts = document["items"], document["completeness"]
    tree = Tree(archive, parse_document(archive.object(CONTENT, bytes.fromhex(document["content"])), "content"), level)
    totals, root = tree.check(items["count"])
    expected = {"excluded": counts["excluded"], "failed": totals.failed, "stored": totals.entries - totals.failed,
                "seen": totals.entries + counts["excluded"], "unstable": totals.unstable}
    require(counts == expected, "PTAR_SNAPSHOT_COUNTERS", "the counters of a snapshot are not those of its tree")
    require(items["count"] == totals.entries, "PTAR_SNAPSHOT_ITEMS", "a snapshot has more items than its pages")
    require(level == "standard" or items["root"] in (None, root.hex()), "PTAR_SNAPSHOT_ITEMS",
            "the item tree does not have the root in the snapshot")
    return tree


def verify(handle: BinaryIO, level: str, trust: Optional[list[TrustedKey]], ring: Optional[KeyRing] = None,
           allow_unsigned: bool = False, expected: Optional[str] = None) -> Verified:
    """All checks in their order; without `trust`, as for a list, any signer will do; without `ring` what is sealed
    stays so."""
    archive = Archive(handle, ring)                                                     # steps 1 to 5
    if level != "standard":
        archive.scan()                                                                  # step 6
    snapshots = check_objects(archive, level) if archive.readable else []               # steps 7 and 8
    failures = [archive.wrong_key] if archive.wrong_key else []
    signature = ""
    try:
        require(expected in (None, archive.generations[-1].digest.hex()), "PTAR_VERIFY_UNEXPECTED",
                "this is another archive than the one expected")                        # step 9
        signature = check_trust(archive, snapshots, trust, allow_unsigned)              # step 10
    except PtarError as error:
        failures.append(error)
    if failures:
        raise min(failures, key=lambda error: PRECEDENCE.index(error.exit))
    return Verified(archive, snapshots, signature)


def check_objects(archive: Archive, level: str) -> list[Snapshot]:
    archive.read_index()                                                                # step 7
    snapshots: list[Snapshot] = []
    newest = archive.generations[-1].contents["snapshots"]
    for generation in archive.generations:                                              # step 8
        for reference in newest[len(snapshots):len(generation.contents["snapshots"])]:
            snapshots.append(check_snapshot(archive, reference, generation, snapshots, level))
    for generation in archive.generations:
        counts = [s.document["completeness"] for s in snapshots if s.brought is generation]
        require(generation.manifest["complete"] == all(c["failed"] + c["unstable"] == 0 for c in counts),
                "PTAR_MANIFEST_MISMATCH", "a manifest does not say whether its snapshots are complete")
    subject = archive.generations[-1].contents.get("subject")
    if subject is not None:
        require(not archive.header.thin, "PTAR_MANIFEST_MISMATCH", "a thin archive has a subject")
        check_subject(archive, subject)
    return snapshots


def check_subject(archive: Archive, subject: Json) -> None:
    """What the archive is about, and everything that it references."""
    id_ = bytes.fromhex(subject["id"])
    if subject["kind"] == "catalogue":
        catalogue = parse_catalogue(archive.object(CATALOGUE, id_), archive.header.sealed)
        secrets = {secret["archive"] for secret in catalogue["secrets"]}
        before: Optional[Section] = None
        for name in catalogue["locations"]:
            for section in parse_locations(archive.object(LOCATIONS, bytes.fromhex(name)), before):
                require(not archive.header.sealed or section.facts[2] != ADOPTED or section.name.hex() in secrets,
                        "PTAR_CATALOGUE_INVALID", "a sealed catalogue has no secret of an adopted archive")
                before = section
        return
    inventory = parse_document(archive.object(INVENTORY, id_), "inventory")
    for name, length in (("snapshots", 32), ("others", 16)):
        keys: list[bytes] = []
        for page in inventory[name]["pages"]:
            keys += parse_holdings(archive.object(HOLDINGS, bytes.fromhex(page)), length)
            require(all(a < b for a, b in zip(keys, keys[1:])), "PTAR_INVENTORY_INVALID", "keys are out of order or repeated")
        require(len(keys) == inventory[name]["count"], "PTAR_INVENTORY_INVALID", "an inventory has another number of keys")


def check_trust(archive: Archive, snapshots: list[Snapshot], trust: Optional[list[TrustedKey]],
                allow_unsigned: bool) -> str:
    """Chapter 9, vouching: the status of the signature verdict."""
    newest = archive.generations[-1]
    if not newest.signed:
        require(allow_unsigned or trust is None, "PTAR_SIGNATURE_MISSING", "the archive is unsigned")
        return "unsigned"
    if trust is None:
        return "unknown-key"

    def trusted(statements: list[Statement], roles: set[str]) -> bool:
        return any(s.body["role"] in roles and trusted_name(trust, s) is not None for s in statements)

    vouching = {"author", "co-signer", "witness", "custodian"}
    good = [g.number for g in archive.generations if trusted(g.signed, vouching | {"carrier"})]
    require(newest.number in good, "PTAR_SIGNER_UNTRUSTED", "no signer of the newest generation is trusted; "
            f"the last generation of which that is not so is {good[-1] if good else 'none'}")
    for snapshot in snapshots:
        require(trusted(snapshot.statements, vouching) or trusted(snapshot.brought.signed, {"author"}),
                "PTAR_SIGNER_UNTRUSTED", f"no trusted key vouches for the snapshot {snapshot.id}")
    return "trusted"


# ---------------------------------------------------------------- chapter 12: extraction

class Extractor:
    """Writes a verified tree.  Every step is made relative to a held directory, exclusively, following no link.

    POSIX only: there no name but those that chapter 5 refuses has another meaning."""

    def __init__(self, tree: Tree) -> None:
        self.tree, self.links = tree, tree.table
        self.problems: list[str] = []
        self.symlinks: list[Entry] = []
        self.directories: list[Entry] = []
        self.written: dict[int, tuple[bytes, tuple[int, int]]] = {}  # first items of links: path, device and inode
        self.restored = 0

    def run(self, target: str) -> None:
        try:
            os.mkdir(target, 0o700)
        except FileExistsError:
            require(os.path.isdir(target) and not os.listdir(target), "PTAR_TARGET_EXISTS", f"{target} is not empty")
        self.root = os.open(target, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for entry in self.tree.entries():
                self.within(entry, self.write)
            for entry in self.symlinks:
                self.within(entry, lambda e, parent: os.symlink(text_or_raw(e.item, "target"), e.name, dir_fd=parent))
            for entry in reversed(self.directories):  # children before parents
                self.within(entry, self.finish_directory)
        finally:
            os.close(self.root)

    def open_parent(self, path: bytes) -> int:
        """The directory of a path, one name at a time."""
        here = os.dup(self.root)
        for name in path.split(b"/")[:-1]:
            try:
                below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            finally:
                os.close(here)
            here = below
        return here

    def within(self, entry: Entry, action: Callable[[Entry, int], None]) -> None:
        """Does something in the directory of an entry; what the system refuses is reported, a collision ends all."""
        try:
            parent = self.open_parent(entry.path)
            try:
                action(entry, parent)
            finally:
                os.close(parent)
        except FileExistsError:
            raise PtarError("PTAR_TARGET_EXISTS", f"{printable(entry.path)} exists already") from None
        except (OSError, OverflowError) as error:  # such as a time that the system does not have
            self.problems.append(f"{printable(entry.path)}: {error}")

    def write(self, entry: Entry, parent: int) -> None:
        if "xattrs" in entry.item:
            self.problems.append(f"{printable(entry.path)}: extended attributes are not restored")
        if entry.type == "directory":
            os.mkdir(entry.name, 0o700, dir_fd=parent)
            self.directories.append(entry)
        elif entry.type == "symlink" and LINK_ONLY & entry.item.keys():
            self.symlinks.append(entry)
        elif entry.type != "file" or (entry.failed and entry.stored_size == 0):
            self.problems.append(f"{printable(entry.path)}: nothing of this {entry.type} is restored")
            return
        elif entry.index in self.links:
            self.write_link(entry, parent)
        else:
            self.write_file(entry, parent)
        self.restored += 1

    def write_link(self, entry: Entry, parent: int) -> None:
        """Verification compared the two files; the first must still be the one that was written."""
        path, inode = self.written[self.links[entry.index]]
        first, name = self.open_parent(path), path.split(b"/")[-1]
        try:
            found = os.stat(name, dir_fd=first, follow_symlinks=False)
            require((found.st_dev, found.st_ino) == inode, "PTAR_LINKS_INVALID", f"{printable(path)} was exchanged")
            os.link(name, entry.name, src_dir_fd=first, dst_dir_fd=parent, follow_symlinks=False)
        finally:
            os.close(first)

    def write_file(self, entry: Entry, parent: int) -> None:
        """The bytes at their places; they are read and verified once before the file is made.  Gaps stay zero."""
        digest = entry.item["sha256"] or entry.item["sha256Stored"]
        require(sha256(*self.tree.bytes_of(entry)).hex() == digest, "PTAR_FILE_DIGEST",
                f"the bytes of {printable(entry.path)} do not have their digest")
        if entry.gaps:
            self.problems.append(f"{printable(entry.path)}: ranges that could not be read are zeros")
        handle = os.open(entry.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=parent)
        with os.fdopen(handle, "wb") as out:
            gaps = entry.gaps
            for data in self.tree.bytes_of(entry):
                while data:
                    if gaps and gaps[0][0] == out.tell():
                        out.seek(gaps.pop(0)[1], os.SEEK_CUR)
                    run = data[:gaps[0][0] - out.tell()] if gaps else data
                    out.write(run)
                    data = data[len(run):]
            out.truncate(entry.item["size"])
            out.flush()
            found = os.fstat(handle)
            self.written[entry.index] = (entry.path, (found.st_dev, found.st_ino))
            set_facts(handle, entry.item, 0o777)

    @staticmethod
    def finish_directory(entry: Entry, parent: int) -> None:
        handle = os.open(entry.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
        try:
            set_facts(handle, entry.item, 0o1777)
        finally:
            os.close(handle)


def set_facts(handle: int, item: Json, bits: int) -> None:
    if "mode" in item:
        os.fchmod(handle, item["mode"] & bits)
    if item.get("mtime") is not None:
        os.utime(handle, ns=(int(item["mtime"]), int(item["mtime"])))


# ---------------------------------------------------------------- chapter 14: keys

@lru_cache(maxsize=1)
def ciphers() -> SimpleNamespace:
    """The package that opens what is sealed; nothing else needs it."""
    try:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    except ImportError:
        raise PtarError("PTAR_UNSUPPORTED_FEATURE", "opening a sealed archive needs the package cryptography") from None
    return SimpleNamespace(**locals())


def opened(cipher: Any, nonce: bytes, sealed: bytes, bound: Optional[bytes] = None) -> Optional[bytes]:
    """The plaintext, or None when the tag is wrong."""
    try:
        return cipher.decrypt(nonce, sealed, bound)
    except ciphers().InvalidTag:
        return None


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, extract and expand, with SHA-256."""
    c = ciphers()
    return c.HKDF(algorithm=c.hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


AGE_VERSION = b"age-encryption.org/v1"
AGE_PAYLOAD_LENGTH = 16 + 80 + 16  # nonce, plaintext and the tag of its only chunk
SECRET_LABEL = label("ptar1/keys")


@dataclass(frozen=True)
class Stanza:
    type: bytes
    arguments: list[bytes]
    body: bytes


@dataclass(frozen=True)
class AgeFile:
    """An age file of the form that a KEYS frame must have."""
    stanzas: list[Stanza]
    header: bytes  # what the MAC covers
    mac: bytes
    payload: bytes

    @property
    def passphrase(self) -> bool:
        return self.stanzas[0].type == b"scrypt"


@dataclass
class KeysFrame:
    number: int
    file: AgeFile
    covered: bool  # by the statements of its generation, or by a later one of its tail
    in_tail: bool


def base64_bytes(text: bytes) -> Optional[bytes]:
    """Without padding, trailing bits zero; None when it is not so."""
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return None
    return data if base64.b64encode(data).rstrip(b"=") == text else None


def parse_age_file(data: bytes) -> AgeFile:
    code, at = "PTAR_KEYS_INVALID", 0

    def line() -> bytes:
        nonlocal at
        start, end = at, data.find(b"\n", at)
        require(end >= 0, code, "the header of wrapped keys does not end")
        at = end + 1
        return data[start:end]

    def decoded(text: bytes) -> bytes:
        found = base64_bytes(text)
        if found is None:
            raise PtarError(code, "base64 of wrapped keys is malformed")
        return found

    require(line() == AGE_VERSION, code, "wrapped keys are no age file of version 1")
    stanzas: list[Stanza] = []
    start, text = at, line()
    while text.startswith(b"-> "):
        kind, *arguments = text[3:].split(b" ")
        require(all(re.fullmatch(rb"[!-~]+", word) for word in (kind, *arguments)), code, "a stanza is malformed")
        body, text = b"", line()
        while len(text) == 64:
            body, text = body + decoded(text), line()
        require(len(text) < 64, code, "a line of a stanza is too long")
        stanzas.append(Stanza(kind, arguments, body + decoded(text)))
        start, text = at, line()
    require(1 <= len(stanzas) <= LIMITS["keysStanzas"], code, "wrapped keys have no stanza, or too many")
    require(text.startswith(b"--- ") and len(text) == 47, code, "wrapped keys have no MAC where it must be")
    file = AgeFile(stanzas, data[:start + 3], decoded(text[4:]), data[at:])
    require(len(file.payload) == AGE_PAYLOAD_LENGTH, code, "the payload of wrapped keys has another length than 112")
    for stanza in stanzas:
        if stanza.type == b"X25519":
            require([len(base64_bytes(a) or b"") for a in stanza.arguments] == [32] and len(stanza.body) == 32, code,
                    "a stanza X25519 is malformed")
        elif stanza.type == b"scrypt":
            require(len(stanzas) == 1, code, "a passphrase is not alone")
            require(len(stanza.arguments) == 2 and len(base64_bytes(stanza.arguments[0]) or b"") == 16
                    and re.fullmatch(rb"[1-9][0-9]?", stanza.arguments[1]) is not None and len(stanza.body) == 32, code,
                    "a stanza scrypt is malformed")
            require(int(stanza.arguments[1]) <= LIMITS["scryptLog2"], "PTAR_KEYS_WORK_FACTOR",
                    "opening with the passphrase would cost more than the limit")
    return file


@dataclass(frozen=True)
class Way:
    """To what an age file wraps; the key of the file is None when no stanza opens."""
    file: AgeFile
    key: Callable[[], Optional[bytes]]


@dataclass(frozen=True)
class KeyRing:
    """What a user has to open archives with: X25519 identities and a passphrase."""
    identities: list[bytes] = field(default_factory=list)
    passphrase: Optional[bytes] = None

    def has_one_for(self, file: AgeFile) -> bool:
        return self.passphrase is not None if file.passphrase else self.identities != []

    def ways(self, file: AgeFile) -> list[Way]:
        """Each identity by itself, or the passphrase."""
        if file.passphrase:
            return [Way(file, lambda: self.unwrap_scrypt(file.stanzas[0]))]
        return [Way(file, lambda identity=identity: file_key(file, identity)) for identity in self.identities]

    def unwrap_scrypt(self, stanza: Stanza) -> Optional[bytes]:
        c = ciphers()
        salt = AGE_VERSION + b"/scrypt" + (base64_bytes(stanza.arguments[0]) or b"")
        wrap = c.Scrypt(salt=salt, length=32, n=2 ** int(stanza.arguments[1]), r=8, p=1).derive(self.passphrase)
        return opened(c.ChaCha20Poly1305(wrap), bytes(12), stanza.body)


def file_key(file: AgeFile, identity: bytes) -> Optional[bytes]:
    keys = (unwrap_x25519(stanza, identity) for stanza in file.stanzas if stanza.type == b"X25519")
    return next((key for key in keys if key is not None), None)


def unwrap_x25519(stanza: Stanza, identity: bytes) -> Optional[bytes]:
    c = ciphers()
    share, own = base64_bytes(stanza.arguments[0]) or b"", c.X25519PrivateKey.from_private_bytes(identity)
    try:
        shared = own.exchange(c.X25519PublicKey.from_public_bytes(share))
    except ValueError:  # of small order
        raise PtarError("PTAR_KEYS_INVALID", "the share of a stanza X25519 is of small order") from None
    recipient = own.public_key().public_bytes(c.Encoding.Raw, c.PublicFormat.Raw)
    wrap = hkdf(shared, share + recipient, AGE_VERSION + b"/X25519", 32)
    return opened(c.ChaCha20Poly1305(wrap), bytes(12), stanza.body)


def keys_secret(way: Way, archive_id: bytes) -> Optional[bytes]:
    """The secret that a KEYS frame wraps; None when it does not open in this way."""
    code, file, key = "PTAR_KEYS_INVALID", way.file, way.key()
    if key is None:
        return None
    mac = hmac.digest(hkdf(key, b"", b"header", 32), file.header, "sha256")
    require(hmac.compare_digest(mac, file.mac), code, "the MAC of wrapped keys is wrong")
    payload_key = hkdf(key, file.payload[:16], b"payload", 32)
    plaintext = opened(ciphers().ChaCha20Poly1305(payload_key), bytes(11) + b"\1", file.payload[16:])  # the only chunk
    if plaintext is None or plaintext[:16] != SECRET_LABEL:
        raise PtarError(code, "the payload of wrapped keys does not open, or has another label")
    require(plaintext[16:48] == archive_id, "PTAR_KEYS_MISMATCH", "wrapped keys are those of another archive")
    return plaintext[48:]


BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def bech32_decode(text: str, prefix: str) -> Optional[bytes]:
    """BIP-173 without its limit of 90 characters, which age does not have; None when it is malformed."""
    human, _, rest = text.lower().rpartition("1")
    values = [BECH32.find(char) for char in rest]
    if human != prefix or text not in (text.lower(), text.upper()) or -1 in values or len(values) < 6:
        return None
    check = 1
    for value in [ord(c) >> 5 for c in human] + [0] + [ord(c) & 31 for c in human] + values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for n, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> n & 1 else 0
    number = sum(value << 5 * n for n, value in enumerate(reversed(values[:-6])))
    spare = len(values[:-6]) * 5 % 8
    if check != 1 or spare > 4 or number & ((1 << spare) - 1):
        return None
    return (number >> spare).to_bytes(len(values[:-6]) * 5 // 8, "big")


def parse_identities(data: bytes) -> list[bytes]:
    """The file of age-keygen: one identity a line, and comments.  What is wrong with a line does not show the line."""
    code, identities = "PTAR_KEY_INVALID", []
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        text = line.strip()
        if text and not text.startswith("#"):
            require(not text.startswith("AGE-SECRET-KEY-PQ-"), code, "this reader does not support hybrid identities")
            identity = bech32_decode(text, "age-secret-key-")
            if identity is None or len(identity) != 32:
                raise PtarError(code, f"line {number} of the identity file is no X25519 identity")
            identities.append(identity)
    require(identities != [], code, "the identity file holds no identity")
    return identities


def parse_passphrase(data: bytes) -> bytes:
    """One line of UTF-8, without the line break at its end."""
    code, text = "PTAR_PASSPHRASE_INVALID", re.sub(rb"\r?\n\Z", b"", data)
    require(1 <= len(text) <= 4096 and not set(b"\r\n\0") & set(text), code,
            "the passphrase file is empty, or holds more than one line of 4,096 bytes")
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        raise PtarError(code, "the passphrase is not UTF-8") from None
    return text


# ---------------------------------------------------------------- chapters 15 and 16: what index archives and have-lists hold

PACKS, ADOPTED = 1, 2


@dataclass(frozen=True)
class Section:
    """What is said of an archive, and rows of its index."""
    name: bytes
    facts: tuple[bytes, int, int]  # fingerprint, length, place
    rows: list[tuple[Key, Place]]


def parse_catalogue(data: bytes, sealed: bool) -> Json:
    code, catalogue = "PTAR_CATALOGUE_INVALID", parse_document(data, "catalogue")
    for names in (catalogue["supersedes"], [secret["archive"] for secret in catalogue["secrets"]]):
        require(all(a < b for a, b in zip(names, names[1:])), code, "archives in a catalogue are out of order or repeated")
    require(len(set(catalogue["locations"])) == len(catalogue["locations"]), code, "a catalogue repeats locations")
    require(sealed or catalogue["secrets"] == [], code, "a plain catalogue holds secrets")
    return catalogue


def parse_locations(data: bytes, before: Optional[Section]) -> list[Section]:
    """Sections, which follow `before`."""
    f = Fields(data, "PTAR_CATALOGUE_INVALID", "an object of locations")
    count = f.u32()
    f.reserved(4)
    require(count > 0, f.code, "an object of locations has no section")
    sections: list[Section] = []
    for _ in range(count):
        before = parse_section(f, before)
        sections.append(before)
    require(f.left() == 0, f.code, "bytes follow the last section")
    return sections


def parse_section(f: Fields, before: Optional[Section]) -> Section:
    name, fingerprint, length, place = f.bytes(32), f.bytes(32), f.u64(), f.u8()
    f.reserved(3)
    count = f.u32()
    require(length > 0 and place in (PACKS, ADOPTED) and 1 <= count <= LIMITS["locationsRows"], f.code,
            "a section has a length, place or number of rows that it may not have")
    facts, previous = (fingerprint, length, place), None
    if before is not None:
        require(before.name <= name, f.code, "the archives of sections are out of order")
        if before.name == name:
            require(before.facts == facts, f.code, "two sections of one archive do not say the same of it")
            previous = before.rows[-1][0]
    rows: list[tuple[Key, Place]] = []
    for _ in range(count):
        id_, frame, ordinal, kind = f.bytes(32), f.u64(), f.u32(), f.u8()
        f.reserved(3)
        require(frame > 0 and ordinal < LIMITS["blockObjects"] and kind in KIND_NAMES, f.code,
                "a row names a place or kind that cannot be")
        require(previous is None or previous < (id_, kind), f.code, "rows of an archive are out of order or repeated")
        previous = (id_, kind)
        rows.append((previous, (frame, ordinal)))
    return Section(name, facts, rows)


def parse_holdings(data: bytes, length: int) -> list[bytes]:
    require(len(data) > 0 and len(data) % length == 0, "PTAR_INVENTORY_INVALID", "holdings are not filled by keys")
    return [data[at:at + length] for at in range(0, len(data), length)]


# ---------------------------------------------------------------- commands

def printable(name: bytes) -> str:
    """A name on one line of a terminal: no control characters, no ambiguity."""
    return "".join(
        "\\\\" if char == "\\" else char if char.isprintable()  # what is not UTF-8 is not printable
        else "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))
        for char in name.decode("utf-8", "surrogateescape"))


def read_trust(path: Optional[str]) -> list[TrustedKey]:
    """Without a trust file no key is trusted."""
    try:
        return [] if path is None else parse_trust(Path(path).read_bytes())
    except FileNotFoundError:
        raise PtarError("PTAR_KEY_NOT_FOUND", f"{path} does not exist") from None


def read_key_file(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise PtarError("PTAR_KEY_NOT_FOUND", f"{path} does not exist") from None


def read_key_ring(identities: list[str], passphrase: Optional[str]) -> KeyRing:
    """Empty when no file is named."""
    if identities or passphrase is not None:
        ciphers()  # rather now than after a passphrase was worked on
    return KeyRing([identity for path in identities for identity in parse_identities(read_key_file(path))],
                   None if passphrase is None else parse_passphrase(read_key_file(passphrase)))


def open_archive(path: str) -> BinaryIO:
    try:
        return open(path, "rb")
    except FileNotFoundError:
        raise PtarError("PTAR_ARCHIVE_NOT_FOUND", f"{path} does not exist") from None


def command_verify(path: str, level: str, trust_path: Optional[str], ring: KeyRing) -> int:
    """Without a key, everything that can be checked without one."""
    trust = read_trust(trust_path)
    with open_archive(path) as handle:
        result = verify(handle, level, trust, None if ring == KeyRing() else ring)
    archive, newest = result.archive, result.newest
    for warning in archive.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    entries = sum(s.document["items"]["count"] for s in result.snapshots if s.tree is not None)
    print(fingerprint(newest.digest))
    needs = archive.prerequisites
    objects, used = len(archive.index) - needs, sum(archive.index[key] != LEFT_OUT for key in archive.referenced)
    checked = f"{objects} objects, {objects - used} unused, {entries} entries" if archive.readable \
        else "objects were not checked: the archive is sealed and no key was given"
    print(f"integrity: ok ({level}, {archive.source.size} bytes, {len(archive.ends) - 1} frames, {checked})")
    if archive.readable:
        print("self-contained: " + (f"no (needs {needs} object{'s' * (needs != 1)})" if needs else "yes"))
    print(f"signature: {result.signature}")
    print("time: claimed " + newest.manifest["createdAt"])
    print("completeness: " + ("complete" if result.complete else "incomplete"))
    print(f"custody: {sum(len(g.recorded) for g in archive.generations)} recorded statements")
    return 0 if result.complete else 3


def command_list(path: str, ring: KeyRing) -> int:
    with open_archive(path) as handle:
        result = verify(handle, "standard", None, ring)
        for entry in result.tree.entries():
            mark = "!" if entry.failed else "~" if entry.unstable else " "
            print(f"{mark} {entry.type:9} {entry.item.get('size', '-'):>12} {printable(entry.path)}")
    return 0


def command_extract(path: str, target: str, trust_path: Optional[str], ring: KeyRing) -> int:
    """Works with any signer, and says whose archive it is."""
    trust = read_trust(trust_path)
    with open_archive(path) as handle:
        result = verify(handle, "standard", None, ring)
        for statement in result.newest.signed:
            name = trusted_name(trust, statement) or "unknown key"
            print(f"signed by: {name} {ssh_fingerprint(statement.key)} as {statement.body['role']}")
        print(fingerprint(result.newest.digest) + ("" if result.newest.signed else ": unsigned"))
        extractor = Extractor(result.tree)
        extractor.run(target)
    for problem in extractor.problems:
        print(f"not restored: {problem}", file=sys.stderr)
    print(f"{extractor.restored} entries restored below {target}")
    return 0 if result.complete else 3


LEVELS = ["standard", "full", "deep"]
Outcome = tuple[str, Optional[str], Optional[str]]  # class, code, fingerprint


def run_vector(path: str, vector: Json, trust: list[TrustedKey], ring: Optional[KeyRing], level: str) -> Outcome:
    try:
        with open_archive(path) as handle:
            result = verify(handle, level, trust, ring, "allow-unsigned" in vector["flags"],
                            vector.get("expectFingerprint"))
        return CLASSES[0 if result.complete else 3], None, result.newest.digest.hex()
    except PtarError as error:
        return CLASSES[error.exit], error.code, None


def has_ciphers() -> bool:
    try:
        return ciphers() is not None
    except PtarError:
        return False


def vector_key(keys: Path, vector: Json) -> Optional[KeyRing]:
    """The key of a row: `{"identity": NAME}` or `{"passphrase": NAME}`."""
    if "key" not in vector:
        return None
    (kind, name), = vector["key"].items()
    path = str(keys / f"{name}.{kind}")
    return read_key_ring([path], None) if kind == "identity" else read_key_ring([], path)


def command_vectors(folder: Path) -> int:
    """Each row at its level and every higher one; rows without code at every level."""
    trust = read_trust(str(folder / "keys" / "trusted"))
    agree, skipped, differing, opens = 0, 0, [], has_ciphers()
    for vector in json.loads((folder / "index.json").read_text("utf-8")):
        if "encryption" in vector["flags"] and not opens:
            skipped += 1
            continue
        ring = vector_key(folder / "keys", vector)
        expected = (vector["expect"], vector["code"], vector.get("fingerprint"))
        levels = LEVELS if vector["code"] is None else LEVELS[LEVELS.index(vector["level"]):]
        found = {level: run_vector(str(folder / vector["file"]), vector, trust, ring, level) for level in levels}
        wrong = [f"{vector['name']} at {level}: expected {expected}, found {outcome}"
                 for level, outcome in found.items() if outcome != expected]
        agree += not wrong
        differing += wrong[:1]
    print(*differing, sep="\n", end="\n" if differing else "")
    if skipped:
        print(f"{skipped} skipped: encryption needs the package cryptography")
    print(f"{agree} agree, {len(differing)} differ")
    return 1 if differing else 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Verify, list and extract PTAR 1 archives.")
    parser.add_argument("--vectors", metavar="DIR", help="run the test vectors in DIR and print disagreements")
    commands = parser.add_subparsers(dest="command")
    check = commands.add_parser("verify", help="check an archive")
    check.add_argument("file")
    check.add_argument("--level", choices=LEVELS, default="full")
    show = commands.add_parser("list", help="print the entries of the last snapshot")
    show.add_argument("file")
    unpack = commands.add_parser("extract", help="write the last snapshot to a new or empty directory")
    unpack.add_argument("file")
    unpack.add_argument("directory")
    for command in (check, unpack):
        command.add_argument("--trust", metavar="FILE")
    for command in (check, show, unpack):
        command.add_argument("--identity", metavar="FILE", action="append", default=[])
        command.add_argument("--passphrase-file", metavar="FILE")
    options = parser.parse_args(arguments)
    try:
        if options.vectors is not None:
            return command_vectors(Path(options.vectors))
        if options.command is None:
            parser.print_usage(sys.stderr)
            return EXITS["PTAR_USAGE"]
        ring = read_key_ring(options.identity, options.passphrase_file)
        if options.command == "verify":
            return command_verify(options.file, options.level, options.trust, ring)
        if options.command == "list":
            return command_list(options.file, ring)
        return command_extract(options.file, options.directory, options.trust, ring)
    except PtarError as error:
        print(error, file=sys.stderr)
        return error.exit
    except OSError as error:
        print(f"PTAR_IO_FAILED: {error.strerror}", file=sys.stderr)
        return EXITS["PTAR_IO_FAILED"]


if __name__ == "__main__":
    sys.setrecursionlimit(10000)  # directories nest to 256, each a few calls deep
    sys.exit(main(sys.argv[1:]))
