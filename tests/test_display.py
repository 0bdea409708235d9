from __future__ import annotations

import html
import unicodedata
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from llm_assets.display import for_html, for_markdown, for_terminal

SHOW = [for_terminal, for_markdown, for_html]
every_way = pytest.mark.parametrize("show", SHOW, ids=lambda show: show.__name__)
steering = (
    "\x1b[31m\x1b]8;;http://x.test\x1b\\\x1b]0;title\x07\x9b2J\x07\x08\x00\u202e\u2066\u200b\ufeff\U000e0041\ud800\x85\u2028\\[]|<&>`"
)
hostile = st.one_of(st.text(), st.text(st.sampled_from(steering + "a1.# \n*_-+")))


@every_way
@pytest.mark.parametrize("value", ["ada@mail.test", "93.184.216.34", "(212) 555-0187"])
def test_personal_data_is_not_shown(show, value: str) -> None:
    assert value not in html.unescape(show(f"call {value} now")).replace("\\", "")


@every_way
@pytest.mark.parametrize("split", ["\u200b", "\x00", "\x1b[0m", "\u202c", "\u00ad", "\x1b]0;x\x07", "\U000e0041"])
def test_what_cannot_be_seen_does_not_hide_an_address(show, split: str) -> None:
    assert "mail" not in show(f"a{split}da@ma{split}il.test")


@every_way
@given(text=hostile)
def test_nothing_steers_the_screen(show, text: str) -> None:
    shown = show(text)
    assert not [char for char in shown if unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t"]
    assert not [
        char for char in shown if unicodedata.bidirectional(char) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    ]


@every_way
def test_an_escape_sequence_leaves_no_rest(show) -> None:
    assert show("a\x1b[1;31mb\x1b]8;;http://x.test\x1b\\c\x1b]0;title\x07d\x9b2Je") == "abcde"


@every_way
def test_writing_that_needs_joiners_keeps_them(show) -> None:
    assert show("می\u200cخواهم 👩\u200d🔬") == "می\u200cخواهم 👩\u200d🔬"


@every_way
def test_a_long_text_is_clipped_to_the_limit_with_an_ellipsis(show) -> None:
    assert show("abcdefgh", 5) == "abcd…"
    assert show("abcde", 5) == "abcde"


@every_way
def test_a_limit_cuts_no_address_in_half(show) -> None:
    assert "ada" not in show("write to ada@mail.test", 12)


@given(hostile)
def test_a_terminal_prints_the_text_and_obeys_no_markup(text: str) -> None:
    markup = for_terminal(text)
    assert not Text.from_markup(markup, emoji=False).spans
    assert for_terminal(Text.from_markup(markup, emoji=False).plain) == markup


def test_rich_markup_of_a_page_is_printed_as_it_stands() -> None:
    out = StringIO()
    Console(file=out, force_terminal=True, color_system="truecolor", highlight=False).print(for_terminal("[red]a[/] [link=x]b"))
    assert out.getvalue() == "[red]a[/] [link=x]b\n"


def test_a_backslash_at_the_end_does_not_reach_the_markup_that_follows() -> None:
    assert Text.from_markup(f"[bold]{for_terminal('a' + chr(92))}[/bold]b").spans[0].style == "bold"
    assert Text.from_markup(f"[bold]{for_terminal('a' + chr(92))}[/bold]b").plain.endswith("b")


@given(hostile)
def test_html_shows_the_text_and_holds_no_markup(text: str) -> None:
    shown = for_html(text)
    assert not set(shown) & set("<>\"'")
    assert for_html(html.unescape(shown)) == shown


def test_a_script_is_text_in_html_and_in_markdown() -> None:
    for show in (for_html, for_markdown):
        assert show("<script>x</script>") == "&lt;script&gt;x&lt;/script&gt;"


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("[home](x)", r"\[home\](x)"),
        ("![i](x)", r"!\[i\](x)"),
        ("a | b", r"a \| b"),
        ("a\n\n# b\r\nc", "a # b c"),
        ("`a` *b* _c_ ~~d~~ $e$", r"\`a\` \*b\* \_c\_ \~\~d\~\~ \$e\$"),
        ("a\\", "a\\\\"),
        ("# a", r"\# a"),
        ("- a", r"\- a"),
        ("1. a", r"1\. a"),
        ("    a", "a"),
        ("https://x.test", "https&#58;//x.test"),
        ("www.x.test", "www&#46;x.test"),
        ("&lt;", "&amp;lt;"),
    ],
)
def test_markdown_of_a_page_is_shown_as_it_stands(text: str, markdown: str) -> None:
    assert for_markdown(text) == markdown


@given(hostile)
def test_markdown_is_one_line_and_every_pipe_is_escaped(text: str) -> None:
    shown = for_markdown(text)
    assert len(shown.splitlines()) <= 1
    assert "|" not in shown.replace("\\\\", "").replace("\\|", "")


@given(hostile)
def test_rendered_markdown_is_nothing_but_the_text(text: str) -> None:
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(for_markdown(text))
    assert [token.type for token in tokens] in ([], ["paragraph_open", "inline", "paragraph_close"])
    assert {child.type for token in tokens for child in token.children or []} <= {"text", "text_special"}


@pytest.mark.parametrize("text", ["\\[", "\\\\[", "a\\[b", "\\[red]", "\\\\[red]", "[ [red", "\\[ \\[/"])
def test_backslashes_before_brackets_are_printed_as_they_stand(text: str) -> None:
    assert Text.from_markup(for_terminal(text), emoji=False).plain == text
