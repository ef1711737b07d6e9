"""The set-up: what pyproject.toml asks for is locked, the floors of rnnlib hold, `make` says what is wrong."""

import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKS = {
    "requirements.lock": [*PROJECT["dependencies"], *EXTRAS["book"], *EXTRAS["test"]],
    "requirements-extra.lock": [*EXTRAS["bench"], *EXTRAS["cluster"]],
}


def locked(lock):
    """The versions that a lock file allows, by package: more than one where they differ by Python version."""
    versions = {}
    for name, version in re.findall(r"^([\w.-]+)==([^ ]+)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE):
        versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


@pytest.mark.parametrize("lock", LOCKS)
def test_what_pyproject_asks_for_is_locked(lock):
    versions = locked(lock)
    for requirement in map(Requirement, LOCKS[lock]):
        found = versions.get(canonicalize_name(requirement.name), set())
        assert found, f"{requirement.name} is missing: make lock"
        assert all(requirement.specifier.contains(version) for version in found), f"{requirement}, locked {found}"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_hashes_and_no_host(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    for block in re.split(r"\n(?=\S)", text):
        assert block.startswith("#") or "--hash=sha256:" in block


def test_the_book_and_its_tests_need_neither_torch_nor_ray():
    assert not {"torch", "ray"} & locked("requirements.lock").keys()


def test_both_locks_agree():
    book, extra = locked("requirements.lock"), locked("requirements-extra.lock")
    assert {name: extra[name] for name in book.keys() & extra.keys()} == {
        name: book[name] for name in book.keys() & extra.keys()
    }


def test_jupyterlab_renders_the_pages():
    command = [sys.executable, "-m", "jupyter", "labextension", "list"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
    assert re.search(r"jupyterlab-myst \S+ enabled +OK", shown), shown


def floors(folder):
    """Run the import contracts of pyproject.toml on the rnnlib in `folder`; returns the finished process."""
    linter = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([linter, "--no-logo", "--no-cache"], cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("activations.py", "from rnnlib import layers"),
        ("cells/simple.py", "from rnnlib import model"),
        ("layers/dense.py", "from rnnlib import datasets"),
        ("datasets/base.py", "from rnnlib import losses"),
        ("layers/dense.py", "import tensorflow"),
        ("unplaced.py", "import numpy"),
    ],
)
def test_a_module_on_the_wrong_floor_is_found(tmp_path, module, line):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "rnnlib", tmp_path / "rnnlib", ignore=shutil.ignore_patterns("__pycache__", "files"))
    with (tmp_path / "rnnlib" / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    found = floors(tmp_path)
    assert found.returncode != 0
    assert "BROKEN" in found.stdout


@pytest.fixture
def empty_checkout(tmp_path):
    """A folder with the set-up script and nothing else."""
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "setup.sh", tmp_path / "tools")
    return tmp_path


def set_up(checkout, python):
    command = ["/bin/sh", checkout / "tools" / "setup.sh"]
    return subprocess.run(command, env={"PATH": "/usr/bin:/bin", "PYTHON": str(python)}, capture_output=True, text=True)


@pytest.mark.parametrize("version", ["3.10.14", "3.14.0", "2.7.18"])
def test_another_python_is_refused_with_what_is_wanted(empty_checkout, version):
    python = empty_checkout / "python"
    numbers = tuple(map(int, version.split(".")))
    # Answers as that version would: it says its name, and fails the question that the script asks.
    python.write_text(
        "#!/bin/sh\n"
        f'[ "$1" = --version ] && echo "Python {version}" && exit\n'
        f'exec "{sys.executable}" -c "import sys; sys.version_info = {numbers}; $2"\n'
    )
    python.chmod(0o755)
    done = set_up(empty_checkout, python)
    assert done.returncode != 0
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert f"Python {version}" in done.stderr
    assert not (empty_checkout / ".venv").exists()


def test_a_python_that_is_not_there_is_refused(empty_checkout):
    done = set_up(empty_checkout, empty_checkout / "nowhere")
    assert done.returncode != 0
    assert "no " + str(empty_checkout / "nowhere") in done.stderr


def test_a_broken_environment_is_named(empty_checkout):
    (empty_checkout / ".venv").mkdir()
    done = set_up(empty_checkout, sys.executable)
    assert done.returncode != 0
    assert "rm -rf .venv" in done.stderr


def targets():
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_make_help_lists_every_target():
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^make ([a-z]+)", shown, re.MULTILINE)) == targets()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "DESIGN.md", ".ci/run", ".github/workflows/book.yml"])
def test_every_make_command_that_the_documents_name_is_there(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^ {4}|run: |exec )make ([a-z]+)", text, re.MULTILINE))
    assert named <= targets()
    assert page == "DESIGN.md" or named


def test_the_example_in_the_readme_runs(capsys):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    example = re.search(r"^    import numpy.*?^    model\.predict[^\n]*$", text, re.DOTALL | re.MULTILINE)[0]
    names = {}
    exec(textwrap.dedent(example), names)
    assert names["model"].predict(names["sequences"][:3]).shape == (3, 1)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "DESIGN.md"])
def test_every_file_and_section_that_a_document_links_to_is_there(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        file, _, section = target.partition("#")
        assert (ROOT / (file or page)).exists(), f"{page} links to {target}"
        if section:
            headings = re.findall(r"^#+ (.*)$", (ROOT / (file or page)).read_text(encoding="utf-8"), re.MULTILINE)
            anchors = [re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings]
            assert section in anchors, f"{page} links to {target}"
