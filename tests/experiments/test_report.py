"""The tables of the chapters, against the results file read by hand."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from eqlib import EqlibError
from eqlib.experiments import report, results, table

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
        mean, worst = map(float, re.fullmatch(r"(\S+) \((\S+)\)", cell).groups())
        assert mean == pytest.approx(sum(clips) / len(clips), abs=0.06)
        assert worst == pytest.approx(min(clips), abs=0.06)
    several = report.scores("low-shelf", "peaking").rows
    assert several[:6] == (("low-shelf",), *table.rows) and several[6] == ("peaking",)


def test_networks_errors_bands_and_price_show_the_file():
    entry = RESULTS["lowpass"]
    (row,) = report.networks("lowpass").rows
    assert row[2] == f"{entry['scores']['notes']['snr_db']:.1f}"
    assert float(row[-1]) == pytest.approx(entry["seconds"] / 60, abs=0.06)
    network = report.errors("lowpass").rows[1]
    assert float(network[1]) == pytest.approx(entry["scores"]["notes"]["mae"], rel=0.01)
    bands = {row[0]: row[2] for row in report.bands("lowpass").rows}
    assert bands["500 Hz"] == f"{entry['scores']['notes']['bands']['500']:.2f}"
    assert report.price("lowpass").rows[1][2] == "561,473"


def test_ablations_are_differences_from_the_network_as_it_is():
    rows = {row[0]: row[1:] for row in report.ablations().rows}
    base = RESULTS["peaking, as-it-is"]["scores"]["notes"]["snr_db"]
    adjoint = RESULTS["peaking, adjoint"]["scores"]["notes"]["snr_db"]
    assert float(rows["filters reversed in the back-end"][3]) == pytest.approx(
        adjoint - base, abs=0.06
    )
    assert rows["nothing changed"][:4:3] == (
        f"{RESULTS['low-shelf, as-it-is']['scores']['notes']['snr_db']:.1f}",
        "+0.0",
    )


def test_each_family_is_left_out_once():
    families = [row[0] for row in report.left_out().rows]
    assert len(set(families)) == len(families) == 9
    found = RESULTS["low-shelf without strings"]["scores"]["unheard"]["snr_db"]
    row = report.left_out().rows[families.index("strings (violin)")]
    assert row[3] == f"{found:.1f}"


def test_the_paper_stands_beside_notes_of_its_kind():
    for name, theirs_db, ours_db, theirs, ours, ratio in report.paper().rows:
        scores = RESULTS[name]["scores"]["authors' kind"]
        assert ours_db == f"{scores['snr_db']:.1f}"
        assert float(theirs) == pytest.approx(10 ** (-float(theirs_db) / 20), rel=0.02)
        assert float(ratio) == pytest.approx(float(theirs) / float(ours), rel=0.05, abs=0.5)


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


def test_a_row_of_one_cell_is_a_heading():
    made = table.Table("Two groups.", ("a", "b"), (("first",), ("one", "1.0")))
    assert repr(made).splitlines()[2:] == ["first", "one    1.0"]
    row = '<tr><th scope="rowgroup" style="text-align:left">first</th>'
    assert row + '<td style="text-align:right"></td></tr>' in made._repr_html_()


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(EqlibError, match="no result for 'loud'; expected one of low-shelf"):
        results.entry("loud")
