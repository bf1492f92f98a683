"""`eqlib evaluate NETWORK`: how near a network comes to its target, recording by recording.

Chapter: "Use it on your own sound".
"""

from __future__ import annotations

import argparse
import json
import sys

from eqlib.cli import recordings
from eqlib.cli.common import network
from eqlib.data.pairs import Pairs, pair
from eqlib.data.recordings import load
from eqlib.equalizers.eq import EQ
from eqlib.errors import EqlibError
from eqlib.experiments import scores
from eqlib.model import EQNet

SHOWN = 20


def run(options: argparse.Namespace) -> int:
    """Runs the command."""
    if options.eq is not None and options.dry is not None:
        given = "both --eq and --dry are given"
        raise EqlibError(given, "one of them", "Leave the other out.")
    if (options.dry is None) != (options.wet is None):
        raise EqlibError("one folder is given", "both --dry and --wet", "Add the other one.")
    net = network(options.network)
    pairs = _pairs(options, net)
    found = scores.of(pairs, (net.process(clip) for clip in pairs.dry.views()))
    nothing = scores.of(pairs, pairs.dry.views())
    if options.json:
        sys.stdout.write(json.dumps({"network": found, "doing nothing": nothing}, indent=1) + "\n")
        return 0
    lines = [f"{len(pairs)} recordings           network   doing nothing"]
    for words, unit, ours, idle in (
        ("SNR, mean", " dB", found["snr_db"], nothing["snr_db"]),
        ("SNR, worst", " dB", found["worst_snr_db"], nothing["worst_snr_db"]),
        ("mean abs. error", "", found["mae"], nothing["mae"]),
    ):
        lines.append(f"{words:20} {ours:10.4g}{unit}  {idle:10.4g}{unit}")
    lines += ["", "the worst recordings"]
    order = sorted(found["clips"].items(), key=lambda each: each[1])
    lines += [f"{snr_db:8.1f} dB  {name}" for name, snr_db in order[:SHOWN]]
    lines += ["", "error of the response, octave by octave"]
    bands = {hz: value for hz, value in found["bands"].items() if value is not None}
    lines += [f"{float(hz):8.5g} Hz  {value:6.2f} dB" for hz, value in bands.items()]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _pairs(options: argparse.Namespace, net: EQNet) -> Pairs:
    rate = net.config.sample_rate
    if options.dry is not None:
        return recordings.of_gear(options.dry, options.wet, sample_rate=rate)
    if options.eq is not None:
        return recordings.of_equalizer(options.eq, options.audio, sample_rate=rate, split="test")
    try:
        eq = EQ.from_dict(net.info["target"])
    except (KeyError, EqlibError):
        raise EqlibError(
            "the network's file does not tell its equalizer",
            "--eq, or both of --dry and --wet",
            "Give recordings of the effect it learned.",
        ) from None
    if options.audio is not None:
        return pair(recordings.clips(options.audio, sample_rate=rate), eq)
    return pair(load(split="test"), eq)
