"""The pages of the Streamlit app, one file a page; `app.py` runs them."""
