"""What `launch` starts: the page behind its guard, as Streamlit's ASGI application."""

import os
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from ui.guard import Guard
from ui.locations import PASSWORD_VARIABLE, index_folder
from ui.page_watching import watcher_of

# Taken out of the environment, so that no process started from the page inherits it.
_password = os.environ.pop(PASSWORD_VARIABLE, None)

watcher_of(str(index_folder())).start()
app = st.App(Path(__file__).with_name("app.py"), middleware=[Middleware(Guard, password=_password)])
