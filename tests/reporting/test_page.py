import base64
import hashlib
import re

from foldwise.reporting.page import Page, html_of, policy_of
from foldwise.reporting.section import Block, Section, Table

EMPTY = Page("A run", "A competition", [], [])


def test_the_policy_lets_nothing_in_but_this_page_s_own_script() -> None:
    text = html_of(EMPTY)
    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(script) == 1
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    policy = policy_of(script[0])
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert policy.replace("'", "&#39;") in text


def test_both_themes_have_every_colour() -> None:
    text = html_of(EMPTY)
    assert text.count("--paper: #14181d") == 2  # the system's choice, and the reader's
    assert text.count("--paper: #ffffff") == 2  # by default, and on paper
    assert "/* light */" not in text


def test_cells_and_headings_are_escaped() -> None:
    table = Table("<i>", ["<b>"], [True], [["<u>&"]])
    text = html_of(Page("<h1>", "", [Section("k", "<s>", [Block(tables=[table])])], ["<p>"]))
    for tag in ("<i>", "<b>", "<u>", "<s>"):
        assert tag not in text
    assert "&lt;u&gt;&amp;" in text
