"""The web application: page, API, access."""
