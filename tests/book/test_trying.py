"""Short exercises where an idea is fresh: each has what comes out, below a fold."""

from __future__ import annotations

import re

import refresh
from support import each_chapter

ASKED = "**Try it.** "
TRIED = re.compile(
    r'^\*\*Try it\.\*\* .+[?.]\n\n<details class="eq-try"><summary>(.+)</summary>\n\n(.+)\n\n'
    r"</details>$",
    re.MULTILINE,
)


def text(chapter) -> str:
    cells = refresh.read(chapter).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def trying_faults(markdown: str) -> list[str]:
    """What is wrong with the short exercises of a chapter; one that has none is as it was."""
    found, asked = TRIED.findall(markdown), markdown.count(ASKED)
    faults = [] if len(found) == asked else ["a question without what comes out, below a fold"]
    if asked and not 4 <= asked <= 6:
        faults.append("four to six of them")
    if any(re.search(r"[$`{]", head) for head, _ in found):
        faults.append("heads in words: no Markdown is read there")
    if ASKED in markdown.partition("\n## Answers to the predictions\n")[2]:
        faults.append("questions where the idea is fresh, and not at the end")
    return faults


@each_chapter
def test_what_is_tried_has_what_comes_out(chapter):
    assert trying_faults(text(chapter)) == []


def test_a_question_without_its_fold_is_seen():
    one = '**Try it.** Why?\n\n<details class="eq-try"><summary>So</summary>\n\nSo.\n\n</details>\n'
    assert trying_faults(one * 4) == []
    assert trying_faults(one * 3) == ["four to six of them"]
    assert trying_faults(one * 4 + "\n**Try it.** Why?\n") == [
        "a question without what comes out, below a fold"
    ]
    assert len(trying_faults(one * 4 + "\n## Answers to the predictions\n" + one)) == 1
    assert len(trying_faults(one.replace("So</", "$x$</") * 4)) == 1
