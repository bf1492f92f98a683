"""Listening challenges: their scores against Python, their seeds, their links; and from Python."""

from __future__ import annotations

import html
import json
import re

import numpy as np
import pytest
from scipy import signal

from eqlib import EQ, EqlibError
from eqlib.equalizers.biquad import Biquad
from eqlib.widgets.challenge import Challenge, mean_deviation_db
from nodejs import needs_node, node

RATE = 16_000
SHELF = {"kind": "low_shelf", "cutoff_hz": 400, "gain_db": 9, "q": 0.71}
PEAK = {"kind": "peaking", "cutoff_hz": 900, "gain_db": -12, "q": 2}
LOWPASS = {"kind": "lowpass", "cutoff_hz": 500, "q": 0.71}


def scored(bands, other):
    """The measure in its own words, by SciPy's frequency response."""
    hz = 50 * 140 ** (np.arange(200) / 199)

    def levels_db(these):
        total = np.ones(len(hz), complex)
        for band in these:
            b, a = Biquad(**band).coefficients(RATE)
            total *= signal.freqz(b, a, hz, fs=RATE)[1]
        return np.maximum(20 * np.log10(np.abs(total)), -40)

    apart = levels_db(bands) - levels_db(other)
    return np.mean(np.abs(apart - np.mean(apart)))


PAIRS = [
    ([SHELF], []),
    ([SHELF], [SHELF | {"gain_db": 4}]),
    ([PEAK, SHELF], [PEAK]),
    ([LOWPASS], [LOWPASS | {"cutoff_hz": 700}]),
    ([SHELF], [SHELF]),
]


@needs_node
def test_the_score_is_the_mean_deviation_over_octaves(tmp_path):
    script = """value.map(([a, b]) => {
        const of = (bands) => new drawings.Drawing({ bands }, 16000);
        return score.deviationDb(of(a), of(b));
    })"""
    found = node(tmp_path, script, PAIRS)
    expected = [scored(*pair) for pair in PAIRS]
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert expected[0] > 2
    assert found[-1] == 0
    ours = [mean_deviation_db(*(EQ(tuple(Biquad(**b) for b in p)) for p in pair)) for pair in PAIRS]
    np.testing.assert_allclose(ours, expected, atol=1e-3)


def test_a_change_of_level_alone_is_no_deviation():
    """A low shelf whose knee is far above what is compared changes the level, and nothing else."""
    shelf = EQ.low_shelf(cutoff_hz=500, gain_db=10)
    mirrored = EQ.high_shelf(cutoff_hz=500, gain_db=-10)  # the same shape, 10 dB lower
    assert mean_deviation_db(shelf, mirrored) < 0.01
    assert mean_deviation_db(shelf, EQ.flat()) > 2


@needs_node
def test_hints_name_the_region_the_direction_and_the_kind(tmp_path):
    script = """value.map(([own, hidden]) => {
        const of = (bands) => new drawings.Drawing({ bands }, 16000);
        return score.hints(of(own), of(hidden));
    })"""
    lows, highs, place, two = node(
        tmp_path,
        script,
        [
            [[], [SHELF]],
            [[{"kind": "high_shelf", "cutoff_hz": 2500, "gain_db": 12, "q": 0.71}], []],
            [[PEAK | {"cutoff_hz": 350}], [PEAK | {"cutoff_hz": 1_400}]],
            [[], [SHELF, PEAK]],
        ],
    )
    assert "furthest off in the lows (50 Hz to 250 Hz)" in lows[0]
    assert "too soft" in lows[1]
    assert "a low shelf that boosts" in lows[2]
    assert "in the highs" in highs[0]
    assert "too loud" in highs[1]
    assert "partly above the hidden one and partly below" in place[1]
    assert "a low shelf that boosts and a peak that cuts" in two[2]
    numbers = re.compile(r"400 Hz|900 Hz|\+9|−12")
    assert not any(numbers.search(hint) for hints in (lows, two) for hint in hints)


@needs_node
def test_a_number_is_judged_in_octaves_or_in_db(tmp_path):
    asked = [
        ("q", 2.0, 2.5),
        ("q", 2.0, 2.7),
        ("q", 2.0, 1.0),
        ("cutoff_hz", 1_000, 1_100),
        ("cutoff_hz", 1_000, 1_150),
        ("gain_db", -6, -7.5),
        ("gain_db", -6, -7.6),
        ("gain_db", 3, 12),
    ]
    found = node(
        tmp_path, "value.map(([which, answer, own]) => score.judged(which, own, answer))", asked
    )
    rights = [abs(np.log2(own / answer)) <= np.log2(1.3) for _, answer, own in asked[:3]]
    rights += [abs(np.log2(own / answer)) <= 1 / 6 for _, answer, own in asked[3:5]]
    rights += [abs(own - answer) <= 1.5 for _, answer, own in asked[5:]]
    assert (
        [each["right"] for each in found]
        == rights
        == [True, False, False] + [True, False] * 2 + [False]
    )
    assert found[1]["words"] == "too narrow: your Q is too high"
    assert found[2]["words"] == "too wide: your Q is too low"
    assert found[4]["words"] == "too high"
    assert found[6]["words"] == "too soft there"
    assert found[7]["words"] == "much too loud there"


