"""What a beam finds, and what length normalisation makes of it: results/beam_search.csv.

A network reads digits and spells them, letter by letter. In the examples that it learns from each digit is spelled in
English or in Chinese (pinyin) as a coin falls, so a source of n digits has 2^n right answers, all equally probable. The
seed of a trial draws the examples, the initial weights and the order of the samples.

On 200 new sources: `true_length`, the mean number of letters of the examples, hyphens and end mark included. For beams
of w, ranked by probability, `length_w<w>`, the mean number of letters of what is found; `right_w<w>`, percent of right
answers; `short_w<w>`, percent with fewer words than the source has digits. The same after ranking a beam of 20 by
log p / n^alpha, in `length_a<alpha>` and so on, and for samples, `length_sample` and so on.
"""

import numpy as np

from rnnlib.decoding import beam_search, sample
from rnnlib.experiments import run
from rnnlib.optimizers import Adam
from rnnlib.seq2seq import END, PADDING, START, Seq2Seq

ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
CHINESE = ["ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"]
LETTERS = [*sorted(set("".join(ENGLISH + CHINESE))), "-"]
DIGITS, LONGEST = 6, 36  # digits of the longest source; letters of the longest answer, "-" and the end mark included
WIDTHS, ALPHAS = (1, 2, 5, 20), (0.0, 0.5, 1.0, 1.5, 2.0)

SEEDS = range(6)
SETTINGS = [{"epochs": 8}, {"epochs": 24}]


def examples(count, rng):
    """Sources (count, DIGITS) and their spellings (count, LONGEST), both ids."""
    sources, targets = np.full((count, DIGITS), PADDING), np.full((count, LONGEST), PADDING)
    for source, target, length in zip(sources, targets, rng.integers(1, DIGITS + 1, count), strict=True):
        digits = rng.integers(10, size=length)
        words = [(ENGLISH, CHINESE)[coin][d] for coin, d in zip(rng.integers(2, size=length), digits, strict=True)]
        letters = [END + 1 + LETTERS.index(letter) for letter in "-".join(words)]
        source[:length] = END + 1 + digits
        target[: len(letters) + 1] = [*letters, END]
    return sources, targets


def trained(epochs, seed, samples=2000):
    """A network after its training on some examples."""
    model = Seq2Seq(END + 1 + 10, END + 1 + len(LETTERS), 32, embedding_dim=16, seed=seed)
    model.compile(Adam(0.005, global_clipnorm=1.0))
    sources, targets = examples(samples, np.random.default_rng([seed, 1]))
    longest = (targets != PADDING).sum(axis=1).max()  # columns of nothing but padding would cost time for nothing
    model.fit(sources, targets[:, :longest], batch_size=50, epochs=epochs, verbose=0)
    return model


def digits(source):
    """The digits of one source, a list."""
    return [int(token) - END - 1 for token in source if token != PADDING]


def text(tokens):
    """The letters of a spelling, without its end mark."""
    return "".join(LETTERS[token - END - 1] for token in tokens if token > END)


def is_right(source, tokens):
    """Whether it ends, and each word is its digit's, in one of the two languages."""
    wanted, words = digits(source), text(tokens).split("-")
    spelled = len(words) == len(wanted) and all(
        w in (ENGLISH[d], CHINESE[d]) for w, d in zip(words, wanted, strict=True)
    )
    return spelled and tokens[-1] == END


def scores(name, sources, found):
    """The metrics of one way of decoding: mean length in letters, percent right, percent with too few words."""
    pairs = list(zip(sources, found, strict=True))
    return {
        f"length_{name}": np.mean([len(h) for h in found]),
        f"right_{name}": 100 * np.mean([is_right(s, h.tokens) for s, h in pairs]),
        f"short_{name}": 100 * np.mean([len(text(h.tokens).split("-")) < len(digits(s)) for s, h in pairs]),
    }


def ranked(beam, alpha):
    """The hypothesis of a beam with the largest log p / n^alpha."""
    return max(beam, key=lambda hypothesis: hypothesis.log_prob / len(hypothesis) ** alpha)


def new_examples(seed, count=200):
    """Examples that are drawn apart from those of training."""
    return examples(count, np.random.default_rng([seed, 2]))


def trial(setting, seed):
    """Train one network and decode with it in all these ways."""
    model = trained(setting["epochs"], seed)
    sources, targets = new_examples(seed)
    begin = model.step, model.encode(sources), np.full(len(sources), START)
    options = {"end": END, "max_length": LONGEST}
    metrics = {"true_length": (targets != PADDING).sum(axis=1).mean()}
    metrics |= scores("sample", sources, sample(*begin, np.random.default_rng([seed, 3]), **options))
    for width in WIDTHS:
        beams = beam_search(*begin, width=width, **options)
        metrics |= scores(f"w{width}", sources, [beam[0] for beam in beams])
    for alpha in ALPHAS:
        metrics |= scores(f"a{alpha}", sources, [ranked(beam, alpha) for beam in beams])
    return {name: round(float(value), 4) for name, value in metrics.items()}


def main():
    run("beam_search")


if __name__ == "__main__":
    main()
