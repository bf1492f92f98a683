"""Blocks in, blocks out: the same as whole signals, whatever the blocks, and a plain loop."""

from __future__ import annotations

import copy
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from eqlib import EqlibError, EQNet, EQNetConfig, frames, pretrained
from eqlib.analysis.channels import frozen
from eqlib.networks.conditioned import ConditionedConfig, ConditionedEQNet
from eqlib.networks.controllers import band_levels
from eqlib.streaming import Stream

SMALL = EQNetConfig(frame=256, hop=64, filters=6, kernel=16, local_kernel=32, pool=16)
NETS = {
    "whole": EQNet(SMALL, seed=1),
    "half": EQNet(EQNetConfig(**{**SMALL.__dict__, "hop": 128}), seed=2),
    "apart": EQNet(EQNetConfig(**{**SMALL.__dict__, "hop": 256, "window": "rectangular"})),
    "frozen": frozen(EQNet(SMALL, seed=1), np.linspace(0.1, 1, 6)[:, None]),
}
SIDE_CHAIN = ConditionedConfig(**SMALL.__dict__, controller="history", hidden=8)
NETS["side chain"] = ConditionedEQNet(SIDE_CHAIN)
torch.nn.init.normal_(NETS["side chain"].controller[-1].weight, generator=torch.Generator())
SHIPPED = pretrained("low-shelf")
NOISE = np.random.default_rng(0).uniform(-0.9, 0.9, (2, 3_000)).astype(np.float32)

blocks_of = st.lists(
    st.one_of(st.integers(1, 5), st.integers(1, 700), st.sampled_from([63, 64, 65, 256, 1_500])),
    min_size=1,
    max_size=24,
)


def fed(stream, audio, sizes):
    """What a stream makes of audio in blocks of these sizes, and of the rest in one."""
    edges = np.minimum(np.cumsum([0, *sizes]), audio.shape[-1])
    edges = np.unique(np.append(edges, audio.shape[-1]))
    parts = [audio[..., a:b] for a, b in zip(edges, edges[1:], strict=False)]
    made = [stream.process(part) for part in parts]
    assert [m.shape for m in made] == [p.shape for p in parts]
    return np.concatenate(made, axis=-1)


def plain(net, audio):
    """The same by a loop over frames, in float64, with nothing of the stream's."""
    net = net.double()
    frame, hop = net.config.frame, net.config.hop
    shape = frames.window(net.config.window, frame).numpy()
    padded = np.pad(audio.astype(np.float64), (frame, 2 * frame))
    total, weight = np.zeros_like(padded), np.zeros_like(padded)
    for start in range(hop, len(padded) - frame, hop):
        part = slice(start, start + frame)
        cut = torch.from_numpy(padded[part] * shape)[None, None]
        total[part] += net(cut).detach().numpy()[0, 0]
        weight[part] += shape
    net.float()
    inside = slice(frame, frame + len(audio))
    return total[inside] / weight[inside]


