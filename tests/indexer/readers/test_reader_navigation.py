from pathlib import Path

from indexer.readers.registry import read

DOCBOOK = """<?xml version="1.0" encoding="UTF-8"?>
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Chapter 8</title></head><body>
<div class="navheader"><table width="100%" summary="Navigation header">
<tr><th colspan="3">Chapter 8. The tools</th></tr>
<tr><td><a accesskey="p" href="ch07.html"><img src="prev.png" alt="Prev" /></a> </td><th> </th>
<td><a accesskey="n" href="ch09.html"><img src="next.png" alt="Next" /></a></td></tr></table>
<hr /></div>
<div class="chapter"><h1>Chapter 8. The tools</h1><p>Packages are managed with many tools.</p></div>
<div class="navfooter"><hr /><table><tr><td>Chapter 7. The basics</td><td>Home</td></tr></table>
</div></body></html>
"""


def _text(tmp_path: Path, markup: str) -> str:
    file = tmp_path / "page.html"
    file.write_text(markup, encoding="utf-8")
    return read(file).text


def test_the_links_around_a_chapter_of_a_handbook_are_no_part_of_its_text(tmp_path):
    text = _text(tmp_path, DOCBOOK)
    assert text == "Chapter 8. The tools\n\nPackages are managed with many tools."


def test_what_a_page_marks_as_navigation_is_no_part_of_its_text(tmp_path):
    sidebar = '<div class="sphinxsidebar" role="navigation"><ul><li>Contents<li>Search</ul></div>'
    assert _text(tmp_path, f"<p>Before.</p>{sidebar}<p>After.</p>") == "Before.\n\nAfter."


def test_a_page_whose_body_is_called_navigation_keeps_its_text(tmp_path):
    assert (
        _text(tmp_path, '<body class="navbar" role="navigation"><p>All of it.</p>') == "All of it."
    )


def test_a_class_that_only_resembles_navigation_keeps_its_text(tmp_path):
    assert _text(tmp_path, '<p class="navbars-of-the-world">A text.</p>') == "A text."
