"""`eqlib inspect FILE`: what a network is, what it learned, and how it answers.

Chapter: "Use it on your own sound".
"""

from __future__ import annotations

import argparse
import io
import sys

import numpy as np

from eqlib.analysis.systems import sine_sweep, sweep_response
from eqlib.apply import delay_samples
from eqlib.audio import db
from eqlib.cli.common import check_new, network
from eqlib.data.files import replacing
from eqlib.equalizers.eq import EQ
from eqlib.errors import EqlibError, check_extra
from eqlib.model import EQNet

OCTAVES_HZ = (62.5, 125, 250, 500, 1_000, 2_000, 4_000, 7_000)


def run(options: argparse.Namespace) -> int:
    """Runs the command."""
    picture = options.picture and check_new(options.picture, force=options.force)
    if picture:
        check_extra("notebook", "matplotlib")
    net = network(options.network)
    sys.stdout.write(told(net))
    if picture:
        from eqlib.plots import systems  # the extra that draws

        target, rate = _target(net), net.config.sample_rate
        if target is None:
            sweep = sine_sweep(sample_rate=rate)
            outputs = {"network": net.process(sweep)}
            figure = systems.measured_responses(sweep, outputs, sample_rate=rate)
        else:
            measured = {"network": sweep_response(net.process, sample_rate=rate)}
            figure = systems.sweep_responses(target, measured)
        file = io.BytesIO()
        figure.savefig(file, format=picture.suffix[1:].lower() or "png")
        with replacing(picture) as temporary:
            temporary.write_bytes(file.getvalue())
        sys.stdout.write(f"{picture}: its response\n")
    return 0


def told(net: EQNet) -> str:
    """All that is known of a network, in lines."""
    config, target = net.config, _target(net)
    parameters = sum(p.numel() for p in net.parameters())
    lines = [
        f"network      {type(net).__name__}, {parameters:,} parameters",
        f"sample rate  {config.sample_rate} Hz",
        f"frame        {config.frame} samples, hop {config.hop}, {config.window} window",
        f"filters      {config.filters} of {config.kernel} taps",
        f"target       {target or 'not known'}",
    ]
    for stage, what in (("pretrain", "pretrained"), ("train", "trained")):
        facts = net.info.get(stage)
        if isinstance(facts, dict):
            score = facts.get("validation_snr_db")
            reached = f", validation SNR {score:.1f} dB" if isinstance(score, float) else ""
            lines.append(
                f"{what:12} {facts.get('steps')} steps, {float(facts.get('seconds') or 0):.0f} s, "
                f"seed {facts.get('seed')}{reached}"
            )
    lines.append(f"latency      {net.stream().latency_samples} samples as a stream")
    lines.append(f"delay        {delay_samples(net)} samples beyond an equalizer's own, measured")
    found = sweep_response(net.process, sample_rate=config.sample_rate)
    lines += ["", "   frequency   network" + "    target" * (target is not None)]
    for hz in OCTAVES_HZ:
        if hz < config.sample_rate / 2.2:
            own = np.interp(hz, found.frequencies_hz, db(found.response))
            line = f"{hz:9.5g} Hz  {own:+5.1f} dB"
            if target is not None:
                line += f"  {float(db(target.response(hz))):+5.1f} dB"
            lines.append(line)
    return "\n".join(lines) + "\n"


def _target(net: EQNet) -> EQ | None:
    """The equalizer it learned, where its file tells one."""
    try:
        return EQ.from_dict(net.info["target"])
    except (KeyError, EqlibError):
        return None
