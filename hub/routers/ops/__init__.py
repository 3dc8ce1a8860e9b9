"""The operations API, ``/ops``: what the console and the command line ask and do. Each module has the routes of one page. Imports the
operations, the store and the HTTP edge.
"""
