"""The faults of `make chaos` are decided by the seed, and none of their kinds is forgotten."""

from tests.chaos import faults


def test_the_same_seed_makes_the_same_faults():
    kinds = list(faults.KINDS)
    assert faults.schedule(7, kinds, 2.0) == faults.schedule(7, kinds, 2.0)
    assert faults.schedule(7, kinds, 2.0) != faults.schedule(8, kinds, 2.0)


def test_every_kind_of_fault_is_drawn_within_two_hundred_rounds_and_none_after_its_round_is_over():
    drawn = [fault for seed in range(200) for fault in faults.schedule(seed, list(faults.KINDS), 2.0)]
    assert {fault.kind for fault in drawn} == set(faults.KINDS)
    assert all(0 < fault.at_s <= 2.0 for fault in drawn)
