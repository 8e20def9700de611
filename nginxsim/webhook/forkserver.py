"""A process that reads the estate once and forks workers off it, which share its memory and begin at once.

It is given one socket as its file descriptor: over it come what to read, and then the worker's end of a socket for each
worker wanted. It answers what it has read, and is gone when the other side is.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from nginxsim.config.told import Told
from nginxsim.errors import InputError, NginxsimError
from nginxsim.kube import load
from nginxsim.kube.live import Live
from nginxsim.kube.manifests import Readable
from nginxsim.simulation import Simulation, each_controller, first_of, simulation_of
from nginxsim.sources import PLAIN_READING, Omission, Reading
from nginxsim.webhook.frames import LENGTH, framed
from nginxsim.webhook.judge import Judge
from nginxsim.webhook.worker import work

FORK = b"f"


@dataclass(frozen=True, slots=True)
class EstateSource:
    """What is stored in the cluster, and under which controller. strict: see Judge."""

    paths: tuple[Readable, ...]
    told: Told
    strict: bool = False
    reading: Reading = PLAIN_READING

    @property
    def files(self) -> tuple[Path, ...]:
        """What is read again when it changes."""
        return tuple(Path(path) for path in (*self.paths, *map(str, self.told.templates)) if isinstance(path, str))

    @property
    def clusters(self) -> tuple[Live, ...]:
        return tuple(path for path in self.paths if isinstance(path, Live))


def main(descriptor: int) -> None:
    with socket.socket(fileno=descriptor) as control:
        judge = _read_estate(control)
        if judge is None:
            return
        # Children end by themselves, and nobody asks how.
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        # What is there now stays: the collector of a child must not touch, and so copy, what it shares.
        gc.collect()
        gc.freeze()
        while True:
            message, descriptors, _, _ = socket.recv_fds(control, len(FORK), 1)
            if not message:
                return
            for number in descriptors:
                _fork(control, number, judge)


def _read_estate(control: socket.socket) -> Judge | None:
    with control.makefile("rb") as stream:
        (length,) = LENGTH.unpack(stream.read(LENGTH.size))
        source: EstateSource = pickle.loads(stream.read(length))  # noqa: S301 - from the process that began this one
    started = time.perf_counter()
    try:
        stored = _simulated(source)
        judge = Judge(stored, strict=source.strict)
    except NginxsimError as problem:
        _answer(control, error=str(problem))
        return None
    except Exception as problem:  # noqa: BLE001 - whatever it is, the estate that was read before goes on
        _answer(control, error=f"internal error: {type(problem).__name__}: {problem}")
        return None
    seconds, release = time.perf_counter() - started, stored.controller.release.name
    _answer(control, ingresses=len(stored.cluster.ingresses), seconds=seconds, release=release)
    return judge


def _simulated(source: EstateSource) -> Simulation:
    """Raises InputError, too for a file that is broken just now: what was read before knows more of it than nothing."""
    simulation = first_of(each_controller(simulation_of(load(source.paths, reading=source.reading), source.told)))
    broken = [each for each in simulation.given.omitted if each.why is Omission.BROKEN]
    if broken:
        raise InputError(broken[0].detail, broken[0].origin)
    return simulation


def _answer(control: socket.socket, **told: object) -> None:
    control.sendall(framed(json.dumps(told).encode()))


def _fork(control: socket.socket, number: int, judge: Judge) -> None:
    with socket.socket(fileno=number) as sock:
        try:
            child = os.fork()
        except OSError:
            # The other side sees the socket close, and asks again.
            return
        if child == 0:
            control.close()
            _be_worker(sock, judge)


def _be_worker(sock: socket.socket, judge: Judge) -> NoReturn:
    """Ends without what the parent would do at its end."""
    try:
        work(sock, judge)
    except OSError:
        pass
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
