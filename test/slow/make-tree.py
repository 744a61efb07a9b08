"""Makes trees that are large in one way: `make-tree.py files|sparse DIR NUMBER`, with no code in common with the program under test."""
import os
import random
import sys

PER_DIRECTORY = 1000
ISLAND = 90_000


def files(root: str, count: int) -> None:
    """`count` small files, 1,000 to a directory."""
    for number in range(count):
        if number % PER_DIRECTORY == 0:
            directory = f"{root}/d{number // PER_DIRECTORY // 100:03d}/e{number // PER_DIRECTORY:05d}"
            os.makedirs(directory)
        with open(f"{directory}/file-{number % PER_DIRECTORY:04d}.txt", "wb") as out:
            out.write(f"contents of file {number}\n".encode() * (1 + number % 7))


def sparse(root: str, size: int) -> None:
    """A file of `size` bytes with data at its beginning, in its middle and at its end only."""
    noise = random.Random(26)
    os.makedirs(root)
    with open(f"{root}/disk.img", "wb") as out:
        for offset in (0, size // 2 + 4096, size - ISLAND):
            out.seek(offset)
            out.write(noise.randbytes(ISLAND))


{"files": files, "sparse": sparse}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
