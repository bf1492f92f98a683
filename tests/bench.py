"""Measures speed and results, and prints them beside what they must reach.

    make bench                      speed, then the four reference targets (about 15 minutes)
    make bench ARGS=speed           two minutes
    make bench ARGS="results low-shelf peaking"
    make bench ARGS=memory          an hour of sound through the network (a minute or two)
    make bench ARGS=page            the built site: training, weight, first paint (five minutes)

Ratios are measured in one run on one machine, fast and plain network in turns. Nothing here is a
test: a slow or busy machine prints other numbers, and the exit code is always 0.
"""

from __future__ import annotations

import argparse
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
import torch.nn.functional as F

import bench_step
import eqlib
from eqlib import EQNet, data, metrics
from eqlib.baselines import least_squares_fir
from eqlib.equalizers.targets import REFERENCE
from eqlib.fast import kept

SNR_BOUNDS_DB = {"low-shelf": 42, "peaking": 38, "highpass": 29, "lowpass": 30}
SEED = 0


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parts = ["all", "speed", "memory", "results", "page"]
    parser.add_argument("part", nargs="?", choices=parts, default="all")
    parser.add_argument("targets", nargs="*", help=f"of {', '.join(REFERENCE)}")
    args = parser.parse_args()
    print(machine())
    if args.part == "all":
        # Each in a process of its own: the plain network would raise the peak of memory.
        for part in ("speed", "memory", "results"):
            subprocess.run([sys.executable, __file__, part], check=True)
    elif args.part == "speed":
        speed()
    elif args.part == "memory":
        memory()
    elif args.part == "page":
        import bench_page  # what drives a browser is needed for this alone

        bench_page.page()
    else:
        results(args.targets or list(REFERENCE))


def machine() -> str:
    """What the numbers were measured on."""
    cpu = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            cpu = next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return (
        f"{cpu}, {torch.get_num_threads()} threads, {platform.system()}, "
        f"Python {platform.python_version()}, torch {torch.__version__}, seed {SEED}"
    )


