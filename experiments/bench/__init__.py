"""How fast is rnnlib? `make bench` measures it beside Keras, PyTorch and its own matrix products.

The table is experiments/results/bench.csv, a row a case. Almost all are ratios of two programs that did the same work
in turns in one process: ratios carry over from machine to machine, more or less; seconds do not.

- `cases` says what is measured, `runs` how each program does it, `timing` how runs are timed in turns, `table` what the
  rows say together.
- NumPy, TensorFlow and PyTorch run the kernels that they would choose by themselves, since that is what users run; the
  book's other tools hold them on one family.
- On one thread time is processor time, which other programs disturb less; on two it is what the clock shows.
"""
