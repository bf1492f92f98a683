"""Sound as it comes: blocks of any size in, as many samples out, a constant latency later.

A sample is finished once every frame that covers it has been heard. The last of them may begin at
the sample itself and ends frame - 1 samples later, so frame - 1 samples is the latency, and the
least that works for blocks of every size. Whole signals go the same way, with the latency cut off:
beside input and output, a network takes as much memory for an hour as for a second.

Chapters: "Audio as frames", "Use it on your own sound".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain

import numpy as np
import torch
from torch import Tensor

from eqlib import fast, frames
from eqlib.audio import (
    Audio,
    AudioT,
    check_audio,
    empty_like,
    peak_of,
    returned,
    silence,
    to_tensor,
    warn_if_integers,
)
from eqlib.errors import EqlibError, check_integer, checked, checked_only
from eqlib.stream_state import State, lengths, read

GROUPS = 4
"""Groups of frames that are cut at once: more would cost memory, and save no time to speak of."""
LOUD = 1e4
"""Above 80 dBFS, what is not finite behind a network is the audio's fault and not its weights'."""


class Stream:
    """A network that is fed block by block; ``net.stream()`` makes one.

    What comes out of all blocks together is `latency_samples` zeros, and then what `EQNet.process`
    makes of them, without its last `latency_samples` samples, which `flush` gives.

    Args:
        network: from frames (any number, 1, frame) to frames of the same shape.
        window: (frame,) of the analysis; with this hop it meets the overlap-add condition.
        hop: samples from one frame to the next.
        like: a tensor of the dtype and on the device that the network computes with.
        context: samples that the network hears before each frame, without a window: it then makes
            frames of (any number, 1, context + frame).

    Attributes:
        latency_samples: by how many samples the output is late, frame - 1, whatever the blocks.

    Raises:
        EqlibError: if the window does not meet the overlap-add condition at this hop, or the
            network computes in half precision.

    Example:
        >>> stream = net.stream()
        >>> for block in blocks:  # (samples,) or (channels, samples), numpy or torch
        ...     play(stream.process(block))
        >>> play(stream.flush())
    """

    @checked
    def __init__(
        self,
        network: Callable[[Tensor], Tensor],
        *,
        window: Tensor,
        hop: int,
        like: Tensor,
        context: int = 0,
    ) -> None:
        check_integer("context", context, at_least=0, cure="Give samples, or leave it out.")
        if like.dtype not in (torch.float32, torch.float64):
            raise EqlibError(
                f"the network's weights are {like.dtype}",
                "float32 or float64, in which its Fourier transforms are computed",
                "Convert it: net.float().",
            )
        self._gain = frames.overlap_add_gain(window, hop=hop)
        self._network, self._window, self._hop, self._like = network, window, hop, like
        self._context, self._shape = context, torch.cat([window.new_ones(context), window])
        self._sizes = {"frame": len(window), "hop": hop, "context": context}
        self.latency_samples = len(window) - 1
        self._leading: tuple[int, ...] = ()
        self._state: State | None = None
        self._last: Audio | None = None

    def process(self, block: AudioT) -> AudioT:
        """Takes the next block, and returns as many samples, `latency_samples` late.

        Args:
            block: (..., samples), of any length; what stands before the last axis, such as
                channels, is the same for all blocks.

        Returns:
            The same kind, dtype, device and shape, without gradients.

        Raises:
            EqlibError: for a block that is not audio, of another shape than those before, or so
                loud that the network's output is not finite. The stream is then as if that block
                had not come.
        """
        check_audio("the block", block if self._state is None else _flat(block))
        before = self._state, self._leading, self._last
        output, at = empty_like(block), 0
        try:
            for part in self._parts(block):
                output[..., at : at + part.shape[-1]] = part
                at += part.shape[-1]
        except BaseException:
            self._state, self._leading, self._last = before
            raise
        return output

    def flush(self) -> Audio:
        """The samples that are still on their way, `latency_samples` of them; then it starts anew.

        Raises:
            EqlibError: if no block has come yet.
        """
        if self._last is None:
            raise EqlibError(
                "no block has come yet", "a stream that was fed", "Call process(block) before."
            )
        last, late = self._last, self.latency_samples
        rest: Audio  # in two calls, for the types tell arrays from tensors
        if isinstance(last, Tensor):
            rest = self.process(silence(last, late)) if late else silence(last, 0)
        else:
            rest = self.process(silence(last, late)) if late else silence(last, 0)
        self.reset()
        return rest

    def reset(self) -> None:
        """Forgets all blocks: the next one is the first."""
        self._state, self._leading, self._last = None, (), None

    def state_dict(self) -> dict[str, Tensor]:
        """All that the stream remembers, copied: tensors by name, to be kept or written to a file.

        Empty if no block has come yet.
        """
        if self._state is None:
            return {}
        return self._state.saved(self._leading)

    @checked
    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Goes on from where another stream of the same network was when its state was taken.

        Raises:
            EqlibError: for what is not the state of such a stream.
        """
        if not state:
            return self.reset()
        self._state, self._leading = read(state, like=self._like, **self._sizes)
        self._last = self._state.ringing.new_zeros(*self._leading, 1)

    def _parts(self, block: AudioT) -> Iterator[AudioT]:
        """The output for a block, piece by piece."""
        leading = tuple(block.shape[:-1])
        if self._state is None:
            self._leading, self._state = leading, self._silent(leading)
        elif leading != self._leading:
            raise EqlibError(
                f"the block has shape {tuple(block.shape)}",
                f"({', '.join([*map(str, self._leading), 'samples'])}), as those before",
                "Keep the number of channels, or start anew: stream.reset().",
            )
        self._last = block[..., :1]
        rows = self._state.heard.shape[0]
        on_cpu = self._like.device.type == "cpu"
        at_once = frames.AT_ONCE_ON_CPU if on_cpu else frames.AT_ONCE_ELSEWHERE
        length = max(1, at_once * GROUPS // rows) * self._hop
        # Without autocast, whose half precision the fast layers do not have.
        plain = torch.autocast(self._like.device.type, enabled=False)
        with torch.no_grad(), plain, fast.kept():
            for start in range(0, block.shape[-1], length):
                piece = block[..., start : start + length]
                x = to_tensor("the block", piece.reshape(-1)).to(self._like).reshape(rows, -1)
                self._state, y = self._advanced(self._state, x, at_once)
                with np.errstate(over="ignore"):
                    output = returned(y, piece)
                _check_finite(piece, y, output)
                yield output

    def _silent(self, leading: tuple[int, ...]) -> State:
        """Before the first block. The zeros that are ready make the latency constant."""
        rows = int(np.prod(leading, dtype=int))
        heard, ringing, ready = (
            self._like.detach().new_zeros(rows, n) for n in lengths(0, **self._sizes).values()
        )
        return State(heard, ringing, ready, 0)

    def _advanced(self, state: State, x: Tensor, at_once: int) -> tuple[State, Tensor]:
        """The state after x, (rows, samples), and as many samples of output."""
        hop, edge = self._hop, len(self._window) - self._hop
        heard = torch.cat([state.heard.to(x), x], -1)
        ringing, ready = state.ringing.to(x), state.ready.to(x)
        finished = (heard.shape[-1] - self._context - edge) // hop * hop
        if finished:
            cuts = heard.unfold(-1, len(self._shape), hop)
            parts = [self._run(each) for each in cuts.flatten(0, 1).split(at_once)]
            total = frames.summed(torch.cat(parts).unflatten(0, cuts.shape[:2]), hop=hop)
            total[:, :edge] += ringing
            # The first frames begin before the first sample, and so does what they make.
            total[:, : max(0, min(finished, edge - state.samples // hop * hop))] = 0
            ready = torch.cat([ready, total[:, :finished]], -1)
            heard, ringing = heard[:, finished:].clone(), total[:, finished:].clone()
        y, ready = ready.split([x.shape[-1], ready.shape[-1] - x.shape[-1]], -1)
        return State(heard, ringing, ready.clone(), state.samples + x.shape[-1]), y

    def _run(self, cuts: Tensor) -> Tensor:
        """Window, network and gain: (frames, context + frame) to (frames, frame)."""
        heard = (cuts * self._shape.to(cuts)).unsqueeze(1)
        made = self._network(heard)
        if getattr(made, "shape", None) != (len(heard), 1, len(self._window)):
            raise EqlibError(
                f"of frames of shape {tuple(heard.shape)} the network made "
                f"{getattr(made, 'shape', type(made).__name__)}",
                f"a tensor of shape {(len(heard), 1, len(self._window))}",
                "Give what returns frames for frames, such as net.forward.",
            )
        return made[:, 0] / self._gain


@checked_only("network", "window", "hop", "like", "context")
def process(
    audio: AudioT,
    network: Callable[[Tensor], Tensor],
    *,
    window: Tensor,
    hop: int,
    like: Tensor,
    context: int = 0,
) -> AudioT:
    """Runs a network over whole signals: a stream, without its latency.

    Args:
        audio: (..., samples), numpy or torch, of any length.
        network: from frames (any number, 1, frame) to frames of the same shape.
        window: (frame,) of the analysis; with this hop it meets the overlap-add condition.
        hop: samples from one frame to the next.
        like: a tensor of the dtype and on the device that the network computes with.
        context: samples that the network hears before each frame, as of `Stream`.

    Returns:
        The same kind, dtype, device and shape, without gradients.

    Raises:
        EqlibError: for what is not audio, or is so loud that the output is not finite; and if the
            window does not meet the overlap-add condition at this hop.
    """
    check_audio("audio", audio)
    stream = Stream(network, window=window, hop=hop, like=like, context=context)
    output, at = empty_like(audio), -stream.latency_samples
    rest = silence(audio, stream.latency_samples)
    for part in chain(stream._parts(audio), stream._parts(rest) if rest.shape[-1] else ()):
        begin, at = at, at + part.shape[-1]
        output[..., max(begin, 0) : max(at, 0)] = part[..., max(-begin, 0) :]
    warn_if_integers("the audio", audio)
    return output


def _flat(block: Audio) -> Audio:
    """One row, of which time cannot be the wrong axis: the shape is that of the blocks before."""
    return block.reshape(-1) if isinstance(block, np.ndarray | Tensor) else block


def _check_finite(audio: Audio, y: Tensor, output: Audio) -> None:
    """Raises `EqlibError`, with the cause, unless all that was made of some audio is finite."""
    if isinstance(output, torch.Tensor):
        fine = bool(output.isfinite().all())
    else:
        fine = bool(np.isfinite(output).all())
    if fine:
        return
    kind = str(y.dtype).removeprefix("torch.")
    peak = peak_of(audio)
    if y.isfinite().all():
        raise EqlibError(
            f"the output reaches {y.abs().max().item():.6g}, more than {output.dtype} holds",
            "audio of a type that holds what the network makes of it",
            "Give it as float32: audio.astype(numpy.float32), or audio.float() for a tensor.",
        )
    if peak > LOUD:
        raise EqlibError(
            f"the audio reaches {peak:.3g}, with which the network cannot compute in {kind}",
            "floating-point samples with full scale at 1.0",
            "Divide it by its peak, audio / abs(audio).max(), or integer samples by their full "
            "scale, for 16 bit audio / 32768.",
        )
    raise EqlibError(
        f"of audio with a peak of {peak:.3g} the network made samples that are NaN or infinite",
        "a network whose weights are finite numbers",
        "Load the last checkpoint that was good, or train again with a lower learning rate.",
    )
