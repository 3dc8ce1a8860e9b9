"""The console in the browser, ``/console``: a client of the operations API and of nothing else. It has no database and no secrets; the
token of the person's session is in their cookie. Imports Starlette, httpx, Jinja, the settings and the errors.
"""
