"""Fetches the packages that hold the book's recordings at the rate of their originals.

`make originals` calls it: npm and apt-get download them, as they are set up on the machine, and
each is unpacked into a folder named as in the index of recordings. What is there already stays.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from eqlib.experiments import originals


def main() -> None:
    """Fetches what is missing."""
    for source in originals.sources():
        folder = originals.FOLDER / source
        if not folder.exists():
            fetch(source, folder)
            print(f"{source}: fetched", flush=True)


def fetch(source: str, folder: Path) -> None:
    """Unpacks a package, "NAME@VERSION" of npm or "NAME VERSION" of Debian, into a new folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=originals.FOLDER) as made:
        here, whole = Path(made), Path(made) / "whole"
        whole.mkdir()
        name, _, version = source.partition(" ")
        if version:
            get, unpack = ["apt-get", "download", f"{name}={version}"], ["dpkg-deb", "-x"]
        else:
            get, unpack = ["npm", "pack", "--silent", source], ["tar", "-xzf"]
        subprocess.run(get, cwd=here, check=True, stdout=subprocess.DEVNULL)
        archive = next(each for each in here.iterdir() if each.is_file())
        into = [str(whole)] if version else ["-C", str(whole)]
        subprocess.run([*unpack, str(archive), *into], check=True)
        os.replace(whole, folder)


if __name__ == "__main__":
    main()
