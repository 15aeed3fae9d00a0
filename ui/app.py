"""The page: what `crosstongue ui` gives to Streamlit.

Only what all pages share stands here; each page is a file in `views/`. A folder called
`pages` would be taken by Streamlit for an app of the older kind, which the first visit to one of
its addresses would start without this file.
"""

from pathlib import Path

import streamlit as st

from ui.page_drawing import faults_as_sentences, style
from ui.page_keeping import keep

_ICON = Path(__file__).with_name("icon.svg")

st.set_page_config(page_title="Crosstongue", page_icon=_ICON, layout="centered")
with faults_as_sentences():
    style()
    st.navigation(
        [
            st.Page("views/search.py", title="Search", default=True),
            st.Page("views/library.py", title="Library", url_path="library"),
            st.Page("views/map.py", title="Map", url_path="map"),
            st.Page("views/encoders.py", title="Encoders", url_path="encoders"),
        ],
        position="hidden",  # every page links to the others itself, also where a sidebar is closed
    ).run()
    keep()
