"""How the page looks: dark on light with a contrast above 7:1, and no colour that says something alone. Imports nothing."""

from typing import Final

STYLE: Final = """
:root { color-scheme: light }
body { font: 1rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; margin: 0 }
main { max-width: 75rem; margin: 0 auto; padding: 1rem }
.box { overflow-x: auto; margin: 1rem 0 }
table { border-collapse: collapse; width: 100% }
caption { text-align: left; font-weight: 600; padding: .3rem 0 }
th, td { border: 1px solid #6b6b6b; padding: .4rem .6rem; text-align: left; vertical-align: top }
thead th { background: #ececec }
td p { margin: 0 0 .4rem }
.ok { color: #0b4f1f }
.wrong { color: #8a0f0f; font-weight: 700 }
.not_tried { color: #3d3d3d }
td { min-width: 6rem; overflow-wrap: anywhere }
h1, h3 { overflow-wrap: anywhere }
@media (max-width: 40rem) { th, td { padding: .3rem; min-width: 0 } td { min-width: 5rem } }
pre { background: #f4f4f4; padding: .5rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere }
details { margin: .3rem 0 .3rem 1rem }
summary { cursor: pointer }
:focus-visible { outline: 3px solid #0b4f9e; outline-offset: 2px }
"""
