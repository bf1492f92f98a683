"""Predictions: a choice is kept by the browser, and stands beside the answer."""

from __future__ import annotations

import re

import pytest

from support import ROOT, SITE

pytestmark = pytest.mark.browser

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def choices_of(page, question=0):
    page.locator("html[data-eq-ready]").wait_for()
    return page.locator("li:has(> .eq-choice)").nth(question).locator(".eq-choice")


def recalled(page, question=0):
    return page.locator(".eq-answer").nth(question).locator(".eq-choice-recalled")


def test_the_first_choice_is_kept_and_stands_beside_the_answer(open_page):
    page = open_page("book/hearing.html")
    choices = choices_of(page)
    assert page.locator(".eq-choice[open], .eq-choice-mark").count() == 0
    assert not choices.nth(1).locator("> p").is_visible(), "no word before a choice"

    choices.nth(1).locator("summary").focus()
    page.keyboard.press("Enter")
    assert choices.nth(1).locator("> p").is_visible()
    chosen = choices.nth(1).locator("summary").evaluate("e => e.firstChild.textContent").strip()
    choices.nth(2).locator("summary").click()  # its word is read, the prediction stays
    assert page.locator(".eq-choice-mark").count() == 1

    page.reload()
    choices = choices_of(page)
    assert "your prediction" in choices.nth(1).text_content()
    assert not choices.nth(2).locator("> p").is_visible()
    assert page.locator(".eq-choice-mark").count() == 1, "one question is answered, not all"
    page.locator(".eq-answer > summary").first.click()
    assert recalled(page).text_content() == f"You predicted: “{chosen}”"
    assert not recalled(page, 1).is_visible()

    page.get_by_role("button", name="Predict again").click()
    assert page.locator(".eq-choice[open], .eq-choice-mark").count() == 0
    assert choices.first.locator("summary").evaluate("e => e === document.activeElement")
    page.reload()
    assert choices_of(page).page.locator(".eq-choice-mark").count() == 0


def test_another_chapter_is_another_matter(open_page):
    page = open_page("book/hearing.html")
    choices_of(page).first.locator("summary").click()
    page.goto(page.url.replace("hearing", "families"))
    choices_of(page).nth(1).locator("summary").click()
    page.goto(page.url.replace("families", "hearing"))
    assert "your prediction" in choices_of(page).first.text_content()


def test_predictions_of_all_chapters_are_taken_along_in_one_file(open_page):
    page = open_page("book/hearing.html")
    choices_of(page).nth(2).locator("summary").click()
    page.goto(page.url.replace("hearing", "families"))
    take = page.get_by_role("button", name="Take my predictions along")
    choices_of(page).first.locator("summary").click()
    with page.expect_download() as saved:
        take.click()
    assert saved.value.suggested_filename == "eqlib_predictions.html"
    text = saved.value.path().read_text(encoding="utf-8")
    for name, letter in (("hearing.1", "c"), ("families.1", "a")):
        (asked,) = re.findall(rf"<td>{name}</td><td>(.+?)</td><td>{letter}\. .+</td><td>20", text)
        assert asked.endswith("?") and "Kept in" not in asked
    page.evaluate("localStorage.clear()")
    take.click()
    assert page.get_by_text("has kept no prediction yet").is_visible()


def test_from_a_file_it_is_the_same(chromium):
    context = chromium.new_context()
    page = context.new_page()
    page.goto((SITE / "book" / "hearing.html").as_uri())
    choices_of(page, 2).first.locator("summary").click()
    page.reload()
    assert "your prediction" in choices_of(page, 2).first.text_content()
    context.close()


def test_without_scripts_the_choices_open(open_page):
    page = open_page("book/hearing.html", java_script_enabled=False)
    choice = page.locator(".eq-choice").first
    choice.locator("summary").click()
    assert choice.locator("> p").is_visible()


def test_on_paper_are_all_choices_without_their_words_and_the_answers(open_page):
    page = open_page("book/hearing.html")
    choices = choices_of(page)
    choices.first.locator("summary").click()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert (
        page.locator(".eq-choice > summary:visible").count() == page.locator(".eq-choice").count()
    )
    assert page.locator(".eq-choice > p:visible, .eq-choice-note:visible").count() == 0
    assert page.locator(".eq-answer > p:visible").count() >= 4


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_everybody_can_use_it(open_page, scheme):
    size = {"width": 390, "height": 844}
    page = open_page("book/hearing.html", viewport=size, color_scheme=scheme, has_touch=True)
    choices = choices_of(page)
    choices.nth(1).locator("summary").tap()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    heights = page.locator(".eq-choice > summary").evaluate_all(
        "e => e.map((x) => x.getBoundingClientRect().height)"
    )
    assert min(heights) >= 36
    page.evaluate(AXE)
    found = page.evaluate("axe.run('li:has(> .eq-choice)')")
    assert [rule["id"] for rule in found["violations"]] == []
    page.locator(".eq-answer > summary").first.tap()
    found = page.evaluate("axe.run('.eq-answer')")
    assert [rule["id"] for rule in found["violations"]] == []
