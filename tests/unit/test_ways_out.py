"""The directory offers exactly the ways out that have an exit."""

from typing import get_args

from hub.delivery.exits.registry import EXITS
from schemas.directory import System


def test_every_way_out_that_the_directory_offers_has_its_exit():
    offered = {
        get_args(way.model_fields["way"].annotation)[0] for way in get_args(System.model_fields["out"].annotation)
    }
    assert offered == set(EXITS)
