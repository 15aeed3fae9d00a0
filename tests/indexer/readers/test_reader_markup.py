"""Plain text, Markdown, reStructuredText and HTML."""

import pytest

from indexer.readers import html, markdown, restructuredtext, text


def headings(document):
    for mark in document.marks:
        if mark.kind == "heading":
            assert document.text[mark.start :].startswith(mark.label)
    return [(mark.label, mark.level) for mark in document.marks if mark.kind == "heading"]


def test_plain_text_keeps_its_paragraphs_and_the_lines_in_them():
    document = text.parse(b"One\nline two\n\n\n \t\nThree\r\n\r\nFour")
    assert document.text == "One\nline two\n\nThree\n\nFour"
    assert document.title is None


def test_form_feeds_part_plain_text_into_pages():
    document = text.parse(b"First page\n\fSecond page\n\f\n\fFourth")
    places = [(mark.label, document.text[mark.start :].split()[0]) for mark in document.marks]
    assert places == [("1", "First"), ("2", "Second"), ("4", "Fourth")]


def test_markdown_loses_its_markup_and_keeps_its_words():
    document = markdown.parse(
        b"""# Install *everything*

Run `make all` and **wait**; see [the
manual](http://example.org "title") or <http://example.com>.
![a red bicycle](bike.png) R&amp;D, 2\\*3, ~~old~~ new<br>next <b>line</b>

> quoted
"""
    )
    assert document.text == (
        "Install everything\n\n"
        "Run make all and wait; see the manual or http://example.com. a red bicycle"
        " R&D, 2*3, old new\nnext line\n\n"
        "quoted"
    )
    assert document.title == "Install everything"


def test_markdown_headings_become_marks_at_their_place():
    document = markdown.parse(b"Setext\n===\n\ntext\n\n## Second `two`\n\ntext\n\n### Third\n")
    assert headings(document) == [("Setext", 1), ("Second two", 2), ("Third", 3)]


@pytest.mark.parametrize(
    "front",
    [
        '---\ntags: [a]\ntitle: "Große Reise"\n---\n',
        "---\r\ntitle: Große Reise\r\n---\r\n",
        "+++\ntitle = 'Große Reise'\n+++\n",
        "\ufeff---\ntitle: Große Reise\n---\n",
    ],
)
def test_markdown_front_matter_gives_the_title_and_is_no_text(front):
    document = markdown.parse((front + "\n# Heading\n\ntext\n").encode())
    assert document.title == "Große Reise"
    assert document.text == "Heading\n\ntext"


def test_markdown_code_is_kept_as_it_is_written():
    document = markdown.parse(
        b"Do:\n\n```python\nif *a*:\n\n    b = [c](d)\n```\n\n    indented *code*\n"
    )
    assert "if *a*:\n\n    b = [c](d)" in document.text
    assert "indented *code*" in document.text


def test_markdown_lists_and_tables_stay_together_a_line_an_item():
    document = markdown.parse(b"- a\n- b\n  1. c\n\nx\n\n| n | v |\n|---|---|\n| one | **1** |\n")
    assert document.text == "a\nb\nc\n\nx\n\nn | v\none | 1"


def test_markdown_loose_items_are_paragraphs():
    assert markdown.parse(b"- a\n\n- b\n").text == "a\n\nb"


def test_markdown_with_html_inside_reads_that_as_html():
    document = markdown.parse(b'<h1 align="center">Logo</h1>\n\n<script>x()</script>\n\ntext')
    assert (document.title, document.text) == ("Logo", "Logo\n\ntext")


def test_markdown_pictures_inside_the_text_leave_only_their_description():
    picture = "iVBORw0KGgo" * 2_000
    document = markdown.parse(f"![a chart](data:image/png;base64,{picture}==)\n\ntext".encode())
    assert document.text == "a chart\n\ntext"


def test_markdown_of_nothing_but_link_definitions_is_read_as_text():
    assert markdown.parse(b"[a]: http://example.org").text == "[a]: http://example.org"


def test_rst_sections_become_marks_and_the_lone_title_the_title():
    document = restructuredtext.parse(
        b"=====\nTitle\n=====\n\ntext\n\nOne\n---\n\ntext\n\nSub\n~~~\n\ntext\n\nTwo\n---\n\ntext\n"
    )
    assert document.title == "Title"
    assert headings(document) == [("Title", 1), ("One", 2), ("Sub", 3), ("Two", 2)]


def test_rst_loses_its_markup_and_keeps_its_words():
    document = restructuredtext.parse(
        """Some *words* in ``code`` with `a link <http://x>`_ and |name|,
日本語の文章が
続きます。

.. |name| replace:: **Crosstongue**

* one
* two
  wrapped

:Field: body

term
   what it means

== ==
a  b
== ==
1  2
== ==

.. note:: Careful.

.. a comment
""".encode()
    )
    assert document.text == (
        "Some words in code with a link and Crosstongue, 日本語の文章が続きます。\n\n"
        "one\ntwo wrapped\n\n"
        "Field: body\n\n"
        "term: what it means\n\n"
        "a | b\n1 | 2\n\n"
        "Careful."
    )