@needs_node
def test_seeds_draw_what_is_worth_a_search(tmp_path):
    """Doing nothing is never matched already, nor the number that a reader begins with right."""
    script = """(() => {
        const seeds = Array.from({ length: 60 }, (_, n) => n);
        const drawn = (given, seed) => spec.hiddenOf({ ...spec.SPEC, ...given, seed }, 16000).bands;
        return value.map((given) => seeds.map((seed) => drawn(given, seed)));
    })()"""
    given = [{"kind": "match", "level": level} for level in (1, 2, 3)]
    given += [{"kind": "number", "number": n, "level": 2} for n in ("q", "cutoff_hz", "gain_db")]
    found = node(tmp_path, script, given)
    assert found == node(tmp_path, script, given), "a seed decides"
    for kinds, sets in zip([{"low_shelf", "high_shelf"}, {"peaking"}], found[:2], strict=True):
        assert {band["kind"] for (band,) in sets} == kinds
    for bands in (bands for sets in found[:3] for bands in sets):
        plain = [{k: v for k, v in b.items() if k not in ("slope", "bypass")} for b in bands]
        assert scored(plain, []) >= 2
    assert all(abs(np.log2(a["cutoff_hz"] / b["cutoff_hz"])) >= 1.5 for a, b in found[2])
    qs, cutoffs, gains = (
        [band[n] for (band,) in sets]
        for n, sets in zip(("q", "cutoff_hz", "gain_db"), found[3:], strict=True)
    )
    assert min(abs(np.log2(np.array(qs) / 2))) > 2 * np.log2(1.3)
    assert min(abs(np.log2(np.array(cutoffs) / 1_000))) > 2 / 6
    assert min(np.abs(gains)) > 3
    assert len({json.dumps(bands) for sets in found for bands in sets}) > 300


@needs_node
def test_which_is_asked_for_is_a_fair_coin_and_true(tmp_path):
    script = """value.map(([question, level]) => Array.from({ length: 200 }, (_, round) =>
        spec.roundOf({ question, level, seed: 3 }, round)))"""
    asked = [(q, level) for q in ("lowpass", "narrower", "louder", "higher") for level in (1, 2, 3)]
    for (question, _), rounds in zip(asked, node(tmp_path, script, asked), strict=True):
        coin = [each["right"] for each in rounds]
        assert 70 <= sum(coin) <= 130  # of 200; five standard deviations are 35
        for each in rounds:
            (wanted,), (other,) = each["bands"][each["right"]], each["bands"][1 - each["right"]]
            if question == "lowpass":
                assert (wanted["kind"], other["kind"] == "lowpass") == ("lowpass", False)
            elif question == "narrower":
                assert wanted["q"] >= 1.9 * other["q"]
            elif question == "louder":
                levels = [abs(EQ((Biquad(**b),)).response([1_000.0])[0]) for b in (wanted, other)]
                assert 20 * np.log10(levels[0] / levels[1]) >= 2.9
            else:
                assert wanted["cutoff_hz"] >= 1.2 * other["cutoff_hz"]


def only(band):
    return {"bands": [band | {"slope": None, "bypass": False}], "curve": None}


DRAWN = {"frequencies_hz": [60, 400, 6000], "gains_db": [8, -9, 3]}
SPECS = [
    {"kind": "match", "level": 3, "seed": 7, "note": "Für dich: 50 % + “Mitten” & ♯?"},
    {"kind": "match", "eq": only(SHELF)},
    {"kind": "match", "eq": {"bands": [], "curve": DRAWN}},
    {"kind": "number", "number": "q", "eq": only(PEAK)},
    {"kind": "which", "question": "narrower", "level": 2, "rounds": 12, "seed": 5},
    {"kind": "train", "snr": 25, "eq": only(SHELF)},
]


@needs_node
def test_a_link_comes_back_as_it_went_and_does_not_show_its_answer(tmp_path):
    script = """value.map((given) => {
        const code = spec.encoded({ ...spec.SPEC, ...given });
        return [code, spec.decoded(code), spec.codeIn(`#x=1&challenge=${code}`) === code];
    })"""
    for given, (code, back, found) in zip(SPECS, node(tmp_path, script, SPECS), strict=True):
        assert {name: back[name] for name in given} == given
        assert found
        assert re.fullmatch(r"[\w-]+", code), "no character that a mail program breaks"
        assert "eq=" not in code
        assert "shelf" not in code


