"""Speech."""

from types import MappingProxyType

import numpy as np

from rnnlib.datasets.base import LabelledSequences, read_csv, read_only

FILE = "japanese_vowels.csv.gz"
SHA256 = "63b640e91c3e1c1b3239307adac3fa268a2367673add4d51ec25bbb09bb44002"


def japanese_vowels() -> LabelledSequences:
    """The Japanese vowels /ae/ spoken by nine men: 640 utterances, each a sequence of 12 LPC cepstrum coefficients.

    Utterances have 7 to 29 frames: a frame is 25.6 ms of sound, a new one starts every 6.4 ms. Labels are the
    speakers, 0 to 8; 270 utterances are for training, 370 for testing, as donated (Kudo, Toyama and Shimbo 1999).
    Coefficients are rounded to 0.001, to keep the file small.

    Raises OSError if the file is missing or altered.
    """
    frame = read_csv(FILE, SHA256, dtype=np.int64)
    features = [f"c{k}" for k in range(1, 13)]
    starts = np.flatnonzero(np.diff(frame["utterance"], prepend=-1))
    values = frame[features].to_numpy() / 1000
    return LabelledSequences(
        name="japanese_vowels",
        title="Japanese vowels spoken by nine men",
        sequences=tuple(read_only(part.copy()) for part in np.split(values, starts[1:])),
        labels=read_only(frame["speaker"].to_numpy()[starts]),
        is_train=read_only(frame["train"].to_numpy()[starts] == 1),
        units=MappingProxyType(dict.fromkeys(features, "1")),
        source="UCI repository, Japanese Vowels (doi:10.24432/C5NS47), through the Python package aeon 1.6.0",
        licence="CC BY 4.0 (UCI repository); Kudo, Toyama and Shimbo",
    )