@pytest.mark.parametrize("name", [*NETS, "shipped"])
@settings(max_examples=20, deadline=None)
@given(sizes=blocks_of, stereo=st.booleans(), length=st.integers(1, 3_000))
def test_any_blocks_become_what_process_makes_a_constant_latency_late(name, sizes, stereo, length):
    # In float64 a fault shows beside the rounding; what ships computes in float32.
    net = SHIPPED if name == "shipped" else copy.deepcopy(NETS[name]).double()
    tolerance = 1e-6 if name == "shipped" else 1e-13
    audio = NOISE[:, :length] if stereo else NOISE[0, :length]
    audio = audio.astype(np.float32 if name == "shipped" else np.float64)
    stream = net.stream()
    late = stream.latency_samples
    assert late == net.config.frame - 1
    made = np.concatenate([fed(stream, audio, sizes), stream.flush()], axis=-1)
    assert not made[..., :late].any()
    np.testing.assert_allclose(made[..., late:], net.process(audio), rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", [name for name in NETS if name != "side chain"])
def test_a_stream_is_the_plain_loop(name):
    stream = NETS[name].stream()
    made = np.concatenate([fed(stream, NOISE[0], [1, 300, 7] * 5), stream.flush()])
    expected = plain(NETS[name], NOISE[0])
    atol = 1e-6 * abs(expected).max()
    np.testing.assert_allclose(made[stream.latency_samples :], expected, rtol=0, atol=atol)


@pytest.mark.parametrize("controller", ["history", "setting", "spectrum"])
def test_a_network_with_a_controller_is_the_plain_loop_with_its_past(controller):
    config = ConditionedConfig(**SMALL.__dict__, controller=controller, hidden=8, settings=3)
    net = ConditionedEQNet(config).double()
    torch.nn.init.normal_(net.controller[-1].weight, generator=torch.Generator())
    audio = NOISE[0].astype(np.float64)
    setting = torch.tensor([0.5, -0.2, 0.1]).double() if controller == "setting" else None
    s = setting
    if controller == "spectrum":
        s = band_levels(torch.from_numpy(audio), sample_rate=config.sample_rate)
        with pytest.raises(EqlibError, match="whole clip"):
            net.stream()
    frame, hop, past = config.frame, config.hop, config.context
    shape = np.append(np.ones(past), frames.window(config.window, frame).numpy())
    padded = np.pad(audio, (frame + past, 2 * frame))
    total, weight = np.zeros_like(padded), np.zeros_like(padded)
    for start in range(hop, len(padded) - past - frame, hop):
        heard = torch.from_numpy(padded[start : start + past + frame] * shape)[None, None]
        part = slice(start + past, start + past + frame)
        total[part] += net(heard, None if s is None else s[None]).detach().numpy()[0, 0]
        weight[part] += shape[past:]
    inside = slice(past + frame, past + frame + len(audio))
    expected = total[inside] / weight[inside]
    made = net.process(audio, setting=setting)
    np.testing.assert_allclose(made, expected, rtol=0, atol=1e-12 * abs(expected).max())
    if controller != "spectrum":
        stream = net.stream(setting=setting)
        late = np.append(fed(stream, audio, [1, 300, 7] * 5), stream.flush())
        np.testing.assert_allclose(late[stream.latency_samples :], made, rtol=0, atol=1e-12)


def test_no_smaller_constant_latency_is_possible():
    # The sample that begins a hop depends on the last but its window's zero of the frame from it.
    stream, late = NETS["apart"].stream(), SMALL.frame - 1
    first, second = NOISE[0, : SMALL.frame].copy(), NOISE[0, : SMALL.frame].copy()
    second[late] += 1
    a = stream.process(first)
    stream.reset()
    b = stream.process(second)
    assert a[late] != b[late] and not a[:late].any()


@settings(max_examples=15, deadline=None)
@given(before=blocks_of, after=blocks_of)
def test_a_state_goes_on_where_it_was_taken_bit_for_bit(before, after):
    net = NETS["whole"]
    stream = net.stream()
    start = min(sum(before), 1_500)
    fed(stream, NOISE[:, :start], before)
    state = stream.state_dict()
    there = fed(stream, NOISE[:, start:], after)
    again = net.stream()
    again.load_state_dict(state)
    np.testing.assert_array_equal(fed(again, NOISE[:, start:], after), there)
    np.testing.assert_array_equal(again.flush(), stream.flush())


def test_a_state_is_restored_where_a_network_hears_what_was_before():
    net = ConditionedEQNet(SIDE_CHAIN, seed=0)
    stream, again = net.stream(), net.stream()
    stream.process(NOISE[:, :777])
    again.load_state_dict(stream.state_dict())
    rest = NOISE[:, 777:]
    np.testing.assert_array_equal(again.process(rest), stream.process(rest))


def test_a_state_can_be_written_and_read(tmp_path):
    stream, again = NETS["frozen"].stream(), NETS["frozen"].stream()
    stream.process(NOISE[0, :1_000])
    torch.save(stream.state_dict(), tmp_path / "state")
    again.load_state_dict(torch.load(tmp_path / "state", weights_only=True))
    rest = NOISE[0, 1_000:]
    np.testing.assert_array_equal(again.process(rest), stream.process(rest))
    assert NETS["whole"].stream().state_dict() == {}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: s.pop("heard"),
        lambda s: s.update(samples=torch.tensor(3)),
        lambda s: s.update(samples=torch.tensor(-1)),
        lambda s: s.update(samples=torch.zeros(2)),
        lambda s: s.update(ringing=s["ringing"][0]),
        lambda s: s.update(more=torch.zeros(1)),
        lambda s: s.update(ready=s["ready"].long()),
    ],
)
def test_what_is_no_state_of_this_network_is_refused(spoil):
    stream = NETS["whole"].stream()
    stream.process(NOISE[:, :100])
    state = stream.state_dict()
    spoil(state)
    with pytest.raises(EqlibError, match="state_dict"):
        NETS["whole"].stream().load_state_dict(state)


