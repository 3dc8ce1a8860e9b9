"""Signing in by OpenID Connect, with the hub as the client: the browser's flow, a device's, and the provider's word that a session has
ended. Imports the store, the operations' rights and the settings.
"""
