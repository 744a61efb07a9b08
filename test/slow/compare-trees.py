"""Compares two trees path by path with nothing but lstat, readlink and SHA-256: an independent judge of round trips.

    python3 compare-trees.py SOURCE RESTORED

Compared: names as bytes, types, permission bits, owners, sizes, contents, link targets, modification times to the
microsecond, extended attributes of users and access control lists, and which names are hard links of one file. Not compared, because extraction does not restore them by design:
setuid, setgid and sticky bits of files, setuid and setgid bits of directories, fifos, sockets and devices. Prints one line per
difference and, last, `N paths, D differences`.
"""

import hashlib
import os
import stat
import sys


def digest(path):
    sha = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            sha.update(block)
    return sha.hexdigest()


def xattrs(path):
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:
        return {}
    kept = (b"user.", b"system.posix_acl_")
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in names if os.fsencode(name).startswith(kept)}


def facts(path, info):
    kind = stat.S_IFMT(info.st_mode)
    kept = 0o777 if kind == stat.S_IFREG else 0o1777
    found = {"type": kind, "uid": info.st_uid, "gid": info.st_gid, "mtime": info.st_mtime_ns // 1000, "xattrs": xattrs(path)}
    if kind != stat.S_IFLNK:
        found["mode"] = info.st_mode & kept
    if kind == stat.S_IFREG:
        found["size"] = info.st_size
        found["sha256"] = digest(path)
    if kind == stat.S_IFLNK:
        found["target"] = os.readlink(path)
    return found


def scan(root):
    paths, groups = {}, {}
    pending = [b""]
    while pending:
        folder = pending.pop()
        for name in os.listdir(os.path.join(root, folder) if folder else root):
            path = os.path.join(folder, name) if folder else name
            full = os.path.join(root, path)
            info = os.lstat(full)
            kind = stat.S_IFMT(info.st_mode)
            if kind == stat.S_IFDIR:
                pending.append(path)
            elif kind not in (stat.S_IFREG, stat.S_IFLNK):
                continue
            paths[path] = facts(full, info)
            if kind == stat.S_IFREG and info.st_nlink > 1:
                groups.setdefault((info.st_dev, info.st_ino), set()).add(path)
    return paths, {frozenset(group) for group in groups.values() if len(group) > 1}


def main(source, restored):
    (before, links_before), (after, links_after) = scan(source), scan(restored)
    differences = 0
    for path in sorted(before.keys() | after.keys()):
        one, other = before.get(path), after.get(path)
        if one == other:
            continue
        differences += 1
        if one is None or other is None:
            print(f"{path!r}: only in the {'source' if other is None else 'restored tree'}")
        else:
            print(f"{path!r}:", {key: (one.get(key), other.get(key)) for key in one.keys() | other.keys() if one.get(key) != other.get(key)})
    for group in links_before ^ links_after:
        differences += 1
        print("hard links differ:", sorted(group))
    print(f"{len(before)} paths, {differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(os.fsencode(sys.argv[1]), os.fsencode(sys.argv[2])))
