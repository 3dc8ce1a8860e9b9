"""A small OpenID provider of the sandbox's own, with demo people of each role. Imports starlette, uvicorn and joserfc; never loaded in
production: whoever reaches it signs in as anybody.
"""