def test_a_state_of_another_network_is_refused():
    stream = NETS["half"].stream()
    stream.process(NOISE[0, :100])
    with pytest.raises(EqlibError, match="frame of 256 and a hop of 64"):
        NETS["whole"].stream().load_state_dict(stream.state_dict())


def test_a_block_that_is_refused_changes_nothing():
    net = NETS["whole"]
    stream = net.stream()
    begin = stream.process(NOISE[:, :500])
    for wrong in (
        np.full((2, 40_000), np.nan, np.float32),
        np.ones((3, 10), np.float32),
        np.arange(4),
        np.pad(NOISE[:, :30_000], ((0, 0), (0, 9_000)), constant_values=1e38),
    ):
        with pytest.raises(EqlibError):
            stream.process(wrong)
    whole = np.concatenate([begin, stream.process(NOISE[:, 500:])], axis=-1)
    assert np.array_equal(whole, fed(net.stream(), NOISE, [500]))


def test_a_stream_starts_anew_after_its_end_and_has_none_before_its_beginning():
    stream = NETS["half"].stream()
    with pytest.raises(EqlibError, match="no block"):
        stream.flush()
    first = np.append(stream.process(NOISE[0]), stream.flush())
    assert np.array_equal(np.append(stream.process(NOISE[0]), stream.flush()), first)
    stereo = stream.process(torch.from_numpy(NOISE))  # of another shape, and torch
    assert isinstance(stereo, torch.Tensor) and stereo.shape == NOISE.shape


def test_a_frame_of_one_sample_has_no_latency():
    stream = Stream(torch.clone, window=torch.ones(1).double(), hop=1, like=torch.ones(1))
    assert stream.latency_samples == 0
    assert np.array_equal(stream.process(NOISE), NOISE) and stream.flush().shape == (2, 0)


# --- what is too loud, or of a broken network


@pytest.mark.parametrize("peak", [1e37, 3e38, 1e39, 1e300])
def test_audio_too_loud_for_the_network_is_refused_and_not_nan(peak):
    audio = NOISE[0].astype(np.float64) / abs(NOISE[0]).max() * peak
    for each in (audio, torch.from_numpy(audio)):
        with pytest.raises(EqlibError, match=r"the audio reaches .*full scale.*/ 32768"):
            EQNet().process(each)


def test_what_a_type_cannot_hold_is_told(monkeypatch):
    net = EQNet(SMALL)
    monkeypatch.setattr(net, "forward", lambda x: 4 * x)
    for each in (np.full(900, 30_000, np.float16), torch.full((900,), 3e4, dtype=torch.half)):
        with pytest.raises(EqlibError, match="float16 holds.*float32"):
            net.process(each)


def test_a_network_with_broken_weights_is_told_from_loud_audio():
    net = EQNet(SMALL)
    with torch.no_grad():
        net.dense.bias[0] = torch.nan
    with pytest.raises(EqlibError, match="weights are finite"):
        net.process(NOISE)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_network_in_half_precision_is_refused(dtype):
    with pytest.raises(EqlibError, match=r"net\.float\(\)"):
        EQNet(SMALL).to(dtype).process(NOISE)


# --- memory


@pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's own count")
def test_an_hour_takes_no_more_memory_than_its_input_and_output():
    code = """
    import numpy as np, torch
    from eqlib import EQNet, EQNetConfig
    def peak_mb():
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) / 1e3 for line in file if line.startswith("VmHWM"))
    net = EQNet(EQNetConfig(frame=4096, hop=2048, filters=2, kernel=8, local_kernel=8, pool=64))
    net.process(np.ones(100_000, np.float32))
    hour = np.full(3600 * 16_000, 0.1, np.float32)
    before = peak_mb()
    output = net.process(hour)
    print(peak_mb() - before, output.nbytes / 1e6)
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    more, output = map(float, run.stdout.split())
    assert more < output + 60
