"""One model on several machines, with TensorFlow's `MultiWorkerMirroredStrategy` and nothing of our own.

`worker` is the program that every machine runs; `local` starts it several times on this machine, where nobody else can
reach it, and cleans up after it.
"""
