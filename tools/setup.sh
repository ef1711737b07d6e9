#!/bin/sh
# Make .venv ready for the book: Python 3.11 to 3.13, uv, everything in requirements.lock (hashes checked), rnnlib.
# `make` calls it when .venv/.ready is missing or older than requirements.lock or pyproject.toml. It is safe to repeat.
set -eu
cd "$(dirname "$0")/.."

supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'

find_python() {
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        if "$name" -c "$supported" 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    found=$(${PYTHON:-python3} --version 2>&1) || found="no ${PYTHON:-python3}"
    echo "The book needs Python 3.11, 3.12 or 3.13; here is: $found." >&2
    echo "Install one of them, or name one that is not on the path: make book PYTHON=/path/to/python3.12" >&2
    return 1
}

if [ -e .venv ] && ! .venv/bin/python -c "$supported" 2>/dev/null; then
    echo "The folder .venv holds no working Python 3.11 to 3.13. Remove it, then run make again: rm -rf .venv" >&2
    exit 1
fi

if [ ! -e .venv ]; then
    python=$(find_python)
    echo "Making .venv with $("$python" --version)"
    "$python" -m venv .venv || {
        rm -rf .venv
        echo "Python cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 1
    }
fi

if ! .venv/bin/python -m uv --version >/dev/null 2>&1; then
    echo "Installing uv (the version and hashes in requirements.lock)"
    .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
    awk '/^[^ #]/ { wanted = /^uv==/ } wanted' requirements.lock > .venv/uv.txt
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement .venv/uv.txt
fi

echo "Installing the packages in requirements.lock (hashes checked; from an empty cache this takes a minute or two)"
.venv/bin/python -m uv pip sync --quiet --python .venv/bin/python --require-hashes requirements.lock
echo "Installing rnnlib from this folder"
.venv/bin/python -m uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
touch .venv/.ready
echo "The environment .venv is ready"
