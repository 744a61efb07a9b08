#!/usr/bin/env python3
"""A reference reader for PTAR repositories, written from chapter 15 alone and in its order.

It sits on ptar_reference.py, which reads the archives that a repository is made of, and stops at the first failure.

    ptar_repository.py snapshots DIR [--trust FILE] [KEY]
    ptar_repository.py check DIR [--trust FILE] [KEY]
    ptar_repository.py cat DIR SNAPSHOT PATH [KEY]
"""

from __future__ import annotations

import argparse
import os
import re
import stat
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Optional

from ptar_reference import (
    ADOPTED, CATALOGUE, CONTENT, EXITS, FROM_REPOSITORY, KIND_NAMES, LEFT_OUT, LIMITS, LOCATIONS, PACKS, AgeFile, Archive,
    Json, Key, KeyRing, Place, PtarError, SNAPSHOT, STATEMENT_OBJECT, Section, Statement, Tree, TrustedKey, check_subject,
    check_tree, keys_secret, label, parse_age_file, parse_catalogue, parse_document, parse_locations, parse_snapshot,
    printable, read_key_ring, read_trust, require, sha256, snapshot_statement, ssh_fingerprint, trusted_name)

# ---------------------------------------------------------------- layout

DESCRIPTION = "ptar-repository.json"
ENDINGS = {"keys": "age", "packs": "ptar", "adopted": "ptar", "index": "ptar", "snapshots": "ptar", "marks": "json"}
INVALID = "PTAR_REPOSITORY_INVALID"
PLACES = {PACKS: "packs", ADOPTED: "adopted"}


