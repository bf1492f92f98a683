"""The tables of the chapters, against the results file read by hand."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from eqlib import EqlibError, data
from eqlib.experiments import (
    authors,
    comparisons,
    paired,
    plan,
    report,
    results,
    sealed,
    sets,
    table,
)

RESULTS = json.loads(results.RESULTS.read_text(encoding="utf-8"))["networks"]


def test_scores_are_the_means_and_the_worst_clips_of_the_file():
    table = report.scores("low-shelf")
    by_method = {row[0]: row[1:] for row in table.rows}
    assert list(by_method) == [
        "doing nothing",
        "network",
        "least-squares FIR",
        "causal FIR",
        "biquads",
    ]
    for cell, which in zip(by_method["network"], report.SETS, strict=True):
        clips = RESULTS["low-shelf"]["scores"][which]["clips"].values()
        parts = re.fullmatch(r"(\S+) \[(\S+), (\S+)\] \((\S+)\)", cell).groups()
        mean, low, high, worst = map(float, parts)
        assert low < mean < high
        assert mean == pytest.approx(sum(clips) / len(clips), abs=0.06)
        assert worst == pytest.approx(min(clips), abs=0.06)
    several = report.scores("low-shelf", "peaking").rows
    assert several[:6] == (("low-shelf",), *table.rows) and several[6] == ("peaking",)


def test_networks_errors_bands_and_price_show_the_file():
    entry = RESULTS["lowpass"]
    (row,) = report.networks("lowpass").rows
    assert row[2].split()[0] == f"{entry['scores']['notes']['snr_db']:.1f}"
    assert float(row[-1]) == pytest.approx(entry["seconds"] / 60, abs=0.06)
    network = report.errors("lowpass").rows[1]
    assert float(network[1]) == pytest.approx(entry["scores"]["notes"]["mae"], rel=0.01)
    bands = {row[0]: row[2] for row in report.bands("lowpass").rows}
    assert bands["500 Hz"] == f"{entry['scores']['notes']['bands']['500']:.2f}"
    assert report.price("lowpass").rows[1][2] == "561,473"


def clips_of(name, which="notes"):
    return RESULTS[name]["scores"][which]["clips"]


def mean_of(values):
    return sum(values) / len(values)


def test_ablations_are_differences_from_the_network_as_it_is():
    rows = {row[0]: row[1:] for row in report.ablations().rows}
    changed, base = "peaking, adjoint", "peaking, as-it-is"
    seeds = [""] + [f", seed {i}" for i in range(1, 5) if f"{changed}, seed {i}" in RESULTS]
    pairs = [(clips_of(changed + seed), clips_of(base + seed)) for seed in seeds]
    difference = mean_of(
        [adjoint[name] - as_is[name] for adjoint, as_is in pairs for name in as_is]
    )
    cell = rows["filters reversed in the back-end"][3]
    assert float(cell.split()[0]) == pytest.approx(difference, abs=0.06)
    assert rows["nothing changed"][1] == rows["nothing changed"][3] == "-"


def test_a_row_of_several_seeds_is_their_mean_and_says_how_many():
    name, base = "low-shelf, filters-16, no-clipping", "low-shelf, filters-16"
    seeds = [""] + [f", seed {i}" for i in range(1, 5) if f"{name}, seed {i}" in RESULTS]
    pairs = [(clips_of(name + seed), clips_of(base + seed)) for seed in seeds]
    by_hand = mean_of([changed[clip] - as_is[clip] for changed, as_is in pairs for clip in as_is])
    found, count = comparisons.worth("low-shelf", "filters-16, no-clipping")
    assert count == len(seeds) >= 5
    assert found.mean == pytest.approx(by_hand) and found.low < by_hand < found.high
    (row,) = (r for r in report.ablations().rows if r[0].startswith("16 filters, gradients not"))
    assert row[2].startswith(f"{by_hand:+.1f} [") and row[5].startswith(f"{count}, ")


def test_the_networks_of_six_times_the_steps_have_a_table_of_their_own():
    rows = {row[0]: row[1:] for row in report.longer_ablations().rows}
    assert not set(rows) & {row[0] for row in report.ablations().rows}
    assert len(rows) == 4
    (longer,) = (row for label, row in rows.items() if label.startswith("16 filters, 15,000"))
    names = "low-shelf, filters-16, longer", "low-shelf, filters-16"
    seeds = ("", ", seed 1", ", seed 2")
    by_hand = [
        clips_of(names[0] + seed)[clip] - clips_of(names[1] + seed)[clip]
        for seed in seeds
        for clip in clips_of(names[0])
    ]
    assert longer[1].startswith(f"{mean_of(by_hand):+.1f} [")
    assert longer[4] == "3, 3"


def test_seeds_stand_beside_each_other_and_in_one_interval():
    (row,) = report.seeds("highpass").rows
    means = [
        mean_of(list(clips_of(f"highpass{seed}").values())) for seed in ("", ", seed 1", ", seed 2")
    ]
    assert row[2].startswith(f"{mean_of(means):.1f} [")
    assert row[2].endswith(f"({', '.join(f'{mean:.1f}' for mean in means)})")
    low, high = (float(end) for end in row[2].split("[")[1].split("]")[0].split(", "))
    assert low < mean_of(means) < high


def test_each_family_is_left_out_once():
    rows = {row[0]: row[1:] for row in report.left_out().rows}
    assert len(rows) == 9
    never = clips_of("low-shelf without strings", "unheard")
    others = [name for name in RESULTS if "without" in name and not name.endswith("strings")]
    assert len(others) == 8
    names = [name for name in clips_of(others[0]) if name.startswith("violin/")]
    heard = mean_of([clips_of(other)[name] for other in others for name in names])
    count, with_it, without_it, difference, *_ = rows["strings (violin)"]
    assert int(count) == len(names) >= 2
    assert float(with_it) == pytest.approx(heard, abs=0.06)
    assert float(without_it) == pytest.approx(mean_of([never[n] for n in names]), abs=0.06)
    assert float(difference.split()[0]) == pytest.approx(
        mean_of([never[n] for n in names]) - heard, abs=0.06
    )
    assert rows["voice"][:2] == ("0", "-")


def test_what_was_heard_stands_beside_what_was_not():
    (row,) = report.in_sample("low-shelf").rows
    heard, unseen = clips_of("low-shelf", "heard"), clips_of("low-shelf")
    assert not set(heard) & set(unseen)
    assert float(row[1].split()[0]) == pytest.approx(mean_of(list(heard.values())), abs=0.06)
    high = [v for name, v in unseen.items() if name.startswith("piano/sal_Ds7")]
    assert float(row[-1]) == pytest.approx(mean_of(high), abs=0.06)
    with pytest.raises(EqlibError, match="no piano note"):
        comparisons.piano_db(unseen, 100, 101)


def test_the_paper_stands_beside_notes_of_its_kind():
    for name, theirs_db, ours_db, theirs, ours, ratio in authors.on_our_notes().rows:
        scores = RESULTS[name]["scores"]["authors' kind"]
        assert ours_db.split()[0] == f"{scores['snr_db']:.1f}"
        assert float(theirs) == pytest.approx(10 ** (-float(theirs_db) / 20), rel=0.02)
        assert float(ratio) == pytest.approx(float(theirs) / float(ours), rel=0.05, abs=0.5)


def test_the_authors_notes_stand_with_what_was_measured_on_them():
    rows = authors.on_their_files().rows
    assert {row[0] for row in rows} == {*authors.PUBLISHED, "peaking-long"}
    for name, against, times, snr_db in rows:
        if snr_db != "-" and against == "the file":  # two measures of one error
            theirs = authors.PUBLISHED[name.removesuffix("-long")].snr_db
            assert 10 ** ((float(snr_db) - theirs) / 20) == pytest.approx(float(times), rel=0.15)


def test_unseen_notes_are_told_apart_by_what_was_heard():
    rows = {row[0]: row[1:] for row in report.unseen("lowpass").rows}
    notes = clips_of("lowpass")
    assert sum(int(row[0]) for row in rows.values()) == len(notes)
    train = [row for row in data.index() if row["split"] == "train" and row["kind"] != "phrase"]
    train = [row for row in train if row["family"] not in plan.UNHEARD]
    midis = {row["midi"] for row in train}
    files = {str(row["file"]).removesuffix(".flac"): row["midi"] for row in data.index()}
    on_none = [name for name in notes if files[name] is not None and files[name] not in midis]
    count, mean = rows["its pitch, on none"]
    assert int(count) == len(on_none) > 0
    assert mean.startswith(f"{mean_of([notes[name] for name in on_none]):.1f} [")
    loops = {str(row["file"]).split("-")[0] for row in train if "rk_beats" in str(row["file"])}
    of_loops = [name for name in notes if name.split("-")[0] in loops]
    assert int(rows["other hits of its loop"][0]) == len(of_loops) > 0
    with pytest.raises(EqlibError, match="no recording 'loud'"):
        sets.met_before("loud", ())


def test_differences_are_paired_by_recording_and_seed():
    names = "peaking", "peaking, no octave up, as long"
    (row,) = paired.differences({"an octave up": names}).rows
    seeds = [""] + [f", seed {i}" for i in (1, 2) if f"{names[1]}, seed {i}" in RESULTS]
    pairs = [(clips_of(names[0] + seed), clips_of(names[1] + seed)) for seed in seeds]
    by_hand = mean_of([ours[clip] - theirs[clip] for ours, theirs in pairs for clip in ours])
    assert row[0] == "an octave up" and row[-1] == str(len(seeds))
    assert row[2].startswith(f"{by_hand:+.1f} [")


def test_a_lead_is_over_each_seed_of_the_network():
    (row,) = paired.leads("peaking", method="causal FIR").rows
    fitted = RESULTS["peaking"]["baselines"]["methods"]["causal FIR"]["scores"]["phrases"]["clips"]
    runs = [clips_of(f"peaking{seed}", "phrases") for seed in ("", ", seed 1", ", seed 2")]
    by_hand = mean_of([run[clip] - fitted[clip] for run in runs for clip in fitted])
    assert row[4].startswith(f"{by_hand:+.1f} [") and row[-1] == "3"
    for name, method in (("peaking", "magic"), ("peaking, square", "causal FIR")):
        with pytest.raises(EqlibError, match="method is"):
            comparisons.lead(name, method)


def test_a_table_is_readable_in_a_terminal_and_by_a_screen_reader():
    made = table.Table("What <it> tells.", ("a", "b"), (("first", "1.0"), ("second", "-")))
    assert repr(made).splitlines() == [
        "What <it> tells.",
        "a         b",
        "first   1.0",
        "second    -",
    ]

    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.append((tag, dict(attrs)))
    parser.feed(made._repr_html_())
    scopes = [attrs["scope"] for tag, attrs in found if tag == "th"]
    assert scopes == ["col", "col", "row", "row"]
    assert [attrs for tag, attrs in found if tag == "div"][0]["aria-label"] == "What <it> tells."


def test_a_page_has_a_minus_where_a_terminal_has_a_hyphen_and_intervals_below_their_means():
    cells = ("filters-16", "-1.5 [-2.0, -1.0] (-3.0)", "-", "1.3e-05")
    made = table.Table("From -6 dB.", ("a", "b", "c", "d"), (cells,))
    assert "  ".join(cells) in repr(made) and "From -6 dB." in repr(made)
    page = made._repr_html_()
    (below,) = re.findall("<small.*?</small>", page)
    assert "display:block" in below and ">[\u22122.0, \u22121.0] (\u22123.0)<" in below
    for part in (
        ">filters-16<",
        f">\u22121.5 {below}<",
        ">\u2013<",
        ">1.3e-05<",
        ">From \u22126 dB.<",
    ):
        assert part in page


def test_what_rounds_to_zero_has_no_sign():
    assert [table.decimals(each) for each in (-0.04, 0.04, -0.06)] == ["0.0", "0.0", "-0.1"]
    assert [table.decimals(each, signed=True) for each in (-0.04, 0.06)] == ["0.0", "+0.1"]
    assert table.decimals(0.0125, 2) == f"{0.0125:.2f}"


def test_errors_too_small_to_be_shown_are_not_shown_as_none():
    assert [report._error_db(each) for each in (0.0, 0.004, 0.006)] == ["< 0.01", "< 0.01", "0.01"]
    cells = [
        cell for row in sealed.table("low-shelf", measure="STFT distance").rows for cell in row
    ]
    assert "< 0.001" in cells and not any(cell.startswith("0.000 [0.000, 0.000]") for cell in cells)


def test_a_price_names_its_target_as_the_text_does():
    for name, words in {
        "low-shelf": "Low shelf",
        "peaking-fir-linear": "Linear-phase peak",
        "vocal-chain": "Vocal chain",
    }.items():
        assert report.price(name).caption.startswith(f"{words}: the price")


def test_a_row_of_one_cell_is_a_heading():
    made = table.Table("Two groups.", ("a", "b"), (("first",), ("one", "1.0")))
    assert repr(made).splitlines()[2:] == ["first", "one    1.0"]
    row = '<tr><th scope="rowgroup" style="text-align:left">first</th>'
    assert row + '<td style="text-align:right"></td></tr>' in made._repr_html_()


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(EqlibError, match="no result for 'loud'; expected one of low-shelf"):
        results.entry("loud")


def test_an_entry_is_read_anew_when_the_file_changes_and_never_shared(tmp_path):
    path = tmp_path / "results.json"
    for label in ("first", "other"):
        results.add(path, "peak", {"label": label})
        found = results.entry("peak", results=path)
        assert found == {"label": label}
        found["label"] = "mine"
        assert results.entry("peak", results=path) == {"label": label}
    assert results.is_there("peak", results=path)
    path.unlink()
    assert not results.is_there("peak", results=path)
