"""Looking around for a folder: what is shown, and what is not."""

import os
import tempfile
from pathlib import Path

import pytest

from ui.page_choosing import place_of


def names(place):
    return [folder.name for folder in place.inside]


def test_folders_are_listed_by_name_without_hidden_ones_links_and_files(tmp_path):
    for name in ("beta", "Alpha", ".hidden", "gamma/deep"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "file.txt").write_text("text")
    (tmp_path / "link").symlink_to(tmp_path / "gamma")
    place = place_of(tmp_path)
    assert (place.folder, place.above, place.files) == (tmp_path, tmp_path.parent, 1)
    assert names(place) == ["Alpha", "beta", "gamma"]
    assert place_of(Path("/")).above is None


def test_a_folder_that_is_gone_leads_to_the_one_above(tmp_path):
    assert place_of(tmp_path / "gone" / "deeper").folder == tmp_path


def test_a_name_that_is_no_text_is_listed(tmp_path):
    os.mkdir(os.fsencode(tmp_path) + b"/caf\xe9")  # noqa: PTH102 (bytes)
    assert names(place_of(tmp_path)) == ["caf\udce9"]


@pytest.fixture
def nobody():
    """Be a user without privileges for a while; whoever is one already stays it."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        yield
        os.seteuid(0)
    else:
        yield


def test_what_may_not_be_read_is_not_shown(nobody):
    with tempfile.TemporaryDirectory() as name:
        for folder in ("open", "closed/inside"):
            (Path(name) / folder).mkdir(parents=True)
        (Path(name) / "closed").chmod(0o000)
        assert names(place_of(Path(name))) == ["open"]
        assert place_of(Path(name) / "closed" / "inside").folder == Path(name)
        (Path(name) / "closed").chmod(0o700)