def median_seconds(
    cases: dict[str, tuple[Callable[[], AbstractContextManager], Callable[[], object]]],
    rounds: int,
) -> dict[str, float]:
    """Median time of each function in its context, all of them called in turns."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for turn in range(rounds + 1):
        for name, (context, function) in cases.items():
            with context():
                for _ in range(3):  # warms caches and memory up
                    function()
                begin = time.perf_counter()
                function()
                if turn:
                    times[name].append(time.perf_counter() - begin)
    return {name: statistics.median(values) for name, values in times.items()}


def speed() -> None:
    """Ratio to the plain network for one training step, and inference against real time."""
    from eqlib.networks.plain import PlainEQNet

    net = EQNet(seed=SEED)
    plain = PlainEQNet(net.config).take(net)
    x, y = torch.randn(2, 16, 1, net.config.frame, generator=torch.Generator().manual_seed(SEED))

    def step(network: torch.nn.Module, optimizer: torch.optim.Optimizer) -> Callable[[], None]:
        def run() -> None:
            optimizer.zero_grad()
            F.l1_loss(network(x), y).backward()
            optimizer.step()

        return run

    fast = step(net, torch.optim.Adam(net.parameters(), fused=True))
    slow = step(plain, torch.optim.Adam(plain.parameters(), fused=True))
    # The trainers keep freed memory at hand, which the plain network would gain by too.
    seconds = median_seconds(
        {
            "eqlib, as it trains": (kept, fast),
            "plain PyTorch": (nullcontext, slow),
            "plain, memory kept": (kept, slow),
            "its five products": (kept, bench_step.products(net, 16)),
            "its four transforms": (kept, bench_step.transforms(net, 16)),
        },
        rounds=9,
    )
    print("\nOne training step, frame 1024, batch 16 (median of 9)")
    ours = seconds["eqlib, as it trains"]
    for name, value in seconds.items():
        print(
            f"  {name:20} {1e3 * value:7.1f} ms {1e3 * value / 16:6.2f} ms a frame"
            f" {value / ours:6.1f} times eqlib's"
        )
    print("  asked: plain PyTorch at 60 times, aim: 100")
    times = ours / seconds["its five products"]
    print(f"  it takes {times:.1f} times its five large matrix products (asked: at most 2)")
    shares = [seconds[name] / ours for name in ("its five products", "its four transforms")]
    print(
        f"  where it goes: products {shares[0]:.0%}, Fourier transforms {shares[1]:.0%}, all else"
        f" {1 - sum(shares):.0%} (single passes over arrays of several megabytes)"
    )
    flops = 5 * 2 * 16 * net.config.filters * net.config.kernel * net.config.frame
    print(f"  the products run at {flops / seconds['its five products'] / 1e9:.0f} GFLOP/s")
    first, next_ones, later = bench_step.memory(fast)
    print(
        f"  new pages of memory for a step: {first:.0f} (mean of the first ten),"
        f" {next_ones:.1f} (of the next 90), then {later:.1f} (asked: none)"
    )

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    second = np.random.default_rng(SEED).standard_normal(net.config.sample_rate).astype(np.float32)
    times = median_seconds({"second": (nullcontext, lambda: net.process(second / 10))}, rounds=15)
    torch.set_num_threads(threads)
    print("\nInference, one second of audio on one core (median of 15)")
    print(f"  {1 / times['second']:.1f} times real time (asked: 60)")

    code = "import time; t = time.perf_counter(); import eqlib; print(time.perf_counter() - t)"
    runs = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(4)]
    print(f"\nimport eqlib, warm disk: {min(runs[1:]):.1f} s (asked: below 3)")


def memory(hours: float = 1) -> None:
    """The memory of this process after each stage of an hour's way through a network.

    What is resident at the peak counts the pages of libraries that were touched, which the system
    can take back at any time, and shares among processes; its own are only the others.
    """
    print("\nMemory, in MiB (asked: below 700, of which input and output take 440)")
    print(f"  {'':26} peak, resident   its own")

    def stage(name: str) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        with open("/proc/self/status", encoding="utf-8") as file:
            own = next(int(line.split()[1]) / 1024 for line in file if line.startswith("RssAnon"))
        print(f"  {name:26} {peak:14.0f} {own:9.0f}")

    stage("imports, of this script too")
    net = eqlib.pretrained("low-shelf")
    net.process(np.zeros(net.config.sample_rate, np.float32))
    stage("after a second of sound")
    audio = np.full(int(3600 * hours * net.config.sample_rate), 0.1, np.float32)
    stage("with an hour as input")
    output = net.process(audio)
    stage("after the hour")
    print(f"  {len(output) / net.config.sample_rate / 3600:g} hours came out")


def results(names: list[str]) -> None:
    """SNR on unseen piano notes after one minute of pretraining and two of training."""
    clips = {s: data.load(instrument="piano", split=s) for s in ("train", "validation", "test")}
    table = []
    for name in names:
        equalizer = REFERENCE[name]
        train, validation, test = (eqlib.pair(c, equalizer) for c in clips.values())
        net = EQNet(seed=SEED)
        before = eqlib.pretrain(net, train, validation, seconds=60, seed=SEED, progress=False)
        history = eqlib.train(net, train, validation, seconds=120, seed=SEED, progress=False)
        fir = least_squares_fir(train)
        snr_db = {
            method: np.array(
                [metrics.snr_db(y, run(x)) for x, y in zip(test.dry, test.wet, strict=True)]
            )
            for method, run in (("nothing", lambda x: x), ("fir", fir), ("network", net.process))
        }
        table.append((name, before.steps[-1], history.steps[-1], snr_db))
        print(f"  {name}: {np.round(snr_db['network'], 1).tolist()}", flush=True)

    print(f"\nSNR in dB on {len(clips['test'])} unseen piano notes, 1 min + 2 min of training")
    print(
        f"  {'target':10} {'pretrain':>9} {'train':>6} {'nothing':>8} {'FIR 127':>8} "
        f"{'network':>8} {'worst':>6}  asked"
    )
    for name, pretrained, trained, snr in table:
        print(
            f"  {name:10} {pretrained:9} {trained:6} {snr['nothing'].mean():8.1f} "
            f"{snr['fir'].mean():8.1f} {snr['network'].mean():8.1f} {snr['network'].min():6.1f}"
            f"  {SNR_BOUNDS_DB[name]}"
        )
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    print(f"\nPeak memory of this process, training included: {peak_gb:.2f} GB (asked: below 1.5)")


if __name__ == "__main__":
    main()
