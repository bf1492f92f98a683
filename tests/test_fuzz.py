"""Random and damaged input: what comes back is right, or an `EqlibError`; nothing else, ever.

`make fuzz` tries 20,000 cases, others each time; `make test` the same few hundred, in seconds.
"""

from __future__ import annotations

import io
import json
import os
import warnings

import numpy as np
import pytest
import soundfile as sf
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import eqlib
from eqlib import EQ, EqlibError, EQNet, Recipe, checkpoints, data, metrics
from eqlib.cli.common import equalizer
from small_run import TINY, noise, training

LONG = os.environ.get("FUZZ") == "long"
SAME = {"steps": 10, "recipe": Recipe(validate_every=5), "progress": False}
fuzzed = settings(
    max_examples=4_000 if LONG else 60,
    derandomize=not LONG,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Whole files, and a place to write damaged ones to."""
    folder = tmp_path_factory.mktemp("fuzz")
    eqlib.save(EQNet(TINY), folder / "net.safetensors")
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, (2_000, 2))
    for ending, subtype in (("wav", "PCM_16"), ("wav", "FLOAT"), ("flac", "PCM_24")):
        with io.BytesIO() as memory:
            sf.write(memory, sound, 16_000, format=ending.upper(), subtype=subtype)
            (folder / f"{subtype}.{ending}").write_bytes(memory.getvalue())
    return folder


@st.composite
def damages(draw):
    """What happens to the bytes of a file: some are changed, then it is cut or grows."""
    changes = draw(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6))
    return changes, draw(st.floats(0, 1) | st.just(1.0)), draw(st.binary(max_size=20))


def damaged(content, damage):
    changes, share, more = damage
    content = bytearray(content)
    for place, value in changes:
        # Half of them in the first bytes, where headers are.
        reach = len(content) if value % 2 else min(200, len(content))
        content[min(int(place * reach), len(content) - 1)] = value
    return bytes(content[: int(share * len(content))]) + more


@fuzzed
@given(damage=damages())
def test_a_damaged_network_is_refused(damage, files):
    whole = (files / "net.safetensors").read_bytes()
    content = damaged(whole, damage)
    (files / "damaged.safetensors").write_bytes(content)
    try:
        net = eqlib.load(files / "damaged.safetensors")
    except EqlibError:
        return
    assert content == whole
    for mine, theirs in zip(net.parameters(), EQNet(TINY).parameters(), strict=True):
        assert torch.equal(mine, theirs)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside),
    max_leaves=6,
)


@fuzzed
@given(name=st.integers(0, 50), inner=st.integers(0, 50), value=json_values)
def test_a_network_that_tells_nonsense_is_refused(name, inner, value, files):
    """One field of the header, or of its config, is another; and the hash of the file fits."""
    tensors, header = checkpoints.read(files / "net.safetensors")
    header = json.loads(json.dumps(header))
    fields = sorted(header)
    field = fields[name % len(fields)]
    if isinstance(header[field], dict) and header[field] and inner % 2:
        below = sorted(header[field])
        header[field][below[inner % len(below)]] = value
    else:
        header[field] = value
    try:
        checkpoints.write(files / "strange.safetensors", tensors, header)
        net = eqlib.load(files / "strange.safetensors")
    except EqlibError:
        return
    assert isinstance(net, EQNet) and isinstance(net.info, dict)


@fuzzed
@given(field=st.integers(0, 10**6), value=json_values, gone=st.booleans())
def test_a_run_whose_state_is_nonsense_is_refused_and_nothing_changes(field, value, gone, files):
    """One field of the state of a run, or one of its tensors, is another or not there."""
    whole, broken = files / "run" / "train-last.safetensors", files / "broken"
    if not whole.exists():
        training(files / "run")
    tensors, header = checkpoints.read(whole)
    places = [(header, name) for name in header if name != "config"]
    places += [(header["history"], name) for name in header["history"]]
    places += [(tensors, name) for name in tensors]
    owner, name = places[field % len(places)]
    if owner is tensors:
        value = torch.zeros(3)
    if gone:
        del owner[name]
    else:
        owner[name] = value
    try:
        checkpoints.write(broken / "train-last.safetensors", tensors, header)
    except EqlibError:
        return
    net = EQNet(TINY, seed=5)
    before = [weight.clone() for weight in net.parameters()]
    try:
        eqlib.train(net, noise(), noise(), **SAME, folder=broken, resume=True)
    except EqlibError:
        for mine, theirs in zip(net.parameters(), before, strict=True):
            assert torch.equal(mine, theirs)
    else:  # only what tells nothing of the weights may be another
        assert name in ("info", "network", "seconds", "interrupted", "stage") or not gone, name


@fuzzed
@given(damage=damages(), which=st.sampled_from(["PCM_16.wav", "FLOAT.wav", "PCM_24.flac"]))
def test_a_damaged_sound_file_is_refused_or_told(damage, which, files):
    path = files / f"damaged.{which.rpartition('.')[2]}"
    path.write_bytes(damaged((files / which).read_bytes(), damage))
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        try:
            read = data.read(path)
        except EqlibError:
            return
    audio = read[0] if isinstance(read, tuple) else read
    assert np.isfinite(np.asarray(getattr(audio, "samples", audio))).all()


@fuzzed
@given(
    text=st.text(max_size=30) | st.from_regex(r"(peaking|notch|low shelf) .{0,20}", fullmatch=True)
)
def test_an_equalizer_in_words_is_understood_or_refused(text):
    try:
        made = equalizer(text, sample_rate=16_000)
    except EqlibError:
        return
    assert isinstance(made, EQ)


DTYPES = ("float16", "float32", "float64", "int16", "complex64", "bool", "<U3", "object")


@fuzzed
@given(
    shape=st.lists(st.integers(0, 70), max_size=3),
    dtype=st.sampled_from(DTYPES),
    scale=st.sampled_from([0.0, 1e-45, 1e-3, 1.0, 1e5, 1e30, np.inf, np.nan]),
    stride=st.integers(-3, 3).filter(bool),
    tensor=st.booleans(),
)
def test_any_array_is_processed_and_judged_or_refused(shape, dtype, scale, stride, tensor):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        audio = np.asarray(np.random.default_rng(0).uniform(-1, 1, shape) * scale).astype(dtype)
        audio = audio[..., ::stride] if audio.ndim else audio
        if tensor and dtype in DTYPES[:4] and stride > 0:
            audio = torch.from_numpy(np.array(audio))
        try:
            made = EQNet(TINY).process(audio)
        except EqlibError:
            return
        assert made.shape == audio.shape and made.dtype == audio.dtype
        assert np.isfinite(np.asarray(made)).all()
        try:
            assert np.isfinite(metrics.mae(audio, made)).all()
        except EqlibError:
            return