def claimed_time(seconds: float) -> str:
    """Since 1970, in the form of claimed times, which are compared as text."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def names(root: Path, folder: str) -> list[str]:
    """Of the files in a folder, without their endings; others are passed over."""
    form = re.compile(rf"([0-9a-f]{{64}})\.{ENDINGS[folder]}")
    try:
        with os.scandir(root / folder) as entries:
            found = [form.fullmatch(entry.name) for entry in entries if entry.is_file(follow_symlinks=False)]
    except FileNotFoundError:
        return []
    return sorted(match[1] for match in found if match is not None)


def opened(path: Path) -> BinaryIO:
    """A regular file, and not what a symbolic link leads to. @raises FileNotFoundError"""
    require(not path.is_symlink(), INVALID, f"{path} is a symbolic link")
    handle = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb")
    require(stat.S_ISREG(os.fstat(handle.fileno()).st_mode), INVALID, f"{path} is no file")
    return handle


def small_file(path: Path, most: int) -> bytes:
    """One byte more than `most` where there is more: whoever parses it refuses it."""
    with opened(path) as handle:
        return handle.read(most + 1)


def parse_small(data: bytes, schema: str, most: int) -> Json:
    """A document that is a file of its own: whatever is wrong with it is wrong with the repository."""
    require(len(data) <= most, INVALID, f"a {schema} is over its limit")
    try:
        return parse_document(data, schema)
    except PtarError as error:
        raise error if error.exit != 4 else PtarError(INVALID, str(error)) from None


# ---------------------------------------------------------------- description and marks; locks are those of prune alone

def read_description(root: Path) -> Json:
    try:
        data = small_file(root / DESCRIPTION, LIMITS["repositoryBytes"])
    except (FileNotFoundError, NotADirectoryError):
        raise PtarError("PTAR_REPOSITORY_NOT_FOUND", f"{root} holds no {DESCRIPTION}") from None
    description = parse_small(data, "repository", LIMITS["repositoryBytes"])
    chunker = description["chunker"]
    require(chunker["min"] <= chunker["average"] <= chunker["max"] <= LIMITS["chunkBytes"], INVALID,
            "the lengths of chunks do not increase, or are over the limit")
    return description


def parse_mark(data: bytes) -> Json:
    mark = parse_small(data, "mark", LIMITS["markBytes"])
    require(all(a < b for a, b in zip(mark["packs"], mark["packs"][1:])), INVALID, "packs of a mark are out of order or repeated")
    return mark


# ---------------------------------------------------------------- secret

def key_id(repository: bytes, secret: bytes) -> bytes:
    return sha256(label("ptar1/key-id"), repository, secret)[:16]


assert key_id(b"\1" * 32, b"\2" * 32).hex() == "848ac16f5403dd1fc92c46a6309ab36f"


def find_secret(root: Path, description: Json, ring: KeyRing) -> bytes:
    """As in chapter 14, with names for frame numbers: recipients first, then passphrases; all files count."""
    found = names(root, "keys")
    require(len(found) <= LIMITS["keyFiles"], "PTAR_LIMIT_EXCEEDED", "there are too many files of wrapped keys")
    files: list[AgeFile] = []
    for name in found:
        data = small_file(root / "keys" / f"{name}.age", LIMITS["keysBytes"])
        require(len(data) <= LIMITS["keysBytes"], "PTAR_LIMIT_EXCEEDED", f"the file of wrapped keys {name} is over its limit")
        files.append(parse_age_file(data))
    require(sum(file.passphrase for file in files) <= LIMITS["passphrases"], "PTAR_LIMIT_EXCEEDED", "there are too many passphrases")
    tried = [file for file in sorted(files, key=lambda file: file.passphrase) if ring.has_one_for(file)]
    failures: list[PtarError] = []
    own = bytes.fromhex(description["id"])
    for way in [way for file in tried for way in ring.ways(file)]:
        try:
            secret = keys_secret(way, own)
            if secret is None:
                continue
            require(key_id(own, secret).hex() == description["keyId"], "PTAR_KEY_COMMITMENT", "wrapped keys hold another secret")
            return secret
        except PtarError as error:
            failures.append(error)
    if failures:
        raise failures[0]
    require(tried != [], "PTAR_KEY_REQUIRED", "the repository is encrypted and no key of its kinds was given")
    require(not tried[-1].passphrase, "PTAR_PASSPHRASE_WRONG", "the passphrase is another one")
    raise PtarError("PTAR_IDENTITY_WRONG", "the repository is encrypted for others")


# ---------------------------------------------------------------- the archives

@dataclass
class Located:
    """An archive as the index names it."""
    name: str
    facts: tuple[bytes, int, int]  # fingerprint, length, place
    rows: set[tuple[Key, Place]] = field(default_factory=set)
    secret: Optional[bytes] = None  # of an adopted one

    @property
    def folder(self) -> str:
        return PLACES[self.facts[2]]


@dataclass
class StoredSnapshot:
    id: str
    document: Json
    statements: list[Statement]  # valid, one of each key
    written: tuple[int, str]  # the first file that holds it: milliseconds by the clock of the storage, and its name

    @property
    def finished(self) -> str:
        return self.document["times"]["finished"]

    @property
    def order(self) -> tuple[str, tuple[int, str]]:
        return self.finished, self.written


def check_circles(supersedes: dict[str, list[str]]) -> None:
    """Takes away, again and again, those that no other one supersedes; in a circle there is none."""
    left = dict(supersedes)
    while left:
        below = {other for others in left.values() for other in others}
        require(not below >= left.keys(), "PTAR_CATALOGUE_INVALID", "index archives supersede each other")
        left = {name: others for name, others in left.items() if name in below}


class Repository:
    """Snapshots and the index, as they are when it is opened; objects are read as they are asked for.

    To the trees of snapshots it is what an archive is to its own."""

    def __init__(self, root: Path, ring: KeyRing) -> None:
        self.root = root
        self.description = read_description(root)
        self.key_id = self.description["keyId"]
        self.secret = find_secret(root, self.description, ring) if self.key_id is not None else None
        # in this order everything is found that a listed snapshot needs
        self.snapshots: dict[str, StoredSnapshot] = {}
        self.invalid_statements: list[PtarError] = []
        for name in names(root, "snapshots"):
            self.add_snapshot(name)
        self.located: dict[str, Located] = {}
        self.places: dict[Key, list[tuple[str, Place]]] = {}
        self.index_archives = self.read_index()
        self.open_archives: dict[str, Archive] = {}
        # objects by archive and place, for trees to compare lengths of chunks with, as soon as every archive was read
        self.scanned: Optional[dict[str, dict[Place, tuple[Key, int]]]] = None

    # -- archives of the repository's own, and adopted ones

    def own_archive(self, folder: str, name: str) -> Archive:
        """Its name is its archive id, and the repository's secret opens it, where there is one."""
        archive = Archive(opened(self.root / folder / f"{name}.ptar"))
        where = f"{folder}/{name}.ptar"
        require(archive.header.archive_id.hex() == name, INVALID, f"{where} has the id of another archive")
        require(archive.header.sealed == (self.secret is not None), INVALID, f"{where} is sealed, or plain, and the repository is not")
        if self.secret is not None:
            session = archive.sessions[0]
            require(session.key_source == FROM_REPOSITORY and session.repository.hex() == self.key_id, INVALID,
                    f"{where} is not sealed with the key of this repository")
            archive.unlock(self.secret)
        return archive

    def adopted_archive(self, name: str, secret: Optional[bytes]) -> Archive:
        """Its name is its fingerprint."""
        archive = Archive(opened(self.root / "adopted" / f"{name}.ptar"))
        where = f"adopted/{name}.ptar"
        require(archive.generations[-1].digest.hex() == name, INVALID, f"{where} has another fingerprint")
        require(archive.header.sealed == (self.secret is not None), INVALID, f"{where} is sealed, or plain, and the repository is not")
        if secret is not None:
            archive.unlock(secret)
        return archive

    # -- snapshots

    def add_snapshot(self, name: str) -> None:
        """One snapshot, and what is said about it: every statement is verified over the snapshot's id, and invalid ones say nothing."""
        archive = self.own_archive("snapshots", name)
        archive.scan()
        archive.read_index()
        contents = archive.generations[-1].contents
        require(len(contents["snapshots"]) == 1, INVALID, f"snapshots/{name}.ptar does not hold one snapshot")
        reference = contents["snapshots"][0]
        written = os.fstat(archive.source.handle.fileno()).st_mtime_ns // 10**6, name
        document = parse_snapshot(archive.object(SNAPSHOT, bytes.fromhex(reference["id"])))
        known = self.snapshots.setdefault(reference["id"], StoredSnapshot(reference["id"], document, [], written))
        known.written = min(known.written, written)
        for id_ in reference["statements"]:
            data = archive.object(STATEMENT_OBJECT, bytes.fromhex(id_))
            try:
                statement = snapshot_statement(data, known.id, document, [])
            except PtarError as error:
                self.invalid_statements.append(error)
                continue
            same = next((s for s in known.statements if s.key == statement.key), None)  # the earliest of each key
            if same is None or statement.body["time"] < same.body["time"]:
                known.statements = [s for s in known.statements if s is not same] + [statement]
        archive.source.handle.close()

    def snapshot(self, selector: str) -> StoredSnapshot:
        """By the beginning of its id, or the `latest`: not one that claims to have finished a day after it was written."""
        in_order = sorted(self.snapshots.values(), key=lambda s: s.order)
        credible = [s for s in in_order if s.finished <= claimed_time(s.written[0] // 1000 + 86400)] or in_order
        found = credible[-1:] if selector == "latest" else [s for s in in_order if s.id.startswith(selector.lower())]
        require(len(found) == 1, "PTAR_SNAPSHOT_NOT_FOUND", f"{len(found)} snapshots begin with {selector}")
        return found[0]

    # -- index

    def read_index(self) -> int:
        """The union of all index archives but those that another one supersedes; how many there are."""
        catalogues: dict[str, tuple[Archive, Json]] = {}
        for name in names(self.root, "index"):
            archive = self.own_archive("index", name)
            archive.scan()
            archive.read_index()
            subject = archive.generations[-1].contents.get("subject", {})
            require(subject.get("kind") == "catalogue", INVALID, f"index/{name}.ptar is about no catalogue")
            check_subject(archive, subject)
            catalogues[name] = archive, parse_catalogue(archive.object(CATALOGUE, bytes.fromhex(subject["id"])), archive.header.sealed)
        supersedes = {name: [other for other in catalogue["supersedes"] if other in catalogues] for name, (_, catalogue) in catalogues.items()}
        check_circles(supersedes)
        superseded = {other for others in supersedes.values() for other in others}
        for name, (archive, catalogue) in catalogues.items():
            if name not in superseded:
                self.add_catalogue(archive, catalogue)
            archive.source.handle.close()
        return len(catalogues)

    def add_catalogue(self, archive: Archive, catalogue: Json) -> None:
        secrets = {secret["archive"]: bytes.fromhex(secret["secret"]) for secret in catalogue["secrets"]}
        before: Optional[Section] = None
        for id_ in catalogue["locations"]:
            for section in parse_locations(archive.object(LOCATIONS, bytes.fromhex(id_)), before):
                before, name = section, section.name.hex()
                located = self.located.setdefault(name, Located(name, section.facts))
                require(located.facts == section.facts, "PTAR_CATALOGUE_INVALID", f"two index archives say different things of {name}")
                located.rows.update(section.rows)
                located.secret = located.secret or secrets.get(name)
                for key, place in section.rows:
                    self.places.setdefault(key, []).append((name, place))

    # -- objects

    def packed(self, name: str) -> Archive:
        """The archive that a row names, when it is the one that the index describes."""
        if name not in self.open_archives:
            located = self.located[name]
            fingerprint, length, _ = located.facts
            where, code = f"{located.folder}/{name}.ptar", "PTAR_PACK_MISSING"
            try:
                archive = self.own_archive("packs", name) if located.folder == "packs" else self.adopted_archive(name, located.secret)
            except FileNotFoundError:
                raise PtarError(code, f"{where} is not there") from None
            require(archive.source.size == length, code, f"{where} has another length than the index says")
            require(archive.generations[-1].digest == fingerprint, code, f"{where} has another fingerprint than the index says")
            self.open_archives[name] = archive
        return self.open_archives[name]

    def place(self, kind: int, id_: bytes) -> tuple[str, Place]:
        found = self.places.get((id_, kind))
        if found is None:
            raise PtarError("PTAR_OBJECT_MISSING", f"the {KIND_NAMES[kind]} {id_.hex()} is in no archive of the index")
        return found[0]

    def object(self, kind: int, id_: bytes) -> bytes:
        """From any of its places; the bytes are compared with the id each time."""
        self.place(kind, id_)
        failures: list[PtarError] = []
        for name, place in self.places[id_, kind]:
            try:
                return self.packed(name).object_at(place, kind, id_)
            except PtarError as error:
                failures.append(error)
        raise failures[0]

    def tree(self, snapshot: StoredSnapshot) -> Tree:
        content = parse_document(self.object(CONTENT, bytes.fromhex(snapshot.document["content"])), "content")
        return Tree(self, content)  # type: ignore[arg-type]

    # -- check

    def check(self) -> int:
        """Marks, every byte and id of every archive that the index names, and the whole of every snapshot; the number of objects."""
        for name in names(self.root, "marks"):
            parse_mark(small_file(self.root / "marks" / f"{name}.json", LIMITS["markBytes"]))
        scanned: dict[str, dict[Place, tuple[Key, int]]] = {}
        for name, located in self.located.items():
            archive = self.packed(name)
            archive.scan()  # recomputes the id of every object
            scanned[name] = {(frame, ordinal): found for frame, objects in (archive.scanned or {}).items()
                             for ordinal, found in enumerate(objects)}
            archive.read_index()  # and compares them with the archive's own rows
            own = {(key, place) for key, place in archive.index.items() if place != LEFT_OUT}
            require(own == located.rows, "PTAR_CATALOGUE_INVALID", f"the index says something else of {located.folder}/{name}.ptar than it does")
        for error in self.invalid_statements:
            raise error
        self.scanned = scanned
        for snapshot in self.snapshots.values():
            check_tree(self, snapshot.document, "deep")  # type: ignore[arg-type]
        return len(self.places)

    @property
    def orphans(self) -> list[str]:
        return [name for name in names(self.root, "packs") if name not in self.located]


# ---------------------------------------------------------------- commands

def signer(statement: Statement, trust: list[TrustedKey]) -> str:
    return f"{trusted_name(trust, statement) or 'unknown key'} {ssh_fingerprint(statement.key)} as {statement.body['role']}"


def print_snapshots(repository: Repository, trust: list[TrustedKey]) -> None:
    for error in repository.invalid_statements:
        print(f"warning: {error}", file=sys.stderr)
    for snapshot in sorted(repository.snapshots.values(), key=lambda s: s.order):
        print(f"{snapshot.id} {snapshot.finished} {snapshot.document['items']['count']} entries")
        for statement in snapshot.statements:
            print(f"  signed by {signer(statement, trust)}")


def command_check(repository: Repository, trust: list[TrustedKey]) -> None:
    objects = repository.check()
    print_snapshots(repository, trust)
    folders = [located.folder for located in repository.located.values()]
    print(f"repository: ok ({folders.count('packs')} packs, {folders.count('adopted')} adopted archives, "
          f"{repository.index_archives} index archives, {objects} objects, {len(repository.orphans)} orphans)")


def command_cat(repository: Repository, selector: str, path: bytes) -> None:
    """Nothing is printed before the digest of the file was compared."""
    tree = repository.tree(repository.snapshot(selector))
    entry = next((entry for entry in tree.entries() if entry.path == path), None)
    if entry is None or entry.type != "file":
        raise PtarError("PTAR_PATH_NOT_FOUND", f"{printable(path)} is no file of the snapshot")
    tree.check_digests(entry)
    for data in tree.bytes_of(entry):
        sys.stdout.buffer.write(data)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Read PTAR repositories.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("snapshots", "list snapshots and who signed them"), ("check", "verify everything"), ("cat", "write a file")):
        command: Any = commands.add_parser(name, help=text)
        command.add_argument("folder")
        if name == "cat":
            command.add_argument("snapshot")
            command.add_argument("path")
        else:
            command.add_argument("--trust", metavar="FILE")
        command.add_argument("--identity", metavar="FILE", action="append", default=[])
        command.add_argument("--passphrase-file", metavar="FILE")
    options = parser.parse_args(arguments)
    try:
        repository = Repository(Path(options.folder), read_key_ring(options.identity, options.passphrase_file))
        if options.command == "snapshots":
            print_snapshots(repository, read_trust(options.trust))
        elif options.command == "check":
            command_check(repository, read_trust(options.trust))
        else:
            command_cat(repository, options.snapshot, os.fsencode(options.path))
        return 0
    except PtarError as error:
        print(error, file=sys.stderr)
        return error.exit
    except OSError as error:
        print(f"PTAR_IO_FAILED: {error.strerror}", file=sys.stderr)
        return EXITS["PTAR_IO_FAILED"]


if __name__ == "__main__":
    sys.setrecursionlimit(10000)  # as in ptar_reference.py
    sys.exit(main(sys.argv[1:]))
