"""Workers on this machine: that they start, end and fail as they should.

What they train to is on the page about scaling out.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from experiments.multi_worker import local
from experiments.multi_worker.local import LocalCluster
from tools import loopback


@pytest.fixture(scope="module")
def cluster():
    """Workers on this machine; nothing of them is left in the end."""
    try:
        running = LocalCluster()
    except OSError as error:
        if loopback.REQUIRED:
            raise
        pytest.skip(str(error))
    folder = Path(running.folder.name)
    with running:
        yield running
    assert group(running.server.pid) == []
    assert not folder.exists()


def group(server):
    """The processes of a server, given its number, and of its workers that are still there."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, process_group = status.read_text().rpartition(")")[2].split()[:3]
        except OSError:  # gone meanwhile
            continue
        found += [status.parent.name] if int(process_group) == server and state != "Z" else []
    return found


def test_the_program_alone_gives_what_a_forked_worker_gives(cluster, tmp_path):
    [forked] = cluster.run("train", workers=1, steps=3)
    assert (forked.ended, forked.error) == ("finished", "")
    command = [sys.executable, "-m", "experiments.multi_worker.worker", "--folder", str(tmp_path), "--steps", "3"]
    variables = {"CUDA_VISIBLE_DEVICES": "-1", "TF_ENABLE_ONEDNN_OPTS": "0", "TF_NUM_INTRAOP_THREADS": "1"}
    environment = {name: value for name, value in os.environ.items() if name != "TF_CONFIG"} | variables
    subprocess.run(command, cwd=local.ROOT, env=environment, check=True, capture_output=True)
    with np.load(tmp_path / "worker0.npz") as alone:
        assert set(alone) == set(forked.results)
        for name in set(alone) - {"traffic"}:
            assert np.array_equal(alone[name], forked.results[name]), name


def test_a_worker_that_raises_is_reported_with_what_it_raised(cluster):
    [outcome] = cluster.run("train", workers=1, name="raises", steps="many")
    assert outcome.ended == "failed"
    assert outcome.error.startswith("TypeError: ")
    assert outcome.results == {}
    assert outcome.weights == []


def test_workers_that_take_too_long_are_ended(cluster):
    with pytest.raises(TimeoutError, match="1 workers were not done after 2 s"):
        cluster.run("train", workers=1, name="slow", steps=10**9, timeout=2)
    assert group(cluster.server.pid) == [str(cluster.server.pid)]


def test_a_cluster_without_workers_is_refused(cluster):
    with pytest.raises(ValueError, match="workers wants at least 1, got 0"):
        cluster.run("train", workers=0)


@pytest.mark.usefixtures("cluster")
def test_workers_end_with_the_process_that_started_them_even_if_it_is_killed():
    code = (
        "import sys; from experiments.multi_worker.local import LocalCluster; c = LocalCluster(); "
        "print(c.server.pid, c.folder.name, flush=True); c.run('train', workers=1, steps=10**9, timeout=600)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], cwd=local.ROOT, stdout=subprocess.PIPE, text=True)
    try:
        pid, _, folder = owner.stdout.readline().strip().partition(" ")
        while not list(Path(folder).glob("*/log0")):
            time.sleep(0.05)
        assert len(group(int(pid))) == 2
    finally:
        owner.send_signal(signal.SIGKILL)
        owner.communicate()
    deadline = time.monotonic() + 30
    while group(int(pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert group(int(pid)) == []
    shutil.rmtree(folder)  # the one thing that it could not do


def test_a_server_that_dies_is_reported(monkeypatch):
    monkeypatch.setattr(local, "SERVER", [sys.executable, "-c", "import sys; sys.exit('no room')"])
    with pytest.raises(RuntimeError, match=r"the server of the workers ended with exit code 1\. It wrote:\nno room"):
        LocalCluster()
    monkeypatch.setattr(
        local, "SERVER", [sys.executable, "-c", "import sys; print('none', file=sys.stderr); sys.exit(3)"]
    )
    with pytest.raises(OSError, match="none"):
        LocalCluster()