def test_rst_directives_and_roles_of_other_tools_keep_their_content():
    document = restructuredtext.parse(
        b"""See :ref:`the guide <guide-label>` and :py:func:`~os.walk`.

.. versionadded:: 3.2 With *care*.

   More about it.

.. no-such-directive:: An argument
   :option: value
   :flag:

   Inner paragraph.

.. code-block:: python
   :emphasize-lines: 1

   print("kept")

.. figure::

   No argument, so docutils objects
"""
    )
    for kept in (
        "See the guide and os.walk.",
        "3.2 With care.",
        "More about it.",
        "An argument",
        "Inner paragraph.",
        'print("kept")',
        "docutils objects",
    ):
        assert kept in document.text
    assert "value" not in document.text
    assert "emphasize" not in document.text


def test_rst_reaches_no_other_file(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP-SECRET")
    document = restructuredtext.parse(
        f"text\n\n.. include:: {secret}\n\n.. csv-table::\n   :file: {secret}\n\n"
        f".. raw:: html\n   :file: {secret}\n\n.. literalinclude:: {secret}\n".encode()
    )
    assert "TOP-SECRET" not in document.text


def test_rst_prints_nothing_about_mistakes(capfd):
    restructuredtext.parse(b"Title\n--\n\n*unclosed\n\n:nope:`x` |undefined| `a`_\n\n.. image::\n")
    assert capfd.readouterr() == ("", "")


def test_html_has_title_headings_and_blocks():
    document = html.parse(
        b"""<!doctype html><html><head><title>The &amp; title</title><style>p {}</style></head>
<body><nav><ul><li>Menu</ul></nav><h1>One</h1><p>Text with <b>bo</b>ld
and a <a href=x>link</a>.<p>Next<br>line<h2>Two</h2>
<ul><li>a<li>b</ul><table><tr><th>n<th>v<tr><td>1<td>2</table>
<pre>
  keep
     this</pre><script>var x = "<p>no</p>";</script><template>no</template>
<img src=x alt="A red door"></body></html>"""
    )
    assert document.title == "The & title"
    assert headings(document) == [("One", 1), ("Two", 2)]
    assert document.text == (
        "One\n\nText with bold and a link.\n\nNext\nline\n\nTwo\n\na\nb\n\nn | v\n1 | 2\n\n"
        "keep\n     this\n\nA red door"
    )


def test_html_without_title_is_titled_by_its_first_heading():
    assert html.parse(b"<h2>Sub</h2><h1>Main</h1><p>x").title == "Main"
    assert html.parse(b"<p>just text").title is None


@pytest.mark.parametrize(
    "page",
    [
        '<meta charset="windows-1251"><p>Привет, мир'.encode("cp1251"),
        b'<meta http-equiv="Content-Type" content="text/html; charset=koi8-r"><p>'
        + "Привет, мир".encode("koi8_r"),
        '<?xml version="1.0" encoding="iso-8859-5"?><p>Привет, мир</p>'.encode("iso8859_5"),
        "<p>Привет, мир".encode("utf-16"),
        "<p>Привет, мир".encode("utf-8-sig"),
        "<p>Привет, мир".encode("koi8_r"),
        # Declared wrongly.
        '<meta charset="gb2312"><p>Привет, мир'.encode(),
        '<meta charset="utf-8"><p>Привет, мир'.encode("cp1251"),
        '<meta charset="utf-16"><p>Привет, мир'.encode(),
        '<meta charset="martian"><p>Привет, мир'.encode(),
    ],
)
def test_html_is_decoded_by_mark_declaration_or_detection(page):
    assert html.parse(page).text == "Привет, мир"


def test_xhtml_elements_closed_at_once_swallow_nothing():
    page = b"<?xml version='1.0'?><html><head><script src='a'/><title/></head><body><p>kept</p>"
    assert html.parse(page).text == "kept"


def test_html_wrapped_in_chinese_gets_no_spaces():
    assert html.parse("<p>在终端里运行\n  这个命令".encode()).text == "在终端里运行这个命令"


def test_html_that_is_only_a_title_has_it_as_text():
    assert html.parse(b"<title>Untitled</title>").text == "Untitled"


def test_html_drops_what_leads_elsewhere():
    document = html.parse(
        b"""<body class="toc"><div class="navheader"><a href=a>Prev</a></div>
<div role="navigation">menu</div><div class="wide toc"><ul><li>Chapter</ul></div>
<h1>Using C#<a class="anchor" href="#x">#</a></h1><p>See <a href=y>C#</a> and \xc2\xa7 5.
<h2>More<a class="headerlink" href="#y">\xc2\xb6</a></h2><p>text"""
    )
    assert document.text == "Using C#\n\nSee C# and § 5.\n\nMore\n\ntext"


def test_a_page_that_only_leads_elsewhere_has_its_title_as_text():
    page = b"<title>Index</title><div class=toc><ul><li>Chapter</ul></div>"
    assert html.parse(page).text == "Index"


def test_rst_keeps_the_words_of_raw_html_and_drops_contents_and_includes():
    document = restructuredtext.parse(
        b"""A
=

:Author: Ann
:Web site: example.org

.. contents:: Here
   :depth: 2

.. include:: header.txt

.. raw:: html

   <p align="center">Centred <b>words</b></p>

B
=

text
"""
    )
    assert document.text == (
        "A\n\nAuthor: Ann\nWeb site: example.org\n\nCentred words\n\nB\n\ntext"
    )