@needs_node
def test_a_broken_link_is_told_in_words(tmp_path):
    texts = {
        "kind=mätch": "no kind of challenge",
        "kind=number&eq=low_shelf:400:9:q0.71": "of one peak",
        "kind=match&eq=flat": "off by 0.0 dB only",
        "kind=train&snr=30": "needs a target",
        "kind=which&rounds=3": "from 4 to 20",
        "kind=which&level=1.5": "from 1 to 3",
        "kind=which&question=why": "no question",
        "kind=match&eq=peaking:1:2": "no band",
        "kind=number&number=q&eq=peaking:900:9:q0.1": "between 0.3 and 12",
    }
    script = """(() => {
        const code = spec.encoded({ ...spec.SPEC, kind: "match", eq: value.eq });
        const fault = (read) => {
            try { read(); return ""; } catch ({ message }) { return message; }
        };
        const told = (text) => fault(() => spec.decoded(text));
        const other = (letter) => (letter === "A" ? "B" : "A");
        const swapped = (letter, n) => code.slice(0, n) + other(letter) + code.slice(n + 1);
        return {
            whole: told(code),
            cuts: Array.from(code, (_, n) => told(code.slice(0, n))),
            swaps: Array.from(code, (letter, n) => told(swapped(letter, n))),
            odd: told(code + "!?"),
            texts: value.texts.map((text) => fault(() => spec.fromText(text))),
        };
    })()"""
    found = node(tmp_path, script, {"eq": {"bands": [PEAK], "curve": None}, "texts": list(texts)})
    assert found["whole"] == ""
    assert all(found["cuts"])
    assert all(found["swaps"][:-1]), "the last letter has bits that count for nothing"
    assert "nothing stands behind" in found["cuts"][0]
    assert "copy it whole" in found["cuts"][-4]
    assert "characters that no such link has" in found["odd"]
    for told, expected in zip(found["texts"], texts.values(), strict=True):
        assert expected in told


@needs_node
def test_a_run_counts_only_for_the_target_that_was_asked_and_on_unseen_notes(tmp_path):
    script = """(() => {
        const asked = new drawings.Drawing({ bands: [value] }, 16000);
        const other = new drawings.Drawing({ bands: [{ ...value, gain_db: 8 }] }, 16000);
        const log = { effect: asked.dict, tested: 31.23, of: 400 };
        const goal = { snr: 30, asked, rate: 16000 };
        const changes = [{}, { tested: 28 }, { effect: other.dict }, { tested: NaN },
            { opened: true }, { effect: null, own: {} }];
        return changes.map((change) => trainings.verdict({ ...log, ...change }, goal));
    })()"""
    done, short, other, untested, opened, recorded = node(tmp_path, script, SHELF)
    assert done["steps"] == 400
    assert "31.2 dB on notes that it never met, after 400 steps" in done["words"]
    assert all(each["steps"] is None for each in (short, other, untested, opened, recorded))
    assert "2.0 dB short of 30" in short["words"]
    assert "another target" in other["words"]
    assert "not tested" in untested["words"]
    assert "began as a file" in opened["words"]
    assert "recordings" in recorded["words"]


@needs_node
def test_the_noise_has_as_much_in_each_octave_and_no_seam(tmp_path):
    noise = np.array(node(tmp_path, "Array.from(noises.pinkNoise(16000))", None))
    assert np.abs(noise).max() == pytest.approx(0.5, abs=1e-6)
    power = np.abs(np.fft.rfft(noise)) ** 2  # of one turn of the loop: no window, no leak
    hz = np.fft.rfftfreq(len(noise), 1 / RATE)
    octaves_db = [
        10 * np.log10(power[(hz >= f) & (hz < 2 * f)].sum()) for f in 62.5 * 2.0 ** np.arange(7)
    ]
    assert np.ptp(octaves_db) < 0.3
    assert power[hz < 29].max() < 1e-9 * power.max()


# --- from Python


def state_in(page):
    (text,) = re.findall(r'data-eq-state="(.*?)"', page)
    return json.loads(html.unescape(text))


def test_it_has_a_form_for_a_page_and_words_for_none():
    eq = EQ.peaking(cutoff_hz=900, gain_db=-12, q=2)
    made = Challenge(
        "number",
        number="cutoff_hz",
        eq=eq,
        note="<b>",
        sounds={"hum": np.sin(np.arange(8_000.0) / 8) / 2},
    )
    state = state_in(made._repr_html_())
    assert state["eq"]["bands"][0]["cutoff_hz"] == 900
    assert state["note"] == "<b>"
    assert state["sounds"]["hum"].startswith("data:audio/")
    assert "one number is to be found by ear" in repr(made)
    assert "900" not in repr(made), "a reader of the words does not read the answer"
    assert made.result == {}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": "guess"}, "kind is 'guess'"),
        ({"level": 4}, "level is 4"),
        ({"seed": -1}, "seed is -1"),
        ({"rounds": 2}, "rounds is 2"),
        ({"number": "slope"}, "number is 'slope'"),
        ({"question": "why"}, "question is 'why'"),
        ({"kind": "train"}, "there is no eq"),
        ({"kind": "which", "eq": EQ.flat()}, "whose pairs the seed draws"),
        ({"kind": "number", "eq": EQ.low_shelf(cutoff_hz=500, gain_db=10)}, "one peak"),
        ({"eq": EQ.peaking(cutoff_hz=900, gain_db=6, q=15)}, "doing nothing is off by"),
    ],
)
def test_what_is_no_challenge_is_refused(given, words):
    with pytest.raises(EqlibError, match=re.escape(words)):
        Challenge(**given)
